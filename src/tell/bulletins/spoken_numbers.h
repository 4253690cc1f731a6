// Numbers in Japanese text as they are spoken, in hiragana: "6月3日14時30分" → "ろくがつみっかじゅうよじさんじゅっぷん".
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace machiya::bulletins {

/// A whole number below 10^16: 21000 → "にまんいっせん".
std::string spoken_number(std::uint64_t n);
/// Each digit by itself, as in telephone numbers: "06" → "ぜろろく".
std::string spoken_digits(std::string_view digits);
/// Every number of a text with its counter (spoken_counters.def), decimals, "14:30", "10〜20", "06-6208-1234"; full-width digits too.
/// Numbers of more than 16 digits are spoken digit by digit. Everything else stays as it is.
std::string with_spoken_numbers(std::string_view text);

}  // namespace machiya::bulletins
