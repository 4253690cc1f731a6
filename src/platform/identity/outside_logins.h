// Log-ins that another module has proved (OpenID Connect): whose subject is it, a new person without a mail address, one way
// more for a person who is there. Whoever calls this has checked the proof in the same request.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "platform/identity/identity.h"
#include "platform/identity/sessions.h"

namespace machiya::identity {

/// Thread-safe. `method` names the provider ("oidc:line"), `subject` is a keyed digest, never what the provider calls somebody.
class OutsideLogins {
 public:
  OutsideLogins(vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, Sessions& sessions)
      : vault_(vault), audit_(audit), clock_(clock), rng_(rng), sessions_(sessions) {}

  /// Nothing when nobody logs in so.
  Result<std::optional<Principal>> person(store::ReadTx& tx, std::string_view method, std::string_view subject) const;
  /// The ways of a person who is here, by name.
  Result<std::vector<std::string>> methods(store::ReadTx& tx, const Principal& person) const;
  /// A new person who logs in so and has no mail address (email_of() gives "").
  Result<Principal> add_person(store::Tx& tx, std::string_view method, std::string_view subject, Assurance assurance) const;
  /// One way more for a person; conflict when somebody else has it. Audited.
  Result<void> add_way(store::Tx& tx, const Principal& person, std::string_view method, std::string_view subject) const;
  /// One way less, taken back by the person themselves. `open`: the ways that lead in today; with none of them left beside it, and no passkey, it
  /// is the last way in: conflict. not_found when they do not log in so. Audited; the caller ends their other sessions.
  Result<void> remove_way(store::Tx& tx, const Principal& person, std::string_view method, const std::vector<std::string>& open, std::string_view request) const;
  /// Lifts a person's assurance by what a provider vouched for; nothing when it is as high already. Audited.
  Result<void> raise(store::Tx& tx, Principal& person, Assurance assurance, std::string_view provider) const;
  /// The open staff account of this name; nothing for one that is closed or not there.
  Result<std::optional<Principal>> staff(store::ReadTx& tx, std::string_view name) const;

 private:
  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
  Sessions& sessions_;
};

}  // namespace machiya::identity
