// The table of blobs.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::blobs::blob_dao {

struct Row {
  std::int64_t id = 0;
  std::string public_id, owner, type, state, refused, file, thumbnail, original;   ///< files by SHA-256, "" for none
  std::int64_t data_key = 0, bytes = 0, width = 0, height = 0, max_pixels = 0;
  bool as_uploaded = false;
};
Result<std::int64_t> insert(store::Tx& tx, const Row& row, Instant now);
Result<std::optional<Row>> find(store::ReadTx& tx, std::string_view public_id);
/// Writes state, refused, type, bytes, size and files, if the file is still `old_file`. False when it is not.
Result<bool> update(store::Tx& tx, const Row& row, std::string_view old_file);
Result<void> remove(store::Tx& tx, std::int64_t id);
/// Public ids.
Result<std::vector<std::string>> of_owner(store::ReadTx& tx, std::string_view owner);
/// Public ids of files whose owner begins with `prefix` and that came before `before`, the oldest first.
Result<std::vector<std::string>> waiting_since(store::ReadTx& tx, std::string_view prefix, Instant before, int limit);
/// Every file of `from` belongs to `to`.
Result<void> release(store::Tx& tx, std::string_view from, std::string_view to);
Result<void> hand_over(store::Tx& tx, std::string_view public_id, std::string_view from, std::string_view to);
Result<bool> names_file(store::ReadTx& tx, std::string_view sha256);
std::vector<store::Migration> migrations();

}  // namespace machiya::blobs::blob_dao
