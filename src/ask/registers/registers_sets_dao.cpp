// Rows that fit several conditions. A row costs a look into the index by row (a page each) or a thirtieth of that as an entry of a
// range that is read from one end to the other: each condition is read or asked for, whichever is less.
#include "ask/registers/list_sets_dao.h"

#include <algorithm>
#include <limits>

#include "ask/registers/list_sql.h"

namespace machiya::registers::dao {
namespace {

constexpr std::int64_t kEntriesOfALook = 30;
/// Beyond this a range counts as boundless.
constexpr std::int64_t kWide = 300'000;
constexpr std::size_t kChunk = 1'000;

/// The keys of a statement with one column "key".
Result<std::vector<std::int64_t>> keys_of(store::ReadTx& tx, const Sql& sql) {
  MACHIYA_TRY(const auto row, tx.query_one(store::as_key_list(sql.text, sql.engine), sql.binds()));
  return row ? store::keys_in(row->text(0)) : std::vector<std::int64_t>();
}

/// At most `most` rows of a range; a row with several values may come twice.
Result<std::vector<std::int64_t>> records_in(store::ReadTx& tx, const Range& range, std::int64_t most) {
  Sql sql{tx.engine(), "", {}, {}};
  sql.text = "SELECT v.record AS key FROM record_value v WHERE " + sql.match("v", range) + " LIMIT " + sql.bind(most);
  return keys_of(tx, sql);
}

/// Those of `records` that are (or, negated, are not) among `others`.
std::vector<std::int64_t> shared(const std::vector<std::int64_t>& records, const std::vector<std::int64_t>& others, bool negated) {
  std::vector<bool> met(records.size(), false);
  for (const std::int64_t other : others)
    if (const auto at = std::lower_bound(records.begin(), records.end(), other); at != records.end() && *at == other) met[static_cast<std::size_t>(at - records.begin())] = true;
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (met[i] != negated) out.push_back(records[i]);
  return out;
}

Result<std::vector<std::int64_t>> narrowed_by(store::ReadTx& tx, std::vector<std::int64_t> records, const Range& range) {
  const std::int64_t worth = kEntriesOfALook * static_cast<std::int64_t>(records.size());
  if (!range.has && range.rows <= worth) {
    MACHIYA_TRY(const auto others, records_in(tx, range, worth + 1));
    if (static_cast<std::int64_t>(others.size()) <= worth) return shared(records, others, range.negated);
  }
  return fitting(tx, records, {range}, -1);
}

}  // namespace

Result<std::int64_t> count_range(store::ReadTx& tx, const Range& range, std::int64_t most) {
  Sql sql{tx.engine(), "", {}, {}};
  sql.text = "SELECT COUNT(*) FROM (SELECT 1 FROM record_value v WHERE " + sql.match("v", range) + " LIMIT " + sql.bind(most) + ") AS bounded";
  MACHIYA_TRY(auto row, tx.query_one(sql.text, sql.binds()));
  return row ? row->integer(0) : 0;
}

Result<std::vector<std::int64_t>> fitting(store::ReadTx& tx, const std::vector<std::int64_t>& records, const std::vector<Range>& ranges, int but) {
  std::vector<std::int64_t> out;
  for (std::size_t from = 0; from < records.size(); from += kChunk) {
    const std::vector<std::int64_t> some(records.begin() + static_cast<std::ptrdiff_t>(from), records.begin() + static_cast<std::ptrdiff_t>(std::min(records.size(), from + kChunk)));
    Sql sql{tx.engine(), "", {}, {}};
    sql.text = "SELECT k.record AS key FROM " + sql.keys(some);
    sql.text += " WHERE 1 = 1" + sql.others(ranges, but, "k.record");
    MACHIYA_TRY(const auto fit, keys_of(tx, sql));
    out.insert(out.end(), fit.begin(), fit.end());
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::vector<std::int64_t>> narrowed_to(store::ReadTx& tx, std::vector<std::int64_t> records, const std::vector<Range>& ranges) {
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  for (const Range& range : ranges) {
    if (records.empty()) return records;
    MACHIYA_TRY(records, narrowed_by(tx, std::move(records), range));
  }
  return records;
}

Result<std::vector<std::int64_t>> all_of(store::ReadTx& tx, const std::vector<Range>& ranges) {
  std::vector<Range> sized = ranges;
  const auto may_lead = [](const Range& r) { return !r.negated && !r.has; };
  const bool wide = std::none_of(sized.begin(), sized.end(), [&](const Range& r) { return may_lead(r) && r.rows <= kCounted; });
  for (Range& r : sized)
    if (wide && may_lead(r)) {
      MACHIYA_TRY(r.rows, count_range(tx, r, kWide));
    }
  // `has` reads the whole index of its column; it leads when nothing narrower does.
  const auto rank = [&](const Range& r) { return may_lead(r) ? 0 : r.negated ? 2 : 1; };
  std::stable_sort(sized.begin(), sized.end(), [&](const Range& a, const Range& b) { return rank(a) != rank(b) ? rank(a) < rank(b) : a.rows < b.rows; });
  if (sized.empty() || sized.front().negated) return Error(ErrorCode::internal, "no condition to begin with");
  MACHIYA_TRY(auto records, records_in(tx, sized.front(), std::numeric_limits<std::int64_t>::max()));
  sized.erase(sized.begin());
  return narrowed_to(tx, std::move(records), sized);
}

}  // namespace machiya::registers::dao
