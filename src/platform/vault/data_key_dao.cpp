#include "platform/vault/data_key_dao.h"

#include "platform/store/key_list.h"

namespace machiya::vault::data_key_dao {

namespace {
WrappedKey read(const store::Row& row, std::size_t at) {
  return {row.integer(at + 1) != 0 ? std::string() : std::string(row.text(at)), static_cast<int>(row.integer(at + 2))};
}
std::vector<std::pair<std::int64_t, WrappedKey>> read_all(const store::Rows& rows) {
  std::vector<std::pair<std::int64_t, WrappedKey>> out;
  for (const store::Row& row : rows) out.emplace_back(row.integer(0), read(row, 1));
  return out;
}
}  // namespace

Result<std::int64_t> insert(store::Tx& tx, const WrappedKey& wrapped) {
  // A closed generation gives NULL, which the column refuses: a process that has not heard of a newer key cannot write under the old one.
  return tx.insert("data_key",
                   "INSERT INTO data_key (id, wrapped, erased, generation) VALUES (:id, :wrapped, 0,"
                   " CASE WHEN EXISTS (SELECT 1 FROM master_closed WHERE below > :generation) THEN NULL ELSE CAST(:generation AS BIGINT) END)",
                   {{"wrapped", store::Bytes{wrapped.key}}, {"generation", wrapped.generation}});
}

Result<std::optional<WrappedKey>> find(store::ReadTx& tx, std::int64_t id) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT wrapped, erased, generation FROM data_key WHERE id = :id", {{"id", id}}));
  if (!row) return std::optional<WrappedKey>();
  return std::optional<WrappedKey>(read(*row, 0));
}

Result<std::vector<std::pair<std::int64_t, WrappedKey>>> find_many(store::ReadTx& tx, const std::vector<std::int64_t>& ids) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT id, wrapped, erased, generation FROM data_key WHERE id " + store::in_keys(tx.engine()), {{"keys", store::key_list(ids, tx.engine())}}));
  return read_all(rows);
}

Result<std::vector<std::pair<std::int64_t, WrappedKey>>> older(store::ReadTx& tx, int generation, std::int64_t after, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT id, wrapped, erased, generation FROM data_key WHERE id > :after AND generation < :generation AND erased = 0"
                                        " ORDER BY id LIMIT :limit",
                                        {{"after", after}, {"generation", generation}, {"limit", limit}}));
  return read_all(rows);
}

Result<std::int64_t> count_older(store::ReadTx& tx, int generation) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT COUNT(*) FROM data_key WHERE generation < :generation AND erased = 0", {{"generation", generation}}));
  return row->integer(0);
}

Result<void> each(store::ReadTx& tx, const std::function<void(std::int64_t, const WrappedKey&)>& see) {
  return tx.stream("SELECT id, wrapped, erased, generation FROM data_key WHERE erased = 0", {}, [&](const store::Row& row) {
    see(row.integer(0), read(row, 1));
    return true;
  });
}

Result<std::int64_t> count_erased(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT COUNT(*) FROM data_key WHERE erased <> 0"));
  return row->integer(0);
}

Result<void> rewrap(store::Tx& tx, std::int64_t id, int from, const WrappedKey& to) {
  return tx.execute_later("UPDATE data_key SET wrapped = :wrapped, generation = :to WHERE id = :id AND generation = :from AND erased = 0",
                          {{"wrapped", store::Bytes{to.key}}, {"to", to.generation}, {"id", id}, {"from", from}});
}

Result<bool> erase(store::Tx& tx, std::int64_t id) {
  MACHIYA_TRY(auto wrapped, find(tx, id));
  if (!wrapped) return false;
  if (wrapped->key.empty()) return true;
  // The same number of bytes, so that SQLite overwrites the cell in place instead of leaving it in a free block.
  MACHIYA_TRY(auto changed, tx.execute("UPDATE data_key SET wrapped = :zeros, erased = 1 WHERE id = :id",
                                       {{"zeros", store::Bytes{std::string(wrapped->key.size(), '\0')}}, {"id", id}}));
  return changed == 1;
}

std::vector<store::Migration> migrations() {
  return {
      {"vault", 1, "data-key", "CREATE TABLE data_key (id ID, wrapped BYTES NOT NULL, erased INT NOT NULL)", ""},
      {"vault", 2, "master-check", "CREATE TABLE master_check (id INT NOT NULL PRIMARY KEY, sealed TEXT NOT NULL)", ""},
      {"vault", 3, "generations",
       "ALTER TABLE data_key ADD COLUMN generation INT NOT NULL DEFAULT 1;"
       "CREATE TABLE master_closed (below INT NOT NULL PRIMARY KEY);"
       "CREATE TABLE index_key (id INT NOT NULL PRIMARY KEY, sealed TEXT NOT NULL);"
       "CREATE TABLE master_rotation (generation INT NOT NULL PRIMARY KEY, begun TS NOT NULL, closed TS, finished TS, total INT NOT NULL,"
       " rewrapped INT NOT NULL, after_id INT NOT NULL, horizon INT NOT NULL)",
       ""},
  };
}

}  // namespace machiya::vault::data_key_dao
