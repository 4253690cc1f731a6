// Reading and writing of dates, times and durations.
#include <cstdio>
#include <cstdlib>

#include "feel/temporal.h"

namespace machiya::feel {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view s) : s_(s) {}
  bool done() const { return at_ == s_.size(); }
  char peek() const { return at_ < s_.size() ? s_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  std::string_view rest() const { return s_.substr(at_); }
  /// Between `least` and `most` digits.
  std::optional<std::int64_t> digits(int least, int most) {
    std::int64_t n = 0;
    int count = 0;
    while (count < most && peek() >= '0' && peek() <= '9') {
      n = n * 10 + (s_[at_++] - '0');
      ++count;
    }
    last_count_ = count;
    if (count < least || (peek() >= '0' && peek() <= '9')) return std::nullopt;
    return n;
  }
  int last_count() const { return last_count_; }
  /// The digits after a point as nanoseconds; further digits are cut off.
  std::optional<std::int64_t> fraction() {
    std::int64_t n = 0;
    int count = 0;
    for (; peek() >= '0' && peek() <= '9'; ++count, ++at_)
      if (count < 9) n = n * 10 + (s_[at_] - '0');
    if (count == 0) return std::nullopt;
    for (; count < 9; ++count) n *= 10;
    return n;
  }

 private:
  std::string_view s_;
  std::size_t at_ = 0;
  int last_count_ = 0;
};

std::optional<CivilDate> read_date(Reader& r) {
  bool negative = r.take('-');
  bool zero_first = r.peek() == '0';
  auto year = r.digits(4, 9);
  if (!year || (zero_first && r.last_count() > 4) || !r.take('-')) return std::nullopt;
  auto month = r.digits(2, 2);
  if (!month || !r.take('-')) return std::nullopt;
  auto day = r.digits(2, 2);
  std::int64_t y = negative ? -*year : *year;
  if (!day || !valid_date(y, *month, *day)) return std::nullopt;
  return CivilDate{static_cast<std::int32_t>(y), static_cast<std::int8_t>(*month), static_cast<std::int8_t>(*day)};
}

std::optional<Zone> read_zone(Reader& r) {
  if (r.done()) return Zone{};
  if (r.take('@')) {
    auto zone = find_zone(r.rest());
    return zone;
  }
  if (r.take('Z')) return r.done() ? std::optional<Zone>(Zone{Zone::Kind::offset, 0, 0}) : std::nullopt;
  bool minus = r.take('-');
  if (!minus && !r.take('+')) return std::nullopt;
  auto h = r.digits(2, 2);
  if (!h || !r.take(':')) return std::nullopt;
  auto m = r.digits(2, 2);
  std::optional<std::int64_t> s = 0;
  if (m && r.take(':')) s = r.digits(2, 2);
  if (!m || !s || *m > 59 || *s > 59 || !r.done()) return std::nullopt;
  std::int64_t offset = *h * 3600 + *m * 60 + *s;
  if (offset > 18 * 3600) return std::nullopt;
  return Zone{Zone::Kind::offset, 0, static_cast<std::int32_t>(minus ? -offset : offset)};
}

// The time of day; `next_day` is set for 24:00:00.
std::optional<TimeOfDay> read_time(Reader& r, bool& next_day) {
  auto h = r.digits(2, 2);
  if (!h || !r.take(':')) return std::nullopt;
  auto m = r.digits(2, 2);
  if (!m || !r.take(':')) return std::nullopt;
  auto s = r.digits(2, 2);
  if (!s) return std::nullopt;
  std::optional<std::int64_t> f = 0;
  if (r.take('.')) f = r.fraction();
  if (!f || *m > 59 || *s > 59 || *h > 24) return std::nullopt;
  next_day = *h == 24;
  if (next_day && (*m != 0 || *s != 0 || *f != 0)) return std::nullopt;
  auto zone = read_zone(r);
  if (!zone) return std::nullopt;
  TimeOfDay t;
  t.nanos = next_day ? 0 : ((*h * 60 + *m) * 60 + *s) * kNanosPerSecond + *f;
  t.zone = *zone;
  return t;
}

void append_zone(const Zone& zone, std::string& out) {
  if (zone.kind == Zone::Kind::none) return;
  if (zone.kind == Zone::Kind::id) {
    out += '@';
    out += zone_name(zone);
    return;
  }
  if (zone.offset == 0) {
    out += 'Z';
    return;
  }
  int v = std::abs(zone.offset);
  char text[16];
  int n = std::snprintf(text, sizeof text, "%c%02d:%02d", zone.offset < 0 ? '-' : '+', v / 3600, v / 60 % 60);
  out.append(text, static_cast<std::size_t>(n));
  if (v % 60) {
    n = std::snprintf(text, sizeof text, ":%02d", v % 60);
    out.append(text, static_cast<std::size_t>(n));
  }
}

void append_fraction(std::int64_t nanos, std::string& out) {
  if (nanos == 0) return;
  char text[16];
  std::snprintf(text, sizeof text, ".%09d", static_cast<int>(nanos));
  std::string_view s(text);
  while (s.back() == '0') s.remove_suffix(1);
  out += s;
}

void append_clock(std::int64_t nanos, std::string& out) {
  auto s = static_cast<int>(nanos / kNanosPerSecond);
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  out += text;
  append_fraction(nanos % kNanosPerSecond, out);
}

}  // namespace

