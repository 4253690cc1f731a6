// The file of master keys: one generation a line, the newest wraps what is new, the older ones open what is there.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"

namespace machiya::vault {

/// One master key of the ring. The key is wiped with its object.
struct KeyGeneration {
  int number = 1;        ///< 1, 2, 3 …
  std::string created;   ///< "2026-11-23"; "" where a file of one bare key does not say
  bool staged = false;   ///< opens, but does not wrap yet: for copying the file to every machine first
  std::string key;       ///< 32 raw bytes

  KeyGeneration() = default;
  KeyGeneration(const KeyGeneration&) = default;
  KeyGeneration(KeyGeneration&&) = default;
  KeyGeneration& operator=(const KeyGeneration&) = default;
  KeyGeneration& operator=(KeyGeneration&&) = default;
  ~KeyGeneration();
};

/// Ascending by number, at least one, numbers without repetition.
using KeyRing = std::vector<KeyGeneration>;

/// Reads "NUMBER DATE KEY [staged]" lines, "#" begins a comment; a file that holds one bare key (hex or base64) is generation 1.
/// Refuses a file that others may read (forbidden), a missing one (not_found) and a broken one (invalid_input, with its line; never its text).
/// Makes the file (mode 0600) with a fresh key when `create` and there is none.
Result<KeyRing> read_key_ring(const std::string& path, bool create);
/// Replaces the file in one step, durably: who reads meanwhile sees the old ring or the new one. Keeps owner and mode 0600.
Result<void> write_key_ring(const std::string& path, const KeyRing& ring);
/// A fresh generation behind the newest one. `day`: "2026-11-23".
KeyGeneration next_generation(const KeyRing& ring, std::string day);

}  // namespace machiya::vault
