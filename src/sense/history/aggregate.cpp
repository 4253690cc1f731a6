#include "sense/history/aggregate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace machiya::sense {
namespace {

constexpr std::array<std::string_view, 8> kMethods = {"totalCount", "distinctCount", "sum", "avg", "min", "max", "stddev", "sumsq"};
constexpr std::int64_t kMostPeriods = 200'000;   // of calendar months: 16,000 years

Error bad(std::string_view where, const std::string& what) { return Error(ErrorCode::malformed_request, std::string(where) + ": " + what, std::string(where)); }

}  // namespace

std::string_view method_name(AggregateMethod method) { return kMethods[static_cast<std::size_t>(method)]; }

Result<Aggregating> Aggregating::parse(std::span<const std::string_view> methods, std::string_view duration) {
  Aggregating out;
  for (const std::string_view word : methods) {
    const auto found = std::ranges::find(kMethods, word);
    if (found == kMethods.end()) return bad("aggrMethods", "\"" + std::string(word) + "\" is no aggregation method");
    const auto method = static_cast<AggregateMethod>(found - kMethods.begin());
    if (!out.has(method)) out.methods.push_back(method);
  }
  if (out.methods.empty()) return bad("aggrMethods", "at least one method is expected");
  if (duration.empty()) return out;
  const auto period = parse_duration(duration);
  if (!period) return bad("aggrPeriodDuration", "an ISO 8601 duration is expected, such as PT1H");
  out.period = *period;
  return out;
}

bool Aggregating::has(AggregateMethod method) const { return std::ranges::find(methods, method) != methods.end(); }

