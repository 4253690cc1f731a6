#include "sense/snapshots/snapshot_dao.h"

#include "platform/store/many_rows.h"
#include "sense/snapshots/snapshot_text.h"

namespace machiya::sense::dao {

Result<std::vector<StoredSnapshot>> snapshots(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT code, owner, id, document, created_us, modified_us, expires_us, used_us FROM sense_snapshot ORDER BY created_us, code"));
  std::vector<StoredSnapshot> out;
  for (const store::Row& row : rows) {
    StoredSnapshot s;
    s.code = row.text(0), s.snapshot.owner = row.text(1), s.snapshot.id = row.text(2);
    s.snapshot.created_us = row.integer(4), s.snapshot.modified_us = row.integer(5), s.snapshot.expires_us = row.integer(6), s.snapshot.used_us = row.integer(7);
    MACHIYA_CHECK(read_document(row.text(3), s.snapshot));
    out.push_back(std::move(s));
  }
  return out;
}

Result<void> snapshot_entities(store::ReadTx& tx, const std::function<Result<void>(const std::string&, const std::string&)>& each) {
  Result<void> state;
  auto done = tx.stream("SELECT snapshot, entity FROM sense_snapshot_entity", {}, [&](const store::Row& row) { return (state = each(row.text(0), row.text(1))).ok(); });
  return done.ok() ? state : done;
}

Result<void> insert_snapshot(store::Tx& tx, const StoredSnapshot& s) {
  return tx.execute_later("INSERT INTO sense_snapshot (code, owner, id, document, created_us, modified_us, expires_us, used_us) "
                          "VALUES (:code, :owner, :id, :document, :created, :modified, :expires, :used)",
                          {{"code", s.code}, {"owner", s.snapshot.owner}, {"id", s.snapshot.id}, {"document", document_of(s.snapshot)},
                           {"created", s.snapshot.created_us}, {"modified", s.snapshot.modified_us}, {"expires", s.snapshot.expires_us}, {"used", s.snapshot.used_us}});
}

Result<void> insert_entities(store::Tx& tx, const std::string& code, const std::vector<StoredEntity>& entities) {
  static const store::ManyRows rows("INSERT INTO sense_snapshot_entity (snapshot, id, entity) VALUES ", {"snapshot", "id", "entity"});
  return rows.insert(tx, entities, [&](const StoredEntity& e) { return std::vector<store::Param>{code, e.id, store::Bytes{e.bytes}}; });
}

Result<void> put_entity(store::Tx& tx, const std::string& code, const StoredEntity& entity) {
  return tx.execute_later("INSERT INTO sense_snapshot_entity (snapshot, id, entity) VALUES (:code, :id, :entity) ON CONFLICT (snapshot, id) DO UPDATE SET entity = excluded.entity",
                          {{"code", code}, {"id", entity.id}, {"entity", store::Bytes{entity.bytes}}});
}

Result<void> delete_entity(store::Tx& tx, const std::string& code, const std::string& id) {
  return tx.execute_later("DELETE FROM sense_snapshot_entity WHERE snapshot = :code AND id = :id", {{"code", code}, {"id", id}});
}

Result<void> update_snapshot(store::Tx& tx, const StoredSnapshot& s) {
  return tx.execute_later("UPDATE sense_snapshot SET document = :document, modified_us = :modified, expires_us = :expires, used_us = :used WHERE code = :code",
                          {{"code", s.code}, {"document", document_of(s.snapshot)}, {"modified", s.snapshot.modified_us}, {"expires", s.snapshot.expires_us},
                           {"used", s.snapshot.used_us}});
}

Result<void> delete_snapshot(store::Tx& tx, const std::string& code) {
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_snapshot WHERE code = :code", {{"code", code}}));
  return tx.execute_later("DELETE FROM sense_snapshot_entity WHERE snapshot = :code", {{"code", code}});
}

}  // namespace machiya::sense::dao
