// The rules by which an ID token is believed (OpenID Connect Core 1.0 §3.1.3.7) and by which the other parts of a provider's
// answers must agree with it. Pure: keys and time come in from outside.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/jose/jws.h"

namespace machiya::oidc {

inline constexpr std::int64_t kSkewSeconds = 60;       ///< how far two clocks may differ
inline constexpr std::int64_t kOldestSeconds = 600;    ///< a token issued longer ago was not made for this log-in

struct Expected {
  std::string issuer, client_id, nonce, access_token;
  std::vector<std::string> acr;       ///< any of these; empty: not looked at
  std::optional<int> max_age_s;
  Instant now;
};

/// Every fault has its cause in `where`: "iss-wrong", "aud-wrong", "azp-missing", "azp-wrong", "aud-untrusted", "exp-past",
/// "iat-future", "iat-old", "nbf-future", "nonce-wrong", "at-hash-wrong", "acr-too-low", "auth-time-missing", "auth-too-old",
/// "auth-time-future", "sub-unreadable", "typ-wrong", "time-unreadable".
Result<void> check_id_token(const jose::Jws& token, const json::Value& claims, const Expected& expected);

/// What userinfo gives, when it speaks of the same person ("userinfo-sub").
Result<json::Value> read_userinfo(std::string_view body, std::string_view subject);

}  // namespace machiya::oidc
