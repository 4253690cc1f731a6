// How many clean rows a second go from a file on disk to durable rows: imports_bench [rows] [csv|xlsx] [plain|personal]. Prints one line
// of JSON for each of reading, checking and importing; ends with 1 when a row is refused. `personal`: the register has a column that is
// sealed, so that every row has a key of its own.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "ask/registers/import_check.h"
#include "ask/registers/testing.h"
#include "base/rng.h"
#include "platform/store/testing.h"

using namespace machiya;
using namespace machiya::registers;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
void say(const char* step, std::size_t rows, double seconds) {
  std::printf("{\"step\":\"%s\",\"rows\":%zu,\"seconds\":%.3f,\"rows_per_s\":%.0f}\n", step, rows, seconds, static_cast<double>(rows) / seconds);
}
[[noreturn]] void fail(const char* what, const Error& error) {
  std::fprintf(stderr, "%s: %s\n", what, error.to_string().c_str());
  std::exit(1);
}

/// The trees of the tests without their personal column.
constexpr std::string_view kPlain = R"(register: plain-trees
version: 1
name: { ja: 樹木一覧, en: Trees }
owner: health
title: tag
columns:
  - { column: tag, type: digits, length: 6, label: { ja: 樹木番号, en: Tag }, unique: yes, filter: yes, search: yes }
  - { column: park, relation: parks, optional: yes, label: { ja: 公園, en: Park }, filter: yes }
  - { column: species, type: choice, label: { ja: 樹種, en: Species }, filter: yes, options: [ { value: zelkova, label: { ja: ケヤキ, en: Zelkova } }, { value: cherry, label: { ja: サクラ, en: Cherry } } ] }
  - { column: girth, type: number, optional: yes, decimals: 1, label: { ja: 幹周, en: Girth }, filter: yes }
  - { column: planted, type: date, optional: yes, label: { ja: 植栽日, en: Planted }, must: planted <= today(), filter: yes }
  - { column: answer_by, deadline: { from: planted, period: 3 working days }, label: { ja: 期限, en: By }, filter: yes }
  - { column: double_girth, formula: girth * 2, type: number, label: { ja: 倍, en: Double } }
  - { column: memo, type: text, optional: yes, label: { ja: メモ, en: Memo } }
unique: [ [park, memo] ]
rights: { read: [approver], write: [approver], bulk: [approver], import: [approver] }
)";

std::string file_of(const std::string& folder, int rows, bool xlsx, bool personal) {
  const std::string path = folder + (xlsx ? "/rows.xlsx" : "/rows.csv");
  auto writer = xlsx ? tables::xlsx_writer(path, "rows") : tables::csv_writer(path);
  if (!writer.ok()) fail("write", writer.error());
  std::vector<tables::Cell> head = {{"樹木番号"}, {"公園"}, {"樹種"}, {"幹周"}, {"植栽日"}, {"メモ"}};
  if (personal) head.push_back({"連絡者"});
  (void)(*writer)->row(head).ok();
  for (int n = 0; n < rows; ++n) {
    char tag[16];
    std::snprintf(tag, sizeof tag, "%06d", n);
    std::vector<tables::Cell> row = {{tag}, {n % 2 ? "扇町公園" : "中之島公園"}, {n % 3 ? "ケヤキ" : "サクラ"}, {std::to_string(n % 300), tables::CellKind::number},
                                     {n % 2 ? "令和7年4月1日" : "2025/4/1"}, {"行" + std::to_string(n)}};
    if (personal) row.push_back({"連絡者" + std::to_string(n)});
    (void)(*writer)->row(row).ok();
  }
  if (auto done = (*writer)->finish(); !done.ok()) fail("write", done.error());
  return path;
}

}  // namespace

int main(int argc, char** argv) {
  const int rows = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const bool xlsx = argc > 2 && std::string_view(argv[2]) == "xlsx";
  const bool personal = argc > 3 && std::string_view(argv[3]) == "personal";
  std::string pattern = (std::filesystem::temp_directory_path() / "imports-bench-XXXXXX").string();
  const std::string folder = ::mkdtemp(pattern.data());
  const SystemClock clock;
  vault::SystemRng rng;
  const auto database = store::testing::make_database(store::Engine::sqlite);
  store::Options options;
  options.url = database->url();
  auto store = store::Store::open(options);
  if (!store.ok()) fail("open", store.error());
  if (auto migrated = (*store)->migrate(registers::testing::Hall::migrations()); !migrated.ok()) fail("migrate", migrated.error());
  {
    registers::testing::write_file(folder + "/city/registers/plain-trees.yaml", kPlain);
    const auto city = registers::testing::small_city(folder + "/city");
    registers::testing::Hall hall(**store, folder, city, clock, rng);
    const auto who = registers::testing::staff("決裁 花", "a1", {"approver"}, "health");
    for (const char* name : {"扇町公園", "中之島公園"})
      if (auto added = hall.registers->add(hall.reg("parks"), json::Value::object({{"name", name}}), "", who, "ja", "r"); !added.ok()) fail("park", added.error());
    const Register& trees = hall.reg(personal ? "park-trees" : "plain-trees");
    const std::string path = file_of(folder, rows, xlsx, personal);
    auto source = tables::open_file(path);
    if (!source.ok()) fail("file", source.error());
    const auto targets = targets_of(*hall.registers, trees, who, true);
    const auto head = read_head(**source, targets);
    if (!head.ok()) fail("head", head.error());
    const ImportPlan plan{head->heading_row, guess_targets(targets, head->heading)};
    const ImportContext context{*hall.registers, trees, who, "ja"};
    ImportProgress progress;
    auto start = std::chrono::steady_clock::now();
    auto read = read_rows(context, **source, plan, progress);
    if (!read.ok()) fail("read", read.error());
    const double reading = seconds_since(start);
    say("read the file", read->rows.size(), reading);
    start = std::chrono::steady_clock::now();
    auto errors = hall.registers->check_many(trees, read->rows, who, "ja");
    if (!errors.ok()) fail("check", errors.error());
    if (!errors->empty() || !read->faults.empty()) fail("a clean row was refused", Error(ErrorCode::invalid_input, read->faults.empty() ? errors->front().second.message : read->faults.front().message));
    say("check", read->rows.size(), seconds_since(start));
    start = std::chrono::steady_clock::now();
    auto done = hall.registers->add_many(trees, read->rows, "bench", who, "r");
    if (!done.ok()) fail("add", done.error());
    const double adding = seconds_since(start);
    say("parsed rows to durable rows", read->rows.size(), adding);
    say("file to durable rows", read->rows.size(), reading + adding);
  }
  (*store).reset();
  std::filesystem::remove_all(folder);
}
