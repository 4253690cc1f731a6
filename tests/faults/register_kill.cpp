// kill -9 at random during imports and bulk edits of a register: each is there as a whole or not at all, and there when it was
// acknowledged; index, history and batches agree with the rows.
//   register_kill [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--sabotage 1]
#include <map>
#include <set>

#include "ask/registers/testing.h"
#include "tests/faults/kill_rounds.h"
#include "tests/faults/register_groups.h"

namespace machiya::faults {
namespace {

struct Acknowledged {
  std::set<int> imports, bulks;
  int last = -1;
};

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

class RegisterKill final : public KillTest {
 public:
  RegisterKill(std::string url, std::string folder) : url_(std::move(url)), folder_(std::move(folder)) { registers::testing::small_city(folder_ + "/city"); }
  /// A group whose import was not acknowledged may be there: the next life begins behind it.
  std::vector<std::string> child() const override { return {REGISTER_CHILD, url_, folder_, std::to_string(known_.last + 2)}; }
  bool acknowledge(const std::string& line) override {
    if (line.rfind("ack import ", 0) == 0) known_.imports.insert(known_.last = std::atoi(line.c_str() + 11));
    else if (line.rfind("ack bulk ", 0) == 0) known_.bulks.insert(std::atoi(line.c_str() + 9));
    else return false;
    return true;
  }
  std::vector<std::string> check(store::Store& store) override { return faults::check(store, folder_, known_); }

 private:
  std::string url_, folder_;
  Acknowledged known_;
};

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) {
  using namespace machiya::faults;
  constexpr int kOnOneDatabase = 20;   // the check reads all of it
  return kill_rounds(argc, argv, {"register_kill", "imports and bulk edits", "DELETE FROM record WHERE id = (SELECT MAX(id) FROM record)",
                                  [](const auto& database) { return std::make_unique<RegisterKill>(database.url(), database.folder()); }, kOnOneDatabase});
}
