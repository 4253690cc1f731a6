// Messages as LINE takes them: limits hold whatever stands in a content, an emergency is seen without colour, links lead where they should.
#include "tell/line/line_message.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "tell/channel/characters.h"
#include "tell/gateway/retry_key.h"

namespace machiya::tell {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Content evacuation() {
  Content out;
  out.lang = "ja";
  out.title = "避難指示(警戒レベル4)";
  out.body = "北区に避難指示を出しました。\n危険な場所から全員避難してください。\n\n避難場所: 扇町公園";
  out.link = "https://city.example/m/1";
  out.link_text = "避難場所を見る";
  out.sender = "大阪市";
  out.leave_text = "緊急のお知らせは登録した全員に届きます。";
  out.emergency = true;
  return out;
}
std::string words(const json::Value& message) { return json::to_text(message); }

TEST(LineMessage, AnEmergencyIsMarkedInWordsAndSymbolBeforeColour) {
  const json::Value message = line_message(evacuation());
  EXPECT_EQ(message.text("type"), "flex");
  EXPECT_THAT(message.text("altText"), ::testing::StartsWith("【緊急】避難指示(警戒レベル4) 北区に"));
  const json::Value& bubble = message["contents"];
  EXPECT_EQ(bubble["header"]["contents"][std::size_t{0}].text("text"), "⚠ 緊急");
  EXPECT_EQ(bubble["header"].text("backgroundColor"), "#9B0000");
  EXPECT_EQ(bubble["body"].text("borderWidth"), "bold");
  EXPECT_EQ(bubble["body"]["contents"].size(), 2u);   // paragraphs
  EXPECT_EQ(bubble["body"]["contents"][std::size_t{0}].text("text"), "北区に避難指示を出しました。\n危険な場所から全員避難してください。");
  const json::Value& action = bubble["footer"]["contents"][std::size_t{0}]["action"];
  EXPECT_EQ(action.text("label"), "避難場所を見る");
  EXPECT_EQ(action.text("uri"), "https://city.example/m/1");
  Content calm = evacuation();
  calm.emergency = false;
  EXPECT_THAT(words(line_message(calm)), Not(HasSubstr("緊急】")));
  EXPECT_THAT(words(line_message(calm)), Not(HasSubstr("#9B0000")));
}

TEST(LineMessage, EveryLanguageHasItsWords) {
  for (const auto& [lang, alarm] : std::vector<std::pair<std::string, std::string>>{{"ja", "緊急"}, {"ja-easy", "きんきゅう"}, {"en", "EMERGENCY"}, {"zh-Hans", "紧急"}, {"ko", "긴급"}, {"vi", "KHẨN CẤP"}}) {
    Content one = evacuation();
    one.lang = lang;
    one.link_text.clear();
    EXPECT_THAT(words(line_message(one)), HasSubstr(alarm)) << lang;
    EXPECT_THAT(line_faults(one), IsEmpty()) << lang;
  }
}

TEST(LineMessage, EasyJapaneseIsText) {
  Content easy = evacuation();
  easy.lang = "ja-easy";
  const json::Value message = line_message(easy, "https://city.example/leave/1");
  EXPECT_EQ(message.text("type"), "text");
  EXPECT_THAT(message.text("text"), ::testing::StartsWith("⚠ 【きんきゅう】避難指示"));
  EXPECT_THAT(message.text("text"), HasSubstr("\n\n避難場所を見る\nhttps://city.example/m/1\n\n"));
  EXPECT_THAT(message.text("text"), ::testing::EndsWith("\nhttps://city.example/leave/1"));
  EXPECT_EQ(line_message(easy, {}, LineForm::flex).text("type"), "flex");
  EXPECT_EQ(line_message(evacuation(), {}, LineForm::text).text("type"), "text");
}

TEST(LineMessage, LimitsHoldWhateverStandsInIt) {
  for (const std::string& unit : {std::string("a"), std::string("あ"), std::string("𠮷"), std::string("<"), std::string("\x01"), std::string("👨‍👩‍👧"), std::string("b\n\n"), std::string("\\\"")}) {
    Content huge = evacuation();
    huge.title.clear(), huge.body.clear(), huge.link_text.clear(), huge.sender.clear(), huge.leave_text.clear();
    for (int i = 0; i < 6000; ++i) huge.title += unit, huge.body += unit, huge.link_text += unit, huge.sender += unit, huge.leave_text += unit;
    const json::Value flex = line_message(huge, "https://city.example/" + std::string(900, 'l'), LineForm::flex);
    EXPECT_LE(utf16_units(flex.text("altText")), kMostLineAlt);
    EXPECT_LE(json::to_text(flex["contents"]).size(), 30u * 1024) << unit;
    EXPECT_LE(utf16_units(flex["contents"]["footer"]["contents"][std::size_t{0}]["action"].text("label")), kMostLineLabel);
    const std::string text = line_message(huge, {}, LineForm::text).text("text");
    EXPECT_LE(utf16_units(text), kMostLineText);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_THAT(text, HasSubstr("https://city.example/m/1"));   // the way to the whole is never cut
    EXPECT_THAT(line_faults(huge, LineForm::flex), ElementsAre("title", "body", "link_text"));
  }
}

TEST(LineMessage, NothingEmptyStandsInABubble) {
  Content bare;
  bare.lang = "en";
  bare.title = "Notice";
  bare.body = " \n\n \n";
  const json::Value bubble = line_message(bare)["contents"];
  EXPECT_FALSE(bubble.has("body"));
  EXPECT_FALSE(bubble.has("footer"));
  EXPECT_THAT(line_faults(bare), IsEmpty());
}

TEST(LineMessage, FaultsAreNamedBeforeSending) {
  Content bad = evacuation();
  bad.title = " 　";
  EXPECT_THAT(line_faults(bad), ElementsAre("text"));
  bad = evacuation();
  bad.body = "\xff";
  EXPECT_THAT(line_faults(bad), ElementsAre("text"));
  bad = evacuation();
  bad.link = "javascript:alert(1)";
  EXPECT_THAT(line_faults(bad), ElementsAre("link"));
  EXPECT_THAT(words(line_message(bad)), Not(HasSubstr("javascript")));
}

TEST(LineMessage, AddressesAreMadeAscii) {
  EXPECT_EQ(line_uri("https://city.example/避難?q=水"), "https://city.example/%E9%81%BF%E9%9B%A3?q=%E6%B0%B4");
  EXPECT_EQ(line_uri("tel:0662088181"), "tel:0662088181");
  for (const char* bad : {"", "city.example", "ftp://city.example", "data:text/html,a", "https://a b", "https://a\nb", "https://a<b"}) EXPECT_EQ(line_uri(bad), "") << bad;
  EXPECT_EQ(line_uri("https://city.example/" + std::string(980, 'a')), "");
}

TEST(LineMessage, UserIds) {
  const std::string good = "U0123456789abcdef0123456789abcdef";
  EXPECT_TRUE(is_line_user(good));
  for (const std::string& bad : {std::string(), good + "0", good.substr(1), "C" + good.substr(1), "U0123456789ABCDEF0123456789ABCDEF" + std::string(), std::string("U") + std::string(32, 'g')}) EXPECT_FALSE(is_line_user(bad)) << bad;
}

TEST(RetryKey, PartsHaveKeysOfTheirOwnAlwaysTheSame) {
  const std::string key = "5c1a7b1e-7d1a-4b0e-9f43-1d2c3b4a5f60";
  EXPECT_TRUE(is_uuid(key));
  EXPECT_TRUE(is_uuid(part_key(key, "a")));
  EXPECT_EQ(part_key(key, "a")[14], '8');
  EXPECT_THAT(std::string("89ab"), HasSubstr(std::string(1, part_key(key, "a")[19])));
  EXPECT_EQ(part_key(key, "a"), part_key(key, "a"));
  EXPECT_NE(part_key(key, "a"), part_key(key, "b"));
  EXPECT_NE(part_key(key, "a"), part_key("5c1a7b1e-7d1a-4b0e-9f43-1d2c3b4a5f61", "a"));
  // Frozen: a key that changed between two releases would deliver twice what was under way.
  EXPECT_EQ(part_key(key, "U0123456789abcdef0123456789abcdef"), "b08b7357-840b-884d-bef5-2f6036903f17");
  for (const char* bad : {"", "5c1a7b1e7d1a4b0e9f431d2c3b4a5f60", "5c1a7b1e-7d1a-4b0e-9f43-1d2c3b4a5f6", "gc1a7b1e-7d1a-4b0e-9f43-1d2c3b4a5f60"}) EXPECT_FALSE(is_uuid(bad)) << bad;
}

}  // namespace
}  // namespace machiya::tell
