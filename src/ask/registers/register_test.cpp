// The definition of a register: a whole one compiles into what it says; every seeded fault is found at its place.
#include "ask/registers/register.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "ask/registers/testing.h"
#include "base/temporary_folder.h"

namespace machiya::registers {
namespace {

using testing::errors_of;

constexpr std::string_view kWhole = R"(register: trees
version: 3
name: { ja: 樹木台帳, en: Trees }
law: { ja: 都市公園法 }
owner: health
facts: [ { fact: 事実, source: 出典, status: confirmed } ]
title: tag
workflow: tree-care
sections:
  - { section: basics, title: { ja: 基本, en: Basics }, columns: [tag, park, species, planted, place, felled] }
  - { section: more, title: { ja: 他, en: More }, columns: [handed_over, register_by, girth, kept, owner_name, ends, photo, status] }
columns:
  - { column: tag, type: digits, length: 6, label: { ja: 樹木番号, en: Tag }, unique: yes, filter: yes, search: yes }
  - { column: park, relation: parks, label: { ja: 公園, en: Park }, filter: yes }
  - { column: species, type: choice, options: [ { value: zelkova, label: ケヤキ }, { value: cherry, label: サクラ } ], label: 樹種, filter: yes }
  - { column: planted, type: date, optional: yes, must: planted <= today(), label: 植栽日, filter: yes }
  - { column: age, formula: "years and months duration(planted, today()).years", type: number, label: 樹齢, unit: 年 }
  - { column: place, type: place, label: 場所, optional: yes }
  - { column: felled, type: date, optional: yes, label: 伐採日 }
  - { column: handed_over, type: date, optional: yes, label: 引渡日 }
  - { column: register_by, deadline: { from: handed_over, period: 3 working days }, label: 期限, filter: yes }
  - { column: in_time, formula: register_by >= handed_over, type: yes-no, label: 期限内 }
  - { column: girth, type: number, decimals: 1, unit: cm, optional: yes, label: 幹周, default: "30" }
  - { column: kept, type: yes-no, label: 保護, filter: yes, when: girth > 100 }
  - { column: owner_name, type: name, personal: yes, optional: yes, read: [approver], label: 所有者 }
  - { column: ends, type: date, optional: yes, label: 終了, filter: yes }
  - { column: photo, type: photo, max: 3, optional: yes, label: 写真 }
  - { column: status, formula: 'if felled != null then "gone" else "there"', type: choice, options: [ { value: there, label: あり }, { value: gone, label: なし } ], label: 状況, filter: yes }
unique: [ [park, species] ]
checks:
  - { must: felled = null or felled >= planted, message: { ja: 伐採日は植栽日より後です, en: After planting }, columns: [felled] }
rights: { read: [clerk, approver, auditor], write: [clerk, approver], bulk: [approver], import: [approver] }
views:
  - { view: all, type: list, name: 一覧, columns: [tag, species, state], sort: [-planted], group: species }
  - { view: living, type: list, name: 生育, where: [ { column: state, is: living }, { column: register_by, from: 2026-04-01, to: today+P30D }, { column: kept, is: yes }, { column: ends, empty: yes } ] }
  - { view: board, type: board, by: state, name: 板 }
  - { view: calendar, type: calendar, date: planted, name: 暦 }
  - { view: map, type: map, place: place, name: 地図 }
  - { view: sheet, type: sheet, name: 帳票, columns: [tag, age] }
  - { view: timeline, type: timeline, date: planted, until: ends, name: 期間 }
reminders:
  - { reminder: late, date: register_by, before: 2 working days, when: state = "living" and not(in_time), text: 登録 }
retention: { keep: P5Y, from: end, basis: 規程 }
)";

/// The small city with `text` as one more register.
class RegisterDefinition : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::small_city(folder_);
  }
  city::LoadReport load(std::string_view text) const {
    testing::write_file(folder_ + "/registers/trees.yaml", text);
    return testing::load_city(folder_);
  }
  TemporaryFolder place_{"register"};
  const std::string& folder_ = place_.path();
};

