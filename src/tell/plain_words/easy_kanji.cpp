#include <algorithm>

#include "base/text.h"
#include "tell/plain_words/rules.h"

namespace machiya::plain_words {
namespace {

bool is_kana(char32_t c) { return script_of(c) == Script::hiragana || script_of(c) == Script::katakana; }

void check_ruby(const Surface& s, const Ruby& r, Findings& out) {
  const std::u32string_view word = std::u32string_view(s.text).substr(r.begin, r.end - r.begin);
  if (word.empty()) {
    out.push_back({"reading-without-word", r.at, r.reading.size() + 3, "", "読みだけで、ことばがありません", "a reading without its word", 4});
    return;
  }
  const Span span{r.begin, r.end};
  const bool kana = !r.reading.empty() && std::all_of(r.reading.begin(), r.reading.end(), [](char32_t c) { return is_kana(c) || c == U' ' || c == U'・'; });
  if (!kana) add(out, s, span, "reading-not-kana", 4, "読みはひらがなで書いてください", "write the reading in hiragana");
  if (std::none_of(word.begin(), word.end(), [](char32_t c) { return script_of(c) == Script::kanji; }))
    add(out, s, span, "reading-not-needed", 1, "漢字がないので読みは要りません", "no kanji here: no reading needed");
}

}  // namespace

void check_readings(const Surface& s, Findings& out) {
  for (const Ruby& r : s.rubies) check_ruby(s, r, out);
  for (std::size_t i = 0; i < s.text.size();) {
    const bool bare = script_of(s.text[i]) == Script::kanji && !s.read[i];
    std::size_t end = i + 1;
    while (bare && end < s.text.size() && script_of(s.text[end]) == Script::kanji && !s.read[end]) ++end;
    if (bare) {
      const std::string word = to_utf8(std::u32string_view(s.text).substr(i, end - i));
      add(out, s, {i, end}, "kanji-without-reading", 4, "読みを付けてください: {" + word + "|…}", "give its reading: {" + word + "|…}");
    }
    i = end;
  }
}

}  // namespace machiya::plain_words
