// mqtt_kill [--rounds N] [--connections N] [--broker ours|mosquitto] [--child PROGRAM] [--power 0|1] [--seed N] [--autosave SECONDS]:
// publishers of QoS 1 and a subscriber with a session that stays, on a broker that is killed (SIGKILL) at random moments. At the end every
// message that was acknowledged must have reached the subscriber. --power 1 (ours): after each kill the files lose what was not synced.
// Ends with 0 when nothing is lost. mosquitto runs with persistence, without limits of its queues.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <unordered_map>

#include "base/rng.h"
#include "base/temporary_folder.h"
#include "bench/sense/mqtt/fleet.h"
#include "tests/faults/mqtt_synced.h"
#include "tests/faults/process.h"

namespace machiya::faults {
namespace {

using namespace sense::mqtt;
using std::chrono::steady_clock;

struct Wanted {
  int rounds = 10, connections = 200;
  std::string broker = "ours", child = MQTT_CHILD, autosave = "1";
  bool power = true;
  std::uint64_t seed = static_cast<std::uint64_t>(steady_clock::now().time_since_epoch().count());
};
bool read_arguments(int argc, char** argv, Wanted& w) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i], value = argv[i + 1];
    if (key == "--rounds") w.rounds = std::stoi(value);
    else if (key == "--connections") w.connections = std::stoi(value);
    else if (key == "--broker") w.broker = value;
    else if (key == "--child") w.child = value;
    else if (key == "--power") w.power = value == "1";
    else if (key == "--seed") w.seed = std::stoull(value);
    else if (key == "--autosave") w.autosave = value;
    else return false;
  }
  return argc % 2 == 1;
}

/// The broker under test, on one folder and port through all its lives.
class Broker {
 public:
  Broker(const Wanted& wanted, const std::string& folder) : wanted_(wanted), folder_(folder), port_(free_port()) {
    std::filesystem::create_directories(folder_ + "/data");
    std::ofstream(folder_ + "/mosquitto.conf") << "listener " << port_ << " 127.0.0.1\nallow_anonymous true\nuser root\nlog_dest none\npersistence true\npersistence_location " << folder_
                                               << "/data/\nautosave_interval " << wanted.autosave << "\nmax_queued_messages 0\nmax_connections -1\n";
  }
  std::uint16_t port() const { return port_; }
  void start() {
    if (wanted_.broker == "mosquitto") {
      process_ = std::make_unique<Process>(std::vector<std::string>{"/usr/sbin/mosquitto", "-c", folder_ + "/mosquitto.conf"});
    } else {
      process_ = std::make_unique<Process>(std::vector<std::string>{wanted_.child, "--folder", folder_ + "/data", "--port", std::to_string(port_), "--checkpoint", "4000000",
                                                                     "--synced", folder_ + "/synced"});
      std::string line;
      if (!process_->read_line(line) || !line.starts_with("ready")) std::cerr << "the broker did not start\n", std::exit(2);
    }
  }
  void kill() {
    process_->kill();
    process_.reset();
    if (wanted_.broker == "ours" && wanted_.power) lose_power();
  }

 private:
  /// Files of the log keep what fdatasync had covered.
  void lose_power() {
    auto synced = std::make_unique<SyncedFiles>();
    std::ifstream file(folder_ + "/synced", std::ios::binary);
    file.read(reinterpret_cast<char*>(synced.get()), sizeof *synced);
    for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/data/log")) {
      struct stat info {};
      if (entry.path().extension() != ".log" || ::stat(entry.path().c_str(), &info) != 0) continue;
      std::uint64_t kept = 0;
      for (const auto& row : synced->rows)
        if (row.inode == info.st_ino) kept = row.bytes;
      if (kept < static_cast<std::uint64_t>(info.st_size)) std::filesystem::resize_file(entry.path(), kept);
    }
  }
  const Wanted& wanted_;
  const std::string folder_;
  const std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

/// What is known of all lives together.
struct Truth {
  std::vector<std::uint32_t> next;                 ///< of each publisher
  std::vector<std::set<std::uint32_t>> missing;    ///< acknowledged, not yet received
  std::vector<std::set<std::uint32_t>> early;      ///< received before their acknowledgement
  std::uint64_t acknowledged = 0, received = 0;
};

class Life : public Fleet {
 public:
  Life(std::uint16_t port, Truth& truth) : Fleet(port), truth_(truth) {}

  bool subscribe() {
    Connect packet{Version::v3_1_1, false, 0, "subscriber", {}, {}, {}, {}};
    subscriber_ = connect(packet);
    return subscriber_ != nullptr;
  }
  /// Publisher i has the same identifier in every life. False when nobody listens.
  bool publisher(std::uint32_t i) {
    const std::string id = "p" + std::to_string(i);
    Peer* p = connect(Connect{Version::v3_1_1, true, 0, id, {}, {}, {}, {}});
    if (p != nullptr) of_peer_[p] = {i, 0};
    return p != nullptr;
  }
  /// Everybody publishes from now on, one message under way each.
  void begin() {
    begun_ = true;
    for (auto& [peer, work] : of_peer_)
      if (peer->connected) next_message(*peer, work);
  }
  std::size_t connected() const { return connected_; }
  void publish_until_marked() { marker_ = true; }
  bool marked() const { return marked_; }
  std::uint64_t acknowledged = 0;