namespace history {
namespace {

// What is known of the values of one period.
struct Bucket {
  std::int64_t number = 0;   // of the period
  std::uint64_t count = 0, measured = 0, texts = 0;
  double sum = 0, squares = 0, least = 0, most = 0;
  std::string first, last;   // of texts, in order
  std::set<std::string> distinct;
};

void measure(Bucket& b, double v) {
  b.least = b.measured == 0 ? v : std::min(b.least, v), b.most = b.measured == 0 ? v : std::max(b.most, v);
  b.sum += v, b.squares += v * v, ++b.measured;
}

void order(Bucket& b, std::string_view text) {
  if (b.texts == 0 || text < b.first) b.first = text;
  if (b.texts == 0 || text > b.last) b.last = text;
  ++b.texts;
}

// A typed literal ({"@type": "DateTime", "@value": …}) counts as its value.
const tree::Value& plain(const tree::Value& v) {
  const tree::Value* inner = v.is_object() ? v.find("@value") : nullptr;
  return inner != nullptr ? *inner : v;
}

// What tells values apart: 1 and 1.0 are one.
std::string word_of(const tree::Value& v) {
  if (!v.is_number() || !std::isfinite(v.number())) return tree::to_text(v);
  tree::Arena arena(64);
  return std::string(arena.number(v.number()).text());
}

void add(Bucket& b, const Instance& i, bool distinct) {
  ++b.count;
  const tree::Value& v = plain(i.value);
  if (distinct) b.distinct.insert(word_of(v));
  if (i.kind != AttributeKind::property && i.kind != AttributeKind::list_property) return;
  if (v.is_number()) measure(b, v.number());
  if (v.is_bool()) measure(b, v.truth ? 1 : 0);
  if (v.is_array()) measure(b, static_cast<double>(v.count));
  if (v.is_string()) order(b, v.text());
}

double deviation(std::uint64_t count, double sum, double squares) {
  const double n = static_cast<double>(count), mean = sum / n;
  return std::sqrt(std::max(0.0, squares / n - mean * mean));
}

// One method of one period; false when it does not apply to what is there.
bool cell_of(const Bucket& b, AggregateMethod method, AggregateCell& cell) {
  using enum AggregateMethod;
  if (method == total_count) return cell.number = static_cast<double>(b.count), true;
  if (method == distinct_count) return cell.number = static_cast<double>(b.distinct.size()), true;
  if ((method == min || method == max) && b.measured == 0 && b.texts > 0) return cell.text = method == min ? b.first : b.last, true;
  if (b.measured == 0) return false;
  switch (method) {
    case sum: cell.number = b.sum; break;
    case avg: cell.number = b.sum / static_cast<double>(b.measured); break;
    case min: cell.number = b.least; break;
    case max: cell.number = b.most; break;
    case stddev: cell.number = deviation(b.measured, b.sum, b.squares); break;
    default: cell.number = b.squares; break;
  }
  return true;
}

std::vector<AggregateColumn> columns_of(const std::vector<Bucket>& buckets, const Aggregating& how, const Periods& periods) {
  std::vector<AggregateColumn> out;
  for (const AggregateMethod method : how.methods) {
    AggregateColumn column{method, {}};
    column.cells.reserve(buckets.size());
    for (const Bucket& b : buckets) {
      AggregateCell cell{periods.begin(b.number), periods.end(b.number), std::nullopt, {}};
      if (cell_of(b, method, cell)) column.cells.push_back(std::move(cell));
    }
    if (!column.cells.empty()) out.push_back(std::move(column));
  }
  return out;
}

// Roll-ups of the store have no distinct values: then 0 stands there, and so here.
Bucket bucket_of(std::int64_t number, const series::Aggregate& a) {
  Bucket b;
  b.number = number, b.count = b.measured = a.count, b.sum = a.sum, b.squares = a.sum_of_squares, b.least = a.min, b.most = a.max;
  return b;
}

}  // namespace

std::int64_t Periods::of(std::int64_t us) const {
  if (each.none()) return 0;
  if (each.months == 0) return (us - origin_us) / each.us;
  std::int64_t low = 0, high = kMostPeriods;
  while (low + 1 < high) {
    const std::int64_t middle = (low + high) / 2;
    (begin(middle) <= us ? low : high) = middle;
  }
  return low;
}

std::vector<AggregateColumn> aggregate(std::span<const Timed> instances, const Aggregating& how, const Periods& periods) {
  std::vector<Bucket> buckets;
  const bool distinct = how.has(AggregateMethod::distinct_count);
  for (const Timed& t : instances) {
    const std::int64_t number = periods.of(t.at_us);
    if (buckets.empty() || buckets.back().number != number) buckets.emplace_back().number = number;
    add(buckets.back(), *t.instance, distinct);
  }
  return columns_of(buckets, how, periods);
}

Result<std::vector<AggregateColumn>> aggregate(const series::Store& numbers, series::SeriesId id, series::Span span, const Aggregating& how, const Periods& periods) {
  const bool distinct = how.has(AggregateMethod::distinct_count);
  std::vector<Bucket> buckets;
  std::vector<std::uint64_t> different;
  const auto take = [&](series::Span part, std::int64_t period_us, std::int64_t fixed) -> Result<void> {
    MACHIYA_TRY(const auto list, numbers.aggregate(id, {part, period_us, periods.origin_us, distinct}));
    for (const series::Period& p : list) {
      buckets.push_back(bucket_of(period_us > 0 ? periods.of(p.from_us) : fixed, p.of));
      different.push_back(p.of.distinct);
    }
    return {};
  };
  if (periods.each.months == 0) {
    MACHIYA_CHECK(take(span, periods.each.us, 0));
  } else {
    MACHIYA_TRY(const auto newest, numbers.latest(id));
    if (newest && newest->time_us < span.to_us) span.to_us = newest->time_us + 1;
    for (std::int64_t n = 0; n < kMostPeriods && periods.begin(n) < span.to_us; ++n) {
      if (periods.end(n) <= span.from_us) continue;
      MACHIYA_CHECK(take({std::max(span.from_us, periods.begin(n)), std::min(span.to_us, periods.end(n))}, 0, n));
    }
  }
  std::vector<AggregateColumn> out = columns_of(buckets, how, periods);
  for (AggregateColumn& column : out)
    if (column.method == AggregateMethod::distinct_count)
      for (std::size_t i = 0; i < column.cells.size(); ++i) column.cells[i].number = static_cast<double>(different[i]);
  return out;
}

}  // namespace history
}  // namespace machiya::sense
