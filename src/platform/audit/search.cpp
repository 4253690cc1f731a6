#include "platform/audit/search.h"

#include <algorithm>
#include <limits>

#include "platform/audit/audit_dao.h"

namespace machiya::audit {
namespace {
constexpr std::int64_t kOutOfOrder = kMinute;
constexpr std::int64_t kScan = 200'000;   // rows a call: some 100 ms
}  // namespace

Result<std::int64_t> first_id_at(store::ReadTx& tx, Instant at) {
  MACHIYA_TRY(const auto ends, dao::id_range(tx));
  const std::int64_t wanted = at.us - kOutOfOrder;
  std::int64_t low = ends.first, high = ends.second + 1;   // ids may have gaps: each probe takes the next row there is
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    MACHIYA_TRY(const auto row, dao::time_from(tx, middle));
    if (row && row->at_us < wanted) low = row->id + 1;
    else high = middle;
  }
  return low;
}

Result<Audit::Found> find_records(store::ReadTx& tx, const Search& wanted) {
  Audit::Found out;
  dao::Range range;
  range.below = wanted.before > 0 ? wanted.before : std::numeric_limits<std::int64_t>::max();
  if (wanted.to) {
    MACHIYA_TRY(const std::int64_t end, first_id_at(tx, Instant{wanted.to->us + 2 * kOutOfOrder}));
    range.below = std::min(range.below, end);
  }
  std::int64_t first = 0;
  if (wanted.from) {
    MACHIYA_TRY(first, first_id_at(tx, *wanted.from));
  }
  range.from = first;
  if (wanted.objects.empty()) {
    MACHIYA_TRY(const auto ends, dao::id_range(tx));
    range.below = std::min(range.below, ends.second + 1);
    range.from = std::max(first, range.below - kScan);
    first = std::max(first, ends.first);
  }
  MACHIYA_TRY(out.records, dao::search(tx, wanted, range));
  if (static_cast<int>(out.records.size()) == wanted.limit) out.next_before = out.records.back().id;
  else if (range.from > first) out.next_before = range.from;
  return out;
}

}  // namespace machiya::audit