 protected:
  struct Work {
    std::uint32_t publisher, waiting_for;
  };
  void next_message(Peer& p, Work& w) {
    w.waiting_for = ++truth_.next[w.publisher];
    const std::string topic = "kill/" + std::to_string(w.publisher), payload = std::to_string(w.publisher) + "." + std::to_string(w.waiting_for);
    send_publish(p, static_cast<std::uint16_t>(w.waiting_for % 65'535 + 1), topic, payload, 1);
  }
  void on_packet(Peer& p, const Packet& packet) override {
    if (&p == subscriber_) return on_subscriber(p, packet);
    const auto it = of_peer_.find(&p);
    if (it == of_peer_.end()) return;
    Work& w = it->second;
    if (std::holds_alternative<Connack>(packet)) {
      ++connected_;
      return begun_ ? next_message(p, w) : void();
    }
    const auto* ack = std::get_if<Ack>(&packet);
    if (ack == nullptr || ack->id != w.waiting_for % 65'535 + 1) return;
    ++acknowledged, ++truth_.acknowledged;
    if (truth_.early[w.publisher].erase(w.waiting_for) == 0) truth_.missing[w.publisher].insert(w.waiting_for);
    next_message(p, w);
  }
  void on_subscriber(Peer& p, const Packet& packet) {
    if (std::holds_alternative<Connack>(packet)) return send(p, Subscribe{1, {{"kill/#", 1}}, {}});
    if (std::holds_alternative<Granted>(packet) && marker_) return send_publish(p, 9, "kill/end", "end", 1);
    const auto* m = std::get_if<Publish>(&packet);
    if (m == nullptr) return;
    if (m->qos > 0) send(p, Ack{Type::puback, m->id});
    if (m->topic == "kill/end") {
      marked_ |= marker_;
      return;
    }
    const std::string text(m->payload);
    const auto publisher = static_cast<std::uint32_t>(std::stoul(text));
    const auto number = static_cast<std::uint32_t>(std::stoul(text.substr(text.find('.') + 1)));
    truth_.received += 1;
    if (truth_.missing[publisher].erase(number) == 0) truth_.early[publisher].insert(number);
  }
  void on_closed(Peer&) override {}

 private:
  Truth& truth_;
  Peer* subscriber_ = nullptr;
  std::unordered_map<Peer*, Work> of_peer_;
  bool marker_ = false, marked_ = false, begun_ = false;
  std::size_t connected_ = 0;
};

/// One life: everybody connects, publishes; death comes a random while after the first acknowledgement. Every second life without the subscriber.
void one_life(Broker& broker, const Wanted& wanted, Truth& truth, int round, Rng& rng) {
  broker.start();
  Life life(broker.port(), truth);
  const auto patience = steady_clock::now() + std::chrono::seconds(60);
  if (round % 2 == 1)
    while (!life.subscribe())   // mosquitto does not say when it is ready
      if (steady_clock::now() > patience) std::cerr << "nobody listens\n", std::exit(2);
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(wanted.connections); ++i) {
    while (!life.publisher(i))
      if (steady_clock::now() > patience) std::cerr << "nobody listens\n", std::exit(2);
    if (i % 64 == 63) (void)life.turn(0);
  }
  while (life.connected() < static_cast<std::size_t>(wanted.connections) && steady_clock::now() < patience) (void)life.turn(10);
  life.begin();
  while (life.acknowledged == 0 && steady_clock::now() < patience) (void)life.turn(10);
  const auto death = steady_clock::now() + std::chrono::milliseconds(20 + rng.below(600));
  while (steady_clock::now() < death) (void)life.turn(1);
  broker.kill();
  while (life.turn(0)) {}   // answers that had left before
}

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) {
  using namespace machiya;
  using namespace machiya::faults;
  Wanted wanted;
  if (!read_arguments(argc, argv, wanted)) return std::cerr << "usage: mqtt_kill [--rounds N] [--connections N] [--broker ours|mosquitto] [--child PROGRAM] [--power 0|1] [--seed N]\n", 2;
  SeededRng rng(wanted.seed);
  TemporaryFolder folder("mqtt-kill");
  Broker broker(wanted, folder.path());
  Truth truth;
  const auto n = static_cast<std::size_t>(wanted.connections);
  truth.next.resize(n), truth.missing.resize(n), truth.early.resize(n);
  for (int round = 1; round <= wanted.rounds; ++round) one_life(broker, wanted, truth, round, rng);
  // The last life is nobody's end: the subscriber gets what waits for it, and a mark of its own behind that.
  broker.start();
  Life life(broker.port(), truth);
  life.publish_until_marked();
  while (!life.subscribe()) {}
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (!life.marked() && std::chrono::steady_clock::now() < patience) (void)life.turn(100);
  broker.kill();
  std::uint64_t lost = 0;
  for (const auto& m : truth.missing) lost += m.size();
  std::cout << wanted.broker << ": " << wanted.rounds << " kills, " << wanted.connections << " connections (seed " << wanted.seed << "), " << truth.acknowledged
            << " acknowledged, " << truth.received << " received, " << lost << " lost" << (life.marked() ? "" : ", the last mark did not come") << std::endl;
  return lost == 0 && life.marked() && truth.acknowledged > 0 ? 0 : 1;
}
