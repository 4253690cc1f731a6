#include <algorithm>

#include "tell/plain_words/rules.h"

namespace machiya::plain_words {
namespace {

/// Characters and runs of one script.
struct Runs {
  std::size_t runs = 0, characters = 0;
  double mean() const { return runs == 0 ? 0 : static_cast<double>(characters) / static_cast<double>(runs); }
};

/// Syllables by groups of vowels, without a silent e: an estimate, good to some 5 % over a text.
std::size_t syllables(std::u32string_view word) {
  constexpr std::u32string_view kVowels = U"aeiouyAEIOUY";
  std::size_t out = 0;
  bool before = false;
  for (const char32_t c : word) {
    const bool vowel = kVowels.find(c) != std::u32string_view::npos;
    out += vowel && !before;
    before = vowel;
  }
  const bool silent = word.size() > 2 && (word.back() == U'e' || word.back() == U'E') && kVowels.find(word[word.size() - 2]) == std::u32string_view::npos &&
                      !(word[word.size() - 2] == U'l' && kVowels.find(word[word.size() - 3]) == std::u32string_view::npos);
  return std::max<std::size_t>(1, out - (silent && out > 1 ? 1 : 0));
}

template <class F>
void each_word(const Surface& s, Span span, F use) {
  for (std::size_t i = span.begin; i < span.end;) {
    std::size_t end = i;
    bool says = false;
    while (end < span.end && script_of(s.text[end]) != Script::space) says = says || script_of(s.text[end]) != Script::mark, ++end;
    if (says) use(Span{i, end});
    i = end + 1;
  }
}

}  // namespace

std::size_t words_of(const Surface& s, Span span) {
  std::size_t out = 0;
  each_word(s, span, [&](Span) { ++out; });
  return out;
}

/// RS' = 115.79 − 0.12 ls − 1.37 la + 7.4 lh − 23.18 lc − 5.4 lk − 4.67 cp: mean characters of a sentence, of runs of Latin letters,
/// hiragana, kanji, katakana, and commas per full stop. Tateisi, Ono, Yamada: A Computer Readability Formula of Japanese Texts for
/// Machine Scoring (COLING 1988), 日本文の読みやすさの評価式 (情報処理学会 1988-HI-18). Coefficients compared in three public implementations,
/// not in the paper itself. Scaled by its authors to mean 50, deviation 10.
double tateisi(const Surface& s) {
  Runs latin, hiragana, kanji, katakana;
  std::size_t characters = 0, commas = 0;
  for (const Span sentence : s.sentences) {
    Script before = Script::other;
    bool begun = false;
    for (std::size_t i = sentence.begin; i < sentence.end; ++i) {
      const Script script = script_of(s.text[i]);
      commas += s.text[i] == U'、' || s.text[i] == U'，';
      if (script == Script::space) { begun = false; continue; }
      ++characters;
      Runs* runs = script == Script::latin ? &latin : script == Script::hiragana ? &hiragana : script == Script::kanji ? &kanji : script == Script::katakana ? &katakana : nullptr;
      if (runs != nullptr) ++runs->characters, runs->runs += !begun || script != before;
      before = script, begun = true;
    }
  }
  const double sentences = static_cast<double>(std::max<std::size_t>(1, s.sentences.size()));
  return 115.79 - 0.12 * static_cast<double>(characters) / sentences - 1.37 * latin.mean() + 7.4 * hiragana.mean() - 23.18 * kanji.mean() - 5.4 * katakana.mean() -
         4.67 * static_cast<double>(commas) / sentences;
}

/// 206.835 − 1.015 words per sentence − 84.6 syllables per word (Flesch, A new readability yardstick, 1948).
double flesch(const Surface& s) {
  double words = 0, parts = 0;
  for (const Span sentence : s.sentences)
    each_word(s, sentence, [&](Span w) {
      words += 1;
      parts += static_cast<double>(syllables(std::u32string_view(s.text).substr(w.begin, w.end - w.begin)));
    });
  if (words == 0) return 0;
  return 206.835 - 1.015 * words / static_cast<double>(std::max<std::size_t>(1, s.sentences.size())) - 84.6 * parts / words;
}

}  // namespace machiya::plain_words
