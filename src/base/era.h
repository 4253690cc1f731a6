// Japanese eras (元号). Dates are Gregorian; before 1873-01-01 the official calendar was lunisolar, so era dates of
// 明治5年 and earlier cannot be taken as Gregorian and are reported as such.
// Sources of the borders: 太政官布告 明治5年第337号 (calendar), 大正元年7月30日詔書, 昭和元年12月25日詔書, 元号法 (昭和54年法律第43号)
// with 政令 昭和64年第1号 (平成, from 1989-01-08) and 政令 平成31年第143号 (令和, from 2019-05-01).
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace machiya {

struct Era {
  std::string_view name;     ///< 令和
  std::string_view reading;  ///< Reiwa
  char letter;               ///< R
  Date first, last;          ///< inclusive; the running era has no last day (9999-12-31)
};
/// Newest first: 令和, 平成, 昭和, 大正, 明治.
std::span<const Era> eras();
/// The era of a day; nullptr before 1868-01-25 (明治元年1月1日 in the Gregorian calendar).
const Era* era_of(Date date);
const Era* era_by_name(std::string_view name_or_letter);

/// "令和8年4月1日", "令和元年5月1日"; a date before 明治 as "1850年1月2日".
std::string to_wareki(Date date);
/// "令和8年度": the fiscal year (1 April to 31 March) of the date, named by the era of its 1 April; 2019 is 令和元年度 as the
/// government decided (新元号への円滑な移行に向けた関係省庁連絡会議).
std::string fiscal_year_wareki(Date date);
/// The year in which the fiscal year of the date begins.
int fiscal_year(Date date);

/// A date that a person typed.
struct TypedDate {
  Date date;
  bool lunisolar_doubt = false;  ///< an era date before 明治6年: the Gregorian day may differ
};
/// Reads "令和8年4月1日", "R8.4.1", "H31/4/30", "昭和64年1月7日", "令和元年5月1日", "2026/4/1", "2026-04-01", "20260401",
/// "2026年4月1日", all also in full width. Errors are invalid_input; `detail` is one of: "format", "no-such-day",
/// "outside-era" (平成31年5月1日).
Result<TypedDate> read_date(std::string_view text);
/// The same from three boxes and an era choice ("western", "R", "H", "S", "T", "M", or ""). The year box may hold an era
/// itself ("令和8", "R8", "元"), which then wins.
Result<TypedDate> read_date_parts(std::string_view era, std::string_view year, std::string_view month, std::string_view day);

}  // namespace machiya
