// Notifications by MQTT (ETSI GS CIM 009 V1.8.1 §8) through the house's MQTT client.
#pragma once
#include <memory>

#include "sense/subscriptions/notifier.h"

namespace machiya::outbound {
class Streams;
}

namespace machiya::sense {

/// Connections are kept, one for each broker, user and version. Only brokers that the door's rules list are spoken to. A subscriber that asks for QoS 2 is
/// served with QoS 1: at least once is what this house promises anyway. `door` must outlive it.
std::unique_ptr<Notifier> make_mqtt_notifier(const outbound::Streams& door, int timeout_ms = 10'000);

}  // namespace machiya::sense
