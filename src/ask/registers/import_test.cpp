// A spreadsheet with seeded faults: every fault named at its cell and nothing else, the corrected file accepted, nothing half imported.
#include <map>
#include <set>

#include "ask/registers/import_check.h"
#include "ask/registers/import_errors.h"
#include "ask/registers/testing.h"
#include "base/era.h"
#include "base/text.h"
#include "base/rng.h"

namespace machiya::registers {
namespace {

using tables::Cell;
using tables::CellKind;
using tables::Cells;
using Place = std::tuple<std::uint64_t, std::size_t, std::string>;   ///< row, column, code

constexpr std::size_t kTag = 0, kPark = 1, kSpecies = 2, kGirth = 3, kPlanted = 4, kFelled = 5;

std::string wide(std::string_view digits) {
  std::string out;
  for (const char c : digits) append_utf8(U'０' + static_cast<char32_t>(c - '0'), out);
  return out;
}
std::string tag_of(int n) {
  const std::string text = std::to_string(n);
  return std::string(6 - text.size(), '0') + text;
}

/// A good row as clerks write them: days in three calendars and as serials, digits of both widths, labels and values.
Cells good_row(int n) {
  const Date day = make_date(2019 + n % 6, 1 + n % 12, 1 + n % 28);
  const auto ymd = civil(day);
  const std::string slashed = std::to_string(ymd.year) + "/" + std::to_string(ymd.month) + "/" + std::to_string(ymd.day);
  const std::string reiwa = to_wareki(day);
  const std::string letter = ymd.year > 2019 ? "R" + std::to_string(ymd.year - 2018) + "." + std::to_string(ymd.month) + "." + std::to_string(ymd.day) : slashed;
  const Cell planted = n % 4 == 0 ? Cell{reiwa} : n % 4 == 1 ? Cell{letter} : n % 4 == 2 ? Cell{slashed} : Cell{to_iso(day), CellKind::date};
  return {{n % 3 == 0 ? wide(tag_of(n)) : tag_of(n)}, {n % 5 == 0 ? "" : n % 2 ? "扇町公園" : "中之島公園"}, {n % 2 ? "ケヤキ" : "cherry"},
          n % 7 == 0 ? Cell{wide("12") + "．" + wide("5")} : Cell{std::to_string(n % 300), CellKind::number}, planted, {""}};
}

struct Sheet {
  std::vector<Cells> rows;
  std::set<Place> faults;
};
/// `count` rows of which `faults` have one fault each; 900000 is in the register already.
Sheet seeded(int count, int faults) {
  Sheet sheet;
  sheet.rows.push_back({{"樹木番号"}, {"公園"}, {"Species"}, {"幹周（cm）"}, {"planted"}, {"伐採日"}});
  for (int n = 1; n <= count; ++n) sheet.rows.push_back(good_row(n));
  struct Fault {
    std::size_t column;
    Cell cell;
    const char* code;
  };
  const std::vector<Fault> kinds = {
      {kPlanted, {"平成31年5月1日"}, "era"},  {kPlanted, {"令和7年2月30日"}, "date"}, {kPlanted, {"2025/13/1"}, "date"},    {kPlanted, {"R7.4.99"}, "date"},
      {kPlanted, {"2999/1/1"}, "must"},       {kTag, {"１２３"}, "length"},           {kTag, {"ＡＢ１２３４"}, "digits"},   {kTag, {"900000"}, "unique"},
      {kGirth, {"１２Ｏ"}, "number"},         {kGirth, {"1.25"}, "decimals"},         {kPark, {"無い公園"}, "relation"},    {kSpecies, {"竹"}, "choice"},
      {kSpecies, {""}, "required"},           {kFelled, {"明治30年1月1日"}, "must"},  {kTag, {"", CellKind::text}, "twice"}};
  SeededRng rng(7);
  std::set<int> used;
  for (int i = 0; i < faults; ++i) {
    int n = 0;
    do n = 2 + static_cast<int>(rng.below(static_cast<std::uint64_t>(count) - 1));
    while (used.count(n) > 0 || used.count(n - 1) > 0 || used.count(n + 1) > 0);
    used.insert(n);
    const Fault& fault = kinds[static_cast<std::size_t>(i) % kinds.size()];
    Cells& row = sheet.rows[static_cast<std::size_t>(n)];
    const bool twice = std::string_view(fault.code) == "twice";
    row[fault.column] = twice ? Cell{tag_of(n - 1)} : fault.cell;   // the tag of the row above
    sheet.faults.emplace(static_cast<std::uint64_t>(n) + 1, fault.column, twice ? "unique" : fault.code);
  }
  return sheet;
}

class ImportTest : public testing::RegistersTest {
 protected:
  ImportTest() {
    add(*parks, R"({"name":"扇町公園"})", approver);
    add(*parks, R"({"name":"中之島公園"})", approver);
    add(*trees, R"({"tag":"900000","species":"cherry"})", approver);
  }
  ImportContext context() { return {*registers, *trees, approver, "ja"}; }
  std::string path(bool xlsx) { return folder() + "/" + std::to_string(++files) + (xlsx ? ".xlsx" : ".csv"); }
  std::string written(const std::vector<Cells>& rows, bool xlsx) {
    const std::string name = path(xlsx);
    auto writer = xlsx ? tables::xlsx_writer(name, "樹木") : tables::csv_writer(name);
    EXPECT_TRUE(writer.ok());
    for (const Cells& row : rows) EXPECT_TRUE((*writer)->row(row).ok());
    EXPECT_TRUE((*writer)->finish().ok());
    return name;
  }
  ImportPlan plan_of(const std::string& file) {
    auto source = tables::open_file(file);
    const auto targets = targets_of(*registers, *trees, approver, true);
    const auto head = read_head(**source, targets);
    EXPECT_TRUE(head.ok());
    return {head->heading_row, guess_targets(targets, head->heading)};
  }
  ImportCheck checked(const std::string& file) {
    auto source = tables::open_file(file);
    ImportProgress progress;
    auto out = check_import(context(), **source, plan_of(file), progress);
    EXPECT_TRUE(out.ok()) << out.error().to_string();
    return out.ok() ? std::move(*out) : ImportCheck();
  }
  std::int64_t rows_in_register() {
    auto n = registers->each(*trees, {}, approver, "r", [](const Row&) { return true; });
    EXPECT_TRUE(n.ok());
    return n.ok() ? *n : -1;
  }
  std::string error_file(const std::string& file, const ImportCheck& check, bool xlsx) {
    const std::string name = path(xlsx);
    auto source = tables::open_file(file);
    auto writer = xlsx ? tables::xlsx_writer(name, "e") : tables::csv_writer(name);
    const auto done = write_error_file(**source, check.info, plan_of(file), check.faults, "エラー", **writer);
    EXPECT_TRUE(done.ok());
    return name;
  }
  static std::vector<Cells> rows_of(const std::string& file) {
    std::vector<Cells> out;
    auto source = tables::open_file(file);
    EXPECT_TRUE(tables::read_table(**source, {}, [&](std::uint64_t, const Cells& cells) { return out.push_back(cells), true; }).ok());
    return out;
  }
  void full_round(bool xlsx);
  int files = 0;
};

void ImportTest::full_round(bool xlsx) {
  constexpr int kRows = 10'000, kFaults = 500;
  const Sheet sheet = seeded(kRows, kFaults);
  ASSERT_EQ(sheet.faults.size(), static_cast<std::size_t>(kFaults));
  const std::string file = written(sheet.rows, xlsx);
  const ImportCheck check = checked(file);
  std::set<Place> found;
  for (const ImportFault& fault : check.faults) {
    EXPECT_FALSE(fault.message.empty());
    found.emplace(fault.row, fault.column, fault.code);
  }
  std::vector<Place> missed, extra;
  std::set_difference(sheet.faults.begin(), sheet.faults.end(), found.begin(), found.end(), std::back_inserter(missed));
  std::set_difference(found.begin(), found.end(), sheet.faults.begin(), sheet.faults.end(), std::back_inserter(extra));
  for (std::size_t i = 0; i < missed.size() && i < 20; ++i) ADD_FAILURE() << "missed " << cell_name(std::get<1>(missed[i]), std::get<0>(missed[i])) << " " << std::get<2>(missed[i]);
  for (std::size_t i = 0; i < extra.size() && i < 20; ++i) ADD_FAILURE() << "extra " << cell_name(std::get<1>(extra[i]), std::get<0>(extra[i])) << " " << std::get<2>(extra[i]);
  EXPECT_EQ(check.faults.size(), static_cast<std::size_t>(kFaults)) << "each once";
  EXPECT_EQ(check.rows.size(), static_cast<std::size_t>(kRows));
  EXPECT_EQ(rows_in_register(), 1) << "a check writes nothing";

  // What a person does with the error file: corrects the named cells, leaves the error column where it is, sends it again.
  std::vector<Cells> again = rows_of(error_file(file, check, !xlsx));
  ASSERT_EQ(again.size(), static_cast<std::size_t>(kRows) + 1);
  std::size_t marked = 0;
  for (std::size_t i = 1; i < again.size(); ++i) {
    if (again[i].size() <= 6 || again[i][6].text.empty()) continue;
    ++marked;
    again[i].resize(7);
    const Cells good = good_row(static_cast<int>(i));
    std::copy(good.begin(), good.end(), again[i].begin());
  }
  EXPECT_EQ(marked, static_cast<std::size_t>(kFaults));
  const ImportCheck corrected = checked(written(again, xlsx));
  for (std::size_t i = 0; i < corrected.faults.size() && i < 10; ++i) ADD_FAILURE() << corrected.faults[i].row << " " << corrected.faults[i].message;
  const auto done = registers->add_many(*trees, corrected.rows, "取込", approver, "r");
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(done->rows, kRows);
  EXPECT_EQ(rows_in_register(), kRows + 1);
  const auto undone = registers->undo_bulk(*trees, done->batch, approver, "r");
  ASSERT_TRUE(undone.ok()) << undone.error().to_string();
  EXPECT_EQ(rows_in_register(), 1);
}

TEST_P(ImportTest, EveryFaultOfACsvIsNamedAtItsCell) { full_round(false); }
TEST_P(ImportTest, EveryFaultOfAnXlsxIsNamedAtItsCell) { full_round(true); }

TEST_P(ImportTest, NothingIsHalfImported) {
  const ImportCheck check = checked(written(seeded(500, 0).rows, true));
  ASSERT_TRUE(check.faults.empty());
  add(*trees, R"({"tag":"000250","species":"cherry"})", approver);   // meanwhile, somebody else
  EXPECT_FALSE(registers->add_many(*trees, check.rows, "取込", approver, "r").ok());
  EXPECT_EQ(rows_in_register(), 2);
}

TEST_P(ImportTest, HeadingsAreFoundBelowATitleAndByEveryName) {
  std::vector<Cells> rows = {{{"公園樹木台帳（令和7年度）"}}, {}, {{"備考"}, {"TAG"}, {"樹種"}, {"エラー"}}, {{"x"}, {"000001"}, {"ケヤキ"}, {"old"}}};
  const ImportPlan plan = plan_of(written(rows, false));
  EXPECT_EQ(plan.heading_row, 3u);
  EXPECT_EQ(plan.targets, (std::vector<std::string>{"", "tag", "species", ""}));
}

TEST_P(ImportTest, ColumnsOfOthersCannotBeFilled) {
  const auto keys = [&](const identity::Principal& who) {
    std::set<std::string> out;
    for (const Target& t : targets_of(*registers, *trees, who, true)) out.insert(t.key);
    return out;
  };
  EXPECT_EQ(keys(approver).count("cost"), 1u);
  EXPECT_EQ(keys(clerk).count("cost"), 0u);
  EXPECT_EQ(keys(approver).count("double_girth"), 0u) << "formulas are worked out";
  EXPECT_TRUE(keys(stranger).empty());
}

MACHIYA_ON_BOTH_ENGINES(ImportTest);

}  // namespace
}  // namespace machiya::registers
