// LINE as a channel of the ledger: parcels become multicasts and pushes under retry keys.
#pragma once
#include <memory>

#include "tell/channel/channel.h"
#include "tell/line/line_api.h"
#include "tell/line/line_message.h"

namespace machiya::tell {

struct LineChannelOptions {
  LineOptions api;
  LineForm form = LineForm::fitting;
  /// What one multicast uses of the channel's window when a push uses 1: LINE allows 2,000 pushes and 200 multicasts a second, so one window
  /// of 2,000 holds both.
  int multicast_cost = 10;
};

/// Everybody who gets the parcel's own content: one multicast under the parcel's key (one person: a push under it). Everybody with a content of
/// their own: a push each, under a key made of the parcel's and the person's, the same at each attempt. 409 is "accepted before". An address
/// that is no LINE user id is refused here ("line-user"): it would spoil the other 499. Thread-safe.
class LineChannel final : public Channel {
 public:
  LineChannel(LineChannelOptions options, const outbound::Outbound& door) : options_(options), api_(std::move(options.api), door) {}

  HandOff hand_off(const Parcel& parcel) override;
  int most() const override { return 500; }   // ids of one multicast
  int cost(const Parcel& parcel) const override;
  bool idempotent() const override { return true; }
  /// For what is not a parcel: emergencies to all friends, menus, quota.
  const LineApi& api() const { return api_; }

 private:
  LineChannelOptions options_;
  LineApi api_;
};

}  // namespace machiya::tell
