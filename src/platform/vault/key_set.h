// The subkeys of every master key of the ring, in guarded memory: immutable, replaced as a whole when the file changes.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/vault/key_ring.h"

namespace machiya::vault {

/// What a master key is used for: never itself, always through one of these (crypto_kdf of libsodium: BLAKE2b with number and context).
enum class Subkey : std::uint8_t { wrap = 1, search = 2, digest = 3, secret = 4 };

/// 32-byte keys in memory that is locked, guarded, left out of core dumps and wiped.
class GuardedKeys {
 public:
  explicit GuardedKeys(std::size_t keys);
  ~GuardedKeys();
  GuardedKeys(const GuardedKeys&) = delete;
  GuardedKeys& operator=(const GuardedKeys&) = delete;
  unsigned char* at(std::size_t i) { return memory_ + i * 32; }
  const unsigned char* at(std::size_t i) const { return memory_ + i * 32; }
  void make_readonly();
  void make_writable();

 private:
  unsigned char* memory_;
};

class MasterKey {
 public:
  explicit MasterKey(const KeyGeneration& generation);
  int number() const { return number_; }
  bool staged() const { return staged_; }
  const unsigned char* subkey(Subkey which) const { return subkeys_.at(static_cast<std::size_t>(which) - 1); }

 private:
  int number_;
  bool staged_;
  GuardedKeys subkeys_;
};

/// Ascending by generation.
class KeySet {
 public:
  explicit KeySet(const KeyRing& ring);
  const MasterKey* find(int generation) const;
  const MasterKey& oldest() const { return *keys_.front(); }
  /// The newest one that may wrap.
  const MasterKey& newest() const;
  /// base64url text of a small secret; opened with whichever generation sealed it. `generation` tells which.
  std::optional<std::string> open_secret(std::string_view context, std::string_view sealed, int& generation) const;

 private:
  std::vector<std::unique_ptr<MasterKey>> keys_;
};

}  // namespace machiya::vault
