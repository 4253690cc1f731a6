#include <cstdio>

#include "base/era.h"
#include "base/money.h"
#include "platform/locale/locale.h"

namespace machiya::locale {

std::string format_date(Date date, std::string_view lang) {
  static constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                            "July",    "August",   "September", "October", "November", "December"};
  YearMonthDay c = civil(date);
  const std::string y = std::to_string(c.year), m = std::to_string(c.month), d = std::to_string(c.day);
  if (lang == "en") return std::string(kMonths[c.month - 1]) + " " + d + ", " + y;
  if (lang == "zh-Hans") return y + "年" + m + "月" + d + "日";
  if (lang == "ko") return y + "년 " + m + "월 " + d + "일";
  if (lang == "vi") return "ngày " + d + " tháng " + m + " năm " + y;
  if (lang == "ja-easy") return y + "年" + m + "月" + d + "日（" + to_wareki(date).substr(0, to_wareki(date).find("年")) + "年）";
  return to_wareki(date);
}

std::string format_time(Instant t, std::string_view lang) {
  std::string iso = to_iso_japan(t);  // 2026-04-01T09:30:00+09:00
  return format_date(date_in_japan(t), lang) + " " + iso.substr(11, 5);
}

std::string format_yen(std::int64_t yen, std::string_view lang) {
  std::string amount = group_digits(yen);
  if (lang == "en") return "¥" + amount;
  if (lang == "zh-Hans") return amount + "日元";
  if (lang == "ko") return amount + "엔";
  if (lang == "vi") return amount + " yên";
  return amount + "円";
}

}  // namespace machiya::locale
