// Unicode text without ICU: the folds that names, addresses and searches of this house need.
// Names keep every code point they were given (IVS included); folds are for comparing and searching only.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace machiya {

/// True when `s` is well-formed UTF-8 (no surrogates, no overlong forms; Unicode 15 §3.9 D92).
bool is_utf8(std::string_view s);
/// Appends one code point.
void append_utf8(char32_t code, std::string& out);
/// Decodes the code point at `at` and moves `at` behind it; U+FFFD for a broken byte.
char32_t next_code_point(std::string_view s, std::size_t& at);
std::size_t count_code_points(std::string_view s);
std::u32string to_utf32(std::string_view s);
std::string to_utf8(std::u32string_view s);

/// Without white space at both ends (ASCII and U+3000).
std::string_view trim(std::string_view s);
std::vector<std::string_view> split(std::string_view s, char separator);
std::string lower_ascii(std::string_view s);
bool starts_with(std::string_view s, std::string_view prefix);

/// Full-width ASCII to ASCII, half-width kana to full-width kana (with voiced marks joined), U+3000 to a space,
/// hyphen and dash variants between digits to '-'. For fields such as phone, postal code, e-mail, number.
std::string fold_width(std::string_view s);
/// Digits only of a width-folded text, e.g. "０６-1234 5678" -> "0612345678".
std::string digits_of(std::string_view s);
/// Hiragana to katakana (for フリガナ), after fold_width.
std::string to_katakana(std::string_view s);
/// Search form: width folded, katakana to hiragana, ASCII lower case, IVS and white space dropped.
std::string fold_for_search(std::string_view s);
/// Overlapping pairs of code points of the search form; a single code point stands alone.
std::vector<std::string> bigrams(std::string_view s);
/// True when every code point is katakana, the long mark, a middle dot or a space.
bool is_katakana(std::string_view s);

}  // namespace machiya
