// Dates, times, date-times with offsets or zones, and the two kinds of durations of FEEL. Pure values.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "feel/decimal.h"

namespace machiya::feel {

/// None (local time), a fixed offset from UTC, or an IANA zone by its number in zones.def.
struct Zone {
  enum class Kind : std::uint8_t { none, offset, id };
  Kind kind = Kind::none;
  std::int16_t id = 0;
  std::int32_t offset = 0;  ///< seconds east of UTC, for Kind::offset
  friend bool operator==(const Zone&, const Zone&) = default;
};
/// The zone "Asia/Tokyo", "Etc/UTC" …; nothing when it is unknown.
std::optional<Zone> find_zone(std::string_view name);
std::string_view zone_name(const Zone& zone);
/// Seconds east of UTC for a local civil time (days since 1970, second of day) in a zone, by the zone's present rule.
std::int32_t zone_offset(const Zone& zone, std::int64_t days, std::int64_t second_of_day);
inline constexpr std::int32_t kJapanOffset = 9 * 3600;

/// A date of the proleptic Gregorian calendar with years of up to nine digits.
struct CivilDate {
  std::int32_t year = 1970;
  std::int8_t month = 1;
  std::int8_t day = 1;
  friend auto operator<=>(const CivilDate&, const CivilDate&) = default;
};
std::int64_t days_of(const CivilDate& d);       ///< days since 1970-01-01
CivilDate date_of_days(std::int64_t days);
bool valid_date(std::int64_t year, std::int64_t month, std::int64_t day);
int month_length(std::int64_t year, int month);
/// The same day some months later, or that month's last day.
CivilDate plus_months(const CivilDate& d, std::int64_t months);
CivilDate to_civil(Date d);
std::optional<Date> to_base_date(const CivilDate& d);

struct TimeOfDay {
  std::int64_t nanos = 0;  ///< since midnight
  Zone zone;
};
struct DateTime {
  CivilDate date;
  std::int64_t nanos = 0;  ///< since midnight
  Zone zone;
};
/// Whole months, signed.
struct MonthDuration {
  std::int64_t months = 0;
  friend auto operator<=>(const MonthDuration&, const MonthDuration&) = default;
};
/// Seconds (rounded down) and nanoseconds 0..999,999,999 upon them.
struct TimeDuration {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  friend auto operator<=>(const TimeDuration&, const TimeDuration&) = default;
};
__int128 total_nanos(const TimeDuration& d);
TimeDuration duration_of_nanos(__int128 nanos);
/// Seconds as a decimal number and back (nanoseconds are the finest).
Decimal seconds_of(const TimeDuration& d);
std::optional<TimeDuration> duration_of_seconds(const Decimal& seconds);

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNanosPerDay = 86'400 * kNanosPerSecond;

/// The texts of XML Schema part 2 as DMN 10.3.2.3.4–8 uses them; nothing when malformed or impossible.
std::optional<CivilDate> parse_date(std::string_view s);
std::optional<TimeOfDay> parse_time(std::string_view s);
std::optional<DateTime> parse_date_time(std::string_view s);
std::optional<MonthDuration> parse_month_duration(std::string_view s);
std::optional<TimeDuration> parse_time_duration(std::string_view s);
std::string to_text(const CivilDate& d);
std::string to_text(const TimeOfDay& t);
std::string to_text(const DateTime& t);
std::string to_text(const MonthDuration& d);
std::string to_text(const TimeDuration& d);

/// Offset in seconds that applies at this date-time or time (zones of a time alone: at 1970-01-01); none when local.
std::optional<std::int32_t> offset_of(const DateTime& t);
std::optional<std::int32_t> offset_of(const TimeOfDay& t);
/// Nanoseconds since 1970-01-01T00:00:00Z; a local value is read as UTC.
__int128 instant_nanos(const DateTime& t);
DateTime date_time_of(Instant t, std::int32_t offset);
DateTime plus(const DateTime& t, const TimeDuration& d);
std::optional<DateTime> plus(const DateTime& t, const MonthDuration& d);
/// Whole months from a to b, towards zero (DMN "years and months duration").
MonthDuration months_between(const DateTime& a, const DateTime& b);

}  // namespace machiya::feel
