#include "ask/registers/index_walk_dao.h"

#include <algorithm>

#include "platform/store/key_list.h"

namespace machiya::registers::dao {
namespace {

IndexWalk walk_in(const store::Row& r) { return {r.text(1), r.text(2), r.integer(3), r.integer(4), r.integer(5), r.integer(6) != 0}; }

constexpr std::string_view kSelect = "SELECT type, layout, since, reached, walked, total, done FROM register_index";

}  // namespace

std::vector<store::Migration> index_migrations() {
  // Procedures came first; what they were indexed by stays true.
  static constexpr std::string_view kBothKinds = R"sql(
CREATE TABLE register_index (
  type TEXT PRIMARY KEY,
  layout TEXT NOT NULL,
  since TEXT NOT NULL,
  reached INT NOT NULL,
  walked INT NOT NULL,
  total INT NOT NULL,
  done INT NOT NULL
);
INSERT INTO register_index (type, layout, since, reached, walked, total, done) SELECT procedure, layout, '[]', reached, 0, 0, done FROM register_cases;
DROP TABLE register_cases;
)sql";
  return {{"register_cases", 1, "cases", R"sql(
CREATE TABLE register_cases (
  procedure TEXT PRIMARY KEY,
  layout TEXT NOT NULL,
  reached INT NOT NULL,
  done INT NOT NULL
);
)sql", ""}, {"register_cases", 2, "registers", kBothKinds, ""}};
}

Result<std::map<std::string, IndexWalk>> index_walks(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query(kSelect, {}));
  std::map<std::string, IndexWalk> out;
  for (const store::Row& r : rows) out[r.text(0)] = walk_in(r);
  return out;
}

Result<std::optional<IndexWalk>> index_walk(store::ReadTx& tx, std::string_view type) {
  MACHIYA_TRY(const auto row, tx.query_one(std::string(kSelect) + " WHERE type = :type", {{"type", type}}));
  return row ? std::optional<IndexWalk>(walk_in(*row)) : std::nullopt;
}

Result<void> put_index_walk(store::Tx& tx, std::string_view type, const IndexWalk& walk) {
  MACHIYA_CHECK(tx.execute("INSERT INTO register_index (type, layout, since, reached, walked, total, done) VALUES (:type, :layout, :since, :reached, :walked, :total, :done) "
                           "ON CONFLICT (type) DO UPDATE SET layout = excluded.layout, since = excluded.since, reached = excluded.reached, walked = excluded.walked, "
                           "total = excluded.total, done = excluded.done",
                           {{"type", type}, {"layout", walk.layout}, {"since", walk.since}, {"reached", walk.reached}, {"walked", walk.walked}, {"total", walk.total}, {"done", walk.done ? 1 : 0}}));
  return {};
}

Result<std::int64_t> count_rows(store::ReadTx& tx, std::string_view register_id, std::int64_t after) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT COUNT(*) FROM record WHERE kind = 'register' AND type = :type AND id > :after", {{"type", register_id}, {"after", after}}));
  return row ? row->integer(0) : 0;
}

Result<std::map<std::string, std::int64_t>> count_cases(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT type, COUNT(*) FROM record WHERE kind = 'case' GROUP BY type", {}));
  std::map<std::string, std::int64_t> out;
  for (const store::Row& r : rows) out[r.text(0)] = r.integer(1);
  return out;
}

Result<std::vector<StoredRow>> next_rows(store::ReadTx& tx, std::string_view register_id, std::int64_t after, int limit) {
  // The kind stands in the text: only so the index of registers' rows is used.
  MACHIYA_TRY(const auto rows, tx.query("SELECT id FROM record WHERE kind = 'register' AND type = :type AND id > :after ORDER BY id LIMIT :limit",
                                        {{"type", register_id}, {"after", after}, {"limit", limit}}));
  std::vector<std::int64_t> ids;
  for (const store::Row& r : rows) ids.push_back(r.integer(0));
  return rows_of(tx, ids);
}

Result<std::map<std::int64_t, std::vector<IndexEntry>>> entries_of(store::ReadTx& tx, const std::vector<std::int64_t>& records) {
  std::map<std::int64_t, std::vector<IndexEntry>> out;
  if (records.empty()) return out;
  MACHIYA_TRY(const auto rows, tx.query("SELECT record, field, value FROM record_value WHERE record " + store::in_keys(tx.engine()), {{"keys", store::key_list(records, tx.engine())}}));
  for (const store::Row& r : rows) out[r.integer(0)].push_back({r.integer(1), r.text(2)});
  for (auto& [record, entries] : out) std::sort(entries.begin(), entries.end());
  return out;
}

}  // namespace machiya::registers::dao
