#include "platform/webauthn/public_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>

namespace machiya::webauthn {
namespace {
using Kind = Cbor::Kind;
using Key = std::shared_ptr<evp_pkey_st>;

// COSE key parameters (RFC 9052 §7, RFC 9053 §7, RFC 8230 §4).
constexpr std::int64_t kType = 1, kAlgorithm = 3, kCurve = -1, kX = -2, kY = -3, kModulus = -1, kExponent = -2;
constexpr std::int64_t kOkp = 1, kEc2 = 2, kRsa = 3;
constexpr std::size_t kLeastRsaBytes = 256, kMostRsaBytes = 1024, kMostExponentBytes = 8;

/// What §5.8.5 binds to an algorithm: the type of key, the curve, the bytes of a coordinate.
struct Binding {
  Algorithm algorithm;
  std::int64_t type, curve;
  std::size_t size;
  const char* group;
};
constexpr std::array<Binding, 7> kBindings = {{{Algorithm::es256, kEc2, 1, 32, "P-256"},
                                               {Algorithm::es384, kEc2, 2, 48, "P-384"},
                                               {Algorithm::es512, kEc2, 3, 66, "P-521"},
                                               {Algorithm::eddsa, kOkp, 6, 32, "ED25519"},
                                               {Algorithm::ed448, kOkp, 7, 57, "ED448"},
                                               {Algorithm::rs256, kRsa, 0, 0, ""},
                                               {Algorithm::ps256, kRsa, 0, 0, ""}}};

Error malformed(std::string what) { return Error(ErrorCode::malformed_request, "COSE key: " + std::move(what), "publicKey"); }
Error refused(std::string what) { return Error(ErrorCode::invalid_input, "COSE key: " + std::move(what), "publicKey"); }
const unsigned char* raw(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

Key made_from(const char* type, OSSL_PARAM_BLD* builder) {
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> params(OSSL_PARAM_BLD_to_param(builder), OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 || EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) return nullptr;
  return Key(key, EVP_PKEY_free);
}
using Builder = std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
Number number(std::string_view bytes) { return Number(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr), BN_free); }

Key ec_key(const char* group, const std::string& point) {
  const Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  return made_from("EC", builder.get());
}
Key rsa_key(std::string_view modulus, std::string_view exponent) {
  const Builder builder(OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  const Number n = number(modulus), e = number(exponent);
  if (!builder || !n || !e || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  return made_from("RSA", builder.get());
}
bool sound(const Key& key) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

Result<Key> point_key(const Cbor& key, const Binding& bound) {
  const Cbor* x = key.find(kX, Kind::bytes);
  const Cbor* y = bound.type == kEc2 ? key.find(kY, Kind::bytes) : nullptr;   // a sign bit instead is a compressed point (§5.8.5: MUST NOT)
  if (!x || x->data.size() != bound.size || (bound.type == kEc2 && (!y || y->data.size() != bound.size)))
    return refused("coordinates that do not fit the curve");
  Key out = bound.type == kEc2 ? ec_key(bound.group, "\x04" + x->data + y->data)
                               : Key(EVP_PKEY_new_raw_public_key_ex(nullptr, bound.group, nullptr, raw(x->data), x->data.size()), EVP_PKEY_free);
  if (!out || (bound.type == kEc2 && !sound(out))) return refused("a point that is not on its curve");
  return out;
}

Result<Key> modulus_key(const Cbor& key) {
  const Cbor *n = key.find(kModulus, Kind::bytes), *e = key.find(kExponent, Kind::bytes);
  const auto plain = [](const Cbor* c) { return c && !c->data.empty() && c->data[0] != 0; };   // RFC 8230 §4: no leading zeros
  if (!plain(n) || !plain(e)) return malformed("modulus or exponent is missing or has leading zeros");
  if (n->data.size() < kLeastRsaBytes || n->data.size() > kMostRsaBytes || e->data.size() > kMostExponentBytes) return refused("an RSA key of this size");
  if ((n->data.back() & 1) == 0 || (e->data.back() & 1) == 0 || (e->data.size() == 1 && e->data[0] == 1)) return refused("an RSA key that cannot be one");
  Key out = rsa_key(n->data, e->data);
  if (!out) return refused("an RSA key that cannot be one");
  return out;
}

const EVP_MD* digest(Hash hash) {
  switch (hash) {
    case Hash::sha384: return EVP_sha384();
    case Hash::sha512: return EVP_sha512();
    case Hash::sha256: break;
  }
  return EVP_sha256();
}
const Binding* binding_of(Algorithm algorithm) {
  for (const Binding& b : kBindings)
    if (b.algorithm == algorithm) return &b;
  return nullptr;
}
/// Is the key of the type, and on the curve, that the algorithm needs? ECDSA in certificates may use another curve with SHA-256.
bool fits(const Key& key, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256: case Algorithm::es384: case Algorithm::es512: return EVP_PKEY_is_a(key.get(), "EC") == 1;
    case Algorithm::rs256: case Algorithm::ps256: return EVP_PKEY_is_a(key.get(), "RSA") == 1;
    case Algorithm::eddsa: case Algorithm::ed448: return EVP_PKEY_is_a(key.get(), binding_of(algorithm)->group) == 1;
  }
  return false;
}
}  // namespace

std::optional<Algorithm> algorithm_of(std::int64_t cose) {
  for (const Binding& b : kBindings)
    if (static_cast<std::int64_t>(b.algorithm) == cose) return b.algorithm;
  return std::nullopt;
}

std::optional<Hash> hash_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es384: return Hash::sha384;
    case Algorithm::es512: return Hash::sha512;
    case Algorithm::eddsa: case Algorithm::ed448: return std::nullopt;
    default: return Hash::sha256;
  }
}

