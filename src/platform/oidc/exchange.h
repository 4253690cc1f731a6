// The conversation with a provider: where the browser is sent, how a code becomes tokens, how those are believed. Tokens live
// only inside these calls.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/http/http.h"
#include "platform/jose/jws.h"
#include "platform/oidc/definition.h"
#include "platform/oidc/metadata.h"

namespace machiya::oidc {

using Form = std::vector<std::pair<std::string, std::string>>;
/// application/x-www-form-urlencoded.
std::string form_text(const Form& form);
/// `endpoint` with `query` added to whatever query it has.
std::string with_query(const std::string& endpoint, const Form& query);

/// 256 random bits as base64url: state, nonce, PKCE verifier (RFC 7636 §4.1), binding of the browser.
std::string new_secret(Rng& rng);

/// What one log-in knows until its answer comes.
struct Attempt {
  std::string state, nonce, verifier, redirect_uri;
};
/// The authorization request (OpenID Connect Core §3.1.2.1) with PKCE S256; `more` adds parameters of a single use.
std::string authorization_url(const Metadata& metadata, const Provider& provider, const Attempt& attempt, const Form& more = {});

/// The code of a provider's answer: each parameter once (RFC 6749 §3.1), the issuer that was asked (RFC 9207 §2.4), no refusal. Causes: "parameters-twice",
/// "iss-missing", "iss-mismatch", "provider-cancelled", "provider-error", "code-missing".
Result<std::string> code_in(const http::Pairs& query, const Provider& provider, const Metadata& metadata);
/// Each parameter of an answer once.
Result<void> check_once(const http::Pairs& query);

/// What the provider says of the person, once everything fits.
struct Vouched {
  std::string subject;
  json::Value claims;     ///< of the ID token, then of userinfo where that was asked
  json::Value granted;    ///< the token answer, for a use that the log-in was made for; forget it soon
};

class Exchange {
 public:
  Exchange(const outbound::Outbound& door, MetadataCache& cache, const Clock& clock, Rng& rng) : door_(door), cache_(cache), clock_(clock), rng_(rng) {}

  /// A code into a person. Causes: those of jose, id_token.h and metadata.h, and "token-refused", "token-unreadable".
  Result<Vouched> redeem(const Provider& provider, const Metadata& metadata, const Attempt& attempt, std::string_view code);
  /// A token of our own for the provider's other interfaces (RFC 6749 §4.4).
  Result<std::string> client_token(const Provider& provider, const Metadata& metadata, std::string_view scope);

 private:
  Result<json::Value> ask_token(const Provider& provider, const Metadata& metadata, Form form);
  Result<void> authenticate(const Provider& provider, const Metadata& metadata, Form& form, outbound::Call& call);
  Result<jose::Jws> verified(const Provider& provider, const Metadata& metadata, std::string_view id_token);
  Result<json::Value> ask_userinfo(const Metadata& metadata, const std::string& access_token, const std::string& subject);

  const outbound::Outbound& door_;
  MetadataCache& cache_;
  const Clock& clock_;
  Rng& rng_;
};

}  // namespace machiya::oidc
