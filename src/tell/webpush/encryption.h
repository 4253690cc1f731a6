// Message encryption for Web Push (RFC 8291 over RFC 8188, content coding aes128gcm). Pure but for the randomness it is given.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/rng.h"
#include "tell/webpush/subscription.h"

namespace machiya::tell {

/// A push service must take 4,096 bytes (RFC 8291 §4); header (86), delimiter (1) and tag (16) leave this much for the text.
inline constexpr std::size_t kMostPushPlain = 3993;

/// Holds OpenSSL's working space so that a message costs two multiplications on the curve and next to no allocation.
/// Not thread-safe: one for each thread.
class Sealer {
 public:
  Sealer();
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  /// A new key pair and salt for each message (RFC 8291 §3.1). too_large beyond kMostPushPlain, invalid_input for a key that is no point.
  Result<std::string> seal(const Subscription& to, std::string_view plain, Rng& rng);
  /// With a given private key (32 bytes, big-endian, 1 ≤ d < n) and salt (16 bytes): only for published vectors.
  Result<std::string> seal_with(const Subscription& to, std::string_view plain, std::span<const std::uint8_t, 32> secret,
                                std::span<const std::uint8_t, 16> salt);

  /// Uncompressed, on the curve, not at infinity.
  static bool is_point(std::span<const std::uint8_t, 65> key);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::tell
