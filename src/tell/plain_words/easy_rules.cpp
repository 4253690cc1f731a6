#include <algorithm>

#include "base/text.h"
#include "tell/plain_words/rules.h"

namespace machiya::plain_words {
namespace {

#define MACHIYA_LOAN(words) constexpr std::u32string_view kLoan = words;
#define MACHIYA_LATIN(words) constexpr std::u32string_view kLatin = words;
#define MACHIYA_ACTIVE(words) constexpr std::u32string_view kActive = words;
#define MACHIYA_DOUBLE(words) constexpr std::u32string_view kDouble = words;
#define MACHIYA_VAGUE(words) constexpr std::u32string_view kVague = words;
#define MACHIYA_HONORIFIC(words) constexpr std::u32string_view kHonorific = words;
#include "tell/plain_words/patterns.def"

std::vector<std::u32string_view> listed(std::u32string_view words) {
  std::vector<std::u32string_view> out;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(U' ', at), words.size());
    out.push_back(words.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::u32string_view part(const Surface& s, Span span) { return std::u32string_view(s.text).substr(span.begin, span.end - span.begin); }
/// The lists, cut once.
const std::vector<std::u32string_view>& loans() { static const auto all = listed(kLoan); return all; }
const std::vector<std::u32string_view>& latins() { static const auto all = listed(kLatin); return all; }
const std::vector<std::u32string_view>& actives() { static const auto all = listed(kActive); return all; }
const std::vector<std::u32string_view>& doubles() { static const auto all = listed(kDouble); return all; }
const std::vector<std::u32string_view>& vagues() { static const auto all = listed(kVague); return all; }
const std::vector<std::u32string_view>& honorifics() { static const auto all = listed(kHonorific); return all; }
bool has(const std::vector<std::u32string_view>& words, std::u32string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

/// easy_words() longest first, so that 避難所 is found before 避難.
const std::vector<std::pair<std::u32string, const EasyWord*>>& words_by_length() {
  static const auto all = [] {
    std::vector<std::pair<std::u32string, const EasyWord*>> out;
    for (const EasyWord& w : easy_words()) out.emplace_back(to_utf32(w.word), &w);
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    return out;
  }();
  return all;
}
/// A bracket or "とは" right behind: the word is explained.
bool explained(const Surface& s, std::size_t end) {
  const std::u32string_view next = std::u32string_view(s.text).substr(std::min(end, s.text.size()), 3);
  return !next.empty() && (std::u32string_view(U"（(〈=＝").find(next[0]) != std::u32string_view::npos || next.substr(0, 2) == U"とは");
}

/// The longest run of one script that begins here.
Span run(const Surface& s, std::size_t i) {
  const Script script = script_of(s.text[i]);
  std::size_t end = i + 1;
  while (end < s.text.size() && script_of(s.text[end]) == script) ++end;
  return {i, end};
}

void check_loans(const Surface& s, Findings& out) {
  for (std::size_t i = 0; i < s.text.size();) {
    const Span r = run(s, i);
    const std::u32string_view word = part(s, r);
    const Script script = script_of(s.text[i]);
    if (script == Script::katakana && word.size() >= 3 && !has(loans(), word) && !explained(s, r.end))
      add(out, s, r, "loan-word", 1, "カタカナのことばは通じないことがあります。説明を付けるか、言いかえてください", "loan words are often not understood: explain it or say it in Japanese");
    if (script == Script::latin && word.size() >= 2 && !has(latins(), word) && !explained(s, r.end))
      add(out, s, r, "latin-word", 1, "ローマ字のことばは説明を付けてください", "explain words in Latin letters");
    i = r.end;
  }
}

/// か・が・さ・た・な・ば・ま・ら・わ + れ + an ending of る-verbs.
bool passive_at(const Surface& s, std::size_t i) {
  if (std::u32string_view(U"かがさたなばまらわ").find(s.text[i]) == std::u32string_view::npos || i + 2 >= s.text.size() || s.text[i + 1] != U'れ') return false;
  if (std::u32string_view(U"るたてまなず").find(s.text[i + 2]) == std::u32string_view::npos) return false;
  return std::none_of(actives().begin(), actives().end(), [&](std::u32string_view verb) { return i + 2 >= verb.size() && s.stands(i + 2 - verb.size(), verb); });
}

/// (か・さ・た …)せ + ending: 行かせる, させて. さい and せい never end so.
bool causative_at(const Surface& s, std::size_t i) {
  for (const std::u32string_view form : {U"させる", U"させて", U"させた", U"させま", U"させな"})
    if (s.stands(i, form)) return true;
  return false;
}

void check_list(const Surface& s, const std::vector<std::u32string_view>& words, const char* rule, int weight, const char* ja, const char* en, Findings& out) {
  for (std::size_t i = 0; i < s.text.size(); ++i)
    for (const std::u32string_view word : words)
      if (s.stands(i, word)) {
        add(out, s, {i, i + word.size()}, rule, weight, ja, en);
        i += word.size() - 1;
        break;
      }
}

void check_negatives(const Surface& s, Findings& out) {
  constexpr std::u32string_view kFirst[] = {U"ないと", U"なければ", U"なくて", U"ないわけで", U"ないことは", U"ないものは", U"なくは", U"ずには", U"ざるを得", U"ないわけには"};
  constexpr std::u32string_view kSecond[] = {U"ない", U"ません", U"得ません"};
  for (const Span sentence : s.sentences) {
    const std::u32string_view text = part(s, sentence);
    for (const std::u32string_view first : kFirst) {
      const std::size_t at = text.find(first);
      if (at == std::u32string_view::npos) continue;
      const std::u32string_view rest = text.substr(at + first.size());
      std::size_t second = std::u32string_view::npos;
      for (const std::u32string_view no : kSecond) second = std::min(second, rest.find(no));
      if (second > 8) continue;   // a "ない" further away belongs to another clause
      add(out, s, {sentence.begin + at, sentence.begin + at + first.size() + second + 2}, "double-negative", 3, "二重の打ち消しです。「〜てください」「〜ます」と言い切ってください",
          "a double negative: say what to do");
      break;
    }
  }
}

/// XYXY in kana: どきどき.
void check_doubled(const Surface& s, Findings& out) {
  for (std::size_t i = 0; i + 4 <= s.text.size(); ++i) {
    const Script script = script_of(s.text[i]);
    const std::u32string_view word = part(s, {i, i + 4});
    if ((script != Script::hiragana && script != Script::katakana) || word.substr(0, 2) != word.substr(2) || word[0] == word[1] || has(doubles(), word)) continue;
    if (script_of(word[1]) != script || word[0] == U'ー') continue;
    add(out, s, {i, i + 4}, "onomatopoeia", 1, "ようすを表すことばは通じにくいです", "sound words are hard for learners");
    i += 3;
  }
}

/// Sentences that end with 。 but not in です・ます・ください.
void check_endings(const Surface& s, Findings& out) {
  for (const Span sentence : s.sentences) {
    if (s.text[sentence.end - 1] != U'。') continue;
    std::size_t end = sentence.end - 1;
    while (end > sentence.begin && (script_of(s.text[end - 1]) == Script::mark || script_of(s.text[end - 1]) == Script::space)) --end;
    const std::u32string_view text = part(s, {sentence.begin, end});
    const auto ends = [&](std::u32string_view with) { return text.size() >= with.size() && text.substr(text.size() - with.size()) == with; };
    bool polite = false;
    for (const std::u32string_view with : {U"です", U"ます", U"ません", U"ました", U"でした", U"ください", U"ましょう", U"でしょう", U"ですか", U"ますか", U"ませんか", U"下さい", U"ですね", U"ませんでした"})
      polite = polite || ends(with);
    if (!polite) add(out, s, {end > sentence.begin + 6 ? end - 6 : sentence.begin, sentence.end}, "plain-ending", 1, "文の終わりは「です」「ます」「ください」にしてください", "end with です, ます or ください");
  }
}

/// One word of easy_words.def. Words to keep are explained once, at their first place.
void tell_word(const Surface& s, Span span, const EasyWord& entry, bool easy, Findings& out) {
  const std::string is(entry.word), instead(entry.easy);
  if (!entry.keep) return add(out, s, span, "difficult-word", easy ? 2 : 1, "「" + is + "」は「" + instead + "」と言えます", "say “" + instead + "”");
  const bool before = s.text.find(part(s, span)) < span.begin;
  if (easy && !before && !explained(s, span.end))
    add(out, s, span, "unexplained-word", 2, "「" + is + "」は説明を付けてください: " + is + "（" + instead + "）", "explain it: " + is + "（" + instead + "）");
}

}  // namespace

void add(Findings& out, const Surface& s, Span span, std::string rule, int weight, std::string ja, std::string en) {
  Finding f;
  f.rule = std::move(rule);
  f.at = s.at[span.begin];
  f.length = s.at[span.end - 1] + 1 - f.at;
  f.excerpt = to_utf8(part(s, span));
  f.ja = std::move(ja), f.en = std::move(en), f.weight = weight;
  out.push_back(std::move(f));
}

void check_easy_sentences(const Surface& s, Findings& out) {
  constexpr std::size_t kMost = 30, kFar = 45, kUnbroken = 14;
  for (const Span sentence : s.sentences) {
    const std::size_t length = length_of(s, sentence);
    if (length > kMost)
      add(out, s, sentence, "long-sentence", length > kFar ? 4 : 2, "文が長いです（" + std::to_string(length) + "文字）。30文字までに分けてください", "a sentence of " + std::to_string(length) + " characters: cut it into such of at most 30");
    for (std::size_t i = sentence.begin; i < sentence.end;) {
      const auto breaks = [&](std::size_t k) { return script_of(s.text[k]) == Script::space || script_of(s.text[k]) == Script::mark; };
      std::size_t end = i;
      while (end < sentence.end && !breaks(end)) ++end;
      if (end - i > kUnbroken) add(out, s, {i, end}, "no-spaces", 2, "ことばの間をあけてください（分かち書き）", "put spaces between phrases");
      i = end + 1;
    }
  }
}

void check_words(const Surface& spaced, bool easy, Findings& out) {
  const Surface s = without_spaces(spaced);
  const auto& words = words_by_length();
  for (std::size_t i = 0; i < s.text.size(); ++i) {
    const auto found = std::find_if(words.begin(), words.end(), [&](const auto& w) { return s.stands(i, w.first); });
    if (found != words.end()) {
      tell_word(s, {i, i + found->first.size()}, *found->second, easy, out);
      i += found->first.size() - 1;
    } else if (easy && kanji_grade(s.text[i]) == 7) {
      add(out, s, {i, i + 1}, "difficult-kanji", 1, "小学校で習わない漢字です。ひらがなでも書けます", "not taught in elementary school: hiragana will do");
    }
  }
  if (easy) check_loans(spaced, out);
}

void check_grammar(const Surface& spaced, bool easy, Findings& out) {
  const Surface s = without_spaces(spaced);
  check_negatives(s, out);
  for (std::size_t i = 0; easy && i < s.text.size(); ++i) {
    if (passive_at(s, i)) add(out, s, {i, i + 3}, "passive", 2, "「〜れる・られる」を使わず、だれが何をするか書いてください", "avoid the passive: say who does what");
    if (causative_at(s, i)) add(out, s, {i, i + 3}, "causative", 2, "「〜させる」を使わずに書いてください", "avoid the causative");
  }
  check_list(s, vagues(), "vague", 1, "あいまいな言い方です。どうなるか、どうするかを言い切ってください", "vague: say what will happen or what to do", out);
  if (!easy) return;
  check_list(s, honorifics(), "honorific", 1, "敬語を使わず「です」「ます」「ください」で書いてください", "no honorific forms: です, ます, ください", out);
  check_doubled(spaced, out);
  check_endings(s, out);
}

void check_noun_chains(const Surface& s, std::size_t most, Findings& out) {
  for (std::size_t i = 0; i < s.text.size();) {
    std::size_t end = i;
    while (end < s.text.size() && (script_of(s.text[end]) == Script::kanji || script_of(s.text[end]) == Script::katakana)) ++end;
    const bool kanji = std::any_of(s.text.begin() + static_cast<std::ptrdiff_t>(i), s.text.begin() + static_cast<std::ptrdiff_t>(end), [](char32_t c) { return script_of(c) == Script::kanji; });
    if (end - i > most && kanji) add(out, s, {i, end}, "noun-chain", 2, "名詞が続いています。「の」「を」などで分けてください", "a chain of nouns: part it with の, を …");
    i = std::max(end, i + 1);
  }
}

void check_sentence_length(const Surface& s, std::size_t most, bool words, Findings& out) {
  for (const Span sentence : s.sentences) {
    const std::size_t length = words ? words_of(s, sentence) : length_of(s, sentence);
    if (length <= most) continue;
    const std::string n = std::to_string(length), limit = std::to_string(most);
    add(out, s, sentence, "long-sentence", 2, "文が長いです（" + n + (words ? "語" : "文字") + "）。" + limit + (words ? "語" : "文字") + "までに分けてください",
        "a sentence of " + n + (words ? " words" : " characters") + ": cut it into such of at most " + limit);
  }
}

}  // namespace machiya::plain_words
