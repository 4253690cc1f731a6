#include "platform/vault/aead.h"

#include <sodium.h>

namespace machiya::vault {
namespace {
constexpr char kVersion = 1;
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kOverhead = 1 + kNonce + kTag;

const unsigned char* bytes(const char* p) { return reinterpret_cast<const unsigned char*>(p); }
std::string authenticated(std::string_view context) {
  std::string out(1, kVersion);
  out += context;
  return out;
}
}  // namespace

std::string aead_seal(const unsigned char* key, std::string_view context, std::string_view plain) {
  const std::string extra = authenticated(context);
  std::string out(kOverhead + plain.size(), '\0');
  out[0] = kVersion;
  auto* p = reinterpret_cast<unsigned char*>(out.data());
  randombytes_buf(p + 1, kNonce);  // 192 random bits: no counter to keep
  crypto_aead_xchacha20poly1305_ietf_encrypt(p + 1 + kNonce, nullptr, bytes(plain.data()), plain.size(), bytes(extra.data()),
                                             extra.size(), nullptr, p + 1, key);
  return out;
}

std::optional<std::string> aead_open(const unsigned char* key, std::string_view context, std::string_view sealed) {
  if (sealed.size() < kOverhead || sealed[0] != kVersion) return std::nullopt;
  const std::string extra = authenticated(context);
  std::string out(sealed.size() - kOverhead, '\0');
  const auto* p = bytes(sealed.data());
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(out.data()), nullptr, nullptr, p + 1 + kNonce,
                                                 sealed.size() - 1 - kNonce, bytes(extra.data()), extra.size(), p + 1, key) != 0)
    return std::nullopt;
  return out;
}

}  // namespace machiya::vault
