// mqtt_bench --child PROGRAM [--connections N] [--messages N] [--subscribers N] [--payload BYTES] [--rounds N]: ours (durable) and mosquitto
// (QoS 1, in memory, its kindest case) under the same load, one after the other in the same run. Publishers of QoS 1 keep one message
// under way each; subscribers of QoS 1 with sessions that stay share the topics, one receiver for each message. Prints messages that were
// acknowledged and received, per second and per second of the broker's processor time (/proc/PID/stat).
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <unordered_map>

#include "base/temporary_folder.h"
#include "bench/sense/mqtt/fleet.h"
#include "tests/faults/process.h"

namespace machiya::sense::mqtt {
namespace {

using std::chrono::steady_clock;

struct Wanted {
  std::string child;
  int connections = 10'000, subscribers = 10, payload = 50, rounds = 3;
  std::uint64_t messages = 500'000;
};

class Load : public Fleet {
 public:
  Load(std::uint16_t port, const Wanted& wanted) : Fleet(port), wanted_(wanted), payload_(static_cast<std::size_t>(wanted.payload), 'm') {}

  void connect_all() {
    for (int i = 0; i < wanted_.connections; ++i) {
      const bool subscriber = i < wanted_.subscribers;
      const std::string id = (subscriber ? "s" : "p") + std::to_string(i);
      Peer* p = nullptr;
      while ((p = connect(Connect{Version::v3_1_1, !subscriber, 0, id, {}, {}, {}, {}})) == nullptr) {}
      numbers_[p] = i;
      if (i % 128 == 127)
        while (connected_ + 128 < static_cast<std::size_t>(i) && turn(1'000)) {}
    }
    while (ready_ < static_cast<std::size_t>(wanted_.subscribers) || connected_ < static_cast<std::size_t>(wanted_.connections)) (void)turn(1'000);
  }
  /// Until so many have been acknowledged and received.
  void run(std::uint64_t messages) {
    left_ = messages;
    acknowledged_ = received_ = 0;
    for (auto& p : peers())
      if (numbers_[p.get()] >= wanted_.subscribers && left_ > 0) publish(*p);
    while (acknowledged_ < messages || received_ < messages) (void)turn(1'000);
  }

 private:
  void publish(Peer& p) {
    left_ -= 1;
    const int n = numbers_[&p];
    char topic[64];
    const int size = std::snprintf(topic, sizeof topic, "city/%d/meter/%d", n % wanted_.subscribers, n);
    send_publish(p, 1, std::string_view(topic, static_cast<std::size_t>(size)), payload_, 1);
  }
  void on_packet(Peer& p, const Packet& packet) override {
    if (std::holds_alternative<Connack>(packet)) {
      ++connected_;
      const int n = numbers_[&p];
      const std::string filter = "city/" + std::to_string(n) + "/meter/+";
      if (n < wanted_.subscribers) send(p, Subscribe{1, {{filter, 1}}, {}});
    } else if (std::holds_alternative<Granted>(packet)) {
      ++ready_;
    } else if (const auto* m = std::get_if<Publish>(&packet)) {
      ++received_;
      send(p, Ack{Type::puback, m->id});
    } else if (const auto* ack = std::get_if<Ack>(&packet); ack != nullptr && ack->type == Type::puback) {
      ++acknowledged_;
      if (left_ > 0) publish(p);
    }
  }
  void on_closed(Peer& p) override {
    std::cerr << "the broker closed connection " << p.number << "\n";
    std::exit(1);
  }

  const Wanted& wanted_;
  const std::string payload_;
  std::unordered_map<Peer*, int> numbers_;
  std::size_t connected_ = 0, ready_ = 0;
  std::uint64_t left_ = 0, acknowledged_ = 0, received_ = 0;
};

struct Measured {
  double per_second = 0, per_cpu_second = 0;
  std::uint64_t rss_kb = 0;
};

std::uint64_t rss_kb(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
  return 0;
}

Measured measure(bool ours, const Wanted& wanted) {
  TemporaryFolder folder("mqtt-bench");
  const std::uint16_t port = free_port();
  std::ofstream(folder.path() + "/mosquitto.conf") << "listener " << port << " 127.0.0.1\nallow_anonymous true\nuser root\nlog_dest none\npersistence false\nmax_queued_messages 0\n"
                                                   << "max_inflight_messages 0\nmax_connections -1\nset_tcp_nodelay true\n";
  faults::Process broker(ours ? std::vector<std::string>{wanted.child, "--folder", folder.path() + "/data", "--port", std::to_string(port)}
                              : std::vector<std::string>{"/usr/sbin/mosquitto", "-c", folder.path() + "/mosquitto.conf"});
  std::string line;
  if (ours && !broker.read_line(line)) std::exit(1);
  Load load(port, wanted);
  load.connect_all();
  load.run(std::min<std::uint64_t>(wanted.messages / 5, 100'000));   // warm
  const auto began = steady_clock::now();
  const std::uint64_t cpu = cpu_ms(broker.pid());
  load.run(wanted.messages);
  const double seconds = std::chrono::duration<double>(steady_clock::now() - began).count();
  const auto n = static_cast<double>(wanted.messages);
  return {n / seconds, n * 1'000 / static_cast<double>(cpu_ms(broker.pid()) - cpu), rss_kb(broker.pid())};
}

}  // namespace
}  // namespace machiya::sense::mqtt

int main(int argc, char** argv) {
  using namespace machiya::sense::mqtt;
  Wanted wanted;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i], value = argv[i + 1];
    if (key == "--child") wanted.child = value;
    else if (key == "--connections") wanted.connections = std::stoi(value);
    else if (key == "--subscribers") wanted.subscribers = std::stoi(value);
    else if (key == "--messages") wanted.messages = std::stoull(value);
    else if (key == "--payload") wanted.payload = std::stoi(value);
    else if (key == "--rounds") wanted.rounds = std::stoi(value);
    else return 2;
  }
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) files.rlim_cur = files.rlim_max, (void)::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < static_cast<rlim_t>(wanted.connections) + 100) return std::cerr << "too few file descriptors allowed: " << files.rlim_cur << "\n", 77;
  std::vector<double> ratios;
  for (int round = 0; round < wanted.rounds; ++round) {
    const Measured ours = measure(true, wanted), theirs = measure(false, wanted);
    std::printf("ours, durable: %8.0f msg/s %8.0f msg/cpu-s RSS %4llu MB   mosquitto: %8.0f msg/s %8.0f msg/cpu-s RSS %4llu MB   x %.2f\n", ours.per_second, ours.per_cpu_second,
                static_cast<unsigned long long>(ours.rss_kb / 1'024), theirs.per_second, theirs.per_cpu_second, static_cast<unsigned long long>(theirs.rss_kb / 1'024),
                ours.per_cpu_second / theirs.per_cpu_second);
    std::fflush(stdout);
    ratios.push_back(ours.per_cpu_second / theirs.per_cpu_second);
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf("messages per CPU-second, ours : mosquitto, median of %zu: x %.2f (bar 1)\n", ratios.size(), ratios[ratios.size() / 2]);
  return ratios[ratios.size() / 2] >= 1 ? 0 : 1;
}
