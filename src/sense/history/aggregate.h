// Aggregated temporal representation (§4.5.19): methods over periods.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sense/history/duration.h"
#include "sense/history/past.h"

namespace machiya::sense {

enum class AggregateMethod : std::uint8_t { total_count, distinct_count, sum, avg, min, max, stddev, sumsq };
/// "totalCount" …
std::string_view method_name(AggregateMethod method);

struct Aggregating {
  std::vector<AggregateMethod> methods;   ///< at least one
  Duration period;                        ///< none(): the whole span
  /// Words in a list; malformed_request for an unknown one and for no duration. An empty duration is PT0S.
  static Result<Aggregating> parse(std::span<const std::string_view> methods, std::string_view duration);
  bool has(AggregateMethod method) const;
};

/// One result of one method in one period.
struct AggregateCell {
  std::int64_t from_us = 0, to_us = 0;
  std::optional<double> number;
  std::string text;                       ///< min and max of texts
};
/// All results of one method, by time. Periods without a value to which the method applies are not there.
struct AggregateColumn {
  AggregateMethod method = AggregateMethod::avg;
  std::vector<AggregateCell> cells;
};

namespace history {

/// Where periods begin: the first one at `origin_us`; the last one ends at `end_us` when there is only one.
struct Periods {
  std::int64_t origin_us = 0, end_us = 0;
  Duration each;
  std::int64_t begin(std::int64_t n) const { return each.after(origin_us, n); }
  std::int64_t end(std::int64_t n) const { return each.none() ? end_us : begin(n + 1); }
  /// The number of the period that holds `us` ≥ origin_us.
  std::int64_t of(std::int64_t us) const;
};

/// What plain numbers of one column come to; `at` is the time that counts (§4.11).
struct Timed {
  std::int64_t at_us = 0;
  const Instance* instance = nullptr;
};
/// Any kinds (table 4.5.19.1-1): numbers as they are, booleans as 0 and 1, lists by their length, texts and dates by their order (min, max); everything else is
/// counted only. By time.
std::vector<AggregateColumn> aggregate(std::span<const Timed> instances, const Aggregating& how, const Periods& periods);
/// A column of numbers alone, straight from the store of series.
Result<std::vector<AggregateColumn>> aggregate(const series::Store& numbers, series::SeriesId series, series::Span span, const Aggregating& how, const Periods& periods);

}  // namespace history
}  // namespace machiya::sense
