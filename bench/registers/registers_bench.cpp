// A register of a million rows: imports, filtered lists, saves by 64 people at once.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

#include "ask/registers/testing.h"
#include "base/log.h"

namespace machiya::registers {
namespace {

/// A person thinks before the next change: a pause of the load, not a synchronisation.
void think(std::uint64_t ms) {
  std::mutex alone;
  std::unique_lock lock(alone);
  std::condition_variable nobody;
  nobody.wait_for(lock, std::chrono::milliseconds(ms), [] { return false; });
}


using std::chrono::steady_clock;

double ms_since(steady_clock::time_point t) { return std::chrono::duration<double, std::milli>(steady_clock::now() - t).count(); }

std::string quantiles(std::vector<double> v) {
  if (v.empty()) return "nothing measured";
  std::sort(v.begin(), v.end());
  const auto at = [&](double q) { return std::to_string(v[std::min(v.size() - 1, static_cast<std::size_t>(q * static_cast<double>(v.size())))]).substr(0, 6); };
  return "p50 " + at(0.5) + " ms, p95 " + at(0.95) + " ms, p99 " + at(0.99) + " ms, max " + at(1.0) + " ms, n " + std::to_string(v.size());
}

struct Wanted {
  std::int64_t rows = 1'000'000;
  int seconds = 10, pause_ms = 0;
};

[[noreturn]] void give_up(const Error& e) {
  std::cerr << e.to_string() << "\n";
  std::exit(1);
}

Values row_of(std::int64_t i, Rng& dice) {
  Values v = Values::object();
  v.set("tag", std::to_string(1'000'000 + i).substr(1)).set("species", dice.below(10) ? "zelkova" : "cherry");
  v.set("girth", static_cast<std::int64_t>(dice.below(5000))).set("planted", to_iso(add_days(make_date(1980, 1, 1), static_cast<int>(dice.below(16'000)))));
  v.set("next_inspection", to_iso(add_days(make_date(2026, 1, 1), static_cast<int>(dice.below(1500))))).set("memo", "m" + std::to_string(i));
  v.set("cost", static_cast<std::int64_t>(dice.below(1'000'000)));
  return v;
}

void import(Registers& registers, const Register& reg, std::int64_t rows, const identity::Principal& who) {
  SeededRng dice(1);
  const std::int64_t chunk = std::min<std::int64_t>(10'000, rows);
  double checking = 0, adding = 0;
  for (std::int64_t from = 0; from < rows; from += chunk) {
    std::vector<Values> some;
    for (std::int64_t i = from; i < std::min(rows, from + chunk); ++i) some.push_back(row_of(i, dice));
    auto start = steady_clock::now();
    auto faults = registers.check_many(reg, some, who, "ja");
    if (!faults.ok()) give_up(faults.error());
    if (!faults->empty()) give_up(Error(ErrorCode::internal, "a clean row has a fault: " + faults->front().second.column + " " + faults->front().second.code));
    checking += ms_since(start);
    start = steady_clock::now();
    auto done = registers.add_many(reg, some, "", who, "bench");
    if (!done.ok()) give_up(done.error());
    adding += ms_since(start);
    if (from == 0 || from + chunk >= rows)
      std::cout << "  rows " << from + chunk << ": checked " << static_cast<double>(from + chunk) / checking * 1000 << " rows/s, added "
                << static_cast<double>(from + chunk) / adding * 1000 << " rows/s, together " << static_cast<double>(from + chunk) / (checking + adding) * 1000 << " rows/s\n";
  }
}

void lists(Registers& registers, const Register& reg, const identity::Principal& who) {
  SeededRng dice(2);
  std::map<std::string, std::vector<double>> all;
  for (int i = 0; i < 600; ++i) {
    Query q;
    std::string name;
    switch (i % 6) {
      case 0: name = "newest", q.search = ""; break;
      case 1: name = "species, newest", q.where = {{"species", "is", "cherry"}}; break;
      case 2: name = "species, by girth", q.where = {{"species", "is", "cherry"}}, q.sort = Sort{"girth", true}; break;
      case 3: name = "girth of one size, by inspection", q.where = {{"girth", "is", std::to_string(dice.below(5000))}}, q.sort = Sort{"next_inspection", false}; break;
      case 4: {
        const Date day = add_days(make_date(1980, 1, 1), static_cast<int>(dice.below(16'000)));
        name = "planted in a month, cherry, by tag", q.where = {{"planted", "from", to_iso(day)}, {"planted", "to", to_iso(add_days(day, 30))}, {"species", "is", "cherry"}}, q.sort = Sort{"tag", false};
        break;
      }
      default: name = "girth from, by planted", q.where = {{"girth", "from", std::to_string(dice.below(4900))}}, q.sort = Sort{"planted", true};
    }
    const auto start = steady_clock::now();
    auto listing = registers.list(reg, q, who);
    if (!listing.ok()) give_up(listing.error());
    all[name].push_back(ms_since(start));
    all["all lists"].push_back(all[name].back());
  }
  for (const auto& [name, times] : all) std::cout << "  " << name << ": " << quantiles(times) << "\n";
}

void saves(Registers& registers, const Register& reg, const Wanted& wanted, const identity::Principal& who) {
  constexpr int kPeople = 64;
  std::vector<Row> rows;
  Query q;
  q.limit = 1000;
  auto listing = registers.list(reg, q, who);
  if (!listing.ok()) give_up(listing.error());
  rows = std::move(listing->rows);
  std::vector<std::thread> people;
  std::mutex mutex;
  std::vector<double> times;
  std::atomic<int> refused{0};
  const auto end = steady_clock::now() + std::chrono::seconds(wanted.seconds);
  for (int t = 0; t < kPeople; ++t)
    people.emplace_back([&, t] {
      SeededRng dice(static_cast<std::uint64_t>(100 + t));
      std::vector<double> mine;
      for (int i = 0; steady_clock::now() < end; ++i) {
        Row& row = rows[(static_cast<std::size_t>(t) + static_cast<std::size_t>(i) * kPeople) % rows.size()];
        const Values set = Values::object({{"girth", static_cast<std::int64_t>(dice.below(5000))}});
        const auto start = steady_clock::now();
        auto saved = registers.change(reg, row.number, 0, set, {"girth"}, "", who, "ja", "bench");
        mine.push_back(ms_since(start));
        if (!saved.ok() || !saved->row) ++refused;
        if (wanted.pause_ms) think(dice.below(static_cast<std::uint64_t>(2 * wanted.pause_ms)));
      }
      std::lock_guard lock(mutex);
      times.insert(times.end(), mine.begin(), mine.end());
    });
  for (auto& t : people) t.join();
  std::cout << "  saves by " << kPeople << " people, pause " << wanted.pause_ms << " ms: " << quantiles(times) << ", " << static_cast<double>(times.size()) / wanted.seconds
            << "/s, refused " << refused << "\n";
}

void run(store::Engine engine, const Wanted& wanted) {
  std::cout << (engine == store::Engine::sqlite ? "SQLite" : "PostgreSQL") << "\n";
  const auto database = store::testing::make_database(engine);
  store::Options options;
  options.url = database->url();
  auto store = store::Store::open(options);
  if (!store.ok()) give_up(store.error());
  if (auto done = (*store)->migrate(testing::Hall::migrations()); !done.ok()) give_up(done.error());
  SystemClock clock;
  vault::SystemRng rng;
  testing::Hall hall(**store, database->folder(), testing::small_city(database->folder() + "/city"), clock, rng);
  const auto who = testing::staff("決裁", "a1", {"approver"}, "health");
  import(*hall.registers, hall.reg("park-trees"), wanted.rows, who);
  if (engine == store::Engine::postgres) (void)(*store)->write([](store::Tx& tx) { return tx.execute("ANALYZE record_value"); }).ok();
  lists(*hall.registers, hall.reg("park-trees"), who);
  saves(*hall.registers, hall.reg("park-trees"), wanted, who);
}

}  // namespace
}  // namespace machiya::registers

int main(int argc, char** argv) {
  machiya::registers::Wanted wanted;
  std::string engine = "both";
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--rows") wanted.rows = std::atoll(argv[i + 1]);
    else if (key == "--engine") engine = argv[i + 1];
    else if (key == "--seconds") wanted.seconds = std::atoi(argv[i + 1]);
    else if (key == "--pause-ms") wanted.pause_ms = std::atoi(argv[i + 1]);
    else return std::cerr << "usage: registers_bench [--rows N] [--engine sqlite|postgres|both] [--seconds N] [--pause-ms N]\n", 2;
  }
  machiya::set_log_level(machiya::LogLevel::warn);
  if (engine != "postgres") machiya::registers::run(machiya::store::Engine::sqlite, wanted);
  if (engine != "sqlite") machiya::registers::run(machiya::store::Engine::postgres, wanted);
}
