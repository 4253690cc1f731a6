// kill -9 at random during imports and bulk edits of a register: each is there as a whole or not at all, and there when it was
// acknowledged; index, history and batches agree with the rows.
//   register_kill [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--sabotage 1]
#include <chrono>
#include <iostream>
#include <map>

#include "ask/registers/testing.h"
#include "base/log.h"
#include "tests/faults/process.h"
#include "tests/faults/register_groups.h"

namespace machiya::faults {
namespace {

struct Acknowledged {
  std::set<int> imports, bulks;
  int last = -1;
};

void one_round(const std::string& url, const std::string& folder, Rng& rng, Acknowledged& known) {
  // A group whose import was not acknowledged may be there: the next life begins behind it.
  Process child({REGISTER_CHILD, url, folder, std::to_string(known.last + 2)});
  std::string line;
  auto death = std::chrono::steady_clock::now() + std::chrono::seconds(60);   // one that never begins ends too
  bool begun = false;
  while (child.read_line_or_kill(line, death)) {
    if (line.rfind("ack import ", 0) == 0) known.imports.insert(known.last = std::atoi(line.c_str() + 11));
    else if (line.rfind("ack bulk ", 0) == 0) known.bulks.insert(std::atoi(line.c_str() + 9));
    else std::cerr << "child: " << line << "\n";
    if (begun) continue;
    begun = true;
    death = std::chrono::steady_clock::now() + std::chrono::milliseconds(5 + rng.below(250));
  }
}

struct Group {
  int rows = 0, edited = 0;
};

std::vector<std::string> check(store::Store& store, const std::string& folder, const Acknowledged& known) {
  std::vector<std::string> faults;
  SystemClock clock;
  vault::SystemRng rng;
  registers::testing::Hall hall(store, folder, registers::testing::small_city(folder + "/city"), clock, rng);
  std::map<int, Group> groups;
  const auto who = registers::testing::staff("決裁", "a1", {"approver"}, "health");
  auto read = hall.registers->each(hall.reg("park-trees"), {}, who, "r", [&](const registers::Row& row) {
    Group& g = groups[static_cast<int>(row.values["cost"].as_int())];
    g.rows += 1;
    const bool edited = row.values["girth"].as_int() == 2;
    g.edited += edited;
    if (edited != (row.values.text("owner_name") == "誰か") || row.revision != (edited ? 1 : 0)) faults.push_back("row " + row.number + " is half edited");
    return true;
  });
  if (!read.ok()) return {read.error().to_string()};
  for (const auto& [group, g] : groups) {
    if (g.rows != kGroup) faults.push_back("import " + std::to_string(group) + " is there with " + std::to_string(g.rows) + " rows");
    if (g.edited != 0 && g.edited != kGroup) faults.push_back("bulk edit " + std::to_string(group) + " reached " + std::to_string(g.edited) + " rows");
  }
  for (int group : known.imports)
    if (groups[group].rows != kGroup) faults.push_back("import " + std::to_string(group) + " was acknowledged and is gone");
  for (int group : known.bulks)
    if (groups[group].edited != kGroup) faults.push_back("bulk edit " + std::to_string(group) + " was acknowledged and is gone");
  auto counted = store.read([&](store::ReadTx& tx) -> Result<void> {
    const auto field = registers::field_of("park-trees", "girth");
    const auto none = [&](const char* what, std::string_view sql, const store::Binds& binds) -> Result<void> {
      MACHIYA_TRY(auto row, tx.query_one(sql, binds));
      if (row->integer(0) != 0) faults.push_back(std::string(what) + ": " + std::to_string(row->integer(0)));
      return {};
    };
    MACHIYA_CHECK(none("rows without one girth in the index",
                       "SELECT COUNT(*) FROM record r WHERE r.kind = 'register' AND (SELECT COUNT(*) FROM record_value v WHERE v.record = r.id AND v.field = :field) <> 1", {{"field", field}}));
    MACHIYA_CHECK(none("rows whose history has another length than their revision says",
                       "SELECT COUNT(*) FROM record r WHERE r.kind = 'register' AND (SELECT COUNT(*) FROM record_event e WHERE e.record = r.id) <> r.revision + 1", {}));
    MACHIYA_CHECK(none("index entries of no row", "SELECT COUNT(*) FROM record_value v WHERE NOT EXISTS (SELECT 1 FROM record r WHERE r.id = v.record)", {}));
    return none("batches of another size", "SELECT COUNT(*) FROM register_batch b WHERE (SELECT COUNT(*) FROM register_batch_row w WHERE w.batch = b.id) <> :size", {{"size", kGroup}});
  });
  if (!counted.ok()) faults.push_back(counted.error().to_string());
  return faults;
}

/// On one database; the check reads all of it, so that many rounds take several.
int run_some(store::Engine engine, int rounds, bool sabotage, Rng& rng, int& total) {
  const auto database = store::testing::make_database(engine);
  registers::testing::small_city(database->folder() + "/city");
  Acknowledged known;
  int bad = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::size_t before = known.imports.size();
    one_round(database->url(), database->folder(), rng, known);
    store::Options options;
    options.url = database->url();
    auto opened = store::Store::open(options);
    std::vector<std::string> faults;
    if (!opened.ok()) {
      faults.push_back(opened.error().to_string());
    } else {
      if (sabotage) (void)(*opened)->write([](store::Tx& tx) { return tx.execute("DELETE FROM record WHERE id = (SELECT MAX(id) FROM record)"); }).ok();
      faults = check(**opened, database->folder(), known);
    }
    if (known.imports.size() == before) faults.push_back("the child acknowledged nothing");
    for (const auto& f : faults) std::cout << "round " << round + 1 << ": " << f << "\n";
    bad += static_cast<int>(faults.size());
  }
  total += static_cast<int>(known.imports.size() + known.bulks.size());
  return bad;
}

int run_engine(store::Engine engine, int rounds, bool sabotage, Rng& rng, int& total) {
  constexpr int kOnOneDatabase = 20;
  int bad = 0;
  for (int left = rounds; left > 0; left -= kOnOneDatabase) bad += run_some(engine, std::min(left, kOnOneDatabase), sabotage, rng, total);
  return bad;
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
    else return std::cerr << "usage: register_kill [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--sabotage 1]\n", 2;
  }
  machiya::set_log_level(machiya::LogLevel::warn);
  machiya::SeededRng rng(seed);
  int kills = 0, acknowledged = 0, faults = 0;
  for (const auto one : {machiya::store::Engine::sqlite, machiya::store::Engine::postgres}) {
    if (engine != "both" && engine != (one == machiya::store::Engine::sqlite ? "sqlite" : "postgres")) continue;
    kills += rounds;
    faults += machiya::faults::run_engine(one, rounds, sabotage, rng, acknowledged);
  }
  std::cout << kills << " kills (seed " << seed << "), " << acknowledged << " acknowledged imports and bulk edits, " << faults << " faults\n";
  return faults == 0 && kills > 0 ? 0 : 1;
}
