// kill -9 of the broker's store at random, again and again on the same folder: every acknowledged write must be there, and at most one more of each writer.
//   entity_kill [--rounds N] [--seed N] [--sabotage 1]
// With --sabotage it cuts the end off the log before each check: it must then end with faults.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "base/log.h"
#include "base/temporary_folder.h"
#include "sense/broker/entity_store.h"
#include "tests/faults/process.h"

namespace machiya::faults {
namespace {
namespace fs = std::filesystem;
using namespace sense;

constexpr int kThreads = 8;

struct Round {
  std::map<int, std::int64_t> acknowledged;
  int errors = 0;
  void hear(const std::string& line) {
    int thread = 0;
    long long value = 0;
    if (std::sscanf(line.c_str(), "ack %d %lld", &thread, &value) == 2) {
      acknowledged[thread] = value;
    } else {
      ++errors;
    }
  }
};

void cut_log(const std::string& folder) {
  fs::path newest;
  for (const auto& e : fs::directory_iterator(folder + "/log"))
    if (e.path().extension() == ".log" && (newest.empty() || newest < e.path())) newest = e.path();
  std::error_code ignored;
  if (!newest.empty()) fs::resize_file(newest, fs::file_size(newest) / 2, ignored);
}

int check(const std::string& folder, const Round& round) {
  FakeClock clock(Instant{0});
  SeededRng rng(1);
  auto journal = open_file_journal(folder);
  auto store = journal.ok() ? EntityStore::open(std::move(*journal), clock, rng) : Result<std::unique_ptr<EntityStore>>(journal.error());
  if (!store.ok()) return std::cerr << "it does not start: " << store.error().to_string() << "\n", 1;
  int faults = round.errors;
  for (const auto& [thread, value] : round.acknowledged) {
    const EntityPtr e = (*store)->get("", "urn:counter:" + std::to_string(thread));
    const auto there = e ? static_cast<std::int64_t>(e->attributes[0].instances[0].value.number()) : 0;
    if (there == value || there == value + 1) continue;
    ++faults;
    std::cerr << "writer " << thread << " was told " << value << ", there is " << there << "\n";
  }
  return faults;
}

int main(int argc, char** argv) {
  std::map<std::string, long> options{{"--rounds", 4}, {"--seed", 1}, {"--sabotage", 0}};
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = std::atol(argv[i + 1]);
  set_log_level(LogLevel::error);
  TemporaryFolder home{"entity-kill"};
  const std::string folder = home.path() + "/journal";
  SeededRng rng(static_cast<std::uint64_t>(options["--seed"]));
  std::map<int, std::int64_t> so_far;
  int faults = 0;
  long writes = 0;
  for (long r = 0; r < options["--rounds"]; ++r) {
    Round round{so_far, 0};
    Process child({ENTITY_CHILD, folder, std::to_string(kThreads)});
    std::string line;
    for (auto left = 50 + rng.below(1500); left > 0 && child.read_line(line); --left) round.hear(line), ++writes;
    child.kill();
    while (child.read_line(line)) round.hear(line), ++writes;
    if (options["--sabotage"] != 0) cut_log(folder);
    faults += check(folder, round);
    so_far = round.acknowledged;
  }
  std::cout << "entity_kill: " << options["--rounds"] << " rounds, " << writes << " acknowledged writes, " << faults << " faults\n";
  return faults == 0 && writes > 0 ? 0 : 1;
}

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) { return machiya::faults::main(argc, argv); }
