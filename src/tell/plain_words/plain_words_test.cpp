#include "tell/plain_words/plain_words.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace machiya::plain_words {
namespace {

/// "rule@place+length" of each finding.
std::vector<std::string> found(std::string_view text, std::string_view lang = "ja-easy") {
  std::vector<std::string> out;
  const Report report = check(text, lang);
  for (const Finding& f : report.findings) out.push_back(f.rule + "@" + std::to_string(f.at) + "+" + std::to_string(f.length));
  return out;
}
using List = std::vector<std::string>;

TEST(SchoolKanji, the_table_of_2020_has_80_160_200_202_193_191) {
  const std::size_t expected[] = {80, 160, 200, 202, 193, 191};
  std::size_t all = 0;
  for (int grade = 1; grade <= 6; ++grade) {
    EXPECT_EQ(kanji_of_grade(grade), expected[grade - 1]) << grade;
    all += kanji_of_grade(grade);
  }
  EXPECT_EQ(all, 1026u);
  EXPECT_EQ(kanji_grade(U'阪'), 4);   // the names of prefectures came with 2020
  EXPECT_EQ(kanji_grade(U'囲'), 5);   // from 4 to 5 in 2020
  EXPECT_EQ(kanji_grade(U'城'), 4);   // from 6 to 4
  EXPECT_EQ(kanji_grade(U'濫'), 7);
  EXPECT_EQ(kanji_grade(U'あ'), 0);
}

TEST(Easy, a_good_text_has_nothing_to_mend) {
  const Report report = check("{津波|つなみ}（とても {高|たか}い {波|なみ}）が {来|き}ます。\nすぐに {高|たか}い ところへ にげて ください。", "ja-easy");
  EXPECT_TRUE(report.findings.empty()) << report.findings[0].rule << report.findings[0].excerpt;
  EXPECT_EQ(report.score, 100);
  EXPECT_EQ(report.measures.sentences, 2u);
}

TEST(Easy, each_rule_at_its_place) {
  EXPECT_EQ(found("{川|かわ}の 水が ふえます。"), (List{"kanji-without-reading@8+1"}));
  EXPECT_EQ(found("{川|river}です。"), (List{"reading-not-kana@1+1"}));
  EXPECT_EQ(found("{かわ|かわ}です。"), (List{"reading-not-needed@1+2"}));
  EXPECT_EQ(found("これは とても とても とても とても とても とても とても とても ながい ながい ながい ぶんです。"), (List{"long-sentence@0+53"}));
  EXPECT_EQ(found("ここにいてはいけませんからはやくにげてください。"), (List{"no-spaces@0+23"}));
  EXPECT_EQ(found("{警戒|けいかい}して ください。"), (List{"difficult-word@1+2"}));
  EXPECT_EQ(found("{避難所|ひなんじょ}へ {行|い}って ください。"), (List{"unexplained-word@1+3"}));
  EXPECT_EQ(found("{避難所|ひなんじょ}（にげる ところ）へ {行|い}って ください。"), List{});
  EXPECT_EQ(found("{氷嚢|ひょうのう}を {使|つか}います。"), (List{"difficult-kanji@2+1"}));
  EXPECT_EQ(found("みちが こわされました。"), (List{"passive@6+3"}));
  EXPECT_EQ(found("いえが たおれました。こどもが うまれました。"), List{});
  EXPECT_EQ(found("こどもに もたせて ください。まえに すすませる。こどもに させて ください。"), (List{"plain-ending@17+8", "causative@30+3"}));
  EXPECT_EQ(found("ださないと いけません。"), (List{"double-negative@2+8"}));
  EXPECT_EQ(found("モラトリアムが あります。トイレが あります。モラトリアム（まって もらうこと）です。"), (List{"loan-word@0+6"}));
  EXPECT_EQ(found("deadlineは あした です。"), (List{"latin-word@0+8"}));
  EXPECT_EQ(found("{6月3日|ろくがつみっか}に あります。"), (List{"date-without-weekday@1+4"}));
  EXPECT_EQ(found("{6月3日|ろくがつみっか}（{水曜日|すいようび}）に あります。"), List{});
  EXPECT_EQ(found("6/3に あります。"), (List{"date-as-fraction@0+3"}));
  EXPECT_EQ(found("14:30からです。"), (List{"time-with-colon@0+5"}));
  EXPECT_EQ(found("8341-3:2016です。"), List{});
  EXPECT_EQ(found("14{時|じ}からです。"), (List{"hour-above-12@0+4"}));
  EXPECT_EQ(found("{令和|れいわ}8{年|ねん}です。"), (List{"era-only@1+8"}));
  EXPECT_EQ(found("2026{年|ねん}（{令和|れいわ}8{年|ねん}）です。"), List{});
  EXPECT_EQ(found("つかって いただけます。"), (List{"honorific@5+6"}));
  EXPECT_EQ(found("ぐらぐら ゆれます。いろいろ あります。"), (List{"onomatopoeia@0+4"}));
  EXPECT_EQ(found("なるべく いかないで ください。"), (List{"vague@0+4"}));
  EXPECT_EQ(found("{大阪市役所総務課|おおさかしやくしょそうむか}です。"), (List{"noun-chain@1+8"}));
  EXPECT_EQ(found("{name}さん、こんにちは"), List{});
}

TEST(Easy, says_what_would_be_better_in_japanese_and_english) {
  const Report report = check("{避難|ひなん}して ください。", "ja-easy");
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].excerpt, "避難");
  EXPECT_EQ(report.findings[0].ja, "「避難」は「にげる」と言えます");
  EXPECT_EQ(report.findings[0].en, "say “にげる”");
  EXPECT_EQ(report.score, 90);
}

