#include <argon2.h>
#include <sodium.h>

#include <semaphore>

#include "platform/vault/vault.h"

namespace machiya::vault {
namespace {
// OWASP Password Storage Cheat Sheet (2023): argon2id, 19 MiB, 2 iterations, 1 lane.
constexpr std::uint32_t kMemoryKiB = 19 * 1024;
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kLongestPassword = 1024;  // bytes; longer ones are refused rather than hashed for ever

std::counting_semaphore<2>& slots() {
  static std::counting_semaphore<2> two(2);
  return two;
}
}  // namespace

std::string hash_password(std::string_view password) {
  MACHIYA_ASSERT(password.size() <= kLongestPassword);
  unsigned char salt[kSaltBytes];
  randombytes_buf(salt, sizeof salt);
  std::string out(argon2_encodedlen(kPasses, kMemoryKiB, kLanes, kSaltBytes, kHashBytes, Argon2_id), '\0');
  slots().acquire();
  const int state = argon2id_hash_encoded(kPasses, kMemoryKiB, kLanes, password.data(), password.size(), salt, sizeof salt,
                                          kHashBytes, out.data(), out.size());
  slots().release();
  MACHIYA_ASSERT(state == ARGON2_OK);
  out.resize(out.find('\0'));
  return out;
}

bool verify_password(std::string_view password, std::string_view hash) {
  if (password.size() > kLongestPassword || hash.rfind("$argon2id$", 0) != 0) return false;
  const std::string encoded(hash);
  slots().acquire();
  const int state = argon2id_verify(encoded.c_str(), password.data(), password.size());
  slots().release();
  return state == ARGON2_OK;
}

}  // namespace machiya::vault
