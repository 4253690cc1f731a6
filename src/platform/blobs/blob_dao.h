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
  std::string public_id, owner, type, state, refused, file, thumbnail;   ///< files by SHA-256, "" for none
  std::int64_t data_key = 0, bytes = 0, width = 0, height = 0, max_pixels = 0;
  bool as_uploaded = false;
};
Result<std::int64_t> insert(store::Tx& tx, const Row& row, Instant now);
Result<std::optional<Row>> find(store::ReadTx& tx, std::string_view public_id);
/// Writes state, refused, type, bytes, size and files, if the file is still `old_file`. False when it is not.
Result<bool> update(store::Tx& tx, const Row& row, std::string_view old_file);
Result<void> remove(store::Tx& tx, std::int64_t id);
Result<bool> names_file(store::ReadTx& tx, std::string_view sha256);
std::vector<store::Migration> migrations();

}  // namespace machiya::blobs::blob_dao
