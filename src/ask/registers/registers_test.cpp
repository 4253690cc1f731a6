// The service on both databases: one row after the other, two people at once, what is sealed.
#include "ask/registers/testing.h"

namespace machiya::registers::testing {
namespace {

class Rows : public RegistersTest {};
MACHIYA_ON_BOTH_ENGINES(Rows);

TEST_P(Rows, a_row_is_added_opened_and_its_history_told) {
  const Row park = add(*parks, R"({"name":"扇町公園"})", clerk);
  const Row tree = add(*trees, R"({"tag":"000123","park":"扇町公園","species":"zelkova","girth":12.5,"planted":"2026-05-07"})", clerk);
  EXPECT_EQ(tree.values.text("park"), park.number);   // the title became the number
  EXPECT_EQ(tree.titles.at("park"), "扇町公園");
  EXPECT_EQ(tree.values["double_girth"].as_int(), 25);
  EXPECT_EQ(tree.values.text("answer_by"), "2026-05-12");   // Thursday + 3 working days
  EXPECT_EQ(tree.state, "living");
  auto opened = registers->open(*trees, tree.number, clerk, "r");
  ASSERT_TRUE(opened.ok()) << opened.error().to_string();
  EXPECT_EQ(opened->values, tree.values);
  auto saved = change(tree, R"({"species":"cherry"})", approver);
  ASSERT_TRUE(saved.ok() && saved->row) << (saved.ok() ? "" : saved.error().to_string());
  auto told = registers->history(*trees, tree.number, clerk);
  ASSERT_TRUE(told.ok()) << told.error().to_string();
  ASSERT_EQ(told->size(), 2u);
  EXPECT_EQ((*told)[0].action, "add");
  EXPECT_EQ((*told)[0].actor_name, "担当 一郎");
  EXPECT_EQ((*told)[1].reason, "訂正");
  ASSERT_EQ((*told)[1].changes.size(), 1u);
  EXPECT_EQ((*told)[1].changes[0].second.first.as_string(), "zelkova");
  EXPECT_EQ((*told)[1].changes[0].second.second.as_string(), "cherry");
  std::string first;
  for (const auto& [column, pair] : (*told)[0].changes)
    if (column == "species") first = pair.second.as_string();
  EXPECT_EQ(first, "zelkova");
}

TEST_P(Rows, two_people_in_different_cells_are_both_kept) {
  const Row seen = add(*trees, R"({"tag":"000001","species":"zelkova","girth":10})", clerk);
  ASSERT_TRUE(change(seen, R"({"girth":20})", approver)->row);
  auto mine = change(seen, R"({"species":"cherry"})", clerk);
  ASSERT_TRUE(mine.ok() && mine->row);
  EXPECT_EQ(mine->row->values["girth"].as_int(), 20);
  EXPECT_EQ(mine->row->values.text("species"), "cherry");
}

TEST_P(Rows, the_same_cell_is_a_conflict_that_is_shown) {
  const Row seen = add(*trees, R"({"tag":"000001","species":"zelkova","girth":10})", clerk);
  ASSERT_TRUE(change(seen, R"({"girth":20})", approver)->row);
  auto mine = change(seen, R"({"girth":30,"species":"cherry"})", clerk);
  ASSERT_TRUE(mine.ok());
  EXPECT_FALSE(mine->row);
  ASSERT_EQ(mine->conflicts.size(), 1u);
  EXPECT_EQ(mine->conflicts[0].column, "girth");
  EXPECT_EQ(mine->conflicts[0].before.as_int(), 10);
  EXPECT_EQ(mine->conflicts[0].theirs.as_int(), 20);
  EXPECT_EQ(mine->conflicts[0].mine.as_int(), 30);
  EXPECT_EQ(mine->conflicts[0].who, "決裁 花");
  ASSERT_TRUE(mine->now);
  EXPECT_EQ(mine->now->values.text("species"), "zelkova");   // nothing was written
  auto again = change(seen, R"({"girth":30,"species":"cherry"})", clerk, {"girth"});
  ASSERT_TRUE(again.ok() && again->row);
  EXPECT_EQ(again->row->values["girth"].as_int(), 30);
  auto told = registers->history(*trees, seen.number, clerk);
  ASSERT_EQ(told->size(), 3u);
  EXPECT_EQ((*told)[2].changes.size(), 2u);
}

TEST_P(Rows, faults_are_told_at_their_columns) {
  add(*trees, R"({"tag":"000001","species":"zelkova"})", clerk);
  auto bad = registers->add(*trees, values(R"({"tag":"０００００１","species":"zelkova","park":"ない公園","planted":"2026-05-01","felled":"2026-04-01","nothing":1})"), "", clerk, "ja", "r");
  ASSERT_TRUE(bad.ok());
  std::map<std::string, std::string> codes;
  for (const auto& e : bad->errors) codes[e.column] = e.code;
  EXPECT_EQ(codes["nothing"], "unknown");
  bad = registers->add(*trees, values(R"({"tag":"０００００１","species":"zelkova","park":"ない公園","planted":"2026-05-01","felled":"2026-04-01"})"), "", clerk, "ja", "r");
  codes.clear();
  for (const auto& e : bad->errors) codes[e.column] = e.code;
  EXPECT_EQ(codes["tag"], "unique");
  EXPECT_EQ(codes["park"], "relation");
  EXPECT_EQ(codes["felled"], "must");
  EXPECT_FALSE(bad->row);
}

TEST_P(Rows, a_combination_may_not_repeat) {
  add(*parks, R"({"name":"扇町公園"})", clerk);
  add(*trees, R"({"tag":"000001","species":"zelkova","park":"扇町公園","memo":"北"})", clerk);
  add(*trees, R"({"tag":"000002","species":"zelkova","park":"扇町公園"})", clerk);   // empty: free
  auto twice = registers->add(*trees, values(R"({"tag":"000003","species":"zelkova","park":"扇町公園","memo":"北"})"), "", clerk, "ja", "r");
  ASSERT_TRUE(twice.ok());
  EXPECT_EQ(twice->errors.size(), 2u);
}

TEST_P(Rows, personal_columns_are_sealed_and_read_only_with_the_right) {
  const Row row = add(*trees, R"({"tag":"000001","species":"zelkova","owner_name":"秘密太郎"})", approver);
  EXPECT_EQ(row.values.text("owner_name"), "秘密太郎");
  EXPECT_FALSE(registers->open(*trees, row.number, clerk, "r")->values.has("owner_name"));
  EXPECT_EQ(registers->open(*trees, row.number, approver, "r")->values.text("owner_name"), "秘密太郎");
  ASSERT_TRUE(change(row, R"({"owner_name":"別人次郎"})", approver)->row);
  auto told = registers->history(*trees, row.number, clerk);
  for (const auto& entry : *told)
    for (const auto& [column, pair] : entry.changes) EXPECT_NE(column, "owner_name");
  auto told_all = registers->history(*trees, row.number, approver);
  EXPECT_EQ(told_all->back().changes.at(0).second.first.as_string(), "秘密太郎");
  EXPECT_EQ(count("SELECT COUNT(*) FROM record WHERE data LIKE '%太郎%' OR data LIKE '%次郎%'"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_event WHERE fields LIKE '%太郎%' OR fields LIKE '%次郎%'"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_value WHERE value LIKE '%太郎%' OR value LIKE '%次郎%'"), 0);
}

TEST_P(Rows, the_workflow_moves_a_row_and_its_time_comes) {
  const Row row = add(*trees, R"({"tag":"000001","species":"zelkova","next_inspection":"2026-05-20"})", clerk);
  EXPECT_EQ(registers->due(clerk, 10)->size(), 1u);
  EXPECT_EQ(code(registers->act(*trees, row.number, row.revision, "fell", "", clerk, "ja", "r")), ErrorCode::invalid_input);
  auto doubted = registers->act(*trees, row.number, row.revision, "doubt", "", clerk, "ja", "r");
  ASSERT_TRUE(doubted.ok()) << doubted.error().to_string();
  EXPECT_EQ(doubted->row->state, "doubtful");
  EXPECT_TRUE(registers->due(clerk, 10)->empty());   // only living trees
  EXPECT_EQ(code(registers->act(*trees, row.number, row.revision, "fell", "倒木", clerk, "ja", "r")), ErrorCode::conflict);
  clock.advance(3 * kDay + kHour);
  ASSERT_TRUE(hall->jobs->run_due().ok());
  EXPECT_EQ(registers->open(*trees, row.number, clerk, "r")->state, "living");
  ASSERT_TRUE(registers->comment(*trees, row.number, "見てきた", clerk, "r").ok());
  auto felled = registers->act(*trees, row.number, -1, "fell", "倒木", clerk, "ja", "r");
  ASSERT_TRUE(felled.ok());
  EXPECT_TRUE(felled->row->ended);
  Query open;
  open.with_ended = false;
  EXPECT_EQ(registers->list(*trees, open, clerk)->total, 0);
  std::vector<std::string> actions;
  const auto history = registers->history(*trees, row.number, clerk);
  for (const auto& e : *history) actions.push_back(e.action);
  EXPECT_EQ(actions, (std::vector<std::string>{"add", "doubt", "settle", "comment", "fell"}));
}

TEST_P(Rows, a_bulk_edit_is_done_as_a_whole_and_undone_while_nobody_touched_it) {
  std::vector<Row> rows;
  for (int i = 1; i <= 5; ++i) rows.push_back(add(*trees, ("{\"tag\":\"00000" + std::to_string(i) + "\",\"species\":\"zelkova\",\"girth\":" + std::to_string(i) + "}").c_str(), clerk));
  Query all;
  all.where = {{"species", "is", "zelkova"}};
  const auto set = values(R"({"girth":30})");
  EXPECT_EQ(code(registers->plan_bulk(*trees, all, set, clerk, "ja")), ErrorCode::forbidden);
  auto plan = registers->plan_bulk(*trees, all, set, approver, "ja");
  ASSERT_TRUE(plan.ok()) << plan.error().to_string();
  EXPECT_EQ(plan->rows, 5);
  EXPECT_EQ(plan->faulty, 0);
  EXPECT_EQ(plan->sample.at(0).first.values["girth"].as_int(), 30);
  EXPECT_EQ(registers->plan_bulk(*trees, all, values(R"({"tag":"000009"})"), approver, "ja")->faulty, 4);   // the same tag five times
  EXPECT_EQ(code(registers->do_bulk(*trees, all, set, 4, "", approver, "r")), ErrorCode::conflict);
  auto first = registers->do_bulk(*trees, all, set, 5, "計測", approver, "r");
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  EXPECT_EQ(registers->open(*trees, rows[2].number, clerk, "r")->values["girth"].as_int(), 30);
  auto undone = registers->undo_bulk(*trees, first->batch, approver, "r");
  ASSERT_TRUE(undone.ok()) << undone.error().to_string();
  EXPECT_EQ(registers->open(*trees, rows[2].number, clerk, "r")->values["girth"].as_int(), 3);
  EXPECT_EQ(code(registers->undo_bulk(*trees, first->batch, approver, "r")), ErrorCode::conflict);
  auto second = registers->do_bulk(*trees, all, set, 5, "計測", approver, "r");
  ASSERT_TRUE(second.ok());
  Row touched = *registers->open(*trees, rows[4].number, clerk, "r");
  ASSERT_TRUE(change(touched, R"({"girth":31})", clerk)->row);
  EXPECT_EQ(code(registers->undo_bulk(*trees, second->batch, approver, "r")), ErrorCode::conflict);
  EXPECT_EQ(registers->open(*trees, rows[0].number, clerk, "r")->values["girth"].as_int(), 30);   // nothing was undone
}

TEST_P(Rows, an_import_is_checked_whole_and_can_be_taken_back) {
  add(*trees, R"({"tag":"000001","species":"zelkova"})", clerk);
  std::vector<Values> rows = {values(R"({"tag":"000002","species":"zelkova"})"), values(R"({"tag":"000001","species":"cherry"})"),
                              values(R"({"tag":"000002","species":"cherry"})"), values(R"({"tag":"000004","species":"oak"})")};
  auto faults = registers->check_many(*trees, rows, approver, "ja");
  ASSERT_TRUE(faults.ok()) << faults.error().to_string();
  std::map<std::size_t, std::string> at;
  for (const auto& [i, e] : *faults) at[i] = e.column + ":" + e.code;
  EXPECT_EQ(at.size(), 3u);
  EXPECT_EQ(at[1], "tag:unique");
  EXPECT_EQ(at[2], "tag:unique");
  EXPECT_EQ(at[3].substr(0, 8), "species:");
  EXPECT_FALSE(registers->add_many(*trees, rows, "", approver, "r").ok());
  EXPECT_EQ(registers->list(*trees, {}, clerk)->total, 1);
  EXPECT_EQ(code(registers->add_many(*trees, {rows[0]}, "", clerk, "r")), ErrorCode::forbidden);
  auto done = registers->add_many(*trees, {rows[0], values(R"({"tag":"000003","species":"cherry"})")}, "移行", approver, "r");
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(registers->list(*trees, {}, clerk)->total, 3);
  ASSERT_TRUE(registers->undo_bulk(*trees, done->batch, approver, "r").ok());
  EXPECT_EQ(registers->list(*trees, {}, clerk)->total, 1);
  add(*trees, R"({"tag":"000002","species":"zelkova"})", clerk);   // its number is free again
}

}  // namespace
}  // namespace machiya::registers::testing
