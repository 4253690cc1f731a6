#include <unordered_map>

#include "tell/plain_words/plain_words.h"
#include "tell/plain_words/surface.h"

namespace machiya::plain_words {
namespace {

struct Table {
  std::unordered_map<char32_t, int> grade;
  std::array<std::size_t, 7> count{};
};

const Table& table() {
  static const Table built = [] {
    Table out;
#define MACHIYA_GRADE(g, kanji)                        \
  for (const char32_t c : std::u32string_view(kanji)) \
    if (out.grade.emplace(c, g).second) ++out.count[g];
#include "tell/plain_words/school_kanji.def"
    return out;
  }();
  return built;
}

}  // namespace

int kanji_grade(char32_t c) {
  if (script_of(c) != Script::kanji) return 0;
  if (c == U'々') return 1;   // a mark that repeats, met in the first year (人々)
  const auto found = table().grade.find(c);
  return found == table().grade.end() ? 7 : found->second;
}

std::size_t kanji_of_grade(int grade) { return grade >= 1 && grade <= 6 ? table().count[static_cast<std::size_t>(grade)] : 0; }

const std::vector<EasyWord>& easy_words() {
  static const std::vector<EasyWord> words = {
#define MACHIYA_EASY(word, easy, keep) {word, easy, keep},
#include "tell/plain_words/easy_words.def"
  };
  return words;
}

}  // namespace machiya::plain_words
