// What an index in memory is read from.
#pragma once
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/registers/column_index.h"

namespace machiya::registers::dao {

/// Keys of a register's rows, in order, until the sink gives false.
Result<void> each_key(store::ReadTx& tx, std::string_view type, const std::function<bool(std::int64_t)>& sink);
/// Keys of the rows that have an entry in a field, in order of their values; a row with several comes several times.
Result<void> each_entry(store::ReadTx& tx, std::int64_t field, const std::function<bool(std::string_view value, std::int64_t record)>& sink);
/// Entries of the rows with keys from `first` to `last`, of these fields (sorted); rows without any are left out.
Result<std::vector<ChangedRow>> entries_between(store::ReadTx& tx, std::int64_t first, std::int64_t last, const std::vector<std::int64_t>& fields);
/// The same of these rows.
Result<std::vector<ChangedRow>> entries_among(store::ReadTx& tx, const std::vector<std::int64_t>& records, const std::vector<std::int64_t>& fields);

}  // namespace machiya::registers::dao
