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

  // Several at once: each has its own outcome, and those that leave do so in their order.
  std::vector<Parcel> parcels(40, parcel);
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    parcels[i].uri = i == 7 ? "mqtt://127.0.0.1:1/a" : i == 9 ? "mqtt://" + origin : "mqtt://city:key@" + origin + "/many/" + std::to_string(i);
    parcels[i].notifier = {{"MQTT-QoS", i % 2 == 0 ? "1" : "0"}};
  }
  const std::vector<Handed> handed = notifier->hand_over_all(parcels);
  ASSERT_EQ(handed.size(), parcels.size());
  for (std::size_t i = 0; i < parcels.size(); ++i)
    EXPECT_EQ(handed[i].state, i == 7 ? Handed::State::unreachable : i == 9 ? Handed::State::refused : Handed::State::taken) << i << handed[i].cause;
  EXPECT_TRUE(notifier->hand_over_all({}).empty());
  std::lock_guard hold(keeper.mutex);
  std::size_t before = 0, came = 0;
  for (const std::string& line : keeper.seen) {
    if (!line.starts_with("city many/")) continue;
    const std::size_t n = std::stoul(line.substr(10));
    EXPECT_TRUE(came == 0 || n > before) << line;
    before = n, ++came;
  }
  EXPECT_GE(came, 19u);   // QoS 0 has left, and may still be on its way
}

}  // namespace
}  // namespace machiya::sense
