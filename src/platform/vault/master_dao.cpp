#include "platform/vault/master_dao.h"

namespace machiya::vault::master_dao {

Result<bool> stands(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT 1 FROM schema_migration WHERE module = 'vault' AND number = 3"));
  return row.has_value();
}

Result<std::vector<MasterCheck>> checks(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT id, sealed FROM master_check ORDER BY id"));
  std::vector<MasterCheck> out;
  for (const store::Row& row : rows) out.push_back({static_cast<int>(row.integer(0)), row.text(1)});
  return out;
}

Result<void> add_check(store::Tx& tx, const MasterCheck& check) {
  return tx.execute_later("INSERT INTO master_check (id, sealed) VALUES (:id, :sealed) ON CONFLICT (id) DO NOTHING",
                          {{"id", check.generation}, {"sealed", check.sealed}});
}

Result<void> close_older(store::Tx& tx, int generation) {
  return tx.execute_later("INSERT INTO master_closed (below) VALUES (:generation) ON CONFLICT (below) DO NOTHING", {{"generation", generation}});
}

Result<void> remove_older(store::Tx& tx, int generation) {
  return tx.execute_later("DELETE FROM master_check WHERE id < :generation", {{"generation", generation}});
}

Result<std::optional<std::string>> index_key(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT sealed FROM index_key WHERE id = 1"));
  if (!row) return std::optional<std::string>();
  return std::optional<std::string>(row->text(0));
}

Result<void> set_index_key(store::Tx& tx, std::string_view sealed) {
  return tx.execute_later("INSERT INTO index_key (id, sealed) VALUES (1, :sealed)", {{"sealed", sealed}});
}

Result<std::optional<RotationRow>> rotation(store::ReadTx& tx, int generation) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT begun, closed, finished, total, rewrapped, after_id, horizon FROM master_rotation WHERE generation = :generation",
                                           {{"generation", generation}}));
  if (!row) return std::optional<RotationRow>();
  RotationRow out;
  out.generation = generation;
  out.begun = Instant{row->integer(0)};
  if (const auto at = row->optional_integer(1)) out.closed = Instant{*at};
  if (const auto at = row->optional_integer(2)) out.finished = Instant{*at};
  out.total = row->integer(3);
  out.rewrapped = row->integer(4);
  out.after_id = row->integer(5);
  out.horizon = row->integer(6);
  return std::optional<RotationRow>(out);
}

Result<void> put_rotation(store::Tx& tx, const RotationRow& row) {
  const auto us = [](const std::optional<Instant>& at) { return at ? std::optional<std::int64_t>(at->us) : std::nullopt; };
  return tx.execute_later(
      "INSERT INTO master_rotation (generation, begun, closed, finished, total, rewrapped, after_id, horizon)"
      " VALUES (:generation, :begun, :closed, :finished, :total, :rewrapped, :after_id, :horizon)"
      " ON CONFLICT (generation) DO UPDATE SET closed = excluded.closed, finished = excluded.finished, rewrapped = excluded.rewrapped,"
      " after_id = excluded.after_id, horizon = excluded.horizon",
      {{"generation", row.generation}, {"begun", row.begun.us}, {"closed", us(row.closed)}, {"finished", us(row.finished)}, {"total", row.total},
       {"rewrapped", row.rewrapped}, {"after_id", row.after_id}, {"horizon", row.horizon}});
}

Result<std::int64_t> transaction_number(store::Tx& tx) {
  if (tx.engine() == store::Engine::sqlite) return 1;
  MACHIYA_TRY(const auto row, tx.query_one("SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)"));
  return row->integer(0);
}

Result<std::int64_t> oldest_open(store::ReadTx& tx) {
  if (tx.engine() == store::Engine::sqlite) return 2;
  MACHIYA_TRY(const auto row, tx.query_one("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)"));
  return row->integer(0);
}

Result<std::vector<std::pair<std::string, std::string>>> secrets(store::ReadTx& tx, const SecretColumn& c) {
  const std::string column(c.column);
  MACHIYA_TRY(const auto rows, tx.query("SELECT CAST(" + std::string(c.key) + " AS TEXT), " + column + " FROM " + std::string(c.table) + " WHERE " + column + " <> ''"));
  std::vector<std::pair<std::string, std::string>> out;
  for (const store::Row& row : rows) out.emplace_back(row.text(0), row.text(1));
  return out;
}

Result<void> put_secret(store::Tx& tx, const SecretColumn& c, const std::string& key, const std::string& before, const std::string& after) {
  const std::string column(c.column);
  const store::Param which = c.number ? store::Param(std::stoll(key)) : store::Param(key);
  return tx.execute_later("UPDATE " + std::string(c.table) + " SET " + column + " = :after WHERE " + std::string(c.key) + " = :key AND " + column + " = :before",
                          {{"after", after}, {"key", which}, {"before", before}});
}

}  // namespace machiya::vault::master_dao
