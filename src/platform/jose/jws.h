// Signed tokens in their compact form (RFC 7515 §3.1) and the claims in them (RFC 7519), read as strictly as RFC 8725 advises.
// Pure: keys come in from outside, time too.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "platform/jose/keys.h"

namespace machiya::jose {

/// A token that was taken apart. Nothing in it is to be believed before verify().
struct Jws {
  Alg alg = Alg::rs256;
  std::string kid, typ;
  std::string signed_part;   ///< what the signature covers
  std::string signature;
  std::string payload;
};

/// Refuses: more than 64 KiB, other than three parts, base64url that is not canonical, headers that are no strict JSON (members
/// twice), algorithms that do not exist here ("none"), `crit`, `b64`, `enc`, and every header that brings its own key (`jwk`,
/// `jku`, `x5u`, `x5c`): keys come from the provider's own set.
Result<Jws> parse_jws(std::string_view text);

/// The algorithm must be among `allowed`, the key the one that the token names (or the only one that fits when it names none).
/// not_found ("kid-unknown") when the set does not hold it: the set may be newer at its source.
Result<void> verify(const Jws& token, const KeySet& keys, const std::vector<Alg>& allowed);
/// HMAC with a shared secret of 32 bytes at least (RFC 7518 §3.2): for a provider that offers nothing else. A function of its own, so
/// that a public key can never be taken for a secret.
Result<void> verify_shared(const Jws& token, std::string_view secret);

/// The payload as claims: an object without members twice.
Result<json::Value> claims_of(const Jws& token);
/// A NumericDate in whole seconds (RFC 7519 §2); invalid_input when it is absent or no such number.
Result<std::int64_t> seconds_of(const json::Value& claims, std::string_view name);

/// A signed token of our own; `header` gets `alg`.
Result<std::string> sign(const PrivateKey& key, json::Value header, const json::Value& claims);

}  // namespace machiya::jose
