// SMS as a channel of the ledger: one request to a gateway for each addressee, under a key. README.md has the interface.
#pragma once
#include <string>

#include "platform/outbound/outbound.h"
#include "tell/channel/channel.h"

namespace machiya::tell {

struct SmsOptions {
  std::string url;      ///< the gateway's resource for messages; its origin must be among those that may be called
  std::string token;    ///< never logged
  std::string sender;   ///< the name or number that telephones show; "": the gateway's own
  int timeout_ms = 10'000;
  int most = 50;        ///< addressees of one parcel
};

/// Thread-safe. An address that is no number an SMS can reach is refused here ("sms-number").
class SmsChannel final : public Channel {
 public:
  SmsChannel(SmsOptions options, const outbound::Outbound& door) : options_(std::move(options)), door_(door) {}

  HandOff hand_off(const Parcel& parcel) override;
  int most() const override { return options_.most; }
  int cost(const Parcel& parcel) const override { return static_cast<int>(parcel.to.size()); }
  bool idempotent() const override { return true; }

 private:
  SmsOptions options_;
  const outbound::Outbound& door_;
};

}  // namespace machiya::tell