std::string hash_of(Hash hash, std::string_view data) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  MACHIYA_ASSERT(EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), &size, digest(hash), nullptr) == 1);
  out.resize(size);
  return out;
}

Result<PublicKey> PublicKey::from_cose(const Cbor& key) {
  const Cbor *type = key.find(kType, Kind::integer), *alg = key.find(kAlgorithm, Kind::integer);
  if (!type || !alg) return malformed("without kty or alg");   // §6.5.1.1: alg MUST be there
  const auto algorithm = algorithm_of(alg->number);
  if (!algorithm) return refused("algorithm " + std::to_string(alg->number) + " is not taken");
  const Binding& bound = *binding_of(*algorithm);
  if (type->number != bound.type) return refused("the type does not fit the algorithm");
  if (key.pairs() != (bound.type == kEc2 ? 5u : 4u)) return malformed("other members than its type needs");   // §6.5.1.1: no OPTIONAL ones
  PublicKey out;
  out.algorithm_ = *algorithm;
  if (bound.type == kRsa) {
    MACHIYA_TRY(out.key_, modulus_key(key));
    return out;
  }
  const Cbor* curve = key.find(kCurve, Kind::integer);
  if (!curve || curve->number != bound.curve) return refused("the curve does not fit the algorithm");
  MACHIYA_TRY(out.key_, point_key(key, bound));
  return out;
}

Result<PublicKey> PublicKey::from_spki(std::string_view der) {
  const unsigned char* at = raw(der);
  PublicKey out;
  out.key_ = Key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())), EVP_PKEY_free);
  if (!out.key_ || at != raw(der) + der.size()) return Error(ErrorCode::malformed_request, "the certificate's key cannot be read", "x5c");
  return out;
}

bool PublicKey::verifies(Algorithm algorithm, std::string_view data, std::string_view signature) const {
  if (!fits(key_, algorithm)) return false;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const auto hash = hash_of(algorithm);
  EVP_PKEY_CTX* padding = nullptr;
  if (!context || EVP_DigestVerifyInit(context.get(), &padding, hash ? digest(*hash) : nullptr, nullptr, key_.get()) != 1) return false;
  // RFC 8230 §2: the salt is as long as the hash.
  if (algorithm == Algorithm::ps256 &&
      (EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) != 1 || EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) != 1))
    return false;
  return EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(data), data.size()) == 1;
}

bool PublicKey::same_key(const PublicKey& other) const { return EVP_PKEY_eq(key_.get(), other.key_.get()) == 1; }

std::string PublicKey::p256_point() const {
  char group[32] = {};
  std::size_t length = 0;
  if (EVP_PKEY_get_utf8_string_param(key_.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &length) != 1 || std::string_view(group) != "prime256v1") return {};
  std::string point(65, '\0');
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, reinterpret_cast<unsigned char*>(point.data()), point.size(), &size) != 1 ||
      size != point.size() || point[0] != '\x04')
    return {};
  return point;
}

}  // namespace machiya::webauthn
