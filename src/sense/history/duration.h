// ISO 8601 durations (§4.5.19, aggrPeriodDuration): "PT1H", "P1D", "P1Y2M", "PT0S".
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace machiya::sense {

/// Months are of the calendar (UTC), everything below them is of fixed length.
struct Duration {
  std::int64_t months = 0;
  std::int64_t us = 0;
  /// PT0S: the whole span.
  bool none() const { return months == 0 && us == 0; }
  /// `from_us` and `times` of this duration; the last day of a month when it has no such day.
  std::int64_t after(std::int64_t from_us, std::int64_t times = 1) const;
};

/// Nothing for what is no duration, for a negative one and for more than 9,999 years. Weeks stand alone; the smallest part may have a decimal fraction
/// (not years and months).
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace machiya::sense
