#include <algorithm>
#include <filesystem>
#include <iostream>

#include "bench/registers/bench.h"

namespace machiya::registers::bench {
namespace {

using std::chrono::steady_clock;

/// Eight of thirteen columns are filtered by, and the state; one is sealed, one is a relation.
constexpr std::string_view kTrees = R"(register: bench-trees
version: 1
name: { ja: 樹木, en: Trees }
owner: health
title: tag
workflow: tree-care
columns:
  - { column: tag, type: digits, length: 7, label: { ja: 樹木番号, en: Tag }, unique: yes, filter: yes, search: yes }
  - { column: park, relation: parks, optional: yes, label: { ja: 公園, en: Park }, filter: yes }
  - { column: species, type: choice, label: { ja: 樹種, en: Species }, filter: yes, options: [ { value: zelkova, label: { ja: ケヤキ, en: Zelkova } }, { value: cherry, label: { ja: サクラ, en: Cherry } } ] }
  - { column: girth, type: number, optional: yes, label: { ja: 幹周, en: Girth }, filter: yes }
  - { column: planted, type: date, optional: yes, label: { ja: 植栽日, en: Planted }, must: planted <= today(), filter: yes }
  - { column: felled, type: date, optional: yes, label: { ja: 伐採日, en: Felled } }
  - { column: next_inspection, type: date, optional: yes, label: { ja: 次回点検, en: Next inspection }, filter: yes }
  - { column: answer_by, deadline: { from: planted, period: 3 working days }, label: { ja: 期限, en: By }, filter: yes }
  - { column: double_girth, formula: girth * 2, type: number, label: { ja: 倍, en: Double } }
  - { column: memo, type: text, optional: yes, label: { ja: メモ, en: Memo }, search: yes }
  - { column: cost, type: money, optional: yes, label: { ja: 費用, en: Cost }, filter: yes, read: [approver], write: [approver] }
  - { column: owner_name, type: text, optional: yes, personal: yes, read: [approver], write: [approver], label: { ja: 連絡者, en: Contact } }
checks:
  - { must: felled = null or planted = null or felled >= planted, message: { ja: 伐採日は植栽日より後です, en: Felled before planted }, columns: [felled] }
rights: { read: [clerk, approver, auditor], write: [clerk, approver], bulk: [approver], import: [approver] }
)";

constexpr int kParks = 200;
constexpr std::int64_t kChunk = 50'000;

std::string rate(std::int64_t rows, double ms) { return std::to_string(static_cast<std::int64_t>(static_cast<double>(rows) / ms * 1000)) + " rows/s"; }

template <class T>
T must(Result<T> result) {
  if (!result.ok()) give_up(result.error());
  return std::move(*result);
}

std::int64_t rows_there(store::Store& store) {
  return must(store.read([](store::ReadTx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(auto row, tx.query_one("SELECT COUNT(*) FROM record WHERE kind = 'register' AND type = 'bench-trees'"));
    return row->integer(0);
  }));
}

}  // namespace

Values row_of(std::int64_t i, const std::vector<std::string>& parks) {
  static const char* const kWords[] = {"剪定済", "支柱あり", "根上がり", "枝折れ", "経過観察", "落葉多い", "電線に近い", "寄贈樹"};
  SeededRng dice(static_cast<std::uint64_t>(i) + 1);
  Values v = Values::object();
  v.set("tag", std::to_string(10'000'000 + i).substr(1)).set("park", parks[dice.below(parks.size())]).set("species", dice.below(10) ? "zelkova" : "cherry");
  v.set("girth", static_cast<std::int64_t>(dice.below(5000))).set("planted", to_iso(add_days(make_date(1980, 1, 1), static_cast<int>(dice.below(16'000)))));
  v.set("next_inspection", to_iso(add_days(make_date(2026, 1, 1), static_cast<int>(dice.below(1500)))));
  v.set("memo", std::string(kWords[dice.below(8)]) + std::to_string(dice.below(100'000))).set("cost", static_cast<std::int64_t>(dice.below(1'000'000)));
  v.set("owner_name", "連絡者" + std::to_string(i));
  return v;
}

std::vector<std::string> parks_of(Bench& bench) {
  Query query;
  query.limit = kParks;
  std::vector<std::string> out;
  for (const Row& row : must(bench.hall->registers->list(bench.hall->reg("parks"), query, bench.who)).rows) out.push_back(row.number);
  return out;
}

Bench::Bench(const Wanted& w) : wanted(w) {
  std::filesystem::create_directories(wanted.folder);
  store::Options options;
  options.url = wanted.url.empty() ? "sqlite:" + wanted.folder + "/registers.db" : wanted.url;
  store = must(store::Store::open(options));
  if (auto done = store->migrate(testing::Hall::migrations()); !done.ok()) give_up(done.error());
  testing::write_file(wanted.folder + "/city/registers/bench-trees.yaml", kTrees);
  hall = std::make_unique<testing::Hall>(*store, wanted.folder, testing::small_city(wanted.folder + "/city"), clock, rng, MayCase{}, std::size_t{512} << 20);
  rows = rows_there(*store);
  fill();
}

void Bench::fill() {
  if (rows == 0)
    for (int i = 0; i < kParks; ++i) must(hall->registers->add(hall->reg("parks"), Values::object({{"name", "公園" + std::to_string(i)}}), "", who, "ja", "bench"));
  const auto parks = parks_of(*this);
  while (rows < wanted.rows) {
    std::vector<Values> some;
    for (std::int64_t i = rows; i < std::min(wanted.rows, rows + kChunk); ++i) some.push_back(row_of(i, parks));
    auto start = steady_clock::now();
    const auto faults = must(hall->registers->check_many(trees(), some, who, "ja"));
    if (!faults.empty()) give_up(Error(ErrorCode::internal, "a clean row has a fault: " + faults.front().second.column + " " + faults.front().second.code));
    const double checking = ms_since(start);
    start = steady_clock::now();
    must(hall->registers->add_many(trees(), some, "", who, "bench"));
    const double adding = ms_since(start);
    const auto count = static_cast<std::int64_t>(some.size());
    rows += count;
    std::cout << "  up to row " << rows << ": checked " << rate(count, checking) << ", added " << rate(count, adding) << std::endl;
  }
}

}  // namespace machiya::registers::bench
