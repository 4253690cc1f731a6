#include "ask/registers/case_index_dao.h"

#include <algorithm>

#include "platform/store/key_list.h"

namespace machiya::registers::dao {

std::vector<store::Migration> case_migrations() {
  return {{"register_cases", 1, "cases", R"sql(
CREATE TABLE register_cases (
  procedure TEXT PRIMARY KEY,
  layout TEXT NOT NULL,
  reached INT NOT NULL,
  done INT NOT NULL
);
)sql", ""}};
}

Result<std::map<std::string, IndexedTo>> indexed_to(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT procedure, layout, reached, done FROM register_cases", {}));
  std::map<std::string, IndexedTo> out;
  for (const store::Row& r : rows) out[r.text(0)] = {r.text(1), r.integer(2), r.integer(3) != 0};
  return out;
}

Result<void> put_indexed_to(store::Tx& tx, std::string_view procedure, const IndexedTo& to) {
  MACHIYA_CHECK(tx.execute("INSERT INTO register_cases (procedure, layout, reached, done) VALUES (:procedure, :layout, :reached, :done) "
                           "ON CONFLICT (procedure) DO UPDATE SET layout = excluded.layout, reached = excluded.reached, done = excluded.done",
                           {{"procedure", procedure}, {"layout", to.layout}, {"reached", to.reached}, {"done", to.done ? 1 : 0}}));
  return {};
}

Result<std::map<std::int64_t, std::vector<IndexEntry>>> entries_of(store::ReadTx& tx, const std::vector<std::int64_t>& records) {
  static constexpr std::string_view kSqlite = "SELECT record, field, value FROM record_value WHERE record IN (SELECT value FROM json_each(:keys))";
  static constexpr std::string_view kPostgres =
      "SELECT record, field, value FROM record_value WHERE record IN (SELECT unnest(CAST(CAST(:keys AS TEXT) AS BIGINT[])))";
  std::map<std::int64_t, std::vector<IndexEntry>> out;
  if (records.empty()) return out;
  MACHIYA_TRY(const auto rows, tx.query(tx.engine() == store::Engine::sqlite ? kSqlite : kPostgres, {{"keys", store::key_list(records, tx.engine())}}));
  for (const store::Row& r : rows) out[r.integer(0)].push_back({r.integer(1), r.text(2)});
  for (auto& [record, entries] : out) std::sort(entries.begin(), entries.end());
  return out;
}

}  // namespace machiya::registers::dao
