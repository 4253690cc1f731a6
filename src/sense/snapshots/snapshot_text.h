// Snapshots as JSON (§5.2.41): from what a client sends to the form that is kept, in which names are expanded, and back under the context of whoever asks. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/jsonld/contexts.h"
#include "sense/snapshots/snapshot.h"
#include "sense/tree/tree.h"

namespace machiya::sense {

/// What a body may be: §5.16.1, §5.16.2, §5.16.4. Queries belong to the first only, an id not to the last.
enum class SnapshotBody : std::uint8_t { create, clone, fragment };

/// What the client asks for. Members that only the broker writes are ignored, unknown ones too.
struct SnapshotWish {
  std::string id;                        ///< "": one is to be made
  std::string queries;                   ///< as it is kept
  std::optional<int> priority;
  std::optional<std::string> lifetime;   ///< "" takes it away
  std::int64_t lifetime_us = 0;
};
/// invalid_input (BadRequestData) with the member in `where`; method_not_allowed (OperationNotSupported) for what we do not do: temporal queries, notifications.
Result<SnapshotWish> read_snapshot(const tree::Value& body, SnapshotBody what, const Terms& terms);

/// {"id": …} without @context; names as `terms` have them.
std::string write_snapshot(const Snapshot& snapshot, const Terms& terms);
/// Is it a member of the data type, so that a purge may ask for it (§5.16.7)?
bool is_snapshot_member(std::string_view name);

/// The part that has no column of its own, and back. integrity_broken.
std::string document_of(const Snapshot& snapshot);
Result<void> read_document(std::string_view text, Snapshot& out);

}  // namespace machiya::sense
