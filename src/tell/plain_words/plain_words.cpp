#include "tell/plain_words/plain_words.h"

#include <algorithm>
#include <cmath>

#include "tell/plain_words/rules.h"

namespace machiya::plain_words {
namespace {

bool counts_words(std::string_view lang) { return lang == "en" || lang == "vi" || lang == "ko"; }

/// Sentences longer than this are told, in characters or words. ja: 公用文作成の考え方 (文化審議会建議, 2022) asks for short sentences without a figure;
/// en: 25 words is the custom of plain-language guides. The others are this house's own: 要確認.
std::size_t most_of_sentence(std::string_view lang) {
  if (lang == "ja") return 60;
  if (lang == "zh-Hans") return 50;
  return lang == "vi" ? 35 : 25;
}

Measures measure(const Surface& s, std::string_view lang) {
  Measures out;
  out.characters = length_of(s, {0, s.text.size()});
  out.sentences = s.sentences.size();
  std::size_t all = 0;
  for (const Span sentence : s.sentences) {
    const std::size_t length = counts_words(lang) ? words_of(s, sentence) : length_of(s, sentence);
    all += length;
    out.longest_sentence = std::max(out.longest_sentence, length);
  }
  if (out.sentences > 0) out.mean_sentence = static_cast<double>(all) / static_cast<double>(out.sentences);
  for (const char32_t c : s.text)
    if (const int grade = kanji_grade(c); grade > 0) ++out.kanji, ++out.kanji_by_grade[static_cast<std::size_t>(grade)];
  if (out.characters > 0) out.kanji_share = static_cast<double>(out.kanji) / static_cast<double>(out.characters);
  std::size_t known = 0;
  while (out.kanji > 0 && known * 100 < out.kanji * 95) known += out.kanji_by_grade[static_cast<std::size_t>(++out.kanji_grade)];
  return out;
}

/// Tateisi's scale has mean 50 and deviation 10; Flesch's own words for his.
std::string level_of(double value, bool japanese) {
  if (japanese) return value >= 60 ? "easy" : value >= 50 ? "ordinary" : value >= 40 ? "hard" : "very-hard";
  return value >= 70 ? "easy" : value >= 60 ? "ordinary" : value >= 30 ? "hard" : "very-hard";
}

int score_of(const Findings& findings, std::size_t characters) {
  double weights = 0;
  for (const Finding& f : findings) weights += f.weight;
  const double loss = 5 * weights * 100 / static_cast<double>(std::max<std::size_t>(100, characters));
  return static_cast<int>(std::lround(std::max(0.0, 100 - loss)));
}

}  // namespace

Report check(std::string_view text, std::string_view lang) {
  const bool easy = lang == "ja-easy", japanese = easy || lang == "ja";
  const Surface s = surface_of(text, japanese);
  Report out;
  out.lang = lang;
  out.measures = measure(s, lang);
  if (easy) {
    check_readings(s, out.findings);
    check_easy_sentences(s, out.findings);
    check_dates(s, out.findings);
  } else {
    check_sentence_length(s, most_of_sentence(lang), counts_words(lang), out.findings);
  }
  if (japanese) {
    check_words(s, easy, out.findings);
    check_grammar(s, easy, out.findings);
    check_noun_chains(s, easy ? 6 : 9, out.findings);
  }
  std::stable_sort(out.findings.begin(), out.findings.end(), [](const Finding& a, const Finding& b) { return a.at < b.at; });
  out.score = score_of(out.findings, out.measures.characters);
  if (!s.sentences.empty() && (japanese || lang == "en")) {
    const double value = japanese ? tateisi(s) : flesch(s);
    out.readability = Readability{japanese ? "tateisi-1988" : "flesch-1948", value, level_of(value, japanese)};
  }
  return out;
}

}  // namespace machiya::plain_words