TEST_F(RegisterDefinition, AWholeOneBecomesWhatItSays) {
  const auto report = load(kWhole);
  ASSERT_TRUE(report.city) << errors_of(report);
  const auto& reg = *report.city->get<Register>("register", "trees");
  EXPECT_EQ(reg.version, 3);
  EXPECT_EQ(reg.columns.size(), 16u);
  for (const Column& c : reg.columns) {
    ASSERT_NE(c.question, nullptr) << c.name;
    EXPECT_EQ(c.question->name, c.name);
    EXPECT_EQ(c.calculation != nullptr, c.kind == ColumnKind::formula) << c.name;
    EXPECT_EQ(c.field, field_of("trees", c.name));
  }
  EXPECT_EQ(reg.column("park")->kind, ColumnKind::relation);
  EXPECT_EQ(reg.column("register_by")->deadline.working_days, 3);
  EXPECT_TRUE(reg.column("age")->moves);
  EXPECT_FALSE(reg.column("in_time")->moves);
  EXPECT_TRUE(reg.deadlines_move_formulas);
  EXPECT_TRUE(reg.column("species")->indexed);
  EXPECT_FALSE(reg.column("girth")->indexed);
  EXPECT_EQ(reg.column("owner_name")->write, std::vector<std::string>{"approver"});   // who may not read does not write
  EXPECT_EQ(reg.column("status")->question->options.size(), 2u);
  EXPECT_EQ(reg.sections.back().columns.back(), "in_time");   // formulas that no section names stand in the last one
  EXPECT_EQ(reg.form->pages.size(), 2u);
  ASSERT_EQ(reg.views.size(), 7u);
  EXPECT_EQ(reg.views[1].where.size(), 5u);
  EXPECT_EQ(reg.views[1].where[3].value, "true");
  EXPECT_TRUE(reg.views[0].sort[0].descending);
  EXPECT_EQ(reg.retention->keep.months, 60);
}

TEST_F(RegisterDefinition, OneWithoutViewsSectionsAndRightsHasTheUsualOnes) {
  const auto report = load("register: trees\nname: 樹木\nowner: health\ntitle: tag\ncolumns:\n  - { column: tag, type: text, label: 番号 }\n");
  ASSERT_TRUE(report.city) << errors_of(report);
  const auto& reg = *report.city->get<Register>("register", "trees");
  EXPECT_EQ(reg.views.size(), 1u);
  EXPECT_EQ(reg.sections.size(), 1u);
  EXPECT_EQ(reg.rights.bulk, std::vector<std::string>{"approver"});
  EXPECT_TRUE(reg.column("tag")->filter);   // relations look rows up by their title
}

TEST_F(RegisterDefinition, ChecksAndDeadlinesSeeARow) {
  const auto report = load(kWhole);
  ASSERT_TRUE(report.city) << errors_of(report);
  const auto& reg = *report.city->get<Register>("register", "trees");
  auto values = json::Value::object({{"planted", "2026-05-08"}, {"felled", "2026-05-01"}, {"handed_over", "2026-05-08"}});
  const auto must = reg.checks[0].must.evaluate(row_slots(reg, values, "living"), feel::Environment(Instant{0}));
  ASSERT_TRUE(must.ok());
  EXPECT_FALSE(must->is_true());
  fill_deadlines(reg, values, [](Date d) { return weekday(d) != 0 && weekday(d) != 6; });
  EXPECT_EQ(values.text("register_by"), "2026-05-13");   // Friday: Monday, Tuesday, Wednesday
  values.set("handed_over", json::Value());
  fill_deadlines(reg, values, [](Date) { return true; });
  EXPECT_TRUE(values["register_by"].is_null());
  EXPECT_EQ(value_on("today+P1M", make_date(2026, 1, 31)), "2026-02-28");
  EXPECT_EQ(value_on("today-P1D", make_date(2026, 1, 1)), "2025-12-31");
  EXPECT_EQ(value_on("todays", make_date(2026, 1, 1)), "todays");
}

