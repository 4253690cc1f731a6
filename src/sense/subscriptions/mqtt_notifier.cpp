#include "sense/subscriptions/mqtt_notifier.h"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>

#include "platform/outbound/stream.h"
#include "sense/mqtt/client.h"

namespace machiya::sense {
namespace {

constexpr std::size_t kMostClients = 64;

class MqttNotifier final : public Notifier {
 public:
  MqttNotifier(const outbound::Streams& door, int timeout_ms) : door_(door), timeout_ms_(timeout_ms) {}

  Handed hand_over(const Parcel& parcel) override {
    const auto target = mqtt_target(parcel);
    if (!target.ok()) return {Handed::State::refused, target.error().detail, 0};
    const std::string key = key_of(*target);
    const std::shared_ptr<MqttClient> client = client_of(key, *target);
    MqttNotice notice;
    notice.topic = target->topic, notice.payload = mqtt_message(parcel), notice.qos = target->qos > 0 ? 1 : 0, notice.content_type = "application/json";
    // The client settles every message: it gives up after one connection that failed.
    auto settled = std::make_shared<std::promise<Result<void>>>();
    client->publish(std::move(notice), [settled](Result<void> r) { settled->set_value(std::move(r)); });
    const Result<void> result = settled->get_future().get();
    if (result.ok()) return {};
    const ErrorCode code = result.error().code;
    if (code == ErrorCode::invalid_input || code == ErrorCode::too_large || code == ErrorCode::forbidden) return {Handed::State::refused, result.error().detail, 0};
    forget(key, client);
    return {Handed::State::unreachable, result.error().detail, 0};
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
