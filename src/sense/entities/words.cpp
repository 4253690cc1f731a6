#include "sense/entities/words.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sense/entities/read.h"

namespace machiya::sense {
namespace detail {
namespace {

struct Range {
  char32_t first, last;
};
constexpr std::array<Range, 29> kUnseen = {{{0x00, 0x20},       {0x7F, 0xA0},       {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},     {0x115F, 0x1160},
                                            {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},   {0x2028, 0x202F},   {0x205F, 0x206F},
                                            {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},   {0xD800, 0xF8FF},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},
                                            {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFF},   {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0x1FFFE, 0x1FFFF},
                                            {0x2FFFE, 0x2FFFF}, {0x3FFFE, 0x3FFFF}, {0x4FFFE, 0x4FFFF}, {0x5FFFE, 0xDFFFF}, {0xE0000, 0x10FFFF}}};
// Punctuation and symbols that are no letters, and digits of other scripts that may not begin a scope's level: blocks, not single characters.
constexpr std::array<Range, 9> kNoLetters = {{{0xA1, 0xA9}, {0xAB, 0xB4}, {0xB6, 0xB9}, {0xBB, 0xBF}, {0x2010, 0x2070}, {0x20A0, 0x2BFF}, {0x3001, 0x3004}, {0x3008, 0x3020}, {0xFF01, 0xFF0F}}};
constexpr std::array<Range, 4> kDigits = {{{'0', '9'}, {0x660, 0x669}, {0x6F0, 0x6F9}, {0xFF10, 0xFF19}}};

template <std::size_t N> bool among(const std::array<Range, N>& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& r) { return r.first <= c && c <= r.last; });
}

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return !is_unseen(c) && !among(kNoLetters, c) && !among(kDigits, c);
}

constexpr std::array<std::string_view, 26> kReserved = {"value", "object", "languageMap", "vocab", "json", "valueList", "objectList", "objectType", "valueType", "datasetId", "observedAt", "unitCode", "instanceId",
                                                        "lang", "entity", "entityList", "entityIdSealed", "entityTypeSealed", "previousValue", "previousObject", "previousLanguageMap", "previousVocab",
                                                        "previousJson", "previousValueList", "previousObjectList", "dataset"};

}  // namespace

bool is_unseen(char32_t c) { return among(kUnseen, c); }

bool is_attribute_name(std::string_view name) {
  return !name.empty() && name.front() != '@' && name.find_first_of(" \t\r\n<>\"'=;()&?{}[]|\\^`") == std::string_view::npos;
}

bool is_reserved(std::string_view name) { return std::ranges::find(kReserved, name) != kReserved.end(); }

}  // namespace detail

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto scheme = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
  if (!letter(text[0]) || !std::ranges::all_of(text.substr(0, colon), scheme)) return false;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      if (c <= 0x20 || std::string_view("<>\"{}|\\^`\x7f").find(text[at]) != std::string_view::npos) return false;
      ++at;
    } else if (detail::is_unseen(next_code_point(text, at))) {
      return false;
    }
  }
  return true;
}

// §4.18: [/] level *(/ level); a level is a letter, then letters, digits and "_".
bool is_scope(std::string_view text) {
  if (text.starts_with('/')) text.remove_prefix(1);
  bool first = true;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c == '/') {
      if (first) return false;
      first = true;
      continue;
    }
    if (!detail::is_letter(c) && (first || (c != '_' && !detail::among(detail::kDigits, c)))) return false;
    first = false;
  }
  return !first;
}

}  // namespace machiya::sense
