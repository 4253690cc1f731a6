// Numbers and dates as XLSX keeps them (ECMA-376 Part 1 §18.8.30 numFmt, §18.17.4 dates).
#pragma once
#include <string>
#include <string_view>

namespace machiya::tables {

/// True when the format code shows a day: y, m with d, e, g (era) outside quotes, brackets and escapes.
bool shows_day(std::string_view code);
/// The same for the formats that every file has without naming them, those of Japanese Excel included.
bool shows_day(int id);
/// The shortest plain text with at most 15 significant digits ("1234.6" for 1234.5999999999999); "" when it is no finite number.
std::string plain_number(std::string_view text);

}  // namespace machiya::tables
