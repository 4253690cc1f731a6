#include "tell/channel/characters.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace machiya::tell {
namespace {

TEST(Characters, CountAsUtf16Does) {
  EXPECT_EQ(utf16_units(""), 0u);
  EXPECT_EQ(utf16_units("避難a"), 3u);
  EXPECT_EQ(utf16_units("𠮷野家"), 4u);
  EXPECT_EQ(utf16_units("👨‍👩‍👧"), 8u);
}

TEST(Characters, AreNeverCutInTheMiddle) {
  EXPECT_EQ(fitted_utf16("避難所", 3), "避難所");
  EXPECT_EQ(fitted_utf16("避難所です", 3), "避難…");
  EXPECT_EQ(fitted_utf16("避難", 0), "");
  EXPECT_EQ(fitted_utf16("避難", 1), "…");
  EXPECT_EQ(fitted_utf16("𠮷𠮷𠮷", 4), "𠮷…");              // 2 + 1: another half would not be a character
  EXPECT_EQ(fitted_utf16("a👨‍👩‍👧b", 8), "a…");              // a family is one
  EXPECT_EQ(fitted_utf16("辻󠄀辻󠄀", 4), "辻󠄀…");                // an ideographic variation sequence is one
  EXPECT_EQ(fitted_utf16("か\u3099き", 2), "…");            // a voiced mark stays with its letter
  EXPECT_EQ(fitted_utf16("🇯🇵🇻🇳x", 5), "🇯🇵…");
}

TEST(Characters, EveryLengthHoldsItsLimitAndIsTheBeginning) {
  const std::string text = "𠮷a👨‍👩‍👧か\u3099🇯🇵避難";
  for (std::size_t most = 0; most <= utf16_units(text) + 1; ++most) {
    const std::string out = fitted_utf16(text, most);
    EXPECT_LE(utf16_units(out), most);
    EXPECT_TRUE(is_utf8(out));
    if (out == text || out.empty()) continue;
    EXPECT_EQ(text.compare(0, out.size() - 3, out, 0, out.size() - 3), 0);
  }
}

}  // namespace
}  // namespace machiya::tell
