#include "platform/vault/data_key_dao.h"

#include "platform/store/key_list.h"

namespace machiya::vault::data_key_dao {

Result<std::int64_t> insert(store::Tx& tx, std::string_view wrapped) {
  return tx.insert("data_key", "INSERT INTO data_key (id, wrapped, erased) VALUES (:id, :wrapped, 0)", {{"wrapped", store::Bytes{std::string(wrapped)}}});
}

Result<std::optional<std::string>> find(store::ReadTx& tx, std::int64_t id) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT wrapped, erased FROM data_key WHERE id = :id", {{"id", id}}));
  if (!row) return std::optional<std::string>();
  if (row->integer(1) != 0) return std::optional<std::string>(std::string());
  return std::optional<std::string>(row->text(0));
}

Result<std::vector<std::pair<std::int64_t, std::string>>> find_many(store::ReadTx& tx, const std::vector<std::int64_t>& ids) {
  const char* sql = tx.engine() == store::Engine::sqlite ? "SELECT id, wrapped, erased FROM data_key WHERE id IN (SELECT value FROM json_each(:keys))"
                                                         : "SELECT id, wrapped, erased FROM data_key WHERE id IN (SELECT unnest(CAST(CAST(:keys AS TEXT) AS BIGINT[])))";
  MACHIYA_TRY(const auto rows, tx.query(sql, {{"keys", store::key_list(ids, tx.engine())}}));
  std::vector<std::pair<std::int64_t, std::string>> out;
  for (const store::Row& row : rows) out.emplace_back(row.integer(0), row.integer(2) != 0 ? std::string() : std::string(row.text(1)));
  return out;
}

Result<bool> erase(store::Tx& tx, std::int64_t id) {
  MACHIYA_TRY(auto wrapped, find(tx, id));
  if (!wrapped) return false;
  if (wrapped->empty()) return true;
  // The same number of bytes, so that SQLite overwrites the cell in place instead of leaving it in a free block.
  MACHIYA_TRY(auto changed, tx.execute("UPDATE data_key SET wrapped = :zeros, erased = 1 WHERE id = :id",
                                       {{"zeros", store::Bytes{std::string(wrapped->size(), '\0')}}, {"id", id}}));
  return changed == 1;
}

Result<std::optional<std::string>> master_check(store::ReadTx& tx) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT sealed FROM master_check WHERE id = 1"));
  if (!row) return std::optional<std::string>();
  return std::optional<std::string>(row->text(0));
}

Result<void> set_master_check(store::Tx& tx, std::string_view sealed) {
  MACHIYA_TRY(auto changed, tx.execute("INSERT INTO master_check (id, sealed) VALUES (1, :sealed) ON CONFLICT (id) DO NOTHING",
                                       {{"sealed", sealed}}));
  (void)changed;
  return {};
}

std::vector<store::Migration> migrations() {
  return {
      {"vault", 1, "data-key", "CREATE TABLE data_key (id ID, wrapped BYTES NOT NULL, erased INT NOT NULL)", ""},
      {"vault", 2, "master-check", "CREATE TABLE master_check (id INT NOT NULL PRIMARY KEY, sealed TEXT NOT NULL)", ""},
  };
}

}  // namespace machiya::vault::data_key_dao
