// Calendar and duration arithmetic.
#include "feel/temporal.h"

namespace machiya::feel {

// Days from civil and back: the proleptic Gregorian calendar counted in eras of 400 years from 1 March.
std::int64_t days_of(const CivilDate& d) {
  std::int64_t y = d.year - (d.month <= 2 ? 1 : 0);
  std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  std::int64_t yoe = y - era * 400;
  std::int64_t doy = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

CivilDate date_of_days(std::int64_t days) {
  days += 719468;
  std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  std::int64_t doe = days - era * 146097;
  std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  std::int64_t mp = (5 * doy + 2) / 153;
  CivilDate d;
  d.day = static_cast<std::int8_t>(doy - (153 * mp + 2) / 5 + 1);
  d.month = static_cast<std::int8_t>(mp < 10 ? mp + 3 : mp - 9);
  d.year = static_cast<std::int32_t>(yoe + era * 400 + (d.month <= 2 ? 1 : 0));
  return d;
}

int month_length(std::int64_t year, int month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool valid_date(std::int64_t year, std::int64_t month, std::int64_t day) {
  return year >= -999'999'999 && year <= 999'999'999 && month >= 1 && month <= 12 && day >= 1 &&
         day <= month_length(year, static_cast<int>(month));
}

CivilDate plus_months(const CivilDate& d, std::int64_t months) {
  std::int64_t total = static_cast<std::int64_t>(d.year) * 12 + d.month - 1 + months;
  std::int64_t year = (total >= 0 ? total : total - 11) / 12;
  int month = static_cast<int>(total - year * 12) + 1;
  int day = d.day, last = month_length(year, month);
  return {static_cast<std::int32_t>(year), static_cast<std::int8_t>(month),
          static_cast<std::int8_t>(day < last ? day : last)};
}

CivilDate to_civil(Date d) { return date_of_days(d.days); }

std::optional<Date> to_base_date(const CivilDate& d) {
  std::int64_t n = days_of(d);
  if (n < INT32_MIN || n > INT32_MAX) return std::nullopt;
  return Date{static_cast<std::int32_t>(n)};
}

__int128 total_nanos(const TimeDuration& d) { return static_cast<__int128>(d.seconds) * kNanosPerSecond + d.nanos; }

TimeDuration duration_of_nanos(__int128 nanos) {
  __int128 s = nanos / kNanosPerSecond, rest = nanos % kNanosPerSecond;
  if (rest < 0) {
    rest += kNanosPerSecond;
    --s;
  }
  return {static_cast<std::int64_t>(s), static_cast<std::int32_t>(rest)};
}

Decimal seconds_of(const TimeDuration& d) {
  __int128 n = total_nanos(d);
  bool negative = n < 0;
  return Decimal::make(negative, static_cast<unsigned __int128>(negative ? -n : n), -9).reduced();
}

std::optional<TimeDuration> duration_of_seconds(const Decimal& seconds) {
  Decimal n = seconds.rounded(9, Rounding::half_even);
  if (n.is_nan() || !(n.abs() < Decimal(INT64_MAX / 4))) return std::nullopt;
  Decimal whole = n.floor();
  Decimal part = (n - whole) * Decimal(kNanosPerSecond);
  auto s = whole.to_int64(), f = part.to_int64();
  if (!s || !f) return std::nullopt;
  return TimeDuration{*s, static_cast<std::int32_t>(*f)};
}

std::optional<std::int32_t> offset_of(const DateTime& t) {
  if (t.zone.kind == Zone::Kind::none) return std::nullopt;
  return zone_offset(t.zone, days_of(t.date), t.nanos / kNanosPerSecond);
}

std::optional<std::int32_t> offset_of(const TimeOfDay& t) {
  if (t.zone.kind == Zone::Kind::none) return std::nullopt;
  return zone_offset(t.zone, 0, t.nanos / kNanosPerSecond);
}

__int128 instant_nanos(const DateTime& t) {
  return static_cast<__int128>(days_of(t.date)) * kNanosPerDay + t.nanos -
         static_cast<__int128>(offset_of(t).value_or(0)) * kNanosPerSecond;
}

namespace {
DateTime of_local_nanos(__int128 n, Zone zone) {
  __int128 days = n / kNanosPerDay, rest = n % kNanosPerDay;
  if (rest < 0) {
    rest += kNanosPerDay;
    --days;
  }
  return {date_of_days(static_cast<std::int64_t>(days)), static_cast<std::int64_t>(rest), zone};
}
}  // namespace

DateTime date_time_of(Instant t, std::int32_t offset) {
  __int128 n = static_cast<__int128>(t.us) * 1000 + static_cast<__int128>(offset) * kNanosPerSecond;
  return of_local_nanos(n, Zone{Zone::Kind::offset, 0, offset});
}

DateTime plus(const DateTime& t, const TimeDuration& d) {
  return of_local_nanos(static_cast<__int128>(days_of(t.date)) * kNanosPerDay + t.nanos + total_nanos(d), t.zone);
}

std::optional<DateTime> plus(const DateTime& t, const MonthDuration& d) {
  constexpr std::int64_t kMost = 2'000'000'000LL * 12;
  if (d.months > kMost || d.months < -kMost) return std::nullopt;
  std::int64_t year = (static_cast<std::int64_t>(t.date.year) * 12 + d.months) / 12;
  if (year > 999'999'998 || year < -999'999'998) return std::nullopt;
  DateTime r = t;
  r.date = plus_months(t.date, d.months);
  return r;
}

MonthDuration months_between(const DateTime& a, const DateTime& b) {
  auto ordinal = [](const DateTime& t) { return static_cast<std::int64_t>(t.date.year) * 12 + t.date.month - 1; };
  std::int64_t months = ordinal(b) - ordinal(a);
  int rest = b.date.day - a.date.day;  // times of day do not count
  if (months > 0 && rest < 0) --months;
  if (months < 0 && rest > 0) ++months;
  return {months};
}

}  // namespace machiya::feel
