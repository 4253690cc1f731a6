// Devices over MQTT: who may come in and what they may publish (MqttGate), and what becomes of it (MqttIngest).
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sense/ingest/ingest.h"
#include "sense/mqtt/ports.h"

namespace machiya::sense::ingest {

/// User name = the device's id, password = a key of it. A device publishes to topics of its profile, and for devices whose gateway it is; nobody subscribes.
/// Thread-safe. Must outlive the MQTT server.
class MqttDoor final : public MqttGate, public MqttIngest {
 public:
  explicit MqttDoor(Ingest& ingest, const Clock& clock);
  /// What was given is finished first.
  ~MqttDoor() override;

  void authenticate(const MqttLogin& login, std::function<void(Result<MqttPrincipal>)> done) override;
  bool may_publish(const MqttPrincipal& who, std::string_view topic) override;
  bool may_subscribe(const MqttPrincipal& who, std::string_view filter) override;
  /// Batches that wait together are taken together: one wait for each disk.
  void publish(std::span<const MqttMessage> batch, std::function<void(Result<void>)> done) override;

 private:
  struct Message {
    std::string topic, payload, principal;
  };
  struct Batch {
    std::vector<Message> messages;
    std::function<void(Result<void>)> done;
    Instant at;
  };
  void work();
  void take(std::vector<Batch> batches);

  Ingest& ingest_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::vector<Batch> waiting_;
  bool running_ = true;
  std::thread worker_;
};

}  // namespace machiya::sense::ingest
