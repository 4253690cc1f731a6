#include "sense/entities/stamp.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/time.h"

namespace machiya::sense {
namespace {

constexpr std::size_t kSecondsLong = 19;   ///< of "2026-11-23T09:30:00"

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t n) {
  int out = 0;
  for (const char c : text.substr(from, n)) {
    if (c < '0' || c > '9') return std::nullopt;
    out = out * 10 + (c - '0');
  }
  return out;
}

// "2026-11-23" at the beginning of `text`, as µs.
std::optional<std::int64_t> day_of(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  const auto date = checked_date(*year, *month, *day);
  if (!date) return std::nullopt;
  return date->days * kDay;
}

}  // namespace

std::optional<Stamp> parse_stamp(std::string_view text) {
  if (text.size() < kSecondsLong + 1 || text.back() != 'Z' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return std::nullopt;
  const auto day = day_of(text);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::int64_t us = *day + *hour * kHour + *minute * kMinute + *second * kSecond;
  const std::string_view fraction = text.substr(kSecondsLong, text.size() - kSecondsLong - 1);
  if (!fraction.empty()) {
    if ((fraction[0] != '.' && fraction[0] != ',') || fraction.size() < 2 || fraction.size() > 10 || !digits(fraction, 1, 9)) return std::nullopt;
    std::int64_t unit = kSecond / 10;
    for (std::size_t i = 1; i < fraction.size() && unit > 0; ++i, unit /= 10) us += (fraction[i] - '0') * unit;
  }
  return Stamp{us, text};
}

std::optional<std::int64_t> parse_moment(std::string_view text) {
  if (text.size() == 10) return day_of(text);
  const auto stamp = parse_stamp(text);
  return stamp ? std::optional(stamp->us) : std::nullopt;
}

std::string stamp_text(std::int64_t us) {
  std::string out = to_iso_utc(Instant{us});   // …:00.123456Z
  if (out.ends_with("000Z")) out.replace(out.size() - 4, 4, "Z");
  return out;
}

}  // namespace machiya::sense
