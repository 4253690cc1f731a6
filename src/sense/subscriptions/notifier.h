// How a message gets out of the house: HTTP through the one door out (platform/outbound), MQTT through whoever speaks it.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/outbound/outbound.h"
#include "sense/subscriptions/notification.h"

namespace machiya::sense {

/// What became of a message.
struct Handed {
  enum class State : std::uint8_t {
    taken,         ///< the subscriber has it
    refused,       ///< it answered and does not want this one (4xx)
    unreachable,   ///< it did not answer, or said that it cannot now (5xx, 429, 408), or may not be called
  };
  State state = State::taken;
  std::string cause;             ///< for people; never holds the message
  std::int64_t wait_us = 0;      ///< it asked not to be called for so long (Retry-After)
};

/// Any number of threads; blocks until the message is handed over or its time is up. A message may come twice.
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual Handed hand_over(const Parcel& parcel) = 0;
  /// Several at once, each as hand_over() would; returns when all are. Here: one after the other.
  virtual std::vector<Handed> hand_over_all(std::span<const Parcel> parcels);
};

/// POST over kept connections (§6.3.8). Only origins that the door's rules list are called.
std::unique_ptr<Notifier> make_http_notifier(const outbound::Outbound& door, int timeout_ms = 10'000);

/// {"metadata": {…}, "body": {…}}: a notification as MQTT carries it (§8.2); `topic` of "mqtt://host:port/topic/and/levels".
std::string mqtt_message(const Parcel& parcel);
struct MqttTarget {
  std::string host, user, password, topic;
  int port = 1883;
  bool tls = false, version_5 = true;
  int qos = 0;
};
/// invalid_input for a URI without host or topic.
Result<MqttTarget> mqtt_target(const Parcel& parcel);

}  // namespace machiya::sense
