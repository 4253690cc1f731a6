#include "tell/webpush/testing.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <memory>

#include "base/json.h"
#include "platform/vault/vault.h"

namespace machiya::tell::testing {
namespace {
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Key new_key() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free); }
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

/// HKDF (RFC 5869) as OpenSSL's own, so that the tests do not repeat what they test.
std::string hkdf(std::string salt, std::string secret, std::string info, std::size_t size) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new_from_name(nullptr, "HKDF", nullptr), &EVP_PKEY_CTX_free);
  std::string out(size, '\0');
  EVP_PKEY_derive_init(context.get());
  EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256());
  EVP_PKEY_CTX_set1_hkdf_salt(context.get(), bytes(salt), static_cast<int>(salt.size()));
  EVP_PKEY_CTX_set1_hkdf_key(context.get(), bytes(secret), static_cast<int>(secret.size()));
  EVP_PKEY_CTX_add1_hkdf_info(context.get(), bytes(info), static_cast<int>(info.size()));
  EVP_PKEY_derive(context.get(), bytes(out), &size);
  return out;
}

Key public_key(std::string point) {
  Key out(nullptr, &EVP_PKEY_free);
  EVP_PKEY* made = nullptr;
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), &EVP_PKEY_CTX_free);
  char group[] = "P-256";
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                         OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()), OSSL_PARAM_construct_end()};
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params);
  out.reset(made);
  return out;
}
std::string pem_of(const Key& key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}
Key private_key(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  return Key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
}
}  // namespace

std::string new_pem() { return pem_of(new_key()); }

Browser new_browser() {
  const Key key = new_key();
  Browser out{pem_of(key), std::string(65, '\0'), std::string(16, '\0')};
  std::size_t size = 0;
  EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, bytes(out.key), out.key.size(), &size);
  RAND_bytes(bytes(out.auth), 16);
  return out;
}

std::string Browser::subscription(const std::string& endpoint) const {
  return json::to_text(json::Value::object({{"endpoint", endpoint}, {"expirationTime", nullptr},
                                            {"keys", json::Value::object({{"p256dh", vault::base64url(key)}, {"auth", vault::base64url(auth)}})}}));
}

std::string Browser::open(const std::string& message) const {
  if (message.size() < 86 + 17 || message[20] != 65) return {};
  const std::string salt = message.substr(0, 16), theirs = message.substr(21, 65);
  const Key mine = private_key(secret), peer = public_key(theirs);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(mine.get(), nullptr), &EVP_PKEY_CTX_free);
  std::string agreed(32, '\0');
  std::size_t size = 32;
  if (!peer || EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), bytes(agreed), &size) != 1)
    return {};
  const std::string material = hkdf(auth, agreed, std::string("WebPush: info") + '\0' + key + theirs, 32);
  std::string aes = hkdf(salt, material, std::string("Content-Encoding: aes128gcm") + '\0', 16);
  std::string nonce = hkdf(salt, material, std::string("Content-Encoding: nonce") + '\0', 12);
  std::string sealed = message.substr(86, message.size() - 86 - 16), tag = message.substr(message.size() - 16), out(sealed.size(), '\0');
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int n = 0;
  EVP_DecryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, bytes(aes), bytes(nonce));
  EVP_DecryptUpdate(cipher.get(), bytes(out), &n, bytes(sealed), static_cast<int>(sealed.size()));
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, 16, tag.data());
  if (EVP_DecryptFinal_ex(cipher.get(), bytes(out), &n) != 1 || out.back() != 2) return {};
  out.pop_back();
  return out;
}

}  // namespace machiya::tell::testing
