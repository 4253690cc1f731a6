#include "tests/faults/kill_rounds.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "base/rng.h"
#include "platform/store/testing/cluster.h"
#include "tests/faults/process.h"

namespace machiya::faults {
namespace {

using std::chrono::steady_clock;

struct Wanted {
  int rounds = 10;
  std::string engine = "both";
  bool sabotage = false;
  std::uint64_t seed = static_cast<std::uint64_t>(steady_clock::now().time_since_epoch().count());
};
bool read_arguments(int argc, char** argv, Wanted& wanted) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--rounds") wanted.rounds = std::atoi(argv[i + 1]);
    else if (key == "--engine") wanted.engine = argv[i + 1];
    else if (key == "--seed") wanted.seed = std::strtoull(argv[i + 1], nullptr, 10);
    else if (key == "--sabotage") wanted.sabotage = argv[i + 1][0] == '1';
    else return false;
  }
  return true;
}

struct Totals {
  int kills = 0, acknowledged = 0, faults = 0;
};

/// One life and death; gives how much was acknowledged.
int one_life(KillTest& test, Rng& rng) {
  Process child(test.child());
  std::string line;
  auto death = steady_clock::now() + std::chrono::seconds(60);   // one that never begins ends too
  int acknowledged = 0;
  while (child.read_line_or_kill(line, death)) {
    if (!test.acknowledge(line)) std::cerr << "child: " << line << "\n";
    else if (++acknowledged == 1) death = steady_clock::now() + std::chrono::milliseconds(5 + rng.below(250));
  }
  return acknowledged;
}

std::vector<std::string> faults_in(KillTest& test, const std::string& url, const std::string& damage) {
  store::Options options;
  options.url = url;
  auto opened = store::Store::open(options);
  if (!opened.ok()) return {opened.error().to_string()};
  if (!damage.empty()) (void)(*opened)->write([&](store::Tx& tx) { return tx.execute(damage); }).ok();
  return test.check(**opened);
}

void on_one_database(store::Engine engine, const KillPlan& plan, int rounds, bool sabotage, Rng& rng, Totals& totals) {
  const auto database = store::testing::make_database(engine);
  const auto test = plan.begin(*database);
  for (int round = 0; round < rounds; ++round) {
    const int acknowledged = one_life(*test, rng);
    if (engine == store::Engine::postgres) store::testing::wait_for_sessions_to_end(database->url());
    std::vector<std::string> faults = faults_in(*test, database->url(), sabotage ? plan.damage : "");
    if (acknowledged == 0) faults.push_back("the child acknowledged nothing");
    for (const auto& f : faults) std::cout << "round " << round + 1 << ": " << f << "\n";
    totals.kills += 1, totals.acknowledged += acknowledged, totals.faults += static_cast<int>(faults.size());
  }
}

}  // namespace

int kill_rounds(int argc, char** argv, const KillPlan& plan) {
  Wanted wanted;
  if (!read_arguments(argc, argv, wanted)) return std::cerr << "usage: " << plan.name << " [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--sabotage 1]\n", 2;
  set_log_level(LogLevel::warn);
  SeededRng rng(wanted.seed);
  Totals totals;
  for (const auto engine : {store::Engine::sqlite, store::Engine::postgres}) {
    if (wanted.engine != "both" && wanted.engine != (engine == store::Engine::sqlite ? "sqlite" : "postgres")) continue;
    for (int left = wanted.rounds; left > 0; left -= plan.on_one_database) on_one_database(engine, plan, std::min(left, plan.on_one_database), wanted.sabotage, rng, totals);
  }
  std::cout << totals.kills << " kills (seed " << wanted.seed << "), " << totals.acknowledged << " acknowledged " << plan.acknowledged << ", " << totals.faults << " faults\n";
  return totals.faults == 0 && totals.kills > 0 ? 0 : 1;
}

}  // namespace machiya::faults
