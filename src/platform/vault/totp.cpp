#include "platform/vault/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "platform/vault/base32.h"
#include "platform/vault/vault.h"

namespace machiya::vault {
namespace {
const EVP_MD* algorithm(OtpHash hash) {
  switch (hash) {
    case OtpHash::sha256: return EVP_sha256();
    case OtpHash::sha512: return EVP_sha512();
    default: return EVP_sha1();
  }
}
constexpr std::size_t kSecretBytes = 20;  // RFC 4226 §4 R6: 160 bits recommended
}  // namespace

std::string hotp(std::string_view secret, std::uint64_t counter, int digits, OtpHash hash) {
  unsigned char message[8];
  for (int i = 7; i >= 0; --i, counter >>= 8) message[i] = static_cast<unsigned char>(counter & 255);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  MACHIYA_ASSERT(HMAC(algorithm(hash), secret.data(), static_cast<int>(secret.size()), message, sizeof message, mac, &size));
  const std::size_t at = mac[size - 1] & 15;  // dynamic truncation, RFC 4226 §5.3
  std::uint32_t number = (static_cast<std::uint32_t>(mac[at] & 127) << 24) | (static_cast<std::uint32_t>(mac[at + 1]) << 16) |
                         (static_cast<std::uint32_t>(mac[at + 2]) << 8) | mac[at + 3];
  std::string out(static_cast<std::size_t>(digits), '0');
  for (int i = digits - 1; i >= 0; --i, number /= 10) out[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
  return out;
}

std::string totp_at_step(std::string_view secret_base32, std::int64_t step) {
  auto secret = from_base32(secret_base32);
  if (!secret || secret->empty()) return {};
  return hotp(*secret, static_cast<std::uint64_t>(step), 6);
}

bool verify_totp(std::string_view secret_base32, std::string_view code, std::int64_t unix_seconds, std::int64_t& step_out) {
  auto secret = from_base32(secret_base32);
  if (!secret || secret->empty() || unix_seconds < kTotpStepSeconds) return false;
  const std::int64_t now = unix_seconds / kTotpStepSeconds;
  if (!equal_secret(hotp(*secret, static_cast<std::uint64_t>(now), 6), code)) return false;
  step_out = now;
  return true;
}

std::string new_totp_secret(Rng& rng) {
  std::string bytes(kSecretBytes, '\0');
  rng.fill(bytes.data(), bytes.size());
  return base32(bytes);
}

}  // namespace machiya::vault
