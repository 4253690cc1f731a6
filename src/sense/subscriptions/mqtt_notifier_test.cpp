// The MQTT notifier against the house's own listener, over real sockets.
#include "sense/subscriptions/mqtt_notifier.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/temporary_folder.h"
#include "platform/outbound/stream.h"
#include "sense/mqtt/mqtt.h"

namespace machiya::sense {
namespace {

class OpenGate final : public MqttGate {
 public:
  void authenticate(const MqttLogin& login, std::function<void(Result<MqttPrincipal>)> done) override {
    if (login.password.value_or("") == "wrong") return done(Error(ErrorCode::unauthenticated, "wrong key"));
    done(MqttPrincipal{login.user.value_or("guest")});
  }
  bool may_publish(const MqttPrincipal&, std::string_view) override { return true; }
  bool may_subscribe(const MqttPrincipal&, std::string_view) override { return true; }
};
class Keeper final : public MqttIngest {
 public:
  void publish(std::span<const MqttMessage> batch, std::function<void(Result<void>)> done) override {
    std::lock_guard hold(mutex);
    for (const auto& m : batch) seen.push_back(std::string(m.principal) + " " + std::string(m.topic) + " " + std::string(m.payload));
    done({});
  }
  std::mutex mutex;
  std::vector<std::string> seen;
};

TEST(MqttNotifierTest, publishes_with_both_versions_and_gives_up_on_who_is_not_there) {
  TemporaryFolder folder("mqtt-notifier");
  SystemClock clock;
  SeededRng rng(1);
  OpenGate gate;
  Keeper keeper;
  MqttServerOptions options;
  options.listen = {{"127.0.0.1", 0, nullptr}};
  options.folder = folder.path() + "/mqtt";
  auto server = MqttServer::start(options, gate, &keeper, clock, rng).value();
  const std::string origin = "127.0.0.1:" + std::to_string(server->port());
  const auto door = outbound::Streams::create({.rules = {{"mqtt://" + origin, true}, {"mqtt://127.0.0.1:1", true}}, .plain_inside = true, .ca_file = {}, .resolve = {}}).value();
  const auto notifier = make_mqtt_notifier(*door, 2000);
  Parcel parcel;
  parcel.uri = "mqtt://city:key@" + origin + "/a/b", parcel.content_type = "application/json", parcel.body = "{\"id\":1}";
  for (const char* version : {"mqtt3.1.1", "mqtt5.0"})
    for (const char* qos : {"1", "2"}) {
      parcel.notifier = {{"MQTT-Version", version}, {"MQTT-QoS", qos}};
      const Handed handed = notifier->hand_over(parcel);
      EXPECT_EQ(handed.state, Handed::State::taken) << version << " " << qos << " " << handed.cause;
    }
  {
    std::lock_guard hold(keeper.mutex);
    ASSERT_EQ(keeper.seen.size(), 4u);
    EXPECT_EQ(keeper.seen[0], "city a/b {\"metadata\":{\"Content-Type\":\"application/json\"},\"body\":{\"id\":1}}");
  }
  for (const std::string& uri : {"mqtt://city:wrong@" + origin + "/a", std::string("mqtt://127.0.0.1:1/a"), std::string("mqtt://127.0.0.1:2/a")}) {
    parcel.uri = uri;
    const Handed handed = notifier->hand_over(parcel);
    EXPECT_EQ(handed.state, Handed::State::unreachable) << uri;
    EXPECT_FALSE(handed.cause.empty());
  }
  parcel.uri = "mqtt://" + origin;
  EXPECT_EQ(notifier->hand_over(parcel).state, Handed::State::refused);
}

}  // namespace
}  // namespace machiya::sense
