// Lists from memory say what lists from the database say, while this process and another one write.
#include "ask/registers/register_cache.h"

#include <thread>

#include "ask/records/touch_dao.h"
#include "ask/registers/testing.h"

namespace machiya::registers::testing {
namespace {

class IndexedLists : public RegistersTest {
 protected:
  void SetUp() override {
    define("park-trees", replaced(std::string(kTrees), "en: Memo } }", "en: Memo }, search: yes }"));
    reload();
    plain = std::make_unique<Hall>(store(), folder(), hall->city, clock, rng, MayCase{}, 0);   // reads the database each time
    other = std::make_unique<Hall>(store(), folder(), hall->city, clock, rng);                // as another process does
    park = add(*parks, R"({"name":"大池公園"})", approver);
    std::vector<Values> rows;
    for (int i = 0; i < 300; ++i) rows.push_back(tree());
    auto done = registers->add_many(*trees, rows, "", approver, "r");
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }
  Values tree() {
    Values v = Values::object({{"tag", std::to_string(1'000'000 + ++tags).substr(1)}, {"species", dice.below(2) ? "zelkova" : "cherry"}});
    if (dice.below(4)) v.set("girth", static_cast<int>(dice.below(60)));
    if (dice.below(3) == 0) v.set("park", park.number), v.set("owner_name", "連絡 " + std::to_string(tags));
    if (dice.below(3) == 0) v.set("memo", "根上がり" + std::to_string(tags) + "号");
    if (dice.below(4)) v.set("planted", to_iso(add_days(make_date(2001, 1, 1), static_cast<int>(dice.below(300)))));
    return v;
  }
  Query query() {
    static const std::vector<Condition> kWhere = {{"species", "is", "cherry"}, {"girth", "from", "20"}, {"girth", "to", "45"}, {"girth", "empty", ""}, {"planted", "from", "2001-05-01"},
                                                  {"tag", "has", "11"}, {"species", "not", "zelkova"}, {"state", "is", "living"}, {"state", "is", "felled"}};
    static const std::vector<std::optional<Sort>> kSorts = {{}, Sort{"girth", true}, Sort{"planted", false}, Sort{"tag", true}, Sort{"state", false}};
    Query out;
    for (auto n = dice.below(3); n-- > 0;) out.where.push_back(kWhere[dice.below(kWhere.size())]);
    out.sort = kSorts[dice.below(kSorts.size())];
    static const std::vector<std::string> kTexts = {"00", "１2", "000117", "大池", "根上がり1", "ネ上がリ", "号", "7", "上り"};
    if (dice.below(3) == 0) out.search = kTexts[dice.below(kTexts.size())];
    out.with_ended = dice.below(3) != 0;
    out.limit = 1 + static_cast<int>(dice.below(120));
    return out;
  }
  static std::string told(Registers& from, const Register& reg, Query query, const identity::Principal& who) {
    std::string out;
    for (int page = 0; page < 3; ++page) {
      const auto listing = from.list(reg, query, who);
      if (!listing.ok()) return "error " + listing.error().to_string();
      out += std::to_string(listing->total) + (listing->more_than_counted ? "+:" : ":");
      for (const Row& row : listing->rows) {
        out += row.number + "@" + std::to_string(row.revision) + row.state + (row.ended ? "!" : "") + json::to_text(row.values);
        for (const auto& [column, title] : row.titles) out += column + "=" + title;
      }
      if (listing->next.empty()) break;
      query.after = listing->next;
    }
    return out;
  }
  void compare(int times, const char* after) {
    for (int i = 0; i < times; ++i) {
      const Query q = query();
      const std::string wanted = told(*plain->registers, *trees, q, approver);
      EXPECT_EQ(told(*registers, *trees, q, approver), wanted) << after;
      EXPECT_EQ(told(*other->registers, *trees, q, approver), wanted) << after << ", in another process";
    }
  }
  /// Asks once, so that the indexes are read.
  void warm() {
    for (Registers* r : {registers, other->registers.get()}) {
      ASSERT_TRUE(r->list(*trees, {}, approver).ok());
      r->settle_indexes();
    }
  }
  Row any() {
    Query q = query();
    q.where.clear(), q.search.clear(), q.limit = 200;
    auto listing = plain->registers->list(*trees, q, approver);
    return listing->rows[dice.below(listing->rows.size())];
  }

