#include "tell/plain_words/surface.h"

#include <algorithm>

#include "base/text.h"
#include "platform/locale/locale.h"

namespace machiya::plain_words {
namespace {

void append(Surface& s, std::u32string_view words, std::size_t at, bool read) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    s.text.push_back(words[i]);
    s.at.push_back(at + i);
    s.read.push_back(read);
  }
}

/// The braces of locale's markup; its pieces leave nothing out, so that lengths add up to places.
void take_japanese(Surface& s, std::string_view text) {
  using Kind = locale::TextPiece::Kind;
  std::size_t at = 0;
  const auto pieces = locale::parse_text(text);
  for (const auto& piece : pieces) {
    const std::u32string words = to_utf32(piece.text);
    if (piece.kind == Kind::literal) {
      append(s, words, at, false);
      at += words.size();
    } else if (piece.kind == Kind::argument) {   // what will stand there is not known: it is no part of what is read
      at += words.size() + 2;
    } else {
      const std::u32string reading = to_utf32(piece.reading);
      s.rubies.push_back({s.text.size(), s.text.size() + words.size(), reading, at});
      append(s, words, at + 1, true);
      at += words.size() + reading.size() + 3;
    }
  }
}

bool ends_sentence(const Surface& s, std::size_t i, bool japanese) {
  const char32_t c = s.text[i];
  if (c == U'\n' || c == U'。' || c == U'！' || c == U'？') return true;
  if (japanese && (c == U'!' || c == U'?')) return true;
  if (japanese || (c != U'.' && c != U'!' && c != U'?')) return false;
  return i + 1 == s.text.size() || script_of(s.text[i + 1]) == Script::space;
}

void find_sentences(Surface& s, bool japanese) {
  std::size_t begin = 0;
  auto flush = [&](std::size_t end) {
    std::size_t from = begin, to = end;
    while (from < to && script_of(s.text[from]) == Script::space) ++from;
    while (to > from && script_of(s.text[to - 1]) == Script::space) --to;
    const bool says = std::any_of(s.text.begin() + static_cast<std::ptrdiff_t>(from), s.text.begin() + static_cast<std::ptrdiff_t>(to),
                                  [](char32_t c) { return script_of(c) != Script::mark && script_of(c) != Script::space; });
    if (says) s.sentences.push_back({from, to});
    begin = end;
  };
  for (std::size_t i = 0; i < s.text.size(); ++i)
    if (ends_sentence(s, i, japanese)) flush(i + 1);
  flush(s.text.size());
}

}  // namespace

Script script_of(char32_t c) {
  if ((c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x323AF) || (c >= 0xF900 && c <= 0xFAFF) || c == U'々') return Script::kanji;
  if (c >= 0x3041 && c <= 0x309F) return Script::hiragana;
  if ((c >= 0x30A1 && c <= 0x30FA) || (c >= 0x30FC && c <= 0x30FF) || (c >= 0x31F0 && c <= 0x31FF) || (c >= 0xFF66 && c <= 0xFF9F)) return Script::katakana;
  if ((c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z') || (c >= U'Ａ' && c <= U'Ｚ') || (c >= U'ａ' && c <= U'ｚ') || (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7) ||
      (c >= 0x1EA0 && c <= 0x1EFF))
    return Script::latin;
  if ((c >= U'0' && c <= U'9') || (c >= U'０' && c <= U'９')) return Script::digit;
  if (c == U' ' || c == U'\t' || c == U'\n' || c == U'\r' || c == 0x3000 || c == 0xA0) return Script::space;
  if (c < 0xA0 || (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3001 && c <= 0x303F) || c == 0x30FB || (c >= 0xFF01 && c <= 0xFF65)) return Script::mark;
  return Script::other;
}

Surface surface_of(std::string_view text, bool japanese) {
  Surface out;
  // A broken sequence may reach over a brace: read as a whole first, so that places count the same before and after the cut.
  if (japanese) take_japanese(out, is_utf8(text) ? std::string(text) : to_utf8(to_utf32(text)));
  else append(out, to_utf32(text), 0, false);
  find_sentences(out, japanese);
  return out;
}

Surface without_spaces(const Surface& s) {
  Surface out;
  std::vector<std::size_t> moved(s.text.size() + 1);
  for (std::size_t i = 0; i < s.text.size(); ++i) {
    moved[i] = out.text.size();
    if (script_of(s.text[i]) == Script::space && s.text[i] != U'\n') continue;
    out.text.push_back(s.text[i]);
    out.at.push_back(s.at[i]);
    out.read.push_back(s.read[i]);
  }
  moved[s.text.size()] = out.text.size();
  for (const Span sentence : s.sentences) out.sentences.push_back({moved[sentence.begin], moved[sentence.end]});
  return out;
}

std::size_t length_of(const Surface& s, Span span) {
  std::size_t out = 0;
  for (std::size_t i = span.begin; i < span.end; ++i) out += script_of(s.text[i]) != Script::space;
  return out;
}

}  // namespace machiya::plain_words
