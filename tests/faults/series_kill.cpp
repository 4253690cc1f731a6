// kill -9 at random under load, again and again on the same store of series: what was acknowledged is there, and of what was on its way, whole batches in
// the order in which they were handed over.
//   series_kill [--rounds N] [--seed N] [--sabotage 1]
// With --sabotage it takes the newest segment away before each check: it must then end with faults.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "base/log.h"
#include "base/temporary_folder.h"
#include "tests/faults/process.h"
#include "tests/faults/series_plan.h"

namespace machiya::faults {
namespace {

using sense::series::SeriesId;
constexpr int kThreads = 4;

/// What one thread's batches up to a number leave behind.
using State = std::map<std::tuple<int, std::string, std::int64_t>, double>;

class Check {
 public:
  explicit Check(std::string folder) : folder_(std::move(folder)) {}
  std::uint64_t acknowledged(int thread) const { return acknowledged_[thread]; }
  std::uint64_t batches() const { return batches_; }
  bool line(const std::string& text) {
    int thread = 0;
    unsigned long long number = 0;
    if (std::sscanf(text.c_str(), "ack %d %llu", &thread, &number) != 2) return fault("the child says: " + text), false;
    if (number != acknowledged_[thread] + 1) fault("batch " + std::to_string(number) + " was acknowledged out of its order");
    acknowledged_[thread] = number, ++batches_;
    return true;
  }
  void after_kill() {
    sense::series::Options options;
    options.background = false;
    auto store = sense::series::open_files(folder_, options);
    if (!store.ok()) return fault(store.error().to_string());
    for (int t = 0; t < kThreads; ++t) thread(**store, t);
  }
  int faults() const { return faults_; }

 private:
  void fault(const std::string& what) {
    if (++faults_ <= 10) std::fprintf(stderr, "fault: %s\n", what.c_str());
  }
  static void apply(State& state, int thread, std::uint64_t number) {
    plan(thread, number, [&](const Planned& p) { state[{p.measurement, p.key, p.time_us}] = p.value; });
  }
  void thread(sense::series::Store& store, int t) {
    State found;
    for (int m = 0; m < 2; ++m) {
      const auto measurement = store.find_measurement("", "measure" + std::to_string(m));
      if (!measurement) continue;
      for (std::uint32_t n = 0; n < store.series_count(*measurement); ++n) {
        const SeriesId id = sense::series::series_id(*measurement, n);
        const std::string key = store.key(id);
        if (std::atoi(key.c_str()) != t) continue;
        auto values = store.range(id, {});
        if (!values.ok()) return fault(values.error().to_string());
        for (const auto& v : *values) found[{m, key, v.time_us}] = v.value;
      }
    }
    while (applied_[t] < acknowledged_[t]) apply(states_[t], t, ++applied_[t]);
    State expected = states_[t];
    for (std::uint64_t more = 0; more <= kInFlight; ++more) {
      if (expected == found) return;
      apply(expected, t, acknowledged_[t] + more + 1);
    }
    fault("thread " + std::to_string(t) + ": " + std::to_string(found.size()) + " values that are no row of batches up to " + std::to_string(acknowledged_[t]) + ", where " +
          std::to_string(states_[t].size()) + " are due");
  }

  std::string folder_;
  std::uint64_t acknowledged_[kThreads] = {}, applied_[kThreads] = {}, batches_ = 0;
  State states_[kThreads];
  int faults_ = 0;
};

void one_life(Check& check, const std::string& folder, std::mt19937_64& random) {
  std::vector<std::string> argv{SERIES_CHILD, folder};
  // What was on its way when the last one died may be there or not: it is written again.
  for (int t = 0; t < kThreads; ++t) argv.push_back(std::to_string(check.acknowledged(t) + 1));
  Process child(argv);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(30 + random() % 500);
  std::string text;
  while (child.read_line_or_kill(text, until))
    if (!check.line(text)) break;
  // Process::kill() is for a child that still runs: without one it would reach every process of this user.
  if (child.pid() > 0) child.kill();
  while (child.read_line(text)) check.line(text);
}

/// The last one that the manifest names: what nobody names is only the rest of a flush that the kill ended.
void take_newest_segment(const std::string& folder) {
  std::ifstream manifest(folder + "/manifest");
  std::string file;
  for (std::string line; std::getline(manifest, line);)
    if (line.rfind("segment ", 0) == 0) file = line.substr(line.rfind(' ') + 1);
  if (!file.empty()) std::filesystem::remove(folder + "/segments/" + file);
}

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) {
  using namespace machiya;
  int rounds = 5;
  unsigned long long seed = 1;
  bool sabotage = false;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--rounds") == 0) rounds = std::atoi(argv[i + 1]);
    else if (std::strcmp(argv[i], "--seed") == 0) seed = std::strtoull(argv[i + 1], nullptr, 10);
    else if (std::strcmp(argv[i], "--sabotage") == 0) sabotage = true;
    else return std::fprintf(stderr, "series_kill [--rounds N] [--seed N] [--sabotage 1]\n"), 2;
  }
  set_log_level(LogLevel::error);
  std::mt19937_64 random(seed);
  int faults = 0;
  std::uint64_t batches = 0;
  for (int round = 0; round < rounds;) {   // a fresh store every 25 kills, so that the checks stay short
    const TemporaryFolder folder("series-kill");
    faults::Check check(folder.path() + "/series");
    for (int life = 0; life < 25 && round < rounds; ++life, ++round) {
      faults::one_life(check, folder.path() + "/series", random);
      if (sabotage) faults::take_newest_segment(folder.path() + "/series");
      check.after_kill();
    }
    faults += check.faults(), batches += check.batches();
  }
  std::printf("series_kill: %d kills, %llu acknowledged batches of %d points, %d faults\n", rounds, static_cast<unsigned long long>(batches), faults::kPointsOfBatch, faults);
  return faults == 0 ? 0 : 1;
}
