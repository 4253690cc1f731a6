#include "platform/vault/signing_key.h"

#include <sodium.h>

#include "platform/vault/key_file.h"
#include "platform/vault/vault.h"

namespace machiya::vault {
namespace {
const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
}  // namespace

Result<std::unique_ptr<SigningKey>> SigningKey::open(const std::string& file, bool create) {
  if (sodium_init() < 0) return Error(ErrorCode::unavailable, "the cryptographic library does not start");
  MACHIYA_TRY(std::string seed, read_key_file(file, create, "signing key"));
  std::unique_ptr<SigningKey> key(new SigningKey());
  key->secret_ = static_cast<unsigned char*>(sodium_malloc(crypto_sign_SECRETKEYBYTES));
  std::string open(crypto_sign_PUBLICKEYBYTES, '\0');
  if (key->secret_) {
    crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(open.data()), key->secret_, bytes(seed));
    sodium_mprotect_readonly(key->secret_);
  }
  sodium_memzero(seed.data(), seed.size());
  if (!key->secret_) return Error(ErrorCode::unavailable, "no guarded memory for the signing key");
  key->public_key_ = base64url(open);
  return key;
}

SigningKey::~SigningKey() { sodium_free(secret_); }

std::string SigningKey::sign(std::string_view text) const {
  std::string out(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr, bytes(text), text.size(), secret_);
  return out;
}

bool verify_signature(std::string_view public_key, std::string_view text, std::string_view signature) {
  const auto key = from_base64url(public_key);
  return key.ok() && key->size() == crypto_sign_PUBLICKEYBYTES && signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(bytes(signature), bytes(text), text.size(), bytes(*key)) == 0;
}

}  // namespace machiya::vault
