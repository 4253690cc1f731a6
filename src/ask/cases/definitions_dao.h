// Tables definition_snapshot and definition_part: the canonical texts of procedures, their decisions and workflows that cases
// began with.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::cases {

Result<void> insert_snapshot(store::Tx& tx, std::string_view hash, std::string_view kind, std::string_view id, int version,
                             std::string_view body, Instant now);
Result<std::optional<std::string>> find_snapshot(store::ReadTx& tx, std::string_view hash);
/// `part` (the hash of a decision) belongs to the version `whole` of a procedure.
Result<void> insert_part(store::Tx& tx, std::string_view whole, std::string_view part);
struct SnapshotPart {
  std::string id, hash, body;
};
/// The decisions of a version of a procedure, by id.
Result<std::vector<SnapshotPart>> parts_of(store::ReadTx& tx, std::string_view whole);

}  // namespace machiya::cases
