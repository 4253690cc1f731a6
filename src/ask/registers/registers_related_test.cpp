// Related rows on both databases: formulas over the row behind a relation follow it, roll-ups tell what points to a row, and a definition
// that would tell more than its readers may see is refused at its place. Planted and seen caught: rows that do not follow, a department or a
// circle that is not looked at, a roll-up without its condition or with a row lost between two chunks.
#include "ask/registers/testing.h"

namespace machiya::registers::testing {
namespace {

constexpr std::string_view kWorks = R"(register: works
name: { ja: 工事, en: Works }
owner: health
title: name
columns:
  - { column: name, type: text, label: 名称, unique: yes }
  - { column: unit_price, type: money, label: 単価, optional: yes }
  - { column: ends, type: date, label: 完了, optional: yes }
  - { column: planned, type: number, decimals: 1, label: 予定, optional: yes }
  - { column: secret, type: money, label: 予定価格, optional: yes, read: [approver], write: [approver] }
  - { column: contact, type: text, label: 連絡先, optional: yes, personal: yes }
  - { column: days_left, formula: (ends - today()).days, type: number, label: 残り }
  - { column: loads, rollup: { of: loads, by: work }, label: 件数 }
  - { column: open_loads, rollup: { of: loads, by: work, when: arrived = null }, label: 未着 }
  - { column: carried, rollup: { of: loads, by: work, sum: weight }, type: number, label: 合計, unit: t }
  - { column: first, rollup: { of: loads, by: work, min: moved }, type: date, label: 最初 }
  - { column: heaviest, rollup: { of: loads, by: work, max: weight }, type: number, label: 最大 }
  - { column: last_kind, rollup: { of: loads, by: work, latest: kind, on: moved }, type: choice, label: 最新, options: [ { value: soil, label: 土 }, { value: wood, label: 木 } ] }
  - { column: rest, formula: planned - carried, type: number, decimals: 1, label: 残量 }
)";
constexpr std::string_view kLoads = R"(register: loads
name: { ja: 運搬, en: Loads }
owner: health
title: slip
columns:
  - { column: slip, type: text, label: 番号, unique: yes }
  - { column: work, relation: works, label: 工事, filter: yes, optional: yes }
  - { column: kind, type: choice, label: 種類, optional: yes, options: [ { value: soil, label: 土 }, { value: wood, label: 木 } ] }
  - { column: weight, type: number, decimals: 2, label: 重量 }
  - { column: moved, type: date, label: 運搬日, optional: yes, must: [ { test: moved = null or work.ends = null or moved <= work.ends, message: { ja: 完了の後です, en: After the end } } ] }
  - { column: arrived, type: date, label: 着, optional: yes }
  - { column: cost, formula: weight * work.unit_price, type: money, label: 費用, filter: yes }
checks:
  - { must: cost = null or cost < 1000000, message: { ja: 高すぎます, en: Too dear }, columns: [weight] }
)";
/// Rests on a formula of loads: what follows is followed in turn.
constexpr std::string_view kBills = R"(register: bills
name: { ja: 請求, en: Bills }
owner: health
title: code
columns:
  - { column: code, type: text, label: 番号 }
  - { column: load, relation: loads, label: 運搬 }
  - { column: with_tax, formula: load.cost * 1.1, type: number, label: 税込 }
)";

class RelatedRows : public RegistersTest {
 protected:
  RelatedRows() {
    define("works", kWorks), define("loads", kLoads), define("bills", kBills);
    reload();
    works = &hall->reg("works"), loads = &hall->reg("loads"), bills = &hall->reg("bills");
  }
  Row seen(const Register& reg, const Row& row) {
    auto out = registers->open(reg, row.number, clerk, "r");
    EXPECT_TRUE(out.ok());
    return out.ok() ? *out : Row();
  }
  Result<Saved> set(const Register& reg, const Row& row, const char* text, const identity::Principal& who) {
    return registers->change(reg, row.number, seen(reg, row).revision, values(text), {}, "訂正", who, "ja", "r");
  }
  const Register *works = nullptr, *loads = nullptr, *bills = nullptr;
};
MACHIYA_ON_BOTH_ENGINES(RelatedRows);

TEST_P(RelatedRows, a_formula_reads_the_row_behind_a_relation_and_follows_it) {
  const Row work = add(*works, R"({"name":"橋","unit_price":1000,"ends":"2026-06-30"})", clerk);
  const Row load = add(*loads, R"({"slip":"1","work":"橋","weight":2.5,"moved":"2026-05-11"})", clerk);
  EXPECT_EQ(load.values["cost"].as_int(), 2500);
  const Row bill = add(*bills, R"({"code":"b","load":"1"})", clerk);
  EXPECT_EQ(bill.values["with_tax"].as_int(), 2750);
  ASSERT_TRUE(set(*works, work, R"({"unit_price":2000})", approver)->row);
  EXPECT_EQ(seen(*loads, load).values["cost"].as_int(), 5000);
  EXPECT_EQ(seen(*bills, bill).values["with_tax"].as_int(), 5500);   // and what rests on that
  auto found = registers->list(*loads, Query{{{"cost", "is", "5000"}}, "", {}, "", 10, true}, clerk);
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  EXPECT_EQ(found->rows.size(), 1u);   // kept: lists filter by it
  const auto told = registers->history(*loads, load.number, clerk);
  ASSERT_TRUE(told.ok());
  ASSERT_EQ(told->size(), 2u);
  EXPECT_EQ((*told)[1].action, "related");
  EXPECT_EQ((*told)[1].reason, "「工事」の行が変わりました");
  EXPECT_EQ((*told)[1].actor_name, "決裁 花");
  ASSERT_EQ((*told)[1].changes.size(), 1u);
  EXPECT_EQ((*told)[1].changes[0].second.second.as_int(), 5000);
  const auto revision = seen(*loads, load).revision;
  ASSERT_TRUE(set(*works, work, R"({"planned":9})", clerk)->row);
  EXPECT_EQ(seen(*loads, load).revision, revision);   // nothing rests on that column
}

