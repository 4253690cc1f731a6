#include "platform/jose/keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "platform/vault/vault.h"

namespace machiya::jose {
namespace {
constexpr std::size_t kMostKeys = 64;
constexpr std::size_t kLongestKid = 256;
constexpr int kLeastRsaBits = 2048;    // RFC 7518 §3.3
constexpr int kMostRsaBits = 8192;     // a larger one only costs time
constexpr std::size_t kCoordinate = 32;

using Context = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;
using Params = std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)>;
using Handle = std::shared_ptr<EVP_PKEY>;

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

Handle make(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder), &OSSL_PARAM_free);
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* out = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 || EVP_PKEY_fromdata(context.get(), &out, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) return nullptr;
  return Handle(out, &EVP_PKEY_free);
}

Result<Handle> rsa_key(const json::Value& jwk) {
  MACHIYA_TRY(const std::string n, vault::from_base64url(jwk.text("n")));
  MACHIYA_TRY(const std::string e, vault::from_base64url(jwk.text("e")));
  if (n.size() > kMostRsaBits / 8 || e.empty() || e.size() > 8) return fault("key-broken", "an RSA key of no usable size");
  const Number modulus(BN_bin2bn(bytes_of(n), static_cast<int>(n.size()), nullptr), &BN_free), exponent(BN_bin2bn(bytes_of(e), static_cast<int>(e.size()), nullptr), &BN_free);
  if (BN_num_bits(modulus.get()) < kLeastRsaBits) return fault("key-weak", "an RSA key of less than 2,048 bits");
  if (BN_num_bits(exponent.get()) < 17 || !BN_is_odd(exponent.get())) return fault("key-weak", "an RSA key with a small or even exponent");
  const Builder builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return make("RSA", builder.get());
}

Result<Handle> p256_key(const json::Value& jwk) {
  MACHIYA_TRY(const std::string x, vault::from_base64url(jwk.text("x")));
  MACHIYA_TRY(const std::string y, vault::from_base64url(jwk.text("y")));
  if (x.size() != kCoordinate || y.size() != kCoordinate) return fault("key-broken", "a P-256 key whose coordinates have not 32 bytes");
  const std::string point = "\x04" + x + y;
  const Builder builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  Handle out = make("EC", builder.get());
  const Context check(out ? EVP_PKEY_CTX_new_from_pkey(nullptr, out.get(), nullptr) : nullptr, &EVP_PKEY_CTX_free);
  if (!check || EVP_PKEY_public_check(check.get()) != 1) return fault("key-broken", "a P-256 key that is no point of the curve");
  return out;
}

Result<Handle> ed25519_key(const json::Value& jwk) {
  MACHIYA_TRY(const std::string x, vault::from_base64url(jwk.text("x")));
  if (x.size() != kCoordinate) return fault("key-broken", "an Ed25519 key that has not 32 bytes");
  return Handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()), &EVP_PKEY_free);
}

/// May the key verify signatures? (RFC 7517 §4.2, §4.3)
bool for_signatures(const json::Value& jwk) {
  if (jwk.has("use") && jwk.text("use") != "sig") return false;
  if (!jwk.has("key_ops")) return true;
  const auto& uses = jwk["key_ops"].items();
  return std::any_of(uses.begin(), uses.end(), [](const json::Value& one) { return one.as_string() == "verify"; });
}

/// Nothing for a key that this house has no use for.
Result<std::optional<PublicKey>> parse_key(const json::Value& jwk) {
  if (!jwk.is_object()) return fault("keys-unreadable", "a key that is no object");
  for (const char* secret : {"d", "p", "q", "dp", "dq", "qi", "k"})
    if (jwk.has(secret) && jwk.text("kty") != "oct") return fault("keys-private", "the set publishes a private key");
  PublicKey out;
  const std::string& kty = jwk.text("kty");
  const std::string& crv = jwk.text("crv");
  using Nothing = std::optional<PublicKey>;
  if (!for_signatures(jwk)) return Nothing();
  if (kty == "RSA") out.type = KeyType::rsa;
  else if (kty == "EC" && crv == "P-256") out.type = KeyType::p256;
  else if (kty == "OKP" && crv == "Ed25519") out.type = KeyType::ed25519;
  else return Nothing();
  if (jwk.has("alg")) {
    out.alg = parse_alg(jwk.text("alg"));
    if (!out.alg) return Nothing();
  }
  out.kid = jwk.text("kid");
  if (out.kid.size() > kLongestKid) return fault("keys-unreadable", "a key with too long a name");
  MACHIYA_TRY(out.handle, out.type == KeyType::rsa ? rsa_key(jwk) : out.type == KeyType::p256 ? p256_key(jwk) : ed25519_key(jwk));
  if (!out.handle) return fault("key-broken", "a key that cannot be read");
  return Nothing(std::move(out));
}
}  // namespace

Error fault(const char* cause, std::string detail) { return Error(ErrorCode::invalid_input, std::move(detail), cause); }

std::optional<Alg> parse_alg(std::string_view name) {
  for (const Alg alg : {Alg::rs256, Alg::ps256, Alg::es256, Alg::eddsa, Alg::hs256})
    if (alg_name(alg) == name) return alg;
  return std::nullopt;
}
std::string_view alg_name(Alg alg) {
  switch (alg) {
    case Alg::rs256: return "RS256";
    case Alg::ps256: return "PS256";
    case Alg::es256: return "ES256";
    case Alg::eddsa: return "EdDSA";
    case Alg::hs256: break;
  }
  return "HS256";
}
std::optional<KeyType> type_for(Alg alg) {
  switch (alg) {
    case Alg::rs256:
    case Alg::ps256: return KeyType::rsa;
    case Alg::es256: return KeyType::p256;
    case Alg::eddsa: return KeyType::ed25519;
    case Alg::hs256: break;
  }
  return std::nullopt;
}

Result<KeySet> parse_key_set(std::string_view text) {
  auto set = json::parse(text, {16, 10'000});
  if (!set.ok() || !(*set)["keys"].is_array()) return fault("keys-unreadable", "no JSON Web Key Set");
  const auto& rows = (*set)["keys"].items();
  if (rows.size() > kMostKeys) return fault("keys-unreadable", "too many keys");
  KeySet out;
  for (const json::Value& row : rows) {
    MACHIYA_TRY(auto key, parse_key(row));
    if (!key) continue;
    for (const PublicKey& other : out.keys)
      if (!key->kid.empty() && other.kid == key->kid && other.type == key->type) return fault("keys-ambiguous", "two keys of one name");
    out.keys.push_back(std::move(*key));
  }
  return out;
}

}  // namespace machiya::jose
