// notifications_bench [--messages N] [--subscriptions N] [--together N] [--rounds N]: notifications of the context broker by MQTT (QoS 1) against mosquitto's own
// relay of QoS 1, one after the other in the same run, each with a fresh mosquitto (in memory, no log) and the same subscriber.
//   relay: 100 publishers with one message under way each → mosquitto → one subscriber; the same bytes as a notification has.
//   ours: updates of entities (durable in the broker's journal) → subscriptions with an MQTT endpoint → mosquitto → one subscriber.
// Counted are messages that the subscriber has, per second and per second of processor time of mosquitto (relay) or of our process (ours: journal, matching,
// writing of the notifications, MQTT). --subscriptions: so many of them fire at each update (fan-out). --together: changes in one message at most.
//   notifications_bench broker FOLDER PORT UPDATES SUBSCRIPTIONS TOGETHER: our process, started by the above.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>
#include <unordered_map>

#include "base/temporary_folder.h"
#include "bench/sense/mqtt/fleet.h"
#include "platform/outbound/stream.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/read.h"
#include "sense/subscriptions/mqtt_notifier.h"
#include "sense/subscriptions/subscriptions.h"
#include "tests/faults/process.h"

namespace machiya::sense {
namespace {

using std::chrono::steady_clock;

constexpr int kEntities = 200, kWrittenTogether = 50;
constexpr std::uint64_t kMostAhead = 4'000;   ///< changes that are written and not yet told
constexpr int kPublishers = 100;

// ---- our process

template <class T>
T need(Result<T> result) {
  if (result.ok()) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::exit(1);
}

Result<Change> next_of(const EntityPtr& current, const ChangeContext& context, const Terms& terms, const std::string& id, std::uint64_t n) {
  tree::Arena arena;
  const auto body = tree::parse(R"({"id":")" + id + R"(","type":"Meter","level":{"type":"Property","value":)" + std::to_string(n) + R"(,"unitCode":"MTR"}})", arena);
  const auto draft = read_entity(*body, BodyOf::entity, terms, arena);
  if (!draft.ok()) return draft.error();
  return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
}

int broke(const std::string& folder, int port, std::uint64_t updates, int subscriptions_wanted, int together) {
  SystemClock clock;
  SeededRng rng(1);
  Contexts contexts(nullptr);
  auto store = need(store::Store::open({.url = "sqlite:" + folder + "/house.db"}));
  for (const auto& list : {journal_migrations(), Subscriptions::migrations()})
    if (!store->migrate(list).ok()) return 1;
  auto entities = need(EntityStore::open(need(open_file_journal(folder + "/broker")), clock, rng));
  const std::string origin = "mqtt://127.0.0.1:" + std::to_string(port);
  const auto door = need(outbound::Streams::create({.rules = {{origin, true}}, .plain_inside = true, .ca_file = {}, .resolve = {}}));
  const auto notifier = make_mqtt_notifier(*door);
  Subscriptions::Options options;
  options.delivery.most_together = static_cast<std::size_t>(together);
  auto subscriptions = need(Subscriptions::open(*store, *entities, contexts, {nullptr, notifier.get()}, clock, rng, options));
  for (int s = 0; s < subscriptions_wanted; ++s) {
    tree::Arena arena;
    const auto body = tree::parse(R"({"id":"urn:s:)" + std::to_string(s) + R"(","type":"Subscription","entities":[{"type":"Meter"}],"notification":{"endpoint":{"uri":")" + origin + "/city/" + std::to_string(s) +
                                      R"(","notifierInfo":[{"key":"MQTT-QoS","value":"1"}]}}})", arena);
    (void)need(subscriptions->create("", *body, *contexts.core(), "null"));
  }
  subscriptions->start();
  std::printf("ready\n"), std::fflush(stdout);
  if (std::getchar() == EOF) return 1;
  for (std::uint64_t n = 0; n < updates;) {
    std::vector<EntityStore::Item> items;
    for (int i = 0; i < kWrittenTogether && n < updates; ++i, ++n) {
      const std::string id = "urn:e:" + std::to_string(n % kEntities);
      items.push_back({id, [&contexts, id, n](const EntityPtr& current, const ChangeContext& context) { return next_of(current, context, *contexts.core(), id, n); }});
    }
    for (const auto& done : entities->write_all("", items))
      if (!done.ok()) return 1;
    while (entities->last() > kMostAhead + subscriptions->needed()) std::this_thread::sleep_until(steady_clock::now() + std::chrono::milliseconds(1));
  }
  std::printf("written\n"), std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}

