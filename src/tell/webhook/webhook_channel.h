// Messages as plain webhooks to whoever asked for them: signed JSON under an idempotency key. README.md has the interface.
#pragma once
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/outbound/outbound.h"
#include "tell/channel/channel.h"

namespace machiya::tell {

struct WebhookOptions {
  std::string secret;   ///< of this house, at least 32 bytes; receivers get webhook_secret() of it
  int timeout_ms = 10'000;
  int most = 20;        ///< addressees of one parcel
};

/// The secret of one receiver, 64 hex digits: made of this house's and the receiver's address, so that none can sign for another and none is stored.
std::string webhook_secret(std::string_view house_secret, std::string_view url);
/// The value of X-Machiya-Signature: "t=SECONDS,v1=HEX", HMAC-SHA256 over "SECONDS." and the body under the receiver's secret.
std::string webhook_signature(std::string_view receiver_secret, Instant now, std::string_view body);

/// Thread-safe. Addressee::address is the receiver's address; its origin must be among those that may be called.
class WebhookChannel final : public Channel {
 public:
  WebhookChannel(WebhookOptions options, const outbound::Outbound& door, const Clock& clock) : options_(std::move(options)), door_(door), clock_(clock) {}

  HandOff hand_off(const Parcel& parcel) override;
  int most() const override { return options_.most; }
  int cost(const Parcel& parcel) const override { return static_cast<int>(parcel.to.size()); }
  bool idempotent() const override { return true; }

 private:
  WebhookOptions options_;
  const outbound::Outbound& door_;
  const Clock& clock_;
};

}  // namespace machiya::tell