TEST(Ordinary, readability_falls_with_hard_words_and_long_sentences) {
  const Report plain = check("きのう、川の水がふえました。川の近くにいる人は、すぐに高いところへにげてください。", "ja");
  const Report hard = check("本件災害発生時避難行動要支援者個別避難計画策定事業実施要綱に基づき、当該地域住民は、自主防災組織等関係機関と連携し、避難支援体制確立に努めるものとする。", "ja");
  EXPECT_EQ(plain.readability->formula, "tateisi-1988");
  EXPECT_EQ(plain.readability->level, "easy");
  EXPECT_EQ(hard.readability->level, "very-hard");
  EXPECT_LE(plain.measures.kanji_grade, 2);
  EXPECT_EQ(hard.measures.kanji_grade, 7);
  EXPECT_EQ(hard.measures.longest_sentence, 76u);
  const auto rules = found("避難しないわけではない。", "ja");
  EXPECT_EQ(rules, (List{"difficult-word@0+2", "double-negative@3+8"}));
}

TEST(Ordinary, tateisi_is_the_published_sum) {
  // 8 characters: hiragana 4 in 2 runs (の, です with 。 apart), kanji 2 in 2 runs, katakana 0; one sentence, one comma.
  const Report report = check("川の、水です。", "ja");
  EXPECT_NEAR(report.readability->value, 115.79 - 0.12 * 7 + 7.4 * 1.5 - 23.18 * 1 - 4.67 * 1, 1e-9);
}

TEST(Other, english_by_flesch_and_sentences_in_words) {
  const Report report = check("The cat sat on the mat. It was happy.", "en");
  EXPECT_NEAR(report.readability->value, 206.835 - 1.015 * 4.5 - 84.6 * 10 / 9.0, 1e-9);
  EXPECT_EQ(report.readability->level, "easy");
  std::string long_one = "We";
  for (int i = 0; i < 30; ++i) long_one += " word";
  EXPECT_EQ(found(long_one + ".", "en"), (List{"long-sentence@0+153"}));
  EXPECT_TRUE(found(long_one + ".", "vi").empty());
  EXPECT_FALSE(check("请立即避难。", "zh-Hans").readability);
}

TEST(Other, hostile_text_ends_without_harm) {
  for (const std::string_view text : {"", "{", "}", "{|}", "{|", "{}", "\xff\xfe", "{漢字|", "。。。", "\n\n", "れ", "られ", "{a|b}{c|d}", "1", "1/", "12時", "令和", "{川|か\xe3}\xef水が 来られます"})
    for (const std::string_view lang : {"ja", "ja-easy", "en", "ko", "xx"}) {
      const Report report = check(text, lang);
      for (const Finding& f : report.findings) EXPECT_LE(f.at + f.length, to_utf32(text).size()) << text;
    }
}

TEST(EasyWords, no_word_twice_and_no_suggestion_that_needs_another) {
  std::set<std::string_view> seen;
  for (const EasyWord& w : easy_words()) {
    EXPECT_TRUE(seen.insert(w.word).second) << w.word;
    for (const EasyWord& other : easy_words())
      EXPECT_TRUE(other.keep || w.easy.find(other.word) == std::string_view::npos) << w.word << " is explained with " << other.word;
  }
}

/// Every text of the house's own pages in one language.
std::vector<std::string> texts_of_pages(const std::string& lang) {
  std::vector<std::string> out;
  const std::string end = "." + lang + ".json";
  for (const auto& file : std::filesystem::directory_iterator(std::string(MACHIYA_SOURCE_DIR) + "/web/locale")) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with(end) || starts_with(name, "staff")) continue;
    std::ifstream in(file.path());
    const auto value = json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    EXPECT_TRUE(value.ok()) << name;
    if (value.ok())
      for (const auto& [key, text] : value->members()) out.push_back(text.as_string());
  }
  return out;
}

TEST(HouseTexts, the_easy_pages_score_far_above_the_ordinary_ones_by_the_same_rules) {
  auto mean = [](const std::vector<std::string>& texts) {
    double sum = 0;
    for (const std::string& text : texts) sum += check(text, "ja-easy").score;
    return sum / static_cast<double>(texts.size());
  };
  const auto easy = texts_of_pages("ja-easy"), ordinary = texts_of_pages("ja");
  ASSERT_GT(easy.size(), 300u);
  const double a = mean(easy), b = mean(ordinary);
  std::cout << "mean score of " << easy.size() << " easy texts: " << a << ", of " << ordinary.size() << " ordinary ones: " << b << "\n";
  EXPECT_GT(a, 90);
  EXPECT_LT(b, a - 30);
}

}  // namespace
}  // namespace machiya::plain_words