std::optional<CivilDate> parse_date(std::string_view s) {
  Reader r(s);
  auto d = read_date(r);
  return d && r.done() ? d : std::nullopt;
}

std::optional<TimeOfDay> parse_time(std::string_view s) {
  Reader r(s);
  bool next_day = false;
  return read_time(r, next_day);
}

std::optional<DateTime> parse_date_time(std::string_view s) {
  Reader r(s);
  auto d = read_date(r);
  if (!d) return std::nullopt;
  if (r.done()) return DateTime{*d, 0, {}};
  if (!r.take('T')) return std::nullopt;
  bool next_day = false;
  auto t = read_time(r, next_day);
  if (!t) return std::nullopt;
  if (next_day) d = date_of_days(days_of(*d) + 1);
  return DateTime{*d, t->nanos, t->zone};
}

std::optional<MonthDuration> parse_month_duration(std::string_view s) {
  Reader r(s);
  bool negative = r.take('-');
  if (!r.take('P')) return std::nullopt;
  std::int64_t months = 0;
  bool any = false;
  auto n = r.digits(1, 15);
  if (!n) return std::nullopt;
  if (r.take('Y')) {
    months = *n * 12;
    any = true;
    if (!r.done()) {
      n = r.digits(1, 15);
      any = n && r.take('M');
      if (any) months += *n;
    }
  } else if (r.take('M')) {
    months = *n;
    any = true;
  }
  if (!any || !r.done()) return std::nullopt;
  return MonthDuration{negative ? -months : months};
}

std::optional<TimeDuration> parse_time_duration(std::string_view s) {
  Reader r(s);
  bool negative = r.take('-');
  if (!r.take('P') || r.done()) return std::nullopt;
  __int128 nanos = 0;
  constexpr __int128 kMost = static_cast<__int128>(INT64_MAX / 2) * kNanosPerSecond;
  if (r.peek() != 'T') {
    auto days = r.digits(1, 15);
    if (!days || !r.take('D')) return std::nullopt;
    nanos = static_cast<__int128>(*days) * kNanosPerDay;
  }
  if (r.take('T')) {
    if (r.done()) return std::nullopt;
    int stage = 0;  // units may come once and in the order H, M, S only
    while (!r.done()) {
      auto n = r.digits(1, 17);
      if (!n) return std::nullopt;
      std::int64_t f = 0;
      bool point = r.take('.');
      if (point) {
        if (r.peek() != 'S') f = r.fraction().value_or(-1);
        if (f < 0) return std::nullopt;
      }
      std::int64_t unit;
      int next;
      if (!point && r.take('H')) {
        unit = 3600, next = 1;
      } else if (!point && r.take('M')) {
        unit = 60, next = 2;
      } else if (r.take('S')) {
        unit = 1, next = 3;
      } else {
        return std::nullopt;
      }
      if (next <= stage) return std::nullopt;
      stage = next;
      nanos += static_cast<__int128>(*n) * unit * kNanosPerSecond + f;
      if (nanos > kMost) return std::nullopt;
    }
  }
  if (!r.done() || nanos > kMost) return std::nullopt;
  return duration_of_nanos(negative ? -nanos : nanos);
}

std::string to_text(const CivilDate& d) {
  char text[24];
  std::snprintf(text, sizeof text, "%s%04d-%02d-%02d", d.year < 0 ? "-" : "", std::abs(d.year), d.month, d.day);
  return text;
}

std::string to_text(const TimeOfDay& t) {
  std::string out;
  append_clock(t.nanos, out);
  append_zone(t.zone, out);
  return out;
}

std::string to_text(const DateTime& t) {
  std::string out = to_text(t.date) + 'T';
  append_clock(t.nanos, out);
  append_zone(t.zone, out);
  return out;
}

std::string to_text(const MonthDuration& d) {
  if (d.months == 0) return "P0M";
  bool negative = d.months < 0;
  std::uint64_t m = negative ? ~static_cast<std::uint64_t>(d.months) + 1 : static_cast<std::uint64_t>(d.months);
  std::string out = negative ? "-P" : "P";
  if (m / 12) out += std::to_string(m / 12) + 'Y';
  if (m % 12) out += std::to_string(m % 12) + 'M';
  return out;
}

std::string to_text(const TimeDuration& d) {
  __int128 n = total_nanos(d);
  if (n == 0) return "PT0S";
  std::string out = n < 0 ? "-P" : "P";
  if (n < 0) n = -n;
  auto seconds = static_cast<std::int64_t>(n / kNanosPerSecond);
  auto rest = static_cast<std::int64_t>(n % kNanosPerSecond);
  if (seconds / 86400) out += std::to_string(seconds / 86400) + 'D';
  seconds %= 86400;
  if (seconds == 0 && rest == 0) return out;
  out += 'T';
  if (seconds / 3600) out += std::to_string(seconds / 3600) + 'H';
  if (seconds / 60 % 60) out += std::to_string(seconds / 60 % 60) + 'M';
  if (seconds % 60 || rest) {
    out += std::to_string(seconds % 60);
    append_fraction(rest, out);
    out += 'S';
  }
  return out;
}

}  // namespace machiya::feel
