// Texts of messages: slots, readings, fallbacks, and what is found before anything is sent.
#include "tell/messages/rendering.h"

#include <gtest/gtest.h>

namespace machiya::tell {
namespace {

city::Text text(std::vector<std::pair<std::string, std::string>> by_language) { return city::Text(std::move(by_language)); }

TEST(rendering, slots_are_filled_and_readings_stand_behind_their_words) {
  const Slots slots = {{"number", text({{"ja", "A-1"}})}, {"place", text({{"ja", "北区"}, {"en", "Kita Ward"}})}};
  EXPECT_EQ(fill("{place}の{避難|ひなん}({number})", slots, "ja"), "北区の避難(ひなん)(A-1)");
  EXPECT_EQ(fill("{place}: {number}", slots, "en"), "Kita Ward: A-1");
  std::vector<std::string> missing;
  EXPECT_EQ(fill("{nobody}", slots, "ja", &missing), "{nobody}");
  EXPECT_EQ(missing, std::vector<std::string>{"nobody"});
  EXPECT_EQ(slots_of("{a} {b|び} {a} {c}"), (std::vector<std::string>{"a", "c"}));
}

TEST(rendering, a_language_counts_when_it_has_a_title_and_a_text) {
  const Source source{text({{"ja", "題"}, {"en", "Title"}, {"ko", "제목"}}), text({{"ja", "文"}, {"en", "Text"}}), {}};
  Frame frame;
  frame.sender = text({{"ja", "大阪市"}, {"en", "Osaka City"}});
  const Contents contents = render(source, {}, frame);
  EXPECT_EQ(contents.size(), 2u);
  EXPECT_EQ(for_language(contents, "ko")->title, "Title");       // ko → en
  EXPECT_EQ(for_language(contents, "ja-easy")->title, "題");     // ja-easy → ja
  EXPECT_EQ(for_language(contents, "en")->sender, "Osaka City");
  const auto read = contents_in(to_json(contents));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->at("en").body, "Text");
}

TEST(rendering, what_is_missing_or_too_long_is_named_with_its_place) {
  ChannelDefinition sms;
  sms.id = "sms", sms.most_short = 5, sms.most_title = 3;
  const Source source{text({{"ja", "題名です"}, {"en", "T"}}), text({{"ja", "{who}さん"}}), text({{"ja", "短い文です"}})};
  const auto found = check(source, {}, {&sms});
  const auto has = [&](Finding::What what, std::string_view lang, std::string_view part, std::string_view detail, bool blocks) {
    return std::any_of(found.begin(), found.end(), [&](const Finding& f) { return f.what == what && f.lang == lang && f.part == part && f.detail == detail && f.blocks == blocks; });
  };
  EXPECT_TRUE(has(Finding::What::too_long, "ja", "title", "4/3", true));
  EXPECT_TRUE(has(Finding::What::no_value, "ja", "body", "who", true));
  EXPECT_TRUE(has(Finding::What::no_language, "en", "body", "", true));      // half a language
  EXPECT_TRUE(has(Finding::What::no_language, "vi", "", "", false));         // none at all may be
  EXPECT_FALSE(has(Finding::What::too_long, "ja", "short", "5/5", true));    // five of five fit
}

TEST(rendering, characters_are_counted_as_people_do) {
  EXPECT_EQ(characters("葛\U000E0100城"), 2u);    // IVS belongs to its character
  EXPECT_EQ(characters("か\u3099"), 1u);
  EXPECT_EQ(characters("abc"), 3u);
}

}  // namespace
}  // namespace machiya::tell
