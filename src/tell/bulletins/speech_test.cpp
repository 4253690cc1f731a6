#include "tell/bulletins/speech.h"

#include <gtest/gtest.h>

#include "tell/bulletins/area_mail.h"
#include "tell/bulletins/signage.h"
#include "tell/bulletins/spoken_numbers.h"

namespace machiya::bulletins {
namespace {

Notice notice() {
  Notice n;
  n.id = "a", n.published = n.sent = *parse_rfc3339("2026-06-03T14:30:00+09:00");
  n.wordings = {{"ja", "避難指示を出しました", "6月3日14時30分、放出東に避難指示を出しました。", "淀川から2km離れてください。", "", "大阪市"}};
  n.areas = {{{{"ja", "放出東"}}, {}, {{std::string(kJisMunicipality), "27118"}, {std::string(kTown), "271180020"}}}};
  return n;
}
Station station() {
  Station s;
  s.name = "ぼうさいおおさかし";
  return s;
}
std::vector<std::string> rules(const std::vector<Problem>& problems) {
  std::vector<std::string> out;
  for (const Problem& p : problems) out.push_back(p.field + ":" + p.rule + "@" + std::to_string(p.at) + "+" + std::to_string(p.length));
  return out;
}

TEST(SpokenNumbers, counters_change_their_sound) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "ぜろ"}, {"10", "じゅう"}, {"300", "さんびゃく"}, {"1000", "せん"}, {"11000", "いちまんいっせん"}, {"100000000", "いちおく"}, {"8000", "はっせん"},
      {"1分", "いっぷん"}, {"3分", "さんぷん"}, {"5分", "ごふん"}, {"10分", "じゅっぷん"}, {"20分間", "にじゅっぷんかん"}, {"44分", "よんじゅうよんぷん"},
      {"4時", "よじ"}, {"0時", "れいじ"}, {"17時", "じゅうしちじ"}, {"19時", "じゅうくじ"}, {"10時", "じゅうじ"}, {"24時間", "にじゅうよじかん"},
      {"1日", "ついたち"}, {"20日", "はつか"}, {"24日", "にじゅうよっか"}, {"17日", "じゅうしちにち"}, {"1日間", "いちにちかん"}, {"2日間", "ふつかかん"},
      {"4月9日", "しがつここのか"}, {"1人", "ひとり"}, {"4人", "よにん"}, {"14人", "じゅうよにん"}, {"3階", "さんがい"}, {"6か所", "ろっかしょ"}, {"100か所", "ひゃっかしょ"},
      {"100世帯", "ひゃくせたい"}, {"8世帯", "はっせたい"}, {"10センチ", "じゅっせんち"}, {"3本", "さんぼん"}, {"1丁目", "いっちょうめ"}, {"1,200世帯", "せんにひゃくせたい"},
      {"１４：０５", "じゅうよじごふん"}, {"14:00", "じゅうよじ"}, {"3.5メートル", "さんてんごめーとる"}, {"0.5ミリ", "れいてんごみり"}, {"10〜20ミリ", "じゅうからにじゅうみり"},
      {"06-6208-1234", "ぜろろくのろくにぜろはちのいちにさんよん"}, {"警戒レベル4です", "警戒レベルよんです"}, {"2026年6月3日", "にせんにじゅうろくねんろくがつみっか"},
      {"100%", "ひゃくぱーせんと"}, {"1兆", "いち兆"}, {"1000000000000", "いっちょう"}, {"12345678901234567", "いちにさんよんごろくななはちきゅうぜろいちにさんよんごろくなな"}};
  for (const auto& [written, spoken] : cases) EXPECT_EQ(with_spoken_numbers(written), spoken) << written;
}

TEST(Wireless, greets_says_it_twice_and_greets_again) {
  Station s = station();
  s.readings = {{"放出", "はなてん"}, {"放出東", "はなてんひがし"}};
  const auto speech = wireless_text(notice(), s);
  ASSERT_TRUE(speech.ok());
  EXPECT_EQ(speech->text,
            "こちらは、ぼうさいおおさかしです。\n避難指示を出しました。\nろくがつみっかじゅうよじさんじゅっぷん、はなてんひがしに避難指示を出しました。\n淀川からにきろ離れてください。\n"
            "くりかえします。\n避難指示を出しました。\nろくがつみっかじゅうよじさんじゅっぷん、はなてんひがしに避難指示を出しました。\n淀川からにきろ離れてください。\nこちらは、ぼうさいおおさかしです。");
  EXPECT_TRUE(speech->problems.empty());
  EXPECT_GT(speech->seconds, 30);
  EXPECT_LT(speech->seconds, 90);
}