TEST_P(RelatedRows, another_relation_and_none_are_worked_out_too) {
  add(*works, R"({"name":"橋","unit_price":1000})", clerk);
  add(*works, R"({"name":"道","unit_price":10})", clerk);
  const Row load = add(*loads, R"({"slip":"1","work":"橋","weight":2})", clerk);
  auto saved = set(*loads, load, R"({"work":"道"})", clerk);
  ASSERT_TRUE(saved.ok() && saved->row);
  EXPECT_EQ(saved->row->values["cost"].as_int(), 20);
  saved = set(*loads, load, R"({"work":null})", clerk);
  ASSERT_TRUE(saved.ok() && saved->row);
  EXPECT_TRUE(saved->row->values["cost"].is_null());
}

TEST_P(RelatedRows, checks_see_the_related_row) {
  const Row work = add(*works, R"({"name":"橋","unit_price":1000,"ends":"2026-06-30"})", clerk);
  auto saved = registers->add(*loads, values(R"({"slip":"1","work":"橋","weight":2,"moved":"2026-07-01"})"), "", clerk, "ja", "r");
  ASSERT_TRUE(saved.ok());
  ASSERT_EQ(saved->errors.size(), 1u);
  EXPECT_EQ(saved->errors[0].column, "moved");
  EXPECT_EQ(saved->errors[0].message, "完了の後です");
  saved = registers->add(*loads, values(R"({"slip":"1","work":"橋","weight":1000})"), "", clerk, "ja", "r");
  ASSERT_EQ(saved->errors.size(), 1u);
  EXPECT_EQ(saved->errors[0].message, "高すぎます");   // a check over a formula over the related row
  const Row load = add(*loads, R"({"slip":"1","work":"橋","weight":2,"moved":"2026-06-01"})", clerk);
  ASSERT_TRUE(set(*works, work, R"({"ends":"2026-05-30"})", clerk)->row);   // what stands there already stays
  EXPECT_EQ(seen(*loads, load).values.text("moved"), "2026-06-01");
}

TEST_P(RelatedRows, more_rows_than_one_transaction_takes_follow_by_a_job) {
  const Row work = add(*works, R"({"name":"橋","unit_price":1})", clerk);
  std::vector<Values> many;
  for (int i = 0; i < 1130; ++i) many.push_back(json::Value::object({{"slip", "s" + std::to_string(i)}, {"work", "橋"}, {"weight", i}}));
  ASSERT_TRUE(registers->add_many(*loads, many, "", approver, "r").ok());
  ASSERT_TRUE(set(*works, work, R"({"unit_price":2})", clerk)->row);
  const auto stale = [&] {
    int out = 0;
    EXPECT_TRUE(registers->each(*loads, {}, clerk, "r", [&](const Row& row) {
      out += row.values["cost"].as_int() == 2 * row.values["weight"].as_int() ? 0 : 1;
      return true;
    }).ok());
    return out;
  };
  EXPECT_EQ(stale(), 1030);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(hall->jobs->run_due().ok());
  EXPECT_EQ(stale(), 0);
  EXPECT_EQ(seen(*works, work).values["carried"].as_int(), 1129 * 1130 / 2);
}

TEST_P(RelatedRows, a_bulk_edit_is_followed_and_undone) {
  add(*works, R"({"name":"橋","unit_price":1000})", clerk);
  const Row load = add(*loads, R"({"slip":"1","work":"橋","weight":2})", clerk);
  const auto done = registers->do_bulk(*works, {}, values(R"({"unit_price":5})"), 1, "", approver, "r");
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  ASSERT_TRUE(hall->jobs->run_due().ok());
  EXPECT_EQ(seen(*loads, load).values["cost"].as_int(), 10);
  ASSERT_TRUE(registers->undo_bulk(*works, done->batch, approver, "r").ok());
  ASSERT_TRUE(hall->jobs->run_due().ok());
  EXPECT_EQ(seen(*loads, load).values["cost"].as_int(), 2000);
}

