// Periods as definitions write them: ISO 8601 durations ("P14D", "P5Y", "PT12H") and "10 working days".
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace machiya::cases {

struct Period {
  int months = 0;              ///< years are twelve
  int days = 0;
  std::int64_t us = 0;         ///< hours, minutes, seconds
  int working_days = 0;
  bool present = false;
  bool zero() const { return months == 0 && days == 0 && us == 0 && working_days == 0; }
};
/// "P14D", "P1Y6M", "PT0S", "P1DT12H", "10 working days". Weeks are not used (docs/definitions.md).
std::optional<Period> parse_period(std::string_view text);

/// Is the city hall open on that day? Plugged by app with locale's calendar.
using WorkingDay = std::function<bool(Date)>;

/// The instant that lies a period after `from`; civil parts count in Japan.
Instant add_period(Instant from, const Period& period, const WorkingDay& is_working_day);

}  // namespace machiya::cases
