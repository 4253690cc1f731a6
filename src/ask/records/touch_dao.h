// Which records' entries in record_value have changed, for those who keep a copy of them in memory: written in the transaction of the
// change, read by every process.
#pragma once
#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::records {

/// Notes that entries of the records of a type with keys from `first` to `last` change in this transaction.
Result<void> touch(store::Tx& tx, std::string_view type, std::int64_t first, std::int64_t last, Instant now);

struct Touched {
  std::int64_t at = 0;            ///< SQLite: a number of the type's own, counted up; PostgreSQL: the transaction
  std::int64_t first = 0, last = 0;
  friend auto operator<=>(const Touched&, const Touched&) = default;
};
struct Touches {
  std::int64_t point = 0;         ///< where the next reading begins
  std::vector<Touched> touched;   ///< from there on some come again: the one at the point, and on PostgreSQL transactions end in another order than they begin
};
/// What a type's snapshot has that one at `point` may not have; at most `limit`.
Result<Touches> touched_since(store::ReadTx& tx, std::string_view type, std::int64_t point, int limit);
/// The point of this snapshot.
Result<std::int64_t> touch_point(store::ReadTx& tx, std::string_view type);
/// Drops what is older, but for the last of each type, from which SQLite counts on.
Result<void> forget_touches(store::Tx& tx, Instant before);

}  // namespace machiya::records
