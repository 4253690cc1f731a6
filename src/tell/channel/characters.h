// Whole characters and UTF-16 units: what channels count, and where a text may be cut. Pure.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace machiya::tell {

/// Behind the character that begins at `at`: a base with its marks, joined emoji, a flag (UAX 29, as far as texts of a city need it).
std::size_t character_end(std::string_view text, std::size_t at);
/// UTF-16 code units of UTF-8 text: how LINE, SMS and JavaScript count.
std::size_t utf16_units(std::string_view text);
/// The text in at most `most` UTF-16 units: whole characters, and "…" at the end of what was cut. "" when not even that has room.
std::string fitted_utf16(std::string_view text, std::size_t most);

}  // namespace machiya::tell
