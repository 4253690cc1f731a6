#include "base/time.h"

#include <chrono>
#include <cstdio>

namespace machiya {
namespace {
constexpr std::int64_t kJapanOffset = 9 * kHour;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool number(std::string_view s, std::size_t at, std::size_t width, int& out) {
  if (at + width > s.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    if (s[i] < '0' || s[i] > '9') return false;
    out = out * 10 + (s[i] - '0');
  }
  return true;
}
/// Writes `digits` decimal digits of a number that has no more, from `at` on.
void put_digits(std::string& out, std::size_t at, std::size_t digits, int value) {
  for (std::size_t i = digits; i-- > 0; value /= 10) out[at + i] = static_cast<char>('0' + value % 10);
}

}  // namespace

// Civil conversion after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
Date make_date(int y, int m, int d) {
  y -= m <= 2;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const unsigned yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153u * static_cast<unsigned>(m + (m > 2 ? -3 : 9)) + 2) / 5 + static_cast<unsigned>(d) - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return Date{era * 146097 + static_cast<int>(doe) - 719468};
}

YearMonthDay civil(Date date) {
  const int z = date.days + 719468;
  const int era = (z >= 0 ? z : z - 146096) / 146097;
  const unsigned doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {static_cast<int>(yoe) + era * 400 + (month <= 2), month, static_cast<int>(doy - (153 * mp + 2) / 5 + 1)};
}

int days_in_month(int year, int month) {
  static constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

std::optional<Date> checked_date(int year, int month, int day) {
  if (year < -9999 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return {};
  return make_date(year, month, day);
}

int weekday(Date date) { return static_cast<int>(((date.days % 7) + 11) % 7); }
Date add_days(Date date, int days) { return Date{date.days + days}; }

Date add_months(Date date, int months) {
  YearMonthDay c = civil(date);
  int index = c.year * 12 + (c.month - 1) + months;
  int year = static_cast<int>(floor_div(index, 12));
  int month = index - year * 12 + 1;
  int last = days_in_month(year, month);
  return make_date(year, month, c.day < last ? c.day : last);
}

int age_on(Date birth, Date on) {
  // The law adds a year at the end of the day before the birthday; for a whole-day question that is the birthday
  // itself, and 1 March (after 28 February's end) for someone born on 29 February.
  YearMonthDay b = civil(birth), o = civil(on);
  int years = o.year - b.year;
  if (o.month < b.month || (o.month == b.month && o.day < b.day)) --years;
  return years;
}

std::string to_iso(Date date) {
  const YearMonthDay c = civil(date);
  if (c.year < 0 || c.year > 9999) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", c.year, c.month, c.day);
    return buffer;
  }
  std::string out = "0000-00-00";   // lists write thousands of these
  put_digits(out, 0, 4, c.year), put_digits(out, 5, 2, c.month), put_digits(out, 8, 2, c.day);
  return out;
}

std::optional<Date> parse_iso_date(std::string_view s) {
  int y = 0, m = 0, d = 0;
  if (s.size() != 10 || s[4] != '-' || s[7] != '-' || !number(s, 0, 4, y) || !number(s, 5, 2, m) || !number(s, 8, 2, d)) return {};
  return checked_date(y, m, d);
}

Date date_in_japan(Instant t) { return Date{static_cast<std::int32_t>(floor_div(t.us + kJapanOffset, kDay))}; }
Instant start_of_day_in_japan(Date date) { return Instant{static_cast<std::int64_t>(date.days) * kDay - kJapanOffset}; }

std::string to_iso_japan(Instant t) {
  const std::int64_t local = t.us + kJapanOffset, day = floor_div(local, kDay), s = (local - day * kDay) / kSecond;
  std::string time = "T00:00:00+09:00";
  put_digits(time, 1, 2, static_cast<int>(s / 3600)), put_digits(time, 4, 2, static_cast<int>(s / 60 % 60)), put_digits(time, 7, 2, static_cast<int>(s % 60));
  return to_iso(Date{static_cast<std::int32_t>(day)}) + time;
}

std::string to_iso_utc(Instant t) {
  std::int64_t day = floor_div(t.us, kDay);
  std::int64_t us = t.us - day * kDay;
  std::int64_t s = us / kSecond;
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%sT%02d:%02d:%02d.%06dZ", to_iso(Date{static_cast<std::int32_t>(day)}).c_str(),
                static_cast<int>(s / 3600), static_cast<int>(s / 60 % 60), static_cast<int>(s % 60), static_cast<int>(us % kSecond));
  return buffer;
}

std::optional<Instant> parse_rfc3339(std::string_view s) {
  if (s.size() < 20 || (s[10] != 'T' && s[10] != 't' && s[10] != ' ')) return {};
  auto date = parse_iso_date(s.substr(0, 10));
  int h = 0, m = 0, sec = 0;
  if (!date || !number(s, 11, 2, h) || s[13] != ':' || !number(s, 14, 2, m) || s[16] != ':' || !number(s, 17, 2, sec)) return {};
  if (h > 23 || m > 59 || sec > 59) return {};
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (s[at] == '.') {
    std::int64_t scale = 100'000;
    std::size_t start = ++at;
    while (at < s.size() && s[at] >= '0' && s[at] <= '9') {
      fraction += (s[at++] - '0') * scale;
      scale /= 10;
    }
    if (at == start) return {};
  }
  if (at >= s.size()) return {};
  std::int64_t offset = 0;
  if (s[at] == 'Z' || s[at] == 'z') {
    ++at;
  } else {
    int oh = 0, om = 0;
    if ((s[at] != '+' && s[at] != '-') || at + 6 > s.size() || s[at + 3] != ':' || !number(s, at + 1, 2, oh) || !number(s, at + 4, 2, om)) return {};
    offset = (s[at] == '-' ? -1 : 1) * (oh * kHour + om * kMinute);
    at += 6;
  }
  if (at != s.size()) return {};
  return Instant{static_cast<std::int64_t>(date->days) * kDay + h * kHour + m * kMinute + sec * kSecond + fraction - offset};
}

std::string to_http_date(Instant t) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  Date date{static_cast<std::int32_t>(floor_div(t.us, kDay))};
  std::int64_t s = (t.us - static_cast<std::int64_t>(date.days) * kDay) / kSecond;
  YearMonthDay c = civil(date);
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[weekday(date)], c.day, months[c.month - 1], c.year,
                static_cast<int>(s / 3600), static_cast<int>(s / 60 % 60), static_cast<int>(s % 60));
  return buffer;
}

Instant SystemClock::now() const {
  using namespace std::chrono;
  return Instant{duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace machiya
