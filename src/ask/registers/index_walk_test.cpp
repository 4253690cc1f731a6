// Rows of before follow a changed definition, on both databases: a list says that it may lack rows until all of them are brought along, and
// finds every one after that; nothing that people entered and no history changes for an index's sake.
// Planted once and seen caught: a chunk that is skipped (walk_rows() going on behind twice as many keys), a walk that is marked done after its first
// chunk, entries and tokens of columns of before that stay, a row that is changed under way and not caught up (its old entry collides), a row
// written by the definition of before that the walk does not come back for, a walk that forgets what the one before it had begun, reminders
// that take the index for whole.
#include "ask/registers/index_layout.h"
#include "ask/registers/index_walk_dao.h"
#include "ask/registers/testing.h"

namespace machiya::registers::testing {
namespace {

constexpr std::string_view kMemo = "{ column: memo, type: text, optional: yes,", kMemoIndexed = "{ column: memo, type: text, optional: yes, filter: yes, search: yes,";
constexpr std::string_view kDouble = "  - { column: double_girth, formula: girth * 2, type: number, label: { ja: 倍, en: Double } }\n";
/// Without the combination of the memo: nothing indexes it.
std::string plain() { return replaced(std::string(kTrees), "unique: [ [park, memo] ]\n", ""); }
std::string with_memo() { return replaced(plain(), kMemo, kMemoIndexed); }

class IndexWalk : public RegistersTest {
 protected:
  static constexpr int kRows = 450;   // three chunks
  IndexWalk() {
    load(plain());
    std::vector<Values> rows;
    for (int i = 0; i < kRows; ++i) {
      rows.push_back(json::Value::object({{"tag", std::to_string(100'000 + i)}, {"species", i % 2 == 0 ? "cherry" : "zelkova"}, {"memo", i % 3 == 0 ? "北門の横" : "南門の横"}, {"owner_name", "見本 花子"}}));
      if (i % 2 == 0) rows.back().set("girth", i);
    }
    const auto done = registers->add_many(*trees, rows, "取込", approver, "r");
    if (!done.ok()) throw std::runtime_error(done.error().to_string());
    batch = done->batch;
    tended();
  }
  /// What an officer does with SIGHUP; the definitions of before stay alive, as requests under way hold them.
  void load(const std::string& text, const char* id = "park-trees") {
    before.push_back(hall->city);
    define(id, text);
    reload();
  }
  /// A new process over the same store.
  void restart() {
    const auto city = hall->city;
    hall.reset();
    hall = std::make_unique<Hall>(store(), folder(), city, clock, rng);
    registers = hall->registers.get();
  }
  void tended() {
    ASSERT_TRUE(registers->tend_index().ok());
    const auto ran = hall->jobs->run_due();
    ASSERT_TRUE(ran.ok()) << ran.error().to_string();
    EXPECT_FALSE(progress());
  }
  std::optional<IndexProgress> progress() {
    const auto out = registers->index_progress(*trees);
    EXPECT_TRUE(out.ok()) << out.error().to_string();
    return out.ok() ? *out : std::nullopt;
  }
  void expect_progress(std::int64_t done, std::int64_t total) {
    const auto now = progress();
    ASSERT_TRUE(now);
    EXPECT_EQ(now->done, done);
    EXPECT_EQ(now->total, total);
  }
  std::int64_t found(const Condition& condition, const Register* reg = nullptr) {
    Query query;
    query.where = {condition};
    const auto listing = registers->list(reg != nullptr ? *reg : *trees, query, approver);
    EXPECT_TRUE(listing.ok()) << listing.error().to_string();
    return listing.ok() ? listing->total : -1;
  }
  std::int64_t searched(const char* text) {
    Query query;
    query.search = text;
    return registers->list(*trees, query, approver)->total;
  }
  Row row_of(const std::string& tag) {
    Query query;
    query.where = {{"tag", "is", tag}};
    return registers->list(*trees, query, approver)->rows.at(0);
  }
  std::vector<std::string> rows_and_history() {
    std::vector<std::string> out = dump("SELECT number, state, data, definition, CAST(revision AS TEXT), CAST(changed AS TEXT) FROM record ORDER BY id");
    for (std::string& line : dump("SELECT CAST(record AS TEXT), CAST(sequence AS TEXT), action, fields FROM record_event ORDER BY record, sequence")) out.push_back(std::move(line));
    return out;
  }
  std::vector<std::string> tokens() { return dump("SELECT CAST(token AS TEXT), CAST(record AS TEXT) FROM record_token ORDER BY token, record"); }
  std::size_t events() { return dump("SELECT action FROM record_event").size(); }
  std::vector<std::shared_ptr<const city::City>> before;
  std::string batch;
};
MACHIYA_ON_BOTH_ENGINES(IndexWalk);

TEST_P(IndexWalk, a_column_that_becomes_filter_finds_every_row_and_until_then_the_register_says_that_it_may_not) {
  const auto rows = rows_and_history(), index_before = index(), tokens_before = tokens();
  load(with_memo());
  expect_progress(0, kRows);   // from the moment of the reload
  ASSERT_TRUE(registers->tend_index().ok());
  expect_progress(0, kRows);
  EXPECT_EQ(found({"memo", "is", "北門の横"}), 0);   // what is said about
  tended();
  EXPECT_EQ(found({"memo", "is", "北門の横"}), kRows / 3);
  EXPECT_EQ(found({"memo", "filled", ""}), kRows);
  EXPECT_EQ(searched("北門"), kRows / 3);
  EXPECT_EQ(rows_and_history(), rows);
  ASSERT_TRUE(registers->tend_index().ok());   // another start finds nothing to do
  EXPECT_EQ(*hall->jobs->run_due(), 0);
  // And back: the column leaves index and search.
  load(plain());
  tended();
  EXPECT_EQ(index(), index_before);
  EXPECT_EQ(tokens(), tokens_before);
  EXPECT_EQ(rows_and_history(), rows);
}

TEST_P(IndexWalk, a_killed_walk_goes_on_where_it_was_and_a_definition_that_changes_meanwhile_has_its_own) {
  load(with_memo());
  ASSERT_TRUE(registers->tend_index().ok());
  ASSERT_TRUE(hall->jobs->lease("register-index", "died")->has_value());
  EXPECT_TRUE(*registers->index_some());
  expect_progress(200, kRows);
  const auto half = index();
  EXPECT_FALSE(store().write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(dao::put_index_walk(tx, "park-trees", {index_layout(*trees), "[]", 1'000'000'000, kRows, kRows, true}));
    return Error(ErrorCode::internal, "killed before the commit");
  }).ok());
  EXPECT_EQ(index(), half);
  restart();
  expect_progress(200, kRows);
  EXPECT_TRUE(*registers->index_some());
  expect_progress(400, kRows);
  // A third definition while the second one is under way: some rows have the first one's entries, some the second one's.
  load(replaced(with_memo(), "type: text, optional: yes, filter: yes, search: yes,", "type: text, optional: yes, search: yes,"));
  expect_progress(0, kRows);
  clock.advance(kHour);   // the lease of the dead process runs out
  tended();
  EXPECT_EQ(searched("北門"), kRows / 3);
  EXPECT_TRUE(dump("SELECT record FROM record_value WHERE field = " + std::to_string(field_of("park-trees", "memo"))).empty());
  load(with_memo());
  tended();
  EXPECT_EQ(found({"memo", "is", "北門の横"}), kRows / 3);
}

TEST_P(IndexWalk, a_formula_that_is_new_or_other_is_worked_out_and_the_history_says_why) {
  const Row with = row_of("100002"), without = row_of("100001");
  const std::size_t told_before = events();
  const std::string triple = "  - { column: triple, formula: girth * 3, type: number, filter: yes, label: { ja: 三倍, en: Triple } }\n"
                             "  - { column: inspected_by, deadline: { from: planted, period: P1Y }, filter: yes, label: { ja: 点検, en: Inspect by } }\n";
  load(replaced(plain(), kDouble, std::string(kDouble) + triple));
  expect_progress(0, kRows);
  tended();
  EXPECT_EQ(found({"triple", "is", "6"}), 1);
  EXPECT_EQ(found({"triple", "filled", ""}), kRows / 2);
  EXPECT_EQ(row_of("100002").values["triple"], json::Value(6));
  EXPECT_EQ(row_of("100001").revision, without.revision);   // nothing of it changed
  const auto told = registers->history(*trees, with.number, auditor);
  ASSERT_TRUE(told.ok() && told->size() == 2);
  EXPECT_EQ((*told)[1].action, "definition");
  ASSERT_EQ((*told)[1].changes.size(), 1u);
  EXPECT_EQ((*told)[1].changes[0].first, "triple");
  EXPECT_EQ((*told)[1].changes[0].second.second, json::Value(6));
  EXPECT_EQ(events(), told_before + kRows / 2);
  // Killed in the middle of another expression: no row is worked out twice, none is left.
  load(replaced(plain(), kDouble, replaced(std::string(kDouble) + triple, "girth * 3", "girth * 3 + 1")));
  ASSERT_TRUE(registers->tend_index().ok());
  EXPECT_TRUE(*registers->index_some());
  restart();
  tended();
  EXPECT_EQ(found({"triple", "is", "7"}), 1);
  EXPECT_EQ(found({"triple", "is", "6"}), 0);   // girth * 3 + 1 is never a multiple of three
  EXPECT_EQ(row_of("100002").revision, with.revision + 2);
  EXPECT_EQ(searched("100002"), 1);
  // A label is no reason to look at any row.
  load(replaced(plain(), kDouble, replaced(replaced(std::string(kDouble) + triple, "girth * 3", "girth * 3 + 1"), "Triple", "Three times")));
  EXPECT_FALSE(progress());
}

// Its register comes first in the walk, when the other one's formula is not worked out yet: it follows.
TEST_P(IndexWalk, a_formula_over_a_new_formula_of_a_related_row_is_worked_out_too) {
  const auto park = registers->add(*parks, values(R"({"name":"扇町公園"})"), "登録", approver, "ja", "r");
  ASSERT_TRUE(park->row);
  ASSERT_TRUE(registers->add(*trees, json::Value::object({{"tag", "300000"}, {"species", "cherry"}, {"park", park->row->number}}), "登録", approver, "ja", "r")->row);
  load(std::string(kParks) + "  - { column: letters, formula: string length(name), type: number, label: { ja: 字数, en: Letters } }\n", "parks");
  load(replaced(plain(), kDouble, std::string(kDouble) + "  - { column: more, formula: park.letters + 1, type: number, filter: yes, label: { ja: 字数と一, en: One more } }\n"));
  tended();
  EXPECT_EQ(found({"more", "is", "5"}), 1);
  EXPECT_EQ(row_of("300000").values["more"], json::Value(5));
}

TEST_P(IndexWalk, a_row_that_is_changed_under_way_is_brought_along_first) {
  load(with_memo());
  tended();
  const auto change = [&](const Row& row, const char* text) {
    const auto saved = registers->change(*trees, row.number, row.revision, values(text), {}, "訂正", approver, "ja", "r");
    EXPECT_TRUE(saved.ok() && saved->row) << (saved.ok() ? "" : saved.error().to_string());
  };
  load(plain());   // neither of the two walks is under way far enough to meet the last row
  ASSERT_TRUE(registers->tend_index().ok());
  change(row_of("100449"), R"({"memo":"東門"})");
  load(with_memo());
  ASSERT_TRUE(registers->tend_index().ok());
  change(row_of("100449"), R"({"memo":"南門の横"})");   // what it was first: the entry of then, had it stayed, would stand in its way
  change(row_of("100448"), R"({"memo":"西門"})");
  tended();
  EXPECT_EQ(found({"memo", "is", "南門の横"}), kRows / 3 * 2 - 1);
  EXPECT_EQ(found({"memo", "is", "西門"}), 1);
  EXPECT_EQ(found({"memo", "filled", ""}), kRows);
  EXPECT_EQ(searched("東門"), 0);
}

TEST_P(IndexWalk, a_row_that_is_erased_under_way_leaves_nothing_in_the_search) {
  load(replaced(with_memo(), "personal: yes, read: [approver], write: [approver],", "personal: yes, search: yes,"));
  tended();
  EXPECT_EQ(searched("見本"), kRows);
  load(plain());
  ASSERT_TRUE(registers->tend_index().ok());
  ASSERT_TRUE(registers->undo_bulk(*trees, batch, approver, "r").ok());
  EXPECT_TRUE(tokens().empty());
  EXPECT_TRUE(index().empty());
}

// A request that began before the reload writes by the definition of before, after the walk has passed.
TEST_P(IndexWalk, what_the_definition_of_before_writes_after_the_walk_is_met_by_it_again) {
  const Register* old = trees;
  load(with_memo());
  tended();
  const Row row = row_of("100003");
  ASSERT_TRUE(registers->change(*old, row.number, row.revision, values(R"({"memo":"東門"})"), {}, "訂正", approver, "ja", "r")->row);
  ASSERT_TRUE(registers->add(*old, values(R"({"tag":"200000","species":"cherry","memo":"東門"})"), "登録", approver, "ja", "r")->row);
  ASSERT_TRUE(registers->add_many(*old, {values(R"({"tag":"200001","species":"cherry","memo":"東門"})")}, "取込", approver, "r").ok());
  EXPECT_TRUE(progress());
  ASSERT_TRUE(hall->jobs->run_due().ok());
  EXPECT_FALSE(progress());
  EXPECT_EQ(found({"memo", "is", "東門"}), 3);
  EXPECT_EQ(found({"memo", "is", "北門の横"}), kRows / 3 - 1);
  EXPECT_EQ(searched("東門"), 3);
}

TEST_P(IndexWalk, rows_of_a_register_that_is_given_a_workflow_enter_its_first_state) {
  ASSERT_TRUE(registers->add(*parks, values(R"({"name":"扇町公園"})"), "登録", approver, "ja", "r")->row);
  const std::string with_states = replaced(std::string(kParks), "title: name\n", "title: name\nworkflow: tree-care\n");
  load(with_states, "parks");
  ASSERT_TRUE(registers->index_progress(*parks)->has_value());
  tended();
  EXPECT_EQ(found({"state", "is", "living"}, parks), 1);
  Query open;
  open.with_ended = false;
  const auto listing = registers->list(*parks, open, approver);
  ASSERT_EQ(listing->total, 1);
  EXPECT_EQ(listing->rows[0].state, "living");
  const auto told = registers->history(*parks, listing->rows[0].number, auditor);
  ASSERT_TRUE(told.ok() && told->size() == 2);
  EXPECT_EQ((*told)[1].action, "definition");
  EXPECT_EQ((*told)[1].state, "living");
  load(std::string(kParks), "parks");   // and loses it: nothing of its states is left in the index
  tended();
  EXPECT_EQ(registers->list(*parks, {}, approver)->total, 1);
  EXPECT_TRUE(dump("SELECT record FROM record_value WHERE field = " + std::to_string(field_of("parks", "state"))).empty());
}

TEST_P(IndexWalk, a_register_without_rows_needs_no_walk) {
  load(replaced(std::string(kParks), "register: parks", "register: gardens"), "gardens");
  EXPECT_FALSE(*registers->index_progress(hall->reg("gardens")));
  ASSERT_TRUE(registers->tend_index().ok());
  EXPECT_EQ(*hall->jobs->run_due(), 0);
  EXPECT_FALSE(*registers->index_some());
}

// Reminders find their rows by the index of the date, which the rows of before get by the walk: its end tells them.
TEST_P(IndexWalk, a_reminder_over_a_column_that_was_not_indexed_is_told_of_every_row) {
  ASSERT_TRUE(registers->add(*trees, values(R"({"tag":"300000","species":"cherry","felled":"2026-05-12"})"), "登録", clerk, "ja", "r")->row);
  load(plain() + "  - { reminder: felled-soon, date: felled, before: P14D, text: { ja: 伐採, en: Felled } }\n");
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  const auto job = hall->jobs->run_due();   // first: the index of the date is still empty
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(*registers->open_reminders(clerk, 10), 0);
  tended();
  EXPECT_EQ(*registers->open_reminders(clerk, 10), 1);
}

class IndexMigration : public store::testing::StoreTest {};
MACHIYA_ON_BOTH_ENGINES(IndexMigration);

// What the cases of procedures were indexed by is still known: no procedure is walked again for the new table's sake.
TEST_P(IndexMigration, procedures_keep_what_their_cases_are_indexed_by) {
  auto list = dao::index_migrations();
  migrate({list.begin(), list.begin() + 1});
  ASSERT_TRUE(store().write([](store::Tx& tx) { return tx.execute("INSERT INTO register_cases (procedure, layout, reached, done) VALUES ('dog', '1,size:choice', 7, 1), ('sign', '1', 3, 0)"); }).ok());
  migrate(list);
  const auto kept = store().read([](store::ReadTx& tx) { return dao::index_walks(tx); });
  ASSERT_TRUE(kept.ok() && kept->size() == 2);
  EXPECT_EQ(kept->at("dog").layout, "1,size:choice");
  EXPECT_TRUE(kept->at("dog").done);
  EXPECT_EQ(kept->at("sign").reached, 3);
  EXPECT_FALSE(kept->at("sign").done);
}

}  // namespace
}  // namespace machiya::registers::testing
