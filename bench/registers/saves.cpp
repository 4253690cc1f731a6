#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <iostream>
#include <mutex>
#include <thread>

#include "bench/registers/bench.h"

namespace machiya::registers::bench {
namespace {

using std::chrono::steady_clock;
constexpr int kPeople = 64;

/// A person thinks before the next change: a pause of the load, not a synchronisation.
void think(std::uint64_t ms) {
  std::mutex alone;
  std::unique_lock lock(alone);
  std::condition_variable nobody;
  nobody.wait_for(lock, std::chrono::milliseconds(ms), [] { return false; });
}

/// The numbers of rows all over the register.
std::vector<std::string> some_rows(Bench& bench) {
  std::vector<std::string> out;
  for (int girth = 0; girth < 5000; girth += 250) {
    Query query;
    query.where = {{"girth", "from", std::to_string(girth)}}, query.sort = Sort{"girth", false};   // not "is": saves take rows away from a girth
    auto listing = bench.hall->registers->list(bench.trees(), query, bench.who);
    if (!listing.ok()) give_up(listing.error());
    for (const Row& row : listing->rows) out.push_back(row.number);
  }
  return out;
}

struct Editors {
  Bench& bench;
  int pause_ms;
  std::vector<std::string> numbers = some_rows(bench);
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::vector<double> times;
  std::atomic<int> refused{0};
  std::vector<std::thread> people;

  Editors(Bench& b, int pause) : bench(b), pause_ms(pause) {
    for (int t = 0; t < kPeople; ++t) people.emplace_back([this, t] { edit(t); });
  }
  void edit(int person) {
    SeededRng dice(static_cast<std::uint64_t>(100 + person));
    std::vector<double> mine;
    for (std::size_t i = 0; !stop; ++i) {
      if (pause_ms) think(dice.below(static_cast<std::uint64_t>(2 * pause_ms)));
      const std::string& number = numbers[(static_cast<std::size_t>(person) + i * kPeople) % numbers.size()];
      const Values set = Values::object({{"girth", static_cast<std::int64_t>(dice.below(5000))}});
      const auto start = steady_clock::now();
      auto saved = bench.hall->registers->change(bench.trees(), number, 0, set, {"girth"}, "", bench.who, "ja", "bench");
      mine.push_back(ms_since(start));
      if (!saved.ok() || !saved->row) ++refused;
    }
    std::lock_guard lock(mutex);
    times.insert(times.end(), mine.begin(), mine.end());
  }
  /// Ends them and tells what they saw.
  void tell(const std::string& what, steady_clock::time_point since) {
    stop = true;
    for (auto& p : people) p.join();
    const double seconds = ms_since(since) / 1000;
    std::cout << "  " << what << ": " << quantiles(times) << ", " << static_cast<int>(static_cast<double>(times.size()) / seconds) << "/s, refused " << refused << std::endl;
  }
};

std::string people(int pause_ms) { return "saves by 64 people, " + (pause_ms ? "pause of " + std::to_string(pause_ms) + " ms" : std::string("no pause")); }

void measure(Bench& bench, int pause_ms, const std::string& beside, const std::function<void(steady_clock::time_point)>& meanwhile) {
  const auto start = steady_clock::now();
  Editors editors(bench, pause_ms);
  meanwhile(start + std::chrono::seconds(bench.wanted.seconds));
  editors.tell(people(pause_ms) + beside, start);
}

}  // namespace

void saves(Bench& bench) {
  const auto wait = [](steady_clock::time_point end) { think(static_cast<std::uint64_t>(std::max(0.0, -ms_since(end)))); };
  measure(bench, 0, "", wait);
  measure(bench, bench.wanted.pause_ms, "", wait);
  SeededRng dice(7);
  const auto list = [&] {
    Query query;
    query.where = {{"species", "is", "cherry"}, {"girth", "from", std::to_string(dice.below(4000))}}, query.sort = Sort{"next_inspection", false};
    const auto start = steady_clock::now();
    auto listing = bench.hall->registers->list(bench.trees(), query, bench.who);
    if (!listing.ok()) give_up(listing.error());
    return ms_since(start);
  };
  (void)list();
  bench.hall->registers->settle_indexes();
  std::vector<double> times;
  measure(bench, bench.wanted.pause_ms, ", lists beside", [&](steady_clock::time_point end) {
    while (steady_clock::now() < end) times.push_back(list());
  });
  std::cout << "  lists of one reader beside them (one species, girth from, by inspection): " << quantiles(std::move(times)) << std::endl;
}

void import_beside(Bench& bench) {
  const auto parks = parks_of(bench);
  std::vector<Values> some;
  for (std::int64_t i = bench.rows; i < bench.rows + bench.wanted.beside; ++i) some.push_back(row_of(i, parks));
  double importing = 0;
  std::string batch;
  measure(bench, bench.wanted.pause_ms, ", an import beside", [&](steady_clock::time_point) {
    think(1000);
    const auto start = steady_clock::now();
    auto done = bench.hall->registers->add_many(bench.trees(), some, "", bench.who, "bench");
    if (!done.ok()) give_up(done.error());
    importing = ms_since(start), batch = done->batch;
    think(1000);
  });
  std::cout << "  import of " << some.size() << " rows beside them: " << importing / 1000 << " s" << std::endl;
  bench.rows += bench.wanted.beside;
}

}  // namespace machiya::registers::bench