  std::unique_ptr<Hall> plain, other;
  Row park;
  SeededRng dice{11};
  int tags = 0;
};
MACHIYA_ON_BOTH_ENGINES(IndexedLists);

TEST_P(IndexedLists, follow_every_kind_of_write) {
  warm();
  compare(20, "the first reading");
  for (int round = 0; round < 12; ++round) {
    Registers& writer = round % 3 == 2 ? *other->registers : *registers;
    ASSERT_TRUE(writer.add(*trees, tree(), "", approver, "ja", "r").ok());
    compare(2, "a row added");
    const Row row = any();
    auto changed = writer.change(*trees, row.number, row.revision, Values::object({{"girth", static_cast<int>(dice.below(60))}}), {}, "", approver, "ja", "r");
    ASSERT_TRUE(changed.ok()) << changed.error().to_string();
    compare(2, "a row changed");
    const Row tree_to_fell = any();
    (void)writer.act(*trees, tree_to_fell.number, tree_to_fell.revision, "fell", "枯死", approver, "ja", "r");   // refused when it is felled already
    compare(2, "an action");
  }
  Query cherries;
  cherries.where = {{"species", "is", "cherry"}};
  const auto plan = registers->plan_bulk(*trees, cherries, Values::object({{"girth", 33}}), approver, "ja");
  ASSERT_TRUE(plan.ok());
  const auto bulk = registers->do_bulk(*trees, cherries, Values::object({{"girth", 33}}), plan->rows, "", approver, "r");
  ASSERT_TRUE(bulk.ok());
  compare(10, "a bulk edit");
  ASSERT_TRUE(registers->undo_bulk(*trees, bulk->batch, approver, "r").ok());
  compare(10, "its undoing");
  const auto renamed = other->registers->change(*parks, park.number, park.revision, Values::object({{"name", "小池公園"}}), {}, "", approver, "ja", "r");
  ASSERT_TRUE(renamed.ok() && renamed->row);
  compare(10, "another title of a related row");
  std::vector<Values> more;
  for (int i = 0; i < 400; ++i) more.push_back(tree());
  const auto import = other->registers->add_many(*trees, more, "", approver, "r");
  ASSERT_TRUE(import.ok());
  compare(10, "an import");
  ASSERT_TRUE(registers->undo_bulk(*trees, import->batch, approver, "r").ok());
  compare(10, "its undoing");
  for (Registers* r : {registers, other->registers.get()}) r->settle_indexes();   // so much changed that it was merged
  compare(10, "the merging");
}

TEST_P(IndexedLists, writers_and_readers_at_once_never_see_half) {
  warm();
  Query everything;
  everything.where = {{"girth", "is", "7"}}, everything.limit = 1000;
  std::vector<Row> rows = plain->registers->list(*trees, {.limit = 40}, approver)->rows;
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0}, asked{0};
  std::vector<std::thread> readers;
  for (Registers* from : {registers, other->registers.get(), registers})
    readers.emplace_back([&, from] {
      while (!done || asked < 30) {
        const auto listing = from->list(*trees, everything, approver);
        ++asked;
        if (!listing.ok()) { ++wrong; continue; }
        // Every row of the page has what the page was asked for: its ids and its rows are of one moment.
        if (listing->total != static_cast<std::int64_t>(listing->rows.size())) ++wrong;
        for (const Row& row : listing->rows)
          if (row.values["girth"].number_text() != "7") ++wrong;
      }
    });
  for (int round = 0; round < 4; ++round)
    for (Row& row : rows) {
      auto saved = registers->change(*trees, row.number, row.revision, Values::object({{"girth", round % 2 ? 8 : 7}}), {}, "", approver, "ja", "r");
      if (!saved.ok() || !saved->row) { ++wrong; continue; }
      row = *saved->row;
    }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  compare(5, "all of it");
}

TEST_P(IndexedLists, a_write_that_is_not_noted_is_found_by_the_comparison) {
  // The comparison can fail: an entry that changes behind the service's back.
  warm();
  Query cherries;
  cherries.where = {{"species", "is", "cherry"}}, cherries.limit = 1000;
  const std::string before = told(*registers, *trees, cherries, approver);
  EXPECT_EQ(before, told(*plain->registers, *trees, cherries, approver));
  const std::int64_t field = trees->column("species")->field;
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return tx.execute("DELETE FROM record_value WHERE field = :field AND value = 'cherry'", {{"field", field}}); }).ok());
  EXPECT_NE(told(*registers, *trees, cherries, approver), told(*plain->registers, *trees, cherries, approver));
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return records::touch(tx, trees->id, 1, 1'000, clock.now()); }).ok());
  EXPECT_EQ(told(*registers, *trees, cherries, approver), told(*plain->registers, *trees, cherries, approver));
}

TEST_P(IndexedLists, old_notes_are_forgotten_but_the_last) {
  warm();
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return records::forget_touches(tx, {clock.now().us + kDay}); }).ok());
  compare(5, "forgetting");
  ASSERT_TRUE(registers->add(*trees, tree(), "", approver, "ja", "r").ok());
  compare(5, "the next write");
}

}  // namespace
}  // namespace machiya::registers::testing
