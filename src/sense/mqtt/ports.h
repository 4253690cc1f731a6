// What the MQTT listener asks of others: who may do what, and where messages go besides subscribers.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace machiya::sense {

struct MqttLogin {
  std::string client_id;   ///< "" when the client leaves the choice to the server
  std::optional<std::string> user, password;
  std::string address;     ///< of the client
  bool tls = false;
};
/// Who a connection belongs to. Sessions and their queues belong to principals, not to client identifiers alone.
struct MqttPrincipal {
  std::string name;
};

/// Who may connect, publish, subscribe.
class MqttGate {
 public:
  virtual ~MqttGate() = default;
  /// Calls `done` once, at once or later, from any thread. unauthenticated, forbidden, rate_limited, unavailable say why not.
  virtual void authenticate(const MqttLogin& login, std::function<void(Result<MqttPrincipal>)> done) = 0;
  /// Both are asked for every message and subscription while the router is locked: from memory, without waiting.
  virtual bool may_publish(const MqttPrincipal& who, std::string_view topic) = 0;
  virtual bool may_subscribe(const MqttPrincipal& who, std::string_view filter) = 0;
};

/// A message on its way in. Views hold until `done` was called.
struct MqttMessage {
  std::string_view topic, payload;
  std::string_view principal, client_id;
  std::string_view content_type;   ///< of version 5; "" for none
  std::uint8_t qos = 0;
  bool retain = false;
};
/// Takes all messages besides subscribers (devices, measurements). What is not for it, it takes and leaves.
class MqttIngest {
 public:
  virtual ~MqttIngest() = default;
  /// `done` once, from any thread, when the whole batch is as safe as an acknowledgement promises; an error cuts the connections of its
  /// publishers, so that they send again. Called in the order of the messages; must not block.
  virtual void publish(std::span<const MqttMessage> batch, std::function<void(Result<void>)> done) = 0;
};

}  // namespace machiya::sense
