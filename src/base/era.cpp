#include "base/era.h"

#include <array>

#include "base/text.h"

namespace machiya {
namespace {

const std::array<Era, 5>& table() {
  static const std::array<Era, 5> eras = {{
      {"令和", "Reiwa", 'R', make_date(2019, 5, 1), make_date(9999, 12, 31)},
      {"平成", "Heisei", 'H', make_date(1989, 1, 8), make_date(2019, 4, 30)},
      {"昭和", "Showa", 'S', make_date(1926, 12, 25), make_date(1989, 1, 7)},
      // 30 July 1912 and 25 December 1926 belong to both eras' rescripts; the new era has the whole day.
      {"大正", "Taisho", 'T', make_date(1912, 7, 30), make_date(1926, 12, 24)},
      {"明治", "Meiji", 'M', make_date(1868, 1, 25), make_date(1912, 7, 29)},
  }};
  return eras;
}

struct Cursor {
  std::string text;
  std::size_t at = 0;

  bool done() const { return at >= text.size(); }
  bool take(std::string_view word) {
    if (text.compare(at, word.size(), word) != 0) return false;
    at += word.size();
    return true;
  }
  /// 1 to `width` digits; 0 digits is a failure.
  bool number(std::size_t width, int& out) {
    std::size_t from = at;
    out = 0;
    while (at < text.size() && at - from < width && text[at] >= '0' && text[at] <= '9') out = out * 10 + (text[at++] - '0');
    return at > from;
  }
  bool separator() { return take("/") || take("-") || take("."); }
};

/// Width folded, spaces dropped, letters upper case, ㋿ spelled out.
std::string normal(std::string_view typed) {
  std::string out;
  std::string folded = fold_width(typed);
  for (std::size_t at = 0; at < folded.size();) {
    char32_t c = next_code_point(folded, at);
    if (c == U' ' || c == U'\t' || c == U'\n' || c == U'\r') continue;
    if (c == 0x32FF) out += "令和";
    else if (c == 0x337B) out += "平成";
    else if (c == 0x337C) out += "昭和";
    else if (c == 0x337D) out += "大正";
    else if (c == 0x337E) out += "明治";
    else if (c >= U'a' && c <= U'z') out += static_cast<char>(c - 32);
    else append_utf8(c, out);
  }
  return out;
}

const Era* take_era(Cursor& in) {
  for (const Era& era : table())
    if (in.take(era.name)) return &era;
  for (const Era& era : table())
    if (in.take(std::string_view(&era.letter, 1))) return &era;
  return nullptr;
}

bool take_era_year(Cursor& in, int& year) {
  if (in.take("元")) {
    year = 1;
    return true;
  }
  return in.number(2, year) && year > 0;
}

Error bad(const char* detail) { return Error(ErrorCode::invalid_input, detail); }

Result<TypedDate> compose(const Era* era, int year, int month, int day) {
  // 明治元年 is 1868: its months before the era's first day count as the era's too in the lunisolar calendar.
  if (era != nullptr) year += civil(era->first).year - 1;
  auto date = checked_date(year, month, day);
  if (!date || year < 1) return bad("no-such-day");
  if (era != nullptr && (*date < era->first || *date > era->last)) return bad("outside-era");
  return TypedDate{*date, era != nullptr && *date < make_date(1873, 1, 1)};
}

}  // namespace

std::span<const Era> eras() { return table(); }

const Era* era_of(Date date) {
  for (const Era& era : table())
    if (date >= era.first && date <= era.last) return &era;
  return nullptr;
}

const Era* era_by_name(std::string_view name) {
  for (const Era& era : table())
    if (name == era.name || name == std::string_view(&era.letter, 1)) return &era;
  return nullptr;
}

std::string to_wareki(Date date) {
  YearMonthDay c = civil(date);
  std::string tail = "年" + std::to_string(c.month) + "月" + std::to_string(c.day) + "日";
  const Era* era = era_of(date);
  if (era == nullptr) return std::to_string(c.year) + tail;
  int year = c.year - civil(era->first).year + 1;
  return std::string(era->name) + (year == 1 ? "元" : std::to_string(year)) + tail;
}

int fiscal_year(Date date) {
  YearMonthDay c = civil(date);
  return c.month >= 4 ? c.year : c.year - 1;
}

std::string fiscal_year_wareki(Date date) {
  int year = fiscal_year(date);
  if (year == 2019) return "令和元年度";
  const Era* era = era_of(make_date(year, 4, 1));
  if (era == nullptr) return std::to_string(year) + "年度";
  int count = year - civil(era->first).year + 1;
  return std::string(era->name) + (count == 1 ? "元" : std::to_string(count)) + "年度";
}

Result<TypedDate> read_date(std::string_view typed) {
  Cursor in{normal(typed)};
  const Era* era = take_era(in);
  int year = 0, month = 0, day = 0;
  if (era != nullptr) {
    if (!take_era_year(in, year)) return bad("format");
  } else {
    if (!in.number(4, year) || in.at != 4) return bad("format");
    if (in.text.size() == 8 && in.number(2, month) && in.at == 6 && in.number(2, day) && in.done()) return compose(nullptr, year, month, day);
    in.at = 4;
  }
  bool words = in.take("年");
  if (!words && !in.separator()) return bad("format");
  if (!in.number(2, month) || !(words ? in.take("月") : in.separator()) || !in.number(2, day)) return bad("format");
  if (words && !in.take("日")) return bad("format");
  if (!in.done()) return bad("format");
  return compose(era, year, month, day);
}

Result<TypedDate> read_date_parts(std::string_view era_choice, std::string_view year_text, std::string_view month_text, std::string_view day_text) {
  Cursor y{normal(year_text)}, m{normal(month_text)}, d{normal(day_text)};
  const Era* era = take_era(y);
  int year = 0, month = 0, day = 0;
  if (era == nullptr && !era_choice.empty() && era_choice != "western") {
    era = era_by_name(era_choice);
    if (era == nullptr) return bad("format");
    // A four-digit year beside an era choice can only be a western one; "元" and small numbers are the era's.
    if (y.text.size() >= 4 && y.text[0] >= '0' && y.text[0] <= '9' && y.text[3] >= '0' && y.text[3] <= '9') era = nullptr;
  }
  if (era != nullptr ? !take_era_year(y, year) : !(y.number(4, year) && y.at == 4)) return bad("format");
  y.take("年");
  if (!m.number(2, month) || !d.number(2, day)) return bad("format");
  m.take("月");
  d.take("日");
  if (!y.done() || !m.done() || !d.done()) return bad("format");
  return compose(era, year, month, day);
}

}  // namespace machiya
