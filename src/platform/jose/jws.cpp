#include "platform/jose/jws.h"

#include <algorithm>

#include "base/text.h"
#include "platform/vault/vault.h"

namespace machiya::jose {
namespace {
constexpr std::size_t kLongest = 64 * 1024;
constexpr std::size_t kLeastSecret = 32;                        // RFC 7518 §3.2
constexpr std::int64_t kLastSecond = 253'402'300'799;           // 9999-12-31T23:59:59Z
constexpr json::ParseLimits kLimits{16, 4'096};

Result<std::string> part(std::string_view text, const char* cause) {
  auto out = vault::from_base64url(text);
  // Two texts of one token would let a list of seen tokens be walked around.
  if (!out.ok() || vault::base64url(*out) != text) return fault(cause, "no canonical base64url");
  return std::move(*out);
}

Result<void> check_header(const json::Value& header) {
  if (!header.is_object()) return fault("jws-malformed", "the header is no object");
  if (header.has("crit")) return fault("jws-crit", "the header demands extensions");
  for (const char* name : {"jwk", "jku", "x5u", "x5c"})
    if (header.has(name)) return fault("jws-own-key", "the header brings a key of its own");
  for (const char* name : {"b64", "enc", "zip"})
    if (header.has(name)) return fault("jws-malformed", "no plain signed token");
  for (const char* name : {"alg", "kid", "typ"})
    if (header.has(name) && !header[name].is_string()) return fault("jws-malformed", "a header that is no text");
  return {};
}

bool fits(const PublicKey& key, Alg alg) { return type_for(alg) == key.type && (!key.alg || *key.alg == alg); }
}  // namespace

Result<Jws> parse_jws(std::string_view text) {
  if (text.size() > kLongest) return fault("jws-malformed", "too long");
  const auto parts = split(text, '.');
  if (parts.size() != 3) return fault("jws-malformed", "not three parts");
  MACHIYA_TRY(const std::string head, part(parts[0], "jws-malformed"));
  auto header = json::parse(head, kLimits);
  if (!header.ok()) return fault("jws-malformed", "the header is no strict JSON");
  MACHIYA_CHECK(check_header(*header));
  const auto alg = parse_alg(header->text("alg"));
  if (!alg) return fault("alg-not-allowed", "an algorithm that does not exist here");
  Jws out;
  out.alg = *alg;
  out.kid = header->text("kid");
  out.typ = header->text("typ");
  out.signed_part = std::string(text.substr(0, parts[0].size() + 1 + parts[1].size()));
  MACHIYA_TRY(out.payload, part(parts[1], "jws-malformed"));
  MACHIYA_TRY(out.signature, part(parts[2], "jws-malformed"));
  return out;
}

Result<void> verify(const Jws& token, const KeySet& keys, const std::vector<Alg>& allowed) {
  if (token.alg == Alg::hs256 || std::find(allowed.begin(), allowed.end(), token.alg) == allowed.end()) return fault("alg-not-allowed", "this provider does not sign so");
  std::vector<const PublicKey*> candidates;
  for (const PublicKey& key : keys.keys)
    if (token.kid.empty() ? fits(key, token.alg) : key.kid == token.kid) candidates.push_back(&key);
  if (candidates.empty()) return Error(ErrorCode::not_found, "the provider's set has no such key", "kid-unknown");
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(), [&](const PublicKey* key) { return !fits(*key, token.alg); }), candidates.end());
  if (candidates.empty()) return fault("key-misfit", "the named key is not for this algorithm");
  if (candidates.size() > 1) return fault("key-ambiguous", "the token names no key and several fit");
  if (!verify_signature(*candidates.front(), token.alg, token.signed_part, token.signature)) return fault("signature-wrong", "the signature does not fit");
  return {};
}

Result<void> verify_shared(const Jws& token, std::string_view secret) {
  if (token.alg != Alg::hs256) return fault("alg-not-allowed", "this provider does not sign so");
  if (secret.size() < kLeastSecret) return fault("key-weak", "the shared secret has less than 32 bytes");
  if (!verify_hmac(secret, token.signed_part, token.signature)) return fault("signature-wrong", "the signature does not fit");
  return {};
}

Result<json::Value> claims_of(const Jws& token) {
  auto out = json::parse(token.payload, kLimits);
  if (!out.ok() || !out->is_object()) return fault("claims-unreadable", "the claims are no strict JSON object");
  return std::move(*out);
}

Result<std::int64_t> seconds_of(const json::Value& claims, std::string_view name) {
  const json::Value& value = claims[name];
  if (value.kind() != json::Kind::integer || value.as_int() < 0 || value.as_int() > kLastSecond) return fault("time-unreadable", std::string(name) + " is absent or no time");
  return value.as_int();
}

Result<std::string> sign(const PrivateKey& key, json::Value header, const json::Value& claims) {
  header.set("alg", alg_name(key.alg()));
  std::string out = vault::base64url(json::to_text(header)) + "." + vault::base64url(json::to_text(claims));
  MACHIYA_TRY(const std::string signature, key.sign(out));
  return out + "." + vault::base64url(signature);
}

}  // namespace machiya::jose
