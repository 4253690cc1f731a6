// Instants, civil dates and the clock. Time is always zoned: instants are UTC, civil values belong to Japan
// Standard Time (UTC+9 without daylight saving since 1952) unless a type says otherwise.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace machiya {

/// Microseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t us = 0;
  friend auto operator<=>(const Instant&, const Instant&) = default;
};
inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kDay = 24 * kHour;

/// A civil date of the proleptic Gregorian calendar, as days since 1970-01-01.
struct Date {
  std::int32_t days = 0;
  friend auto operator<=>(const Date&, const Date&) = default;
};
struct YearMonthDay {
  int year = 1970;
  int month = 1;
  int day = 1;
};

Date make_date(int year, int month, int day);
/// Nothing when the day does not exist (2026-02-29).
std::optional<Date> checked_date(int year, int month, int day);
YearMonthDay civil(Date date);
/// 0 = Sunday … 6 = Saturday.
int weekday(Date date);
Date add_days(Date date, int days);
/// The same day some months later, or the month's last day.
Date add_months(Date date, int months);
int days_in_month(int year, int month);
/// Whole years from `birth` to `on`. A person born on 29 February ages on 28 February's end (年齢計算ニ関スル法律, 民法143条).
int age_on(Date birth, Date on);
/// "2026-04-01".
std::string to_iso(Date date);
std::optional<Date> parse_iso_date(std::string_view text);

/// Civil date in Japan at an instant.
Date date_in_japan(Instant t);
/// Midnight in Japan.
Instant start_of_day_in_japan(Date date);
/// "2026-04-01T09:30:00+09:00" (seconds).
std::string to_iso_japan(Instant t);
/// "2026-04-01T00:30:00.000000Z".
std::string to_iso_utc(Instant t);
/// RFC 3339 with an offset or Z.
std::optional<Instant> parse_rfc3339(std::string_view text);
/// "Sun, 22 Nov 2026 15:21:33 GMT" (RFC 9110 §5.6.7).
std::string to_http_date(Instant t);

/// The only source of "now". Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  Date today() const { return date_in_japan(now()); }
};
/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};
/// A clock that tests and scenarios set. Not for concurrent setting.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Instant t) : t_(t) {}
  Instant now() const override { return t_; }
  void set(Instant t) { t_ = t; }
  void advance(std::int64_t us) { t_.us += us; }

 private:
  Instant t_;
};

}  // namespace machiya
