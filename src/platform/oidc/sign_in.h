// Logging in with a provider, from the first click to the session: OpenID Connect's code flow with PKCE, bound to the browser
// that began it.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/http.h"
#include "platform/identity/outside_logins.h"
#include "platform/oidc/exchange.h"

namespace machiya::vault {
struct SecretColumn;
}

namespace machiya::oidc {

inline constexpr int kPendingMinutes = 10;

struct Ports {
  /// The providers of now: defined by the city in force and known to the operator.
  std::function<std::vector<Provider>()> providers;
  /// Keeps what a provider vouched for of a verified person, sealed, for the forms of later: {"name": {…}, "birth_date": …}.
  std::function<Result<void>(store::Tx&, const identity::Principal& person, const json::Value& facts, std::string_view provider, std::string_view request)> keep_facts;
};

/// What the browser is told to do next.
struct Departure {
  std::string location;   ///< of the provider
  std::string browser;    ///< for the cookie that binds the answer to this browser
};
struct Arrival {
  std::string session;    ///< cookie value; "" when a way was added to a session that is there
  std::string next;       ///< a path of this site
  Audience audience = Audience::citizens;
};

/// Thread-safe.
class SignIn {
 public:
  SignIn(store::Store& store, vault::Vault& vault, identity::Identity& identity, const outbound::Outbound& door, const Clock& clock, Rng& rng, std::string base_url, Ports ports);

  std::vector<Provider> providers(Audience audience) const;
  /// Those of citizens that this one does not log in with yet.
  Result<std::vector<Provider>> more_for(const identity::Principal& citizen) const;
  /// The providers that a citizen logs in with, also those that are offered no longer, which have no definition.
  struct Way {
    std::string id;
    std::shared_ptr<const Definition> definition;
  };
  Result<std::vector<Way>> ways_of(const identity::Principal& citizen) const;
  /// Takes one of them back and ends their other sessions; errors of OutsideLogins::remove_way.
  Result<void> remove_way(const identity::Principal& citizen, std::string_view id, std::string_view request);
  /// not_found for one that is not offered.
  Result<Provider> provider(std::string_view id) const;

  /// `browser`: the cookie that the browser has already, or "". `adding`: a citizen who is in and adds this way of logging in.
  /// `next` must be a path of this site (local_path()). `fresh`: the provider is asked to log the person in anew, before a sensitive act.
  struct Purpose {
    std::string next = "/";
    bool fresh = false;
    const identity::Principal* adding = nullptr;
  };
  Result<Departure> depart(const Provider& provider, const std::string& browser, const Purpose& purpose);
  /// The provider's answer. The row of `state` is used up by the first answer that comes from its browser, whatever it says. Causes
  /// in `where`: "parameters-twice", "state-missing", "state-unknown", "state-used", "state-expired", "browser-foreign",
  /// "provider-swapped", "iss-missing", "iss-mismatch", "provider-error", "provider-cancelled", "code-missing", "link-foreign",
  /// "subject-taken", "account-unknown", and those of Exchange.
  Result<Arrival> arrive(std::string_view provider, const http::Request& request, const std::string& browser);
  /// Forgets what providers published (reload).
  void forget() { cache_.forget(); }

  std::string redirect_uri(std::string_view provider) const;
  static std::vector<store::Migration> migrations();
  /// Where secrets lie that stand under the master key, for its exchange.
  static std::vector<vault::SecretColumn> secret_columns();

 private:
  struct Claimed {
    Attempt attempt;
    std::string next;
    std::int64_t person = 0;
  };
  Result<Claimed> claim(const std::string& provider, const http::Request& request, const std::string& browser);
  Result<std::string> admit(store::Tx& tx, const Provider& provider, const Claimed& claimed, const Vouched& vouched, const http::Request& request);
  Result<identity::Principal> citizen_of(store::Tx& tx, const Provider& provider, const Claimed& claimed, const Vouched& vouched, const http::Request& request);

  store::Store& store_;
  vault::Vault& vault_;
  identity::Identity& identity_;
  const Clock& clock_;
  Rng& rng_;
  std::string base_url_;
  Ports ports_;
  MetadataCache cache_;
  Exchange exchange_;
};

/// What a provider says of a person as facts for forms. Only what can be taken over whole: a name with family and given name, a
/// structured address, a date.
json::Value facts_from(const Definition& definition, const json::Value& claims);

}  // namespace machiya::oidc
