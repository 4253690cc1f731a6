// The MQTT listener when the disk fails: nothing is acknowledged, nobody is served, and service comes back with the state that the disk has.
#include <gtest/gtest.h>

#include <atomic>

#include "base/log.h"
#include "base/temporary_folder.h"
#include "bench/sense/mqtt/fleet.h"
#include "sense/mqtt/mqtt.h"
#include "tests/faults/failing_sync.h"

namespace machiya::faults {
namespace {

using namespace sense::mqtt;

class OpenGate final : public sense::MqttGate {
 public:
  void authenticate(const sense::MqttLogin&, std::function<void(Result<sense::MqttPrincipal>)> done) override { done(sense::MqttPrincipal{"anyone"}); }
  bool may_publish(const sense::MqttPrincipal&, std::string_view) override { return true; }
  bool may_subscribe(const sense::MqttPrincipal&, std::string_view) override { return true; }
};
/// May be set while threads read it.
class SharedClock final : public Clock {
 public:
  Instant now() const override { return {us}; }
  std::atomic<std::int64_t> us{1'700'000'000'000'000};
};

class Clients : public Fleet {
 public:
  using Fleet::Fleet;
  Peer* join(std::string_view id, bool clean) {
    Peer* p = connect(Connect{Version::v3_1_1, clean, 0, id, {}, {}, {}, {}});
    if (p != nullptr) (void)until([&] { return p->connected || p->fd < 0; });
    return p;
  }
  template <class Condition>
  bool until(Condition condition) {
    for (int i = 0; i < 200 && !condition(); ++i) (void)turn(100);
    return condition();
  }
  int acknowledged = 0, granted = 0;
  std::vector<std::string> received;

 protected:
  void on_packet(Peer& p, const Packet& packet) override {
    if (const auto* a = std::get_if<Ack>(&packet)) acknowledged += a->type == Type::puback;
    if (std::holds_alternative<Granted>(packet)) ++granted;
    if (const auto* m = std::get_if<Publish>(&packet)) {
      received.emplace_back(m->payload);
      if (m->qos > 0) send(p, Ack{Type::puback, m->id});
    }
  }
  void on_closed(Peer&) override {}
};

TEST(MqttDisk, AcknowledgesNothingWithoutASyncAndComesBack) {
  set_log_level(LogLevel::error);
  TemporaryFolder folder("mqtt-disk");
  OpenGate gate;
  SharedClock clock;
  SeededRng rng(1);
  sense::MqttServerOptions options;
  options.listen = {{"127.0.0.1", 0, nullptr}};
  options.folder = folder.path() + "/mqtt";
  auto server = sense::MqttServer::start(options, gate, nullptr, clock, rng);
  ASSERT_TRUE(server.ok()) << server.error().to_string();
  Clients clients((*server)->port());
  Peer* keeper = clients.join("keeper", false);
  clients.send(*keeper, Subscribe{1, {{"t/#", 1}}, {}});
  ASSERT_TRUE(clients.until([&] { return clients.granted == 1; }));
  clients.close(*keeper);
  Peer* p = clients.join("p", true);
  clients.send_publish(*p, 1, "t/1", "safe", 1);
  ASSERT_TRUE(clients.until([&] { return clients.acknowledged == 1; }));

  sync_fails = true;
  clients.send_publish(*p, 2, "t/1", "never promised", 1);
  ASSERT_TRUE(clients.until([&] { return p->fd < 0; }));
  EXPECT_EQ(clients.acknowledged, 1);
  EXPECT_TRUE((*server)->figures().failed);
  const Peer* refused = clients.join("p2", true);
  EXPECT_TRUE(refused == nullptr || !refused->connected);
  EXPECT_GT(failed_syncs.load(), 0);

  sync_fails = false;
  Peer* back = nullptr;
  ASSERT_TRUE(clients.until([&] {
    clock.us += 2 * kSecond;
    back = clients.join("keeper", false);
    return back != nullptr && back->connected;
  }));
  ASSERT_TRUE(clients.until([&] { return !clients.received.empty(); }));
  EXPECT_EQ(clients.received.front(), "safe");   // "never promised" may or may not be there
  clients.send_publish(*back, 3, "t/2", "after", 1);
  ASSERT_TRUE(clients.until([&] { return clients.acknowledged == 2; }));
}

}  // namespace
}  // namespace machiya::faults
