// A client of other people's MQTT brokers, for notifications: publishes, connects again, tells of every message what became of it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::outbound {
class Streams;
}

namespace machiya::sense {

struct MqttClientOptions {
  std::string url;              ///< mqtt://host:port or mqtts://host:port; a path is not looked at
  bool version5 = false;        ///< else 3.1.1
  std::string client_id;        ///< "" : the broker's choice
  std::string user, password;   ///< "" for none
  std::uint16_t keep_alive_s = 60;
  int timeout_ms = 10'000;      ///< for connecting, CONNACK, and each receipt
  int first_pause_ms = 500, longest_pause_ms = 60'000;   ///< between attempts, doubling
  int attempts = 0;             ///< failed connections in a row after which everything that waits is given up; 0: never
  std::size_t max_waiting = 10'000;   ///< messages; more are refused
};

struct MqttNotice {
  std::string topic, payload;
  std::uint8_t qos = 1;         ///< 0 or 1
  bool retain = false;
  std::string content_type;     ///< version 5 only, as the next one
  std::vector<std::pair<std::string, std::string>> user_properties;
};

/// One connection, with a thread of its own. Thread-safe. Messages leave in the order of publish(); after a broken connection those of QoS 1
/// without a receipt are sent again first, so that the broker may see them twice but never in another order.
class MqttClient {
 public:
  /// QoS 1: the broker's receipt has come. QoS 0: it has left. invalid_input: no topic name, QoS 2. rate_limited: too many wait.
  /// too_large, forbidden: the broker's answer (version 5). unavailable: given up, or the client was stopped. Called on the client's
  /// thread, or within publish() when it is refused at once.
  using Done = std::function<void(Result<void>)>;

  MqttClient(const outbound::Streams& door, MqttClientOptions options);
  ~MqttClient();
  void publish(MqttNotice notice, Done done);
  struct Figures {
    bool connected = false;
    std::size_t waiting = 0;          ///< not yet settled
    std::uint64_t delivered = 0, connections = 0;
    std::string last_error;           ///< "" while connected
  };
  Figures figures() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::sense