TEST_P(RelatedRows, a_rollup_tells_what_points_to_the_row) {
  const Row work = add(*works, R"({"name":"橋","planned":10})", clerk);
  EXPECT_EQ(work.values["loads"].as_int(), 0);
  EXPECT_EQ(seen(*works, work).values["carried"].as_int(), 0);
  EXPECT_TRUE(seen(*works, work).values["first"].is_null());
  add(*loads, R"({"slip":"1","work":"橋","weight":2.5,"moved":"2026-05-11","kind":"wood","arrived":"2026-05-12"})", clerk);
  add(*loads, R"({"slip":"2","work":"橋","weight":0.25,"moved":"2026-05-01","kind":"soil"})", clerk);
  add(*loads, R"({"slip":"3","weight":100})", clerk);
  const Row now = seen(*works, work);
  EXPECT_EQ(now.values["loads"].as_int(), 2);
  EXPECT_EQ(now.values["open_loads"].as_int(), 1);
  EXPECT_EQ(now.values["carried"].number_text(), "2.75");   // exact: no floating point
  EXPECT_EQ(now.values.text("first"), "2026-05-01");
  EXPECT_EQ(now.values["heaviest"].number_text(), "2.5");
  EXPECT_EQ(now.values.text("last_kind"), "wood");
  EXPECT_EQ(now.values["rest"].number_text(), "7.25");   // a formula over a roll-up
  EXPECT_EQ(now.revision, work.revision);                // nothing was written
  const auto listed = registers->list(*works, {}, clerk);
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->rows[0].values["carried"].number_text(), "2.75");
  EXPECT_EQ(code(registers->list(*works, Query{{{"loads", "is", "2"}}, "", {}, "", 10, true}, clerk)), ErrorCode::invalid_input);
}

struct Seed {
  const char *file, *from, *to, *says;
};
constexpr Seed kSeeds[] = {
    {"loads", "work.unit_price", "work.unit_prise", "has no column 'unit_prise'; did you mean 'unit_price'"},
    {"loads", "formula: weight * work.unit_price, type: money", "formula: work.name, type: money", "number"},
    {"loads", "weight * work.unit_price", "weight * work.secret", "role 'clerk' may not read 'works.secret'"},
    {"loads", "weight * work.unit_price", "string length(work.contact)", "personal"},
    {"loads", "weight * work.unit_price", "weight * work.days_left", "worked out when it is looked at"},
    {"loads", "weight * work.unit_price", "weight * work.carried", "worked out when it is looked at"},
    {"loads", "label: 費用, filter: yes", "label: 費用, unique: yes", "cannot be unique"},
    {"loads", "type: date, label: 着, optional: yes", "type: date, label: 着, optional: yes, when: work.ends != null", "only formula and must"},
    {"loads", "owner: health", "owner: digital", "may not read"},   // clerks of one department would read the other's rows
    {"works", "by: work }, label: 件数", "by: wurk }, label: 件数", "has no column 'wurk'"},
    {"works", "by: work }, label: 件数", "by: slip }, label: 件数", "is no relation to this register"},
    {"works", "sum: weight", "sum: kind", "same type"},
    {"works", "when: arrived = null", "when: arived = null", "arived"},
    {"works", "when: arrived = null", "when: slip", "boolean"},
    {"works", "label: 件数 }", "label: 件数, filter: yes }", "nothing filters"},
    {"works", "label: 残量 }", "label: 残量, filter: yes }", "with a roll-up is not indexed"},
    {"works", "latest: kind, on: moved", "latest: kind, on: weight", "no column of dates"},
    {"works", "min: moved }", "min: moved, sum: weight }", "one of sum, min, max"},
    {"works", "{ column: days_left, formula: (ends - today()).days, type: number", "{ column: days_left, deadline: { from: first, period: P1D }, filter: no", "before this one"},
    {"bills", "formula: load.cost * 1.1", "formula: load.cost + load.of_bill", "circle"},
};

TEST_P(RelatedRows, every_seeded_fault_is_found_in_its_file) {
  if (store().engine() != store::Engine::sqlite) return;   // definitions need no database
  const std::pair<const char*, std::string_view> files[] = {{"works", kWorks}, {"loads", kLoads}, {"bills", kBills}};
  for (const Seed& seed : kSeeds) {
    for (const auto& [name, whole] : files) {
      std::string text(whole);
      if (std::string_view(seed.says) == "circle" && std::string_view(name) == "loads")   // a formula that rests on the bills again
        text = replaced(text, "checks:", "  - { column: bill, relation: bills, label: 請求, optional: yes }\n  - { column: of_bill, formula: bill.with_tax, type: number, label: 請求額 }\nchecks:");
      if (std::string_view(name) == seed.file) text = replaced(text, seed.from, seed.to);
      define(name, text);
    }
    const auto report = load_city(city_folder());
    EXPECT_FALSE(report.city) << seed.to;
    bool found = false;
    for (const auto& f : report.faults)
      found = found || (f.file == std::string("registers/") + seed.file + ".yaml" && f.line > 5 && f.column > 1 && f.en.find(seed.says) != std::string::npos && !f.ja.empty());
    EXPECT_TRUE(found) << seed.to << " should say: " << seed.says << "\n" << errors_of(report);
  }
}

}  // namespace
}  // namespace machiya::registers::testing
