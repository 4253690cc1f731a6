#include <gtest/gtest.h>

#include <algorithm>

#include "platform/locale/locale.h"

namespace machiya::locale {

TEST(Catalogue, EveryTextIsInEveryLanguageThatNeedsIt) {
  auto loaded = Catalogue::load(MACHIYA_SOURCE_DIR "/web/locale");
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  const Catalogue& texts = *loaded.value();
  ASSERT_GT(texts.keys().size(), 50u);
  for (const std::string& key : texts.keys()) {
    bool staff = texts.part_of(key).rfind("staff", 0) == 0;
    for (std::string_view lang : kLanguages) {
      if (staff && lang != "ja" && lang != "en") continue;
      EXPECT_TRUE(texts.has(lang, key)) << key << " (part " << texts.part_of(key) << ") has no text in " << lang;
    }
  }
}

TEST(Catalogue, ArgumentsAreTheSameInEveryLanguage) {
  auto loaded = Catalogue::load(MACHIYA_SOURCE_DIR "/web/locale");
  ASSERT_TRUE(loaded.ok());
  auto arguments = [](const std::string& text) {
    std::vector<std::string> names;
    for (const TextPiece& piece : parse_text(text))
      if (piece.kind == TextPiece::Kind::argument) names.push_back(piece.text);
    std::sort(names.begin(), names.end());
    return names;
  };
  for (const std::string& key : loaded.value()->keys())
    for (std::string_view lang : kLanguages)
      EXPECT_EQ(arguments(*loaded.value()->raw(lang, key)), arguments(*loaded.value()->raw("ja", key))) << key << " in " << lang;
}

TEST(Catalogue, PlainTextsLoseReadingsAndTakeArguments) {
  auto loaded = Catalogue::load(MACHIYA_SOURCE_DIR "/web/locale");
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.value()->text("en", "form.step", {{"step", "2"}, {"steps", "5"}}), "Page 2 of 5");
  EXPECT_EQ(loaded.value()->text("ja-easy", "layout.procedures"), "手続き");
  EXPECT_EQ(loaded.value()->text("en", "no.such.key"), "⟦no.such.key⟧");
  EXPECT_EQ(loaded.value()->text("ko", "staff.nav"), "Staff menu");  // ko falls back to en
}

TEST(Language, NegotiationFollowsQualities) {
  EXPECT_EQ(negotiate(""), "ja");
  EXPECT_EQ(negotiate("fr-FR, de;q=0.9"), "ja");
  EXPECT_EQ(negotiate("fr, en-GB;q=0.7, ko;q=0.8"), "ko");
  EXPECT_EQ(negotiate("zh-TW,zh;q=0.9"), "zh-Hans");
  EXPECT_EQ(negotiate("en;q=0, vi;q=0.1"), "vi");
  EXPECT_EQ(negotiate("en;q=broken, vi;q=0.1"), "vi");
  EXPECT_EQ(negotiate("JA-easy"), "ja-easy");
  EXPECT_EQ(html_lang("ja-easy"), "ja");
}

}  // namespace machiya::locale
