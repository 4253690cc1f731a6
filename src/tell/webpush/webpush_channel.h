// Web Push as a channel of the city: one sealed request for each browser (RFC 8030, 8291, 8292) through the house's one door out.
#pragma once
#include <memory>
#include <string>

#include "base/rng.h"
#include "base/time.h"
#include "platform/outbound/outbound.h"
#include "tell/channel/channel.h"
#include "tell/webpush/vapid.h"

namespace machiya::tell {

struct WebPushOptions {
  VapidOptions vapid;
  std::int64_t ttl_s = 24 * 3600;             ///< how long a push service keeps a message for a browser that is away (RFC 8030 §5.2)
  std::int64_t emergency_ttl_s = 6 * 3600;    ///< an old warning is a wrong one
  int most = 20;                              ///< requests of one parcel; what is sent twice at most when the process dies (README.md)
  int timeout_ms = 10'000;                    ///< of one request
};

/// Thread-safe. Addressee::address is the JSON of PushSubscription.toJSON(). The push service's origin must be listed for Outbound.
class WebPushChannel final : public Channel {
 public:
  /// Errors as Vapid::create's; invalid_input for a TTL below 0 or `most` below 1.
  static Result<std::unique_ptr<WebPushChannel>> create(WebPushOptions options, const outbound::Outbound& door, const Clock& clock, Rng& rng);
  ~WebPushChannel() override;

  /// Would this subscription be sent to? For the page where somebody subscribes: what is refused here is not kept. invalid_input as
  /// parse_subscription(), forbidden for a push service that the operator did not list.
  Result<void> takes(std::string_view subscription) const;
  /// What the page gives to pushManager.subscribe() as applicationServerKey.
  const std::string& public_key() const;

  /// The whole request for one browser as hand_off() makes it: read, sealed and signed. Errors as parse_subscription()'s.
  Result<outbound::Call> request(std::string_view subscription, const Content& content, const std::string& message) const;

  HandOff hand_off(const Parcel& parcel) override;
  int most() const override;
  int cost(const Parcel& parcel) const override { return static_cast<int>(parcel.to.size()); }
  bool idempotent() const override { return false; }

 private:
  WebPushChannel();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::tell
