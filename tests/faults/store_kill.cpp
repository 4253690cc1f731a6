// kill -9 at random under load, again and again on the same database: every acknowledged act must be there, whole, with
// one effect of its event, in an intact audit chain.
//   store_kill [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--sabotage 1]
// With --sabotage it damages the database itself before each check: it must then end with faults.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/rng.h"
#include "platform/store/testing.h"
#include "tests/faults/ledger.h"
#include "tests/faults/process.h"

namespace machiya::faults {
namespace {

struct Totals {
  int rounds = 0, acknowledged = 0, faults = 0;
};

/// One life and death; adds what was acknowledged.
void one_round(const std::string& url, Rng& rng, std::vector<std::int64_t>& acknowledged) {
  Process child({STORE_CHILD, url, "ledger", "8"});
  std::string line;
  auto death = std::chrono::steady_clock::now() + std::chrono::seconds(60);   // one that never begins ends too
  bool begun = false;
  while (child.read_line_or_kill(line, death)) {
    if (line.rfind("ack ", 0) != 0) {
      std::cerr << "child: " << line << "\n";
      continue;
    }
    acknowledged.push_back(std::atoll(line.c_str() + 4));
    if (begun) continue;
    begun = true;
    death = std::chrono::steady_clock::now() + std::chrono::milliseconds(5 + rng.below(250));
  }
}

void run_engine(store::Engine engine, int rounds, bool sabotage, Rng& rng, Totals& totals) {
  const auto database = store::testing::make_database(engine);
  std::vector<std::int64_t> acknowledged;
  for (int round = 0; round < rounds; ++round) {
    const std::size_t before = acknowledged.size();
    one_round(database->url(), rng, acknowledged);
    store::Options options;
    options.url = database->url();
    auto opened = store::Store::open(options);
    std::vector<std::string> faults;
    if (!opened.ok()) {
      faults.push_back(opened.error().to_string());
    } else {
      Ledger ledger(**opened);
      if (auto ready = ledger.migrate(); !ready.ok()) faults.push_back(ready.error().to_string());
      if (sabotage) (void)(*opened)->write([](store::Tx& tx) { return tx.execute("DELETE FROM line WHERE half = 2"); }).ok();
      if (faults.empty()) faults = ledger.check(acknowledged);
    }
    if (acknowledged.size() == before) faults.push_back("the child acknowledged nothing");
    for (const auto& f : faults) std::cout << "round " << round + 1 << ": " << f << "\n";
    totals.rounds += 1;
    totals.faults += static_cast<int>(faults.size());
  }
  totals.acknowledged += static_cast<int>(acknowledged.size());
}

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) {
  int rounds = 10;
  std::string engine = "both";
  bool sabotage = false;
  std::uint64_t seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--rounds") rounds = std::atoi(argv[i + 1]);
    else if (key == "--engine") engine = argv[i + 1];
    else if (key == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
    else if (key == "--sabotage") sabotage = argv[i + 1][0] == '1';
    else return std::cerr << "usage: store_kill [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--sabotage 1]\n", 2;
  }
  machiya::set_log_level(machiya::LogLevel::warn);
  machiya::SeededRng rng(seed);
  machiya::faults::Totals totals;
  if (engine != "postgres") machiya::faults::run_engine(machiya::store::Engine::sqlite, rounds, sabotage, rng, totals);
  if (engine != "sqlite") machiya::faults::run_engine(machiya::store::Engine::postgres, rounds, sabotage, rng, totals);
  std::cout << totals.rounds << " kills (seed " << seed << "), " << totals.acknowledged << " acknowledged writes, " << totals.faults << " faults\n";
  return totals.faults == 0 && totals.rounds > 0 ? 0 : 1;
}
