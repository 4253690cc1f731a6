// kill -9 of the broker and of its subscriber, again and again, at a given rate of updates: nothing that was written may be missing at the subscriber, and the
// numbers of each entity must come in their order (what came may come once more).
//   notify_kill [--kills N] [--updates N] [--rate R] [--together N] [--seed N] [--lossy]
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/rng.h"
#include "tests/faults/process.h"

namespace machiya::faults {
namespace {
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Plan {
  int kills = 20;
  long updates = 20'000, rate = 5'000;
  int together = 50;
  std::uint64_t seed = 1;
  bool lossy = false;
};

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET, address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

class Run {
 public:
  explicit Run(const Plan& plan) : plan_(plan), rng_(plan.seed), port_(std::to_string(free_port())) {
    folder_ = (fs::temp_directory_path() / ("notify-kill-" + std::to_string(::getpid()))).string();
    fs::remove_all(folder_), fs::create_directories(folder_);
  }
  ~Run() { fs::remove_all(folder_); }

  // Lives of both until so many were killed, then one life to the end. False when it does not come to an end.
  bool go() {
    start_receiver(), start_broker();
    for (int kill = 0; kill < plan_.kills; ++kill) {
      const auto moment = Clock::now() + std::chrono::milliseconds(100 + rng_.below(span_ms()));
      const std::uint64_t whom = rng_.below(3);
      live_until(whom == 0 ? *broker_ : *receiver_, moment);
      if (whom == 2) broker_->kill();
      broker_kills += whom != 1, receiver_kills += whom != 0;
      if (whom != 0) start_receiver();
      if (whom != 1) start_broker();
    }
    const auto deadline = Clock::now() + std::chrono::seconds(120 + plan_.updates / 1000);
    for (std::string line; broker_->read_line_or_kill(line, deadline);)
      if (line == "told") return broker_->finish() == 0;
    return false;
  }

  // Every fault of what was received.
  int check() {
    std::map<std::string, long> newest;
    std::map<std::string, std::set<long>> came;
    long lines = 0, out_of_order = 0, missing = 0;
    each("received", [&](const std::string& id, long n) {
      ++lines;
      // The first time that a number comes, all smaller ones must have come.
      if (came[id].insert(n).second && n < newest[id]) ++out_of_order;
      newest[id] = std::max(newest[id], n);
    });
    long written = 0;
    each("written", [&](const std::string& id, long n) { ++written, missing += came[id].contains(n) ? 0 : 1; });
    // Numbers that were on disk without having been acknowledged count as well: none may be left out.
    long gaps = 0, different = 0;
    for (const auto& [id, numbers] : came) different += static_cast<long>(numbers.size()), gaps += *numbers.rbegin() - static_cast<long>(numbers.size());
    std::printf("{\"kills\":%d,\"broker_kills\":%d,\"receiver_kills\":%d,\"written\":%ld,\"received\":%ld,\"repeated\":%ld,\"lost\":%ld,\"out_of_order\":%ld}\n", broker_kills + receiver_kills, broker_kills,
                receiver_kills, written, different, lines - different, missing + gaps, out_of_order);
    return missing + gaps + out_of_order > 0 || written == 0 ? 1 : 0;
  }
  int broker_kills = 0, receiver_kills = 0;

 private:
  Plan plan_;
  SeededRng rng_;
  std::string folder_, port_;
  std::unique_ptr<Process> broker_, receiver_;

  // So long may a life last that the kills spread over all updates.
  std::uint64_t span_ms() const { return static_cast<std::uint64_t>(std::max(200L, 2 * plan_.updates * 1000 / plan_.rate / std::max(plan_.kills, 1) - 200)); }

  // Killed at that moment, whatever it does then.
  static void live_until(Process& process, Clock::time_point moment) {
    for (std::string line; process.read_line_or_kill(line, moment);) continue;
  }
  void start_receiver() {
    receiver_ = std::make_unique<Process>(std::vector<std::string>{NOTIFY_CHILD, "receiver", folder_, port_});
    std::string line;
    receiver_->read_line(line);
  }
  void start_broker() {
    std::vector<std::string> words{NOTIFY_CHILD, "broker", folder_, port_, "--updates", std::to_string(plan_.updates), "--rate", std::to_string(plan_.rate), "--together", std::to_string(plan_.together)};
    if (plan_.lossy) words.emplace_back("--lossy");
    broker_ = std::make_unique<Process>(words);
    std::string line;
    broker_->read_line(line);
  }
  template <class Visit> void each(const std::string& name, const Visit& visit) {
    std::ifstream in(folder_ + "/" + name);
    std::string id;
    for (long n; in >> id >> n;) visit(id, n);
  }
};

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) {
  machiya::faults::Plan plan;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--lossy") plan.lossy = true;
    if (i + 1 == argc) continue;
    if (word == "--kills") plan.kills = std::atoi(argv[i + 1]);
    if (word == "--updates") plan.updates = std::atol(argv[i + 1]);
    if (word == "--rate") plan.rate = std::atol(argv[i + 1]);
    if (word == "--together") plan.together = std::atoi(argv[i + 1]);
    if (word == "--seed") plan.seed = static_cast<std::uint64_t>(std::atol(argv[i + 1]));
  }
  const auto start = std::chrono::steady_clock::now();
  machiya::faults::Run run(plan);
  if (!run.go()) std::printf("it did not come to an end\n");
  const int faults = run.check();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("{\"seconds\":%.1f,\"updates_per_second\":%.0f}\n", seconds, static_cast<double>(plan.updates) / seconds);
  return faults;
}
