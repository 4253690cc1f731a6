// What channels over HTTP share that send one request for each addressee under a key of its own.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "platform/outbound/outbound.h"
#include "tell/channel/channel.h"

namespace machiya::tell {

/// The request for one addressee, or why there will be none. `key` is what the receiver remembers it by.
using RequestMaker = std::function<std::variant<outbound::Call, Outcome>(const Addressee& to, const Content& content, const std::string& key)>;

struct GatewayRules {
  std::string_view name;   ///< of reasons: "sms" gives "sms-429"
  /// One service takes everything: when it is busy or silent the rest of the parcel is not tried, and the channel waits or is down. Otherwise
  /// each origin is a receiver of its own, and only its addressees wait.
  bool one_service = true;
  /// Is this answer of 404 or 410 about the address? Otherwise it is about our configuration, or the receiver's.
  std::function<bool(const outbound::Answer&)> is_dead;
};

/// Sends one POST for each addressee, in order, under part_key(parcel.key, address). 2xx accepted; 409 (the same key is being worked on), 425, 429
/// and 503 again, after Retry-After in seconds; 401, 403, 404 and 405 again with the channel down; 408 and other 5xx unknown; other 4xx refused.
HandOff post_each(const Parcel& parcel, const outbound::Outbound& door, const GatewayRules& rules, const RequestMaker& make);

}  // namespace machiya::tell
