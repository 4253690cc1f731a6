// A text as its reader sees it, with the way back to the place in what was written. Internal to plain_words.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace machiya::plain_words {

enum class Script : std::uint8_t { kanji, hiragana, katakana, latin, digit, space, mark, other };
Script script_of(char32_t c);

struct Ruby {
  std::size_t begin, end;   ///< in Surface::text
  std::u32string reading;
  std::size_t at;           ///< in what was written
};
struct Span {
  std::size_t begin = 0, end = 0;   ///< in Surface::text
};

struct Surface {
  std::u32string text;              ///< without readings and braces
  std::vector<std::size_t> at;      ///< where each character stands in what was written (code points)
  std::vector<bool> read;           ///< whether it carries a reading
  std::vector<Ruby> rubies;
  std::vector<Span> sentences;      ///< without the white space around them; the mark that ends them belongs to them

  bool stands(std::size_t i, std::u32string_view word) const { return text.compare(i, word.size(), word) == 0; }
};
/// Sentences end with 。！？ or a line; in texts without markup of readings also with . ! ? before white space.
Surface surface_of(std::string_view text, bool japanese);
/// The same without spaces within lines, so that a word is found however phrases are parted; rubies are left out.
Surface without_spaces(const Surface& s);
/// Characters of a span that are no white space.
std::size_t length_of(const Surface& s, Span span);

}  // namespace machiya::plain_words
