#include "tell/plain_words/rules.h"

namespace machiya::plain_words {
namespace {

bool digit(const Surface& s, std::size_t i) { return i < s.text.size() && script_of(s.text[i]) == Script::digit; }
char32_t at(const Surface& s, std::size_t i) { return i < s.text.size() ? s.text[i] : U'\0'; }
std::size_t digits_end(const Surface& s, std::size_t i) {
  while (digit(s, i)) ++i;
  return i;
}
std::size_t spaces_end(const Surface& s, std::size_t i) {
  while (i < s.text.size() && script_of(s.text[i]) == Script::space && s.text[i] != U'\n') ++i;
  return i;
}

/// "6月3日" without its weekday within the next six characters.
void month_and_day(const Surface& s, std::size_t begin, std::size_t after_month, Findings& out) {
  const std::size_t day = spaces_end(s, after_month), end = digits_end(s, day);
  if (end == day || at(s, end) != U'日') return;
  const std::u32string_view next = std::u32string_view(s.text).substr(end + 1, 6);
  if (next.find(U'曜') == std::u32string_view::npos && next.find(U"ようび") == std::u32string_view::npos)
    add(out, s, {begin, end + 1}, "date-without-weekday", 1, "曜日も書いてください: 6月3日（水曜日）", "name the weekday: 6月3日（水曜日）");
}

/// What begins with these digits; the place behind it.
std::size_t number(const Surface& s, std::size_t i, Findings& out) {
  const std::size_t end = digits_end(s, i);
  const char32_t next = at(s, end);
  if (next == U'月') month_and_day(s, i, end + 1, out);
  const bool separator = next == U'/' || next == U'／';
  if (separator && digit(s, end + 1)) {
    std::size_t last = digits_end(s, end + 1);
    while (at(s, last) == next && digit(s, last + 1)) last = digits_end(s, last + 1);
    add(out, s, {i, last}, "date-as-fraction", 2, "「6月3日（水曜日）」のように書いてください", "write it as 6月3日（水曜日）");
    return last;
  }
  if ((next == U':' || next == U'：') && end - i <= 2 && digits_end(s, end + 1) == end + 3) {
    const std::size_t last = end + 3;
    add(out, s, {i, last}, "time-with-colon", 1, "「午後2時30分」のように書いてください", "write it as 午後2時30分");
    return last;
  }
  if (next == U'時' && end - i == 2 && at(s, end + 1) != U'間') {
    const int hour = static_cast<int>((s.text[i] & 0xF) * 10 + (s.text[i + 1] & 0xF));   // ASCII and full-width digits share their low bits
    if (hour > 12 && hour <= 24) add(out, s, {i, end + 1}, "hour-above-12", 1, "「午後」を使ってください: 午後" + std::to_string(hour - 12) + "時", "say 午後" + std::to_string(hour - 12) + "時");
  }
  return end;
}

}  // namespace

void check_dates(const Surface& s, Findings& out) {
  for (std::size_t i = 0; i < s.text.size();) {
    if (digit(s, i)) {
      i = number(s, i, out);
      continue;
    }
    for (const std::u32string_view era : {U"令和", U"平成", U"昭和"})
      if (s.stands(i, era) && (digit(s, i + 2) || at(s, i + 2) == U'元')) {
        const std::size_t year = digits_end(s, i + 2);
        // "令和8年（2026年）" and "2026年（令和8年）" say both.
        const std::u32string_view around = std::u32string_view(s.text).substr(i < 8 ? 0 : i - 8, 24);
        if (around.find(U"20") == std::u32string_view::npos && around.find(U"19") == std::u32string_view::npos)
          add(out, s, {i, year}, "era-only", 2, "西暦も書いてください: 2026年", "give the year as 2026年");
      }
    ++i;
  }
}

}  // namespace machiya::plain_words
