// Is a text plain? Checks of やさしい日本語, and how hard ordinary texts are to read. Pure: patterns and tables, no dictionary of the language.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machiya::plain_words {

/// One thing that could be plainer. Advice to a writer, never a change of the text.
struct Finding {
  std::string rule;      ///< "kanji-without-reading", "long-sentence" … (README.md lists them)
  std::size_t at = 0;    ///< code points before it in the text as written, markup included
  std::size_t length = 0;
  std::string excerpt;   ///< the words it is about, without markup
  std::string ja, en;    ///< what would be better
  int weight = 1;        ///< 1 matter of taste … 4 many will not understand
};

struct Measures {
  std::size_t characters = 0;   ///< without white space and markup
  std::size_t sentences = 0;
  std::size_t longest_sentence = 0;   ///< characters; in en and vi words
  double mean_sentence = 0;
  std::size_t kanji = 0;
  double kanji_share = 0;       ///< of the characters
  std::array<std::size_t, 8> kanji_by_grade{};   ///< 1–6 elementary school, 7 beyond; 0 unused
  int kanji_grade = 0;          ///< the grade that knows 95 of 100 kanji of this text; 0: no kanji
};

/// How readable a text is by a published formula.
struct Readability {
  std::string formula;   ///< "tateisi-1988" or "flesch-1948"
  double value = 0;
  std::string level;     ///< "easy", "ordinary", "hard", "very-hard"
};

struct Report {
  std::string lang;
  std::vector<Finding> findings;   ///< by place
  int score = 100;                 ///< 100 − 5 × weights per 100 characters (short texts count as 100), 0 at least; a figure of this house
  Measures measures;
  std::optional<Readability> readability;   ///< ja, ja-easy, en; none for a text without a sentence
};

/// `lang` is one of the house's tags; texts of other languages are only measured by their sentences. In ja and ja-easy "{漢字|かんじ}" is
/// the markup of readings. Positions are kept when the text is no UTF-8 (each broken byte counts as one). Never fails.
Report check(std::string_view text, std::string_view lang);

/// School grade of a kanji: 1–6 after 学年別漢字配当表 (2020), 7 for any other kanji, 0 for what is no kanji.
int kanji_grade(char32_t c);
/// How many kanji the table holds for a grade 1–6.
std::size_t kanji_of_grade(int grade);

/// A word that readers of easy Japanese may not know.
struct EasyWord {
  std::string_view word;
  std::string_view easy;
  bool keep;   ///< a word everybody in Japan has to meet (津波): keep it and explain it in brackets
};
const std::vector<EasyWord>& easy_words();

}  // namespace machiya::plain_words
