// The small functions of vault.h and file_digest.h that turn bytes into text, compare and hash them, and give randomness.
#include <sodium.h>

#include <fstream>
#include <vector>

#include "platform/vault/file_digest.h"
#include "platform/vault/vault.h"

namespace machiya::vault {

void SystemRng::fill(void* out, std::size_t size) { randombytes_buf(out, size); }

namespace {
constexpr std::size_t kPiece = 256u << 10;   // bytes of a file that are in memory at a time

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

std::string hex_end(crypto_hash_sha256_state& state) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256_final(&state, hash);
  std::string out(sizeof hash * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), hash, sizeof hash);
  out.pop_back();
  return out;
}
}  // namespace

std::string sha256_hex(std::string_view data) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, bytes_of(data), data.size());
  return hex_end(state);
}

std::string file_digest(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (std::vector<char> piece(kPiece); in.good();) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    crypto_hash_sha256_update(&state, bytes_of({piece.data(), static_cast<std::size_t>(in.gcount())}), static_cast<std::size_t>(in.gcount()));
  }
  return in.eof() && !in.bad() ? hex_end(state) : std::string();   // no such file, a folder, or broken on the way
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
