// Sets of rows: what fits all conditions, gathered.
#pragma once
#include <cstdint>
#include <vector>

#include "ask/registers/registers_impl.h"

namespace machiya::registers::dao {

/// Rows of a range, at most `most`.
Result<std::int64_t> count_range(store::ReadTx& tx, const Range& range, std::int64_t most);
/// Every row that fits all of the ranges, sorted. One of them must not be negated.
Result<std::vector<std::int64_t>> all_of(store::ReadTx& tx, const std::vector<Range>& ranges);
/// Those of `records` that fit all of the ranges, sorted.
Result<std::vector<std::int64_t>> narrowed_to(store::ReadTx& tx, std::vector<std::int64_t> records, const std::vector<Range>& ranges);
/// The same, asking row by row; the range at `but` is not asked for.
Result<std::vector<std::int64_t>> fitting(store::ReadTx& tx, const std::vector<std::int64_t>& records, const std::vector<Range>& ranges, int but);

}  // namespace machiya::registers::dao
