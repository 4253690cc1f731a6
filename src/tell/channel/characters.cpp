#include "tell/channel/characters.h"

#include "base/text.h"

namespace machiya::tell {
namespace {
constexpr std::string_view kCut = "…";   // one unit

bool between(char32_t c, char32_t low, char32_t high) { return c >= low && c <= high; }
/// Shown together with what stands before it: marks, variation selectors, joiners, skin tones, tags of flags.
bool extends(char32_t c) {
  return c == 0x200d || between(c, 0x300, 0x36f) || between(c, 0x20d0, 0x20ff) || c == 0x3099 || c == 0x309a || between(c, 0xfe00, 0xfe0f) ||
         between(c, 0x1f3fb, 0x1f3ff) || between(c, 0xe0020, 0xe007f) || between(c, 0xe0100, 0xe01ef);
}
bool is_flag_half(char32_t c) { return between(c, 0x1f1e6, 0x1f1ff); }
std::size_t units(char32_t c) { return c > 0xffff ? 2 : 1; }
}  // namespace

std::size_t character_end(std::string_view text, std::size_t at) {
  char32_t before = next_code_point(text, at);
  for (bool flag = is_flag_half(before); at < text.size();) {
    std::size_t next = at;
    const char32_t c = next_code_point(text, next);
    if (!extends(c) && before != 0x200d && !(flag && is_flag_half(c))) break;
    flag = false;
    before = c;
    at = next;
  }
  return at;
}

std::size_t utf16_units(std::string_view text) {
  std::size_t out = 0;
  for (std::size_t at = 0; at < text.size();) out += units(next_code_point(text, at));
  return out;
}

std::string fitted_utf16(std::string_view text, std::size_t most) {
  if (text.size() <= most || utf16_units(text) <= most) return std::string(text);
  if (most == 0) return {};
  std::size_t used = 0, at = 0;
  while (at < text.size()) {
    const std::size_t end = character_end(text, at);
    const std::size_t size = utf16_units(text.substr(at, end - at));
    if (used + size > most - 1) break;
    used += size;
    at = end;
  }
  return std::string(text.substr(0, at)).append(kCut);
}

}  // namespace machiya::tell
