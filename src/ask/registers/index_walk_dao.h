// How far the rows of each register, and the cases of each procedure, are brought to their definition, and what record_value holds of them.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/registers/register_row_dao.h"
#include "base/result.h"
#include "platform/store/store.h"

namespace machiya::registers::dao {

/// One row of `register_index`.
struct IndexWalk {
  std::string layout;              ///< index_layout() that all rows are brought to
  std::string since = "[]";        ///< JSON: the layouts that rows behind `reached` may still have; null: nobody knows
  std::int64_t reached = 0;        ///< key of the last row that was brought to it
  std::int64_t walked = 0;         ///< rows so far
  std::int64_t total = 0;          ///< rows when the walk began
  bool done = false;               ///< every row of before is; later ones are written by it (cases: indexed by their events)
};
Result<std::map<std::string, IndexWalk>> index_walks(store::ReadTx& tx);
Result<std::optional<IndexWalk>> index_walk(store::ReadTx& tx, std::string_view type);
Result<void> put_index_walk(store::Tx& tx, std::string_view type, const IndexWalk& walk);

/// Rows of a register behind a key.
Result<std::int64_t> count_rows(store::ReadTx& tx, std::string_view register_id, std::int64_t after);
/// By procedure.
Result<std::map<std::string, std::int64_t>> count_cases(store::ReadTx& tx);
/// The next `limit` rows of a register behind a key.
Result<std::vector<StoredRow>> next_rows(store::ReadTx& tx, std::string_view register_id, std::int64_t after, int limit);
/// What record_value holds of these records, sorted.
Result<std::map<std::int64_t, std::vector<IndexEntry>>> entries_of(store::ReadTx& tx, const std::vector<std::int64_t>& records);

std::vector<store::Migration> index_migrations();

}  // namespace machiya::registers::dao
