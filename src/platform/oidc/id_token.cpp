#include "platform/oidc/id_token.h"

#include <algorithm>

#include "platform/vault/vault.h"

namespace machiya::oidc {
namespace {
using jose::fault;
constexpr std::size_t kLongestSubject = 255;   // §2: ASCII, 255 characters

Result<void> check_audience(const json::Value& claims, const std::string& client_id) {
  const json::Value& aud = claims["aud"];
  if (claims.has("azp") && claims.text("azp") != client_id) return fault("azp-wrong", "made for another client");
  if (aud.is_string()) return aud.as_string() == client_id ? Result<void>() : Result<void>(fault("aud-wrong", "made for somebody else"));
  const auto& all = aud.items();
  if (std::none_of(all.begin(), all.end(), [&](const json::Value& one) { return one.as_string() == client_id; })) return fault("aud-wrong", "made for somebody else");
  if (all.size() == 1) return {};
  // We trust no other audience (§3.1.3.7, 3); the cause names what is missing first.
  if (!claims.has("azp")) return fault("azp-missing", "several audiences and no authorized party");
  return fault("aud-untrusted", "made for others besides us");
}

Result<void> check_times(const json::Value& claims, const Expected& expected) {
  const std::int64_t now = expected.now.us / kSecond;
  MACHIYA_TRY(const std::int64_t exp, jose::seconds_of(claims, "exp"));
  MACHIYA_TRY(const std::int64_t iat, jose::seconds_of(claims, "iat"));
  if (exp <= now - kSkewSeconds) return fault("exp-past", "no longer valid");
  if (iat > now + kSkewSeconds) return fault("iat-future", "issued in the future");
  if (iat < now - kOldestSeconds) return fault("iat-old", "issued too long ago");
  if (claims.has("nbf")) {
    MACHIYA_TRY(const std::int64_t nbf, jose::seconds_of(claims, "nbf"));
    if (nbf > now + kSkewSeconds) return fault("nbf-future", "not valid yet");
  }
  if (!expected.max_age_s) return {};
  if (!claims.has("auth_time")) return fault("auth-time-missing", "nothing says when the person logged in");
  MACHIYA_TRY(const std::int64_t at, jose::seconds_of(claims, "auth_time"));
  if (at > now + kSkewSeconds) return fault("auth-time-future", "logged in in the future");
  if (at < now - kSkewSeconds - *expected.max_age_s) return fault("auth-too-old", "the log-in at the provider is too old");
  return {};
}

Result<void> check_subject(const json::Value& claims) {
  const std::string& sub = claims.text("sub");
  const bool plain = std::all_of(sub.begin(), sub.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  return !sub.empty() && sub.size() <= kLongestSubject && plain ? Result<void>() : Result<void>(fault("sub-unreadable", "no usable subject"));
}
}  // namespace

Result<void> check_id_token(const jose::Jws& token, const json::Value& claims, const Expected& expected) {
  if (!token.typ.empty() && token.typ != "JWT") return fault("typ-wrong", "a token of another kind");   // RFC 8725 §3.11
  if (claims.text("iss") != expected.issuer) return fault("iss-wrong", "made by another issuer");
  MACHIYA_CHECK(check_audience(claims, expected.client_id));
  MACHIYA_CHECK(check_times(claims, expected));
  MACHIYA_CHECK(check_subject(claims));
  if (!vault::equal_secret(claims.text("nonce"), expected.nonce)) return fault("nonce-wrong", "made for another log-in");
  if (claims.has("at_hash") && claims.text("at_hash") != jose::half_hash(token.alg, expected.access_token)) return fault("at-hash-wrong", "the access token is another one");
  if (!expected.acr.empty() && std::find(expected.acr.begin(), expected.acr.end(), claims.text("acr")) == expected.acr.end()) return fault("acr-too-low", "logged in less strongly than asked for");
  return {};
}

Result<json::Value> read_userinfo(std::string_view body, std::string_view subject) {
  auto claims = json::parse(body, {16, 4'096});
  if (!claims.ok() || !claims->is_object()) return fault("userinfo-unreadable", "no strict JSON object");
  if (claims->text("sub").empty() || claims->text("sub") != subject) return fault("userinfo-sub", "userinfo speaks of somebody else");
  return std::move(*claims);
}

}  // namespace machiya::oidc
