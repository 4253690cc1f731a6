// A Web Push subscription as a browser gives it (PushSubscription.toJSON() of the Push API): where to send and for whom to seal. Pure.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::tell {

struct Subscription {
  std::string endpoint;   ///< absolute https address of this browser at its push service; a secret: whoever knows it may knock
  std::string origin;     ///< of the endpoint, for VAPID's audience and the list of origins that may be called
  std::array<std::uint8_t, 65> key{};   ///< p256dh: a point of P-256, uncompressed (RFC 8291 §3.1)
  std::array<std::uint8_t, 16> auth{};  ///< the authentication secret (RFC 8291 §3.2)
};

/// invalid_input for: more than 8 KiB, no JSON object, an endpoint that is not https or that outbound::parse_url refuses, a key that is not
/// 65 bytes or no point of the curve, a secret that is not 16 bytes. base64url with or without its padding. Details never hold the endpoint.
Result<Subscription> parse_subscription(std::string_view json);

}  // namespace machiya::tell