// ---- subscriber and load

/// One subscriber of everything, and publishers.
class Load : public mqtt::Fleet {
 public:
  using Fleet::Fleet;
  std::uint64_t received = 0, changes = 0;
  std::string payload;   ///< of the newest message

  void subscribe() {
    listener_ = connect(mqtt::Connect{mqtt::Version::v3_1_1, true, 0, "listener", {}, {}, {}, {}});
    while (!granted_) (void)turn(1'000);
  }
  /// Until so many have come that were published by ourselves.
  void relay(std::uint64_t messages, const std::string& what) {
    payload_ = what;
    for (int i = static_cast<int>(peers().size()); i <= kPublishers; ++i)
      if (connect(mqtt::Connect{mqtt::Version::v3_1_1, true, 0, "p" + std::to_string(i), {}, {}, {}, {}}) == nullptr) std::exit(1);
    while (connected_ <= kPublishers) (void)turn(1'000);
    left_ = messages, received = 0;
    for (auto& p : peers())
      if (p.get() != listener_ && left_ > 0) publish(*p);
    while (received < messages) (void)turn(1'000);
  }

 private:
  mqtt::Peer* listener_ = nullptr;
  bool granted_ = false;
  int connected_ = 0;
  std::uint64_t left_ = 0;
  std::string payload_;

  void publish(mqtt::Peer& p) {
    --left_;
    send_publish(p, 1, "city/" + std::to_string(p.number), payload_, 1);
  }
  void on_packet(mqtt::Peer& p, const mqtt::Packet& packet) override {
    if (std::holds_alternative<mqtt::Connack>(packet)) {
      ++connected_;
      if (&p == listener_) send(p, mqtt::Subscribe{1, {{"city/#", 1}}, {}});
    } else if (std::holds_alternative<mqtt::Granted>(packet)) {
      granted_ = true;
    } else if (const auto* m = std::get_if<mqtt::Publish>(&packet)) {
      ++received;
      payload = m->payload;
      for (std::size_t at = 0; (at = payload.find("\"urn:e:", at)) != std::string::npos; ++at) ++changes;
      send(p, mqtt::Ack{mqtt::Type::puback, m->id});
    } else if (const auto* ack = std::get_if<mqtt::Ack>(&packet); ack != nullptr && ack->type == mqtt::Type::puback && left_ > 0) {
      publish(p);
    }
  }
  void on_closed(mqtt::Peer&) override {
    std::cerr << "mosquitto closed a connection\n";
    std::exit(1);
  }
};

struct Plan {
  std::uint64_t messages = 100'000;
  int subscriptions = 1, together = 1, rounds = 3;
};
struct Measured {
  double messages = 0, seconds = 0, cpu = 0, relay_cpu = 0, changes = 0;
};

/// Waits until it answers.
std::unique_ptr<faults::Process> mosquitto(const std::string& folder, std::uint16_t port) {
  std::ofstream(folder + "/mosquitto.conf") << "listener " << port << " 127.0.0.1\nallow_anonymous true\nuser root\nlog_dest none\npersistence false\nmax_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\n";
  auto out = std::make_unique<faults::Process>(std::vector<std::string>{"/usr/sbin/mosquitto", "-c", folder + "/mosquitto.conf"});
  class Probe : public Load {
   public:
    using Load::Load;
  } probe(port);
  while (probe.connect(mqtt::Connect{mqtt::Version::v3_1_1, true, 0, "probe", {}, {}, {}, {}}) == nullptr) std::this_thread::yield();
  return out;
}

double since(steady_clock::time_point began) { return std::chrono::duration<double>(steady_clock::now() - began).count(); }

Measured measure_ours(const char* program, const Plan& plan, std::string& sample) {
  TemporaryFolder folder("notifications-bench");
  const std::uint16_t port = mqtt::free_port();
  const auto relay = mosquitto(folder.path(), port);
  const std::uint64_t changes = plan.messages / static_cast<std::uint64_t>(plan.subscriptions), told = changes * static_cast<std::uint64_t>(plan.subscriptions);
  faults::Process broker({program, "broker", folder.path(), std::to_string(port), std::to_string(changes), std::to_string(plan.subscriptions), std::to_string(plan.together)});
  std::string line;
  if (!broker.read_line(line)) std::exit(1);
  Load load(port);
  load.subscribe();
  const std::uint64_t cpu = mqtt::cpu_ms(broker.pid()), relay_cpu = mqtt::cpu_ms(relay->pid());
  const auto began = steady_clock::now();
  broker.write_line("go");
  while (load.changes < told) (void)load.turn(1'000);
  Measured out{static_cast<double>(load.received), since(began), static_cast<double>(mqtt::cpu_ms(broker.pid()) - cpu) / 1000, static_cast<double>(mqtt::cpu_ms(relay->pid()) - relay_cpu) / 1000,
               static_cast<double>(load.changes)};
  sample = load.payload;
  broker.finish();
  return out;
}

Measured measure_relay(const Plan& plan, const std::string& payload) {
  TemporaryFolder folder("notifications-bench");
  const std::uint16_t port = mqtt::free_port();
  const auto relay = mosquitto(folder.path(), port);
  Load load(port);
  load.subscribe();
  load.relay(plan.messages / 10 + 1, payload);   // warm
  const std::uint64_t cpu = mqtt::cpu_ms(relay->pid());
  const auto began = steady_clock::now();
  load.relay(plan.messages, payload);
  const double used = static_cast<double>(mqtt::cpu_ms(relay->pid()) - cpu) / 1000;
  return {static_cast<double>(plan.messages), since(began), used, used, 0};
}

int bench(const char* program, const Plan& plan) {
  std::vector<double> ratios;
  for (int round = 0; round < plan.rounds; ++round) {
    std::string sample;
    const Measured ours = measure_ours(program, plan, sample), theirs = measure_relay(plan, sample);
    const double ratio = (ours.changes / ours.cpu) / (theirs.messages / theirs.cpu);
    ratios.push_back(ratio);
    std::printf("ours: %7.0f msg/s (%7.0f changes/s) %7.0f changes/cpu-s (mosquitto behind it: %4.2f s)   mosquitto: %7.0f msg/s %7.0f msg/cpu-s of %zu bytes   x %.2f, by the clock x %.2f\n",
                ours.messages / ours.seconds, ours.changes / ours.seconds, ours.changes / ours.cpu, ours.relay_cpu, theirs.messages / theirs.seconds, theirs.messages / theirs.cpu, sample.size(), ratio,
                (ours.changes / ours.seconds) / (theirs.messages / theirs.seconds));
    std::fflush(stdout);
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf("%d subscriptions, at most %d changes in a message: changes told per CPU-second, ours : mosquitto's messages, median of %zu: x %.2f\n", plan.subscriptions, plan.together, ratios.size(),
              ratios[ratios.size() / 2]);
  return 0;
}

}  // namespace
}  // namespace machiya::sense

int main(int argc, char** argv) {
  using namespace machiya::sense;
  if (argc == 7 && std::string(argv[1]) == "broker") return broke(argv[2], std::atoi(argv[3]), std::strtoull(argv[4], nullptr, 10), std::atoi(argv[5]), std::atoi(argv[6]));
  Plan plan;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--messages") plan.messages = std::strtoull(argv[i + 1], nullptr, 10);
    else if (key == "--subscriptions") plan.subscriptions = std::atoi(argv[i + 1]);
    else if (key == "--together") plan.together = std::atoi(argv[i + 1]);
    else if (key == "--rounds") plan.rounds = std::atoi(argv[i + 1]);
    else return 2;
  }
  return bench(argv[0], plan);
}
