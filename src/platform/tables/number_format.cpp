#include "platform/tables/number_format.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include "base/time.h"
#include "platform/tables/table_file.h"

namespace machiya::tables {
namespace {

std::optional<double> finite(std::string_view text) {
  double d = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), d);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(d)) return std::nullopt;
  return d;
}

}  // namespace

bool shows_day(int id) { return (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 58); }

bool shows_day(std::string_view code) {
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == ';') return false;   // the first section is for the usual, positive values
    if (c == '"' || c == '[') {
      const std::size_t end = code.find(c == '"' ? '"' : ']', i + 1);
      if (end == std::string_view::npos) return false;
      i = end;
    } else if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == 'y' || c == 'Y' || c == 'd' || c == 'D' || c == 'g' || c == 'G' || c == 'e') {
      if ((c == 'G' || c == 'g') && code.substr(i, 7) == "General") return false;
      return true;   // 'E' is the exponent of scientific numbers, 'e' alone the year of an era
    }
  }
  return false;
}

std::string plain_number(std::string_view text) {
  const auto d = finite(text);
  if (!d || std::fabs(*d) >= 1e300) return {};
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.15g", *d);
  const auto rounded = finite(digits);
  if (!rounded) return {};
  char plain[512];
  const auto [end, error] = std::to_chars(plain, plain + sizeof plain, *rounded, std::chars_format::fixed);
  if (error != std::errc()) return {};
  const std::string_view out(plain, static_cast<std::size_t>(end - plain));
  return out == "-0" ? "0" : std::string(out);
}

std::optional<std::string> day_of_serial(std::string_view number, bool days_from_1904) {
  const auto d = finite(number);
  if (!d || *d < (days_from_1904 ? 0 : 1) || *d >= 2'958'466) return std::nullopt;   // 9999-12-31 is 2958465
  auto days = static_cast<int>(*d);
  const double fraction = *d - days;
  // 1900 counts a 29 February that never was: serial 60, and one too much from there on.
  if (!days_from_1904 && days == 60) return std::nullopt;
  const Date base = days_from_1904 ? make_date(1904, 1, 1) : days < 60 ? make_date(1899, 12, 31) : make_date(1899, 12, 30);
  const Date day = add_days(base, days);
  if (day > make_date(9999, 12, 31)) return std::nullopt;
  std::string out = to_iso(day);
  const int minutes = static_cast<int>(std::lround(fraction * 24 * 60));
  if (minutes > 0 && minutes < 24 * 60) {
    char clock[16];
    std::snprintf(clock, sizeof clock, "T%02d:%02d", minutes / 60, minutes % 60);
    out += clock;
  }
  return out;
}

}  // namespace machiya::tables
