#include "ask/cases/period.h"

#include <charconv>

namespace machiya::cases {
namespace {

/// Reads digits at `at`; nothing when there are none or too many.
std::optional<int> read_number(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  if (end == at || end - at > 6) return std::nullopt;
  int value = 0;
  std::from_chars(text.data() + at, text.data() + end, value);
  at = end;
  return value;
}

std::optional<Period> working_days(std::string_view text) {
  std::size_t at = 0;
  auto n = read_number(text, at);
  if (!n || (text.substr(at) != " working days" && text.substr(at) != " working day")) return std::nullopt;
  Period out;
  out.working_days = *n, out.present = true;
  return out;
}

bool apply_unit(Period& p, bool in_time, char unit, int n) {
  if (!in_time) {
    if (unit == 'Y') return p.months += 12 * n, true;
    if (unit == 'M') return p.months += n, true;
    if (unit == 'D') return p.days += n, true;
    return false;
  }
  if (unit == 'H') return p.us += n * kHour, true;
  if (unit == 'M') return p.us += n * kMinute, true;
  if (unit == 'S') return p.us += n * kSecond, true;
  return false;
}

}  // namespace

std::optional<Period> parse_period(std::string_view text) {
  if (text.empty() || text[0] != 'P') return working_days(text);
  Period out;
  bool in_time = false, any = false;
  for (std::size_t at = 1; at < text.size();) {
    if (text[at] == 'T' && !in_time) {
      in_time = true, any = false, ++at;
      continue;
    }
    auto n = read_number(text, at);
    if (!n || at >= text.size() || !apply_unit(out, in_time, text[at], *n)) return std::nullopt;
    ++at, any = true;
  }
  if (!any) return std::nullopt;
  out.present = true;
  return out;
}

Instant add_period(Instant from, const Period& period, const WorkingDay& is_working_day) {
  Date day = date_in_japan(from);
  const std::int64_t of_day = from.us - start_of_day_in_japan(day).us;
  day = add_days(add_months(day, period.months), period.days);
  for (int left = period.working_days; left > 0;) {
    day = add_days(day, 1);
    if (is_working_day(day)) --left;
  }
  return {start_of_day_in_japan(day).us + of_day + period.us};
}

}  // namespace machiya::cases
