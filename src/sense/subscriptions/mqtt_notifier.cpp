#include "sense/subscriptions/mqtt_notifier.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "platform/outbound/stream.h"
#include "sense/mqtt/client.h"

namespace machiya::sense {
namespace {

constexpr std::size_t kMostClients = 64;

/// What became of several messages.
struct Receipts {
  explicit Receipts(std::size_t n) : results(n), open_(n) {}
  std::vector<Result<void>> results;   ///< read after wait()

  void settle(std::size_t i, Result<void> result) {
    std::lock_guard hold(mutex_);
    results[i] = std::move(result);
    if (--open_ == 0) all_.notify_one();
  }
  void wait() {
    std::unique_lock hold(mutex_);
    all_.wait(hold, [this] { return open_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::size_t open_;
};

class MqttNotifier final : public Notifier {
 public:
  MqttNotifier(const outbound::Streams& door, int timeout_ms) : door_(door), timeout_ms_(timeout_ms) {}

  Handed hand_over(const Parcel& parcel) override { return std::move(hand_over_all({&parcel, 1}).front()); }

  // All are published before the first is waited for: one wait for the receipts of all. The client settles every message: it gives up after one connection that
  // failed.
  std::vector<Handed> hand_over_all(std::span<const Parcel> parcels) override {
    std::vector<Handed> out(parcels.size());
    std::vector<std::pair<std::string, std::shared_ptr<MqttClient>>> clients(parcels.size());
    const auto receipts = std::make_shared<Receipts>(parcels.size());
    for (std::size_t i = 0; i < parcels.size(); ++i) {
      const auto target = mqtt_target(parcels[i]);
      if (!target.ok()) {
        out[i] = {Handed::State::refused, target.error().detail, 0};
        receipts->settle(i, {});
        continue;
      }
      clients[i].first = key_of(*target), clients[i].second = client_of(clients[i].first, *target);
      MqttNotice notice;
      notice.topic = target->topic, notice.payload = mqtt_message(parcels[i]), notice.qos = target->qos > 0 ? 1 : 0, notice.content_type = "application/json", notice.retain = parcels[i].retain;
      clients[i].second->publish(std::move(notice), [receipts, i](Result<void> r) { receipts->settle(i, std::move(r)); });
    }
    receipts->wait();
    for (std::size_t i = 0; i < parcels.size(); ++i) {
      if (receipts->results[i].ok()) continue;
      const Error& error = receipts->results[i].error();
      const bool refused = error.code == ErrorCode::invalid_input || error.code == ErrorCode::too_large || error.code == ErrorCode::forbidden;
      out[i] = {refused ? Handed::State::refused : Handed::State::unreachable, error.detail, 0};
      if (!refused) forget(clients[i].first, clients[i].second);
    }
    return out;
  }

 private:
  const outbound::Streams& door_;
  const int timeout_ms_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<MqttClient>> clients_;

  static std::string origin_of(const MqttTarget& t) { return (t.tls ? "mqtts://" : "mqtt://") + t.host + ":" + std::to_string(t.port); }
  static std::string key_of(const MqttTarget& t) { return origin_of(t) + '\n' + t.user + '\n' + t.password + '\n' + (t.version_5 ? '5' : '3'); }

  std::shared_ptr<MqttClient> client_of(const std::string& key, const MqttTarget& t) {
    std::shared_ptr<MqttClient> old;   // ended without the lock
    std::lock_guard hold(mutex_);
    auto& client = clients_[key];
    if (!client) {
      MqttClientOptions options;
      options.url = origin_of(t), options.version5 = t.version_5, options.user = t.user, options.password = t.password;
      options.timeout_ms = timeout_ms_, options.attempts = 1;
      client = std::make_shared<MqttClient>(door_, options);
    }
    const std::shared_ptr<MqttClient> out = client;
    if (clients_.size() > kMostClients)
      for (auto it = clients_.begin(); it != clients_.end(); ++it)
        if (it->second != out && it->second.use_count() == 1) {
          old = std::move(it->second);
          clients_.erase(it);
          break;
        }
    return out;
  }
  // The next message makes a new connection at once instead of waiting for the client's own pause.
  void forget(const std::string& key, const std::shared_ptr<MqttClient>& client) {
    std::lock_guard hold(mutex_);
    if (const auto it = clients_.find(key); it != clients_.end() && it->second == client) clients_.erase(it);
  }
};

}  // namespace

std::unique_ptr<Notifier> make_mqtt_notifier(const outbound::Streams& door, int timeout_ms) { return std::make_unique<MqttNotifier>(door, timeout_ms); }

}  // namespace machiya::sense
