#include "sense/ingest/mqtt_door.h"

namespace machiya::sense::ingest {

MqttDoor::MqttDoor(Ingest& ingest, const Clock& clock) : ingest_(ingest), clock_(clock), worker_([this] { work(); }) {}

MqttDoor::~MqttDoor() {
  {
    std::lock_guard lock(mutex_);
    running_ = false;
  }
  wakes_.notify_all();
  worker_.join();
}

void MqttDoor::authenticate(const MqttLogin& login, std::function<void(Result<MqttPrincipal>)> done) {
  // A name is asked for, so that a key in a wrong device is noticed when it is put in.
  if (!login.user || login.user->empty() || !login.password) return done(Error(ErrorCode::unauthenticated, "user name (the device's id) and password (a key) are needed"));
  const auto device = ingest_.parts().registry.enter(*login.password, *login.user);
  if (!device.ok()) return done(device.error());
  done(MqttPrincipal{(*device)->id});
}

bool MqttDoor::may_publish(const MqttPrincipal& who, std::string_view topic) {
  const Registry& registry = ingest_.parts().registry;
  const DevicePtr device = registry.find(who.name);
  return device && registry.still_in(who.name) && ingest_.by_topic(device, topic);
}

bool MqttDoor::may_subscribe(const MqttPrincipal&, std::string_view) { return false; }

void MqttDoor::publish(std::span<const MqttMessage> batch, std::function<void(Result<void>)> done) {
  Batch copy;
  copy.done = std::move(done), copy.at = clock_.now();
  for (const MqttMessage& m : batch) copy.messages.push_back({std::string(m.topic), std::string(m.payload), std::string(m.principal)});
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(copy));
  }
  wakes_.notify_one();
}

void MqttDoor::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wakes_.wait(lock, [this] { return !running_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::vector<Batch> batches = std::exchange(waiting_, {});
    lock.unlock();
    take(std::move(batches));
    lock.lock();
  }
}

void MqttDoor::take(std::vector<Batch> batches) {
  std::vector<Arrival> arrivals;
  std::vector<std::size_t> of;
  const Registry& registry = ingest_.parts().registry;
  for (std::size_t b = 0; b < batches.size(); ++b)
    for (const Message& m : batches[b].messages) {
      const DevicePtr entered = registry.find(m.principal);
      auto spoken = entered ? ingest_.by_topic(entered, m.topic) : std::nullopt;
      // The house's own messages and wills come here, too: what no device says is for subscribers only.
      if (!spoken) continue;
      arrivals.push_back({spoken->device, "mqtt", m.topic, std::move(spoken->topic), m.payload, batches[b].at, ""});
      of.push_back(b);
    }
  const std::vector<Outcome> outcomes = ingest_.take(arrivals);
  std::vector<Result<void>> results(batches.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (!outcomes[i].done.ok() && results[of[i]].ok()) results[of[i]] = outcomes[i].done;
  for (std::size_t b = 0; b < batches.size(); ++b) batches[b].done(std::move(results[b]));
}

}  // namespace machiya::sense::ingest
