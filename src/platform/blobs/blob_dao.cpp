#include "platform/blobs/blob_dao.h"

#include "platform/store/run.h"

namespace machiya::blobs::blob_dao {

Result<std::int64_t> insert(store::Tx& tx, const Row& r, Instant now) {
  MACHIYA_TRY(auto rows, tx.query("INSERT INTO blob (public_id, owner, type, state, refused, file, thumbnail, original, data_key, bytes, width, height,"
                                  " max_pixels, as_uploaded, created) VALUES (:public_id, :owner, :type, :state, :refused, :file, :thumbnail, :original,"
                                  " :data_key, :bytes, :width, :height, :max_pixels, :as_uploaded, :now) RETURNING id",
                                  {{"public_id", r.public_id},
                                   {"owner", r.owner},
                                   {"type", r.type},
                                   {"state", r.state},
                                   {"refused", r.refused},
                                   {"file", r.file},
                                   {"thumbnail", r.thumbnail},
                                   {"original", r.original},
                                   {"data_key", r.data_key},
                                   {"bytes", r.bytes},
                                   {"width", r.width},
                                   {"height", r.height},
                                   {"max_pixels", r.max_pixels},
                                   {"as_uploaded", r.as_uploaded},
                                   {"now", now.us}}));
  MACHIYA_ASSERT(rows.size() == 1);
  return rows[0].integer(0);
}

Result<std::optional<Row>> find(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT id, public_id, owner, type, state, refused, file, thumbnail, data_key, bytes, width, height,"
                                     " max_pixels, as_uploaded, original FROM blob WHERE public_id = :p",
                                     {{"p", public_id}}));
  if (!row) return std::optional<Row>();
  Row r;
  r.id = row->integer(0);
  r.public_id = row->text(1);
  r.owner = row->text(2);
  r.type = row->text(3);
  r.state = row->text(4);
  r.refused = row->text(5);
  r.file = row->text(6);
  r.thumbnail = row->text(7);
  r.data_key = row->integer(8);
  r.bytes = row->integer(9);
  r.width = row->integer(10);
  r.height = row->integer(11);
  r.max_pixels = row->integer(12);
  r.as_uploaded = row->integer(13) != 0;
  r.original = row->text(14);
  return std::optional<Row>(std::move(r));
}

Result<bool> update(store::Tx& tx, const Row& r, std::string_view old_file) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE blob SET state = :state, refused = :refused, type = :type, bytes = :bytes, width = :width,"
                                       " height = :height, file = :file, thumbnail = :thumbnail, original = :original WHERE id = :id AND file = :old",
                                       {{"state", r.state},
                                        {"refused", r.refused},
                                        {"type", r.type},
                                        {"bytes", r.bytes},
                                        {"width", r.width},
                                        {"height", r.height},
                                        {"file", r.file},
                                        {"thumbnail", r.thumbnail},
                                        {"original", r.original},
                                        {"id", r.id},
                                        {"old", old_file}}));
  return changed == 1;
}

Result<void> remove(store::Tx& tx, std::int64_t id) {
  return store::run(tx, "DELETE FROM blob WHERE id = :id", {{"id", id}});
}

namespace {
Result<std::vector<std::string>> ids(store::ReadTx& tx, std::string_view sql, const store::Binds& binds) {
  MACHIYA_TRY(auto rows, tx.query(sql, binds));
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row.text(0));
  return out;
}
}  // namespace

Result<std::vector<std::string>> of_owner(store::ReadTx& tx, std::string_view owner) {
  return ids(tx, "SELECT public_id FROM blob WHERE owner = :owner", {{"owner", owner}});
}

Result<std::vector<std::string>> waiting_since(store::ReadTx& tx, std::string_view prefix, Instant before, int limit) {
  // A range over the index of owners: every text that begins with the prefix.
  std::string end(prefix);
  ++end.back();
  return ids(tx, "SELECT public_id FROM blob WHERE owner >= :first AND owner < :end AND created < :before ORDER BY created LIMIT :limit",
             {{"first", prefix}, {"end", end}, {"before", before.us}, {"limit", limit}});
}

Result<void> release(store::Tx& tx, std::string_view from, std::string_view to) {
  return store::run(tx, "UPDATE blob SET owner = :to WHERE owner = :from", {{"to", to}, {"from", from}});
}

Result<void> hand_over(store::Tx& tx, std::string_view public_id, std::string_view from, std::string_view to) {
  return store::run(tx, "UPDATE blob SET owner = :to WHERE public_id = :id AND owner = :from", {{"to", to}, {"id", public_id}, {"from", from}});
}

Result<bool> names_file(store::ReadTx& tx, std::string_view sha256) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT 1 FROM blob WHERE file = :f OR thumbnail = :f OR original = :f", {{"f", sha256}}));
  return row.has_value();
}

std::vector<store::Migration> migrations() {
  return {{"blobs", 1, "blob",
           "CREATE TABLE blob (id ID, public_id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, type TEXT NOT NULL, state TEXT NOT NULL,"
           " refused TEXT NOT NULL, file TEXT NOT NULL, thumbnail TEXT NOT NULL, data_key INT NOT NULL, bytes INT NOT NULL,"
           " width INT NOT NULL, height INT NOT NULL, max_pixels INT NOT NULL, as_uploaded INT NOT NULL, created TS NOT NULL);"
           "CREATE INDEX blob_file ON blob (file); CREATE INDEX blob_thumbnail ON blob (thumbnail);",
           ""},
          {"blobs", 2, "owner", "CREATE INDEX blob_owner ON blob (owner, created);", ""},
          {"blobs", 3, "original", "ALTER TABLE blob ADD COLUMN original TEXT NOT NULL DEFAULT ''; CREATE INDEX blob_original ON blob (original);", ""}};
}

}  // namespace machiya::blobs::blob_dao
