// Signing, verifying and hashing with the keys of keys.h.
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "platform/jose/keys.h"
#include "platform/vault/vault.h"

namespace machiya::jose {
namespace {
constexpr std::size_t kHalf = 32;   // r and s of P-256 (RFC 7518 §3.4)

using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Signature = std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)>;

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* bytes_of(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

/// r | s as the DER form that OpenSSL takes; "" for a wrong length.
std::string der_of(std::string_view raw) {
  if (raw.size() != 2 * kHalf) return {};
  const Signature signature(ECDSA_SIG_new(), &ECDSA_SIG_free);
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(bytes_of(raw), kHalf, nullptr), BN_bin2bn(bytes_of(raw) + kHalf, kHalf, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  std::string out(reinterpret_cast<char*>(der), size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(der);
  return out;
}
std::string raw_of(const std::string& der) {
  const unsigned char* at = bytes_of(std::string_view(der));
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), &ECDSA_SIG_free);
  std::string out(2 * kHalf, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes_of(out), kHalf);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes_of(out) + kHalf, kHalf);
  return out;
}
std::string hash(const EVP_MD* kind, std::string_view data) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
  unsigned size = 0;
  MACHIYA_ASSERT(EVP_Digest(data.data(), data.size(), bytes_of(out), &size, kind, nullptr) == 1);
  return out;
}
std::string number_text(EVP_PKEY* key, const char* name, std::size_t width) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return {};
  std::string out(width == 0 ? static_cast<std::size_t>(BN_num_bytes(number)) : width, '\0');
  BN_bn2binpad(number, bytes_of(out), static_cast<int>(out.size()));
  BN_free(number);
  return vault::base64url(out);
}
}  // namespace

bool verify_signature(const PublicKey& key, Alg alg, std::string_view input, std::string_view signature) {
  if (type_for(alg) != key.type || !key.handle) return false;
  const Digest context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_PKEY_CTX* options = nullptr;
  const EVP_MD* kind = alg == Alg::eddsa ? nullptr : EVP_sha256();
  if (!context || EVP_DigestVerifyInit(context.get(), &options, kind, nullptr, key.handle.get()) != 1) return false;
  if (alg == Alg::ps256 && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 || EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_sha256()) != 1 ||
                            EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
    return false;
  const std::string der = alg == Alg::es256 ? der_of(signature) : std::string();
  if (alg == Alg::es256) signature = der;
  return !signature.empty() && EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(input), input.size()) == 1;
}

bool verify_hmac(std::string_view secret, std::string_view input, std::string_view signature) {
  std::string want(32, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(input), input.size(), bytes_of(want), &size) == nullptr) return false;
  return vault::equal_secret(want, signature);
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  // Without a callback OpenSSL would ask for a pass phrase on the terminal.
  const auto nobody = [](char*, int, int, void*) { return -1; };
  PrivateKey out;
  out.handle_.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, nobody, nullptr), &EVP_PKEY_free);
  if (!out.handle_) return fault("key-broken", "no private key in PEM without a pass phrase");
  char group[32] = {};
  if (EVP_PKEY_is_a(out.handle_.get(), "RSA") == 1 && EVP_PKEY_get_bits(out.handle_.get()) >= 2048) {
    out.alg_ = Alg::rs256;
  } else if (EVP_PKEY_is_a(out.handle_.get(), "EC") == 1 && EVP_PKEY_get_group_name(out.handle_.get(), group, sizeof group, nullptr) == 1 &&
             std::string_view(group) == "prime256v1") {
    out.alg_ = Alg::es256;
  } else {
    return fault("key-weak", "the private key must be RSA of 2,048 bits or more, or P-256");
  }
  return out;
}

Result<std::string> PrivateKey::sign(std::string_view input) const {
  const Digest context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, handle_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(input), input.size()) != 1)
    return Error(ErrorCode::internal, "signing failed");
  std::string out(size, '\0');
  if (EVP_DigestSign(context.get(), bytes_of(out), &size, bytes_of(input), input.size()) != 1) return Error(ErrorCode::internal, "signing failed");
  out.resize(size);
  return alg_ == Alg::es256 ? raw_of(out) : out;
}

json::Value PrivateKey::public_jwk(std::string_view kid) const {
  json::Value out = json::Value::object({{"kid", kid}, {"use", "sig"}, {"alg", alg_name(alg_)}});
  if (alg_ == Alg::rs256) {
    out.set("kty", "RSA").set("n", number_text(handle_.get(), OSSL_PKEY_PARAM_RSA_N, 0));
    out.set("e", number_text(handle_.get(), OSSL_PKEY_PARAM_RSA_E, 0));
  } else {
    out.set("kty", "EC").set("crv", "P-256");
    out.set("x", number_text(handle_.get(), OSSL_PKEY_PARAM_EC_PUB_X, kHalf));
    out.set("y", number_text(handle_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, kHalf));
  }
  return out;
}

std::string sha256(std::string_view data) { return hash(EVP_sha256(), data); }

std::string half_hash(Alg alg, std::string_view text) {
  const std::string whole = hash(alg == Alg::eddsa ? EVP_sha512() : EVP_sha256(), text);
  return vault::base64url(std::string_view(whole).substr(0, whole.size() / 2));
}

}  // namespace machiya::jose
