#include <algorithm>
#include <iterator>

#include "feel/temporal.h"

namespace machiya::feel {
namespace {

struct ZoneRow {
  std::string_view name, rule;
};
constexpr ZoneRow kZones[] = {
#define MACHIYA_ZONE(name, rule) {name, rule},
#include "feel/zones.def"
#undef MACHIYA_ZONE
};

// A POSIX TZ rule (IEEE 1003.1 §8.3), e.g. CET-1CEST,M3.5.0,M10.5.0/3. Offsets are kept east of UTC.
struct Change {
  enum class Kind { month_week_day, julian, zero_based } kind = Kind::month_week_day;
  int month = 0, week = 0, day = 0;
  std::int32_t second = 7200;
};
struct Rule {
  std::int32_t standard = 0, summer = 0;
  bool has_summer = false;
  Change begin, end;
};

class RuleReader {
 public:
  explicit RuleReader(std::string_view s) : s_(s) {}
  Rule read() {
    Rule r;
    skip_name();
    r.standard = -time();
    r.summer = r.standard + 3600;
    if (at_ >= s_.size()) return r;
    r.has_summer = true;
    skip_name();
    if (at_ < s_.size() && s_[at_] != ',') r.summer = -time();
    r.begin = change();
    r.end = change();
    return r;
  }

 private:
  void skip_name() {
    if (at_ < s_.size() && s_[at_] == '<') {
      while (at_ < s_.size() && s_[at_++] != '>') {
      }
      return;
    }
    while (at_ < s_.size() && ((s_[at_] | 32) >= 'a' && (s_[at_] | 32) <= 'z')) ++at_;
  }
  int number() {
    int n = 0;
    while (at_ < s_.size() && s_[at_] >= '0' && s_[at_] <= '9') n = n * 10 + (s_[at_++] - '0');
    return n;
  }
  bool take(char c) {
    if (at_ >= s_.size() || s_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::int32_t time() {
    bool minus = take('-');
    if (!minus) take('+');
    std::int32_t t = number() * 3600;
    if (take(':')) t += number() * 60;
    if (take(':')) t += number();
    return minus ? -t : t;
  }
  Change change() {
    Change c;
    take(',');
    if (take('M')) {
      c.month = number();
      take('.');
      c.week = number();
      take('.');
      c.day = number();
    } else {
      c.kind = take('J') ? Change::Kind::julian : Change::Kind::zero_based;
      c.day = number();
    }
    if (take('/')) c.second = time();
    return c;
  }
  std::string_view s_;
  std::size_t at_ = 0;
};

// Local second since 1970 (by the clock in force before the change) at which the change happens in a year.
std::int64_t moment(const Change& c, std::int32_t year) {
  std::int64_t day;
  if (c.kind == Change::Kind::month_week_day) {
    std::int64_t first = days_of({year, static_cast<std::int8_t>(c.month), 1});
    int weekday = static_cast<int>(((first + 4) % 7 + 7) % 7);
    int d = (c.day - weekday + 7) % 7 + (c.week - 1) * 7;
    if (d >= month_length(year, c.month)) d -= 7;
    day = first + d;
  } else {
    bool after_leap_day = c.kind == Change::Kind::julian && c.day >= 60 && month_length(year, 2) == 29;
    day = days_of({year, 1, 1}) + (c.kind == Change::Kind::julian ? c.day - 1 + after_leap_day : c.day);
  }
  return day * 86400 + c.second;
}

}  // namespace

std::optional<Zone> find_zone(std::string_view name) {
  const auto* at = std::lower_bound(std::begin(kZones), std::end(kZones), name,
                                    [](const ZoneRow& row, std::string_view n) { return row.name < n; });
  if (at == std::end(kZones) || at->name != name) return std::nullopt;
  return Zone{Zone::Kind::id, static_cast<std::int16_t>(at - std::begin(kZones)), 0};
}

std::string_view zone_name(const Zone& zone) {
  return zone.kind == Zone::Kind::id ? kZones[zone.id].name : std::string_view{};
}

std::int32_t zone_offset(const Zone& zone, std::int64_t days, std::int64_t second_of_day) {
  if (zone.kind != Zone::Kind::id) return zone.offset;
  Rule r = RuleReader(kZones[zone.id].rule).read();
  if (!r.has_summer) return r.standard;
  std::int32_t year = date_of_days(days).year;
  std::int64_t now = days * 86400 + second_of_day;
  // The clock jumps from standard time at `begin` and from summer time at `end`; in the gap summer time holds.
  std::int64_t begin = moment(r.begin, year), end = moment(r.end, year);
  bool summer = begin < end ? now >= begin && now < end : now >= begin || now < end;
  return summer ? r.summer : r.standard;
}

}  // namespace machiya::feel