struct Seed {
  const char *from, *to, *says;   ///< "«" in `to`: where the fault must be found
};
// One fault each.
constexpr Seed kSeeds[] = {
    {"owner: health", "owner: «helth", "department"},
    {"title: tag", "title: «tagg", "no column 'tagg'"},
    {"title: tag", "title: «owner_name", "every reader"},
    {"title: tag", "title: «photo", "text, digits"},
    {"workflow: tree-care", "workflow: «tree-cart", "workflow"},
    {"columns: [tag, park,", "columns: [«tab, park,", "no column 'tab'"},
    {"columns: [handed_over,", "columns: [«tag, handed_over,", "another section"},
    {"  - { column: girth, type: number", "  - «{ column: extra, type: text, label: 余り }\n  - { column: girth, type: number", "in no section"},
    {"relation: parks", "relation: «parkz", "register"},
    {"type: digits, length", "type: «digit, length", "not allowed"},
    {"{ column: felled, type: date", "{ column: felled, type: date, «lenght: 3", "unknown key"},
    {"column: felled, type", "column: «planted, type", "there twice"},
    {"column: ends, type", "column: «state, type", "register's own"},
    {"must: planted <= today()", "must: «plantd <= today()", "plantd"},
    {"must: planted <= today()", "must: «\"1 + 1\"", "boolean"},
    {"formula: register_by >= handed_over", "formula: «register_by >= girth_cm", "girth_cm"},
    {"formula: register_by >= handed_over", "formula: «girth", "boolean"},
    {"type: yes-no, label: 期限内", "type: «photo, label: 期限内", "not allowed"},
    {"label: 樹齢, unit: 年 }", "label: 樹齢, unit: 年, filter: «yes }", "changes with the day"},
    {"  - { column: in_time, formula: register_by >= handed_over, type: yes-no, label: 期限内 }",
     "  - «{ column: in_time, formula: owner_name.family != \"\", type: yes-no, label: 期限内 }", "personal"},
    {"period: 3 working days", "period: «3 workdays", "wrong form"},
    {"from: handed_over", "from: «ends", "before this one"},
    {"from: handed_over", "from: «girth", "before this one"},
    {"personal: yes, optional", "personal: yes, filter: «yes, optional", "never indexed"},
    {"max: 3, optional: yes", "max: 3, filter: «yes, optional: yes", "cannot be filtered"},
    {"read: [approver], label: 所有者", "search: «yes, read: [approver], label: 所有者", "not searched"},
    {"read: [approver], label: 所有者", "read: [«approvers], label: 所有者", "no role"},
    {"read: [approver], label: 所有者", "read: [approver], write: «[clerk], label: 所有者", "may not read"},
    {"read: [approver], label: 所有者", "read: «[auditor], label: 所有者", "may write it"},
    {"unique: [ [park, species] ]", "unique: [ [park, «photo] ]", "part of a combination"},
    {"unique: [ [park, species] ]", "unique: [ «[park] ]", "two columns"},
    {"must: felled = null or", "must: «fell = null or", "fell"},
    {"columns: [felled] }", "columns: [«cut] }", "no column 'cut'"},
    {"write: [clerk, approver], bulk", "write: «[clerk, helper], bulk", "may not read"},
    {"sort: [-planted]", "sort: [«-girth]", "filter: yes"},
    {"group: species", "group: «girth", "filter: yes"},
    {"column: state, is: living", "column: state, is: «alive", "no state 'alive'"},
    {"from: 2026-04-01", "from: «2026-04-31", "no value"},
    {"to: today+P30D", "to: «today+30", "no value"},
    {"{ column: ends, empty: yes }", "«{ column: ends }", "a condition says"},
    {"view: living", "view: «all", "there twice"},
    {"type: board, by: state", "type: board, by: «ends", "choice"},
    {"date: planted, name", "date: «species, name", "no column of dates"},
    {"place: place", "place: «tag", "type place"},
    {"until: ends", "until: «kept", "no column of dates"},
    {"date: register_by, before", "date: «girth, before", "dates"},
    {"before: 2 working days", "before: «2 days", "wrong form"},
    {"state = \"living\" and not(in_time)", "«stat = \"living\"", "stat"},
    {"keep: P5Y", "keep: «5 years", "wrong form"},
};

class SeededRegister : public RegisterDefinition, public ::testing::WithParamInterface<Seed> {};

TEST_P(SeededRegister, IsFoundWhereItStands) {
  const Seed& seed = GetParam();
  std::string text(kWhole), to(seed.to);
  const std::size_t at = text.find(seed.from);
  ASSERT_NE(at, std::string::npos) << seed.from;
  const std::size_t mark = to.find("«");
  ASSERT_NE(mark, std::string::npos);
  to.erase(mark, std::string_view("«").size());
  text.replace(at, std::string_view(seed.from).size(), to);
  const std::string before = text.substr(0, at + mark);
  const int line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  const auto report = load(text);
  EXPECT_FALSE(report.city);
  bool found = false;
  for (const auto& f : report.faults)
    found = found || (f.severity == Severity::error && f.file == "registers/trees.yaml" && f.line == line && f.en.find(seed.says) != std::string::npos && !f.ja.empty());
  EXPECT_TRUE(found) << "line " << line << " should say: " << seed.says << "\n" << errors_of(report);
}
INSTANTIATE_TEST_SUITE_P(All, SeededRegister, ::testing::ValuesIn(kSeeds));

}  // namespace
}  // namespace machiya::registers