TEST(Wireless, tells_places_nobody_can_read_long_sentences_and_what_cannot_be_spoken) {
  Notice n = notice();
  n.status = Status::exercise;
  n.wordings[0].body += std::string("※くわしくは https://city.example を見てください。") + "とても長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い長い文です。";
  const auto speech = wireless_text(n, station());
  ASSERT_TRUE(speech.ok());
  EXPECT_EQ(speech->sentences[1], "これは、訓練放送です。");
  std::vector<std::string> kinds;
  for (const Problem& p : speech->problems) kinds.push_back(p.rule);
  EXPECT_EQ(kinds, (std::vector<std::string>{"address", "sign", "long-sentence", "no-reading"}));
  EXPECT_EQ(speech->problems.back().ja, "「放出東」の読みを地名の表に入れてください");
}

TEST(Wireless, counts_morae) {
  EXPECT_EQ(count_morae("きょうは、ゆっくり"), 7);
  EXPECT_EQ(count_morae("コンピューター"), 6);
  EXPECT_NEAR(count_morae("避難"), 3.32, 1e-9);
}

TEST(Voice, speaks_each_language_and_offers_to_say_it_again) {
  Notice n = notice();
  n.wordings.push_back({"en", "Evacuate", "Leave at 14:30. Now!", "", "", "Osaka City"});
  const auto english = voice_text(n, "vi", true);
  EXPECT_EQ(english->text, "This is Osaka City.\nEvacuate.\nLeave at 14:30.\nNow!\nTo hear this again, press 1.");
  EXPECT_EQ(voice_text(n, "ja-easy", false)->sentences[0], "こちらは、大阪市です。");
}

TEST(AreaMail, counts_and_finds_what_may_not_stand_at_its_place) {
  const FormatRule& rule = area_mail_rules()[0];
  const auto good = area_mail(notice(), rule);
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(good->problems.empty()) << good->problems[0].ja;
  EXPECT_EQ(good->municipalities, (std::vector<std::string>{"27118"}));
  EXPECT_TRUE(good->body.ends_with("\n（大阪市）"));
  Notice n = notice();
  n.wordings[0].title = "北区に避難指示を発令しました。";   // 15 characters
  n.wordings[0].body = "電話06-6208-1234、http://a.jp/x を見て🚨ください。0662081234";
  n.wordings[0].instruction.clear();
  EXPECT_EQ(rules(area_mail(n, rule)->problems), (std::vector<std::string>{"body:charset@32+1", "body:url@15+13", "body:phone@2+12", "body:phone-digits@38+10"}));
  n.wordings[0].title += "！";
  EXPECT_EQ(rules(area_mail(n, rule)->problems)[0], "title:too-long@15+1");
  n.status = Status::exercise;
  EXPECT_EQ(rules(area_mail(n, rule)->problems)[0], "title:too-long@15+5");
  n = notice();
  n.wordings[0].body.clear();
  for (int i = 0; i < 201; ++i) n.wordings[0].body += "あ";
  n.wordings[0].instruction.clear();
  EXPECT_EQ(rules(area_mail(n, rule)->problems), (std::vector<std::string>{"body:too-long@200+7"}));
  n.areas.clear();
  EXPECT_EQ(area_mail(n, rule).error().where, "areas");
}

TEST(Signage, an_extreme_alert_takes_the_screen_and_a_drill_never_does) {
  Notice n = notice();
  EXPECT_FALSE(overrides(n));
  n.hazard = Hazard{{Category::met}, {}, Urgency::immediate, Severity::extreme, Certainty::observed, 5, {}, {}};
  EXPECT_TRUE(overrides(n));
  n.status = Status::exercise;
  EXPECT_FALSE(overrides(n));
  n.status = Status::actual, n.hazard->responses = {Response::all_clear};
  EXPECT_FALSE(overrides(n));
}

TEST(Signage, cuts_between_sentences_and_never_within_a_reading) {
  Notice n = notice();
  n.wordings[0].body = "{一。二|いちに}です。三です。\n\n四です。";
  n.wordings[0].instruction.clear();
  SignageRule rule;
  rule.wide_most = 7;
  const json::Value out = *signage(n, rule);
  const auto& slides = out["slides"].items();
  ASSERT_EQ(slides.size(), 3u) << json::to_text(out);
  EXPECT_EQ(json::to_text(slides[0]["text"]), "[[{\"text\":\"一。二\",\"reading\":\"いちに\"},{\"text\":\"です。\"}]]");
  EXPECT_EQ(json::to_text(slides[2]["text"]), "[[{\"text\":\"四です。\"}]]");
  EXPECT_EQ(out.text("sent"), "2026-06-03T14:30:00+09:00");
}

}  // namespace
}  // namespace machiya::bulletins
