// The tables sense_snapshot and sense_snapshot_entity.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/store/store.h"
#include "sense/entities/entity.h"
#include "sense/snapshots/snapshot.h"

namespace machiya::sense::dao {

struct StoredSnapshot {
  std::string code;   ///< of its entities' rows
  Snapshot snapshot;
};
struct StoredEntity {
  std::string id, bytes;   ///< encode_entity
};

Result<std::vector<StoredSnapshot>> snapshots(store::ReadTx& tx);
/// Until `each` refuses.
Result<void> snapshot_entities(store::ReadTx& tx, const std::function<Result<void>(const std::string& code, const std::string& bytes)>& each);
/// conflict: the owner has one of this id.
Result<void> insert_snapshot(store::Tx& tx, const StoredSnapshot& stored);
Result<void> insert_entities(store::Tx& tx, const std::string& code, const std::vector<StoredEntity>& entities);
Result<void> put_entity(store::Tx& tx, const std::string& code, const StoredEntity& entity);
Result<void> delete_entity(store::Tx& tx, const std::string& code, const std::string& id);
/// What may change: document and times.
Result<void> update_snapshot(store::Tx& tx, const StoredSnapshot& stored);
/// With its entities.
Result<void> delete_snapshot(store::Tx& tx, const std::string& code);

}  // namespace machiya::sense::dao
