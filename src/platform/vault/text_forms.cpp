// The small functions of vault.h that turn bytes into text, compare and hash them, and give randomness.
#include <sodium.h>

#include "platform/vault/vault.h"

namespace machiya::vault {

void SystemRng::fill(void* out, std::size_t size) { randombytes_buf(out, size); }

std::string sha256_hex(std::string_view data) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, reinterpret_cast<const unsigned char*>(data.data()), data.size());
  std::string out(sizeof hash * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), hash, sizeof hash);
  out.pop_back();
  return out;
}

namespace {
std::string encoded(std::string_view bytes, int form) {
  std::string out(sodium_base64_encoded_len(bytes.size(), form), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), form);
  out.pop_back();  // the NUL that libsodium counts in
  return out;
}
}  // namespace

std::string base64url(std::string_view bytes) { return encoded(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }
std::string base64(std::string_view bytes) { return encoded(bytes, sodium_base64_VARIANT_ORIGINAL); }

Result<std::string> from_base64url(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return Error(ErrorCode::invalid_input, "not base64url");
  out.resize(size);
  return out;
}

bool equal_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace machiya::vault
