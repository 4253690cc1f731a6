// How far the cases of each procedure are indexed as rows of its register, and by which columns.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ask/registers/register_row_dao.h"
#include "base/result.h"
#include "platform/store/store.h"

namespace machiya::registers::dao {

/// One row of `register_cases`.
struct IndexedTo {
  std::string layout;            ///< index_layout() of the register
  std::int64_t reached = 0;      ///< key of the last case that was indexed by it
  bool done = false;             ///< every case of before is; later ones are indexed by their events
};
Result<std::map<std::string, IndexedTo>> indexed_to(store::ReadTx& tx);
Result<void> put_indexed_to(store::Tx& tx, std::string_view procedure, const IndexedTo& to);
/// What record_value holds of these records, sorted.
Result<std::map<std::int64_t, std::vector<IndexEntry>>> entries_of(store::ReadTx& tx, const std::vector<std::int64_t>& records);

std::vector<store::Migration> case_migrations();

}  // namespace machiya::registers::dao
