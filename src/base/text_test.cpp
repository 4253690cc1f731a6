#include "base/text.h"

#include <gtest/gtest.h>

namespace machiya {

TEST(Text, HalfWidthKanaJoinsVoicedMarks) {
  EXPECT_EQ(fold_width("ｶﾞｷﾞﾂﾞﾄﾞﾊﾞﾊﾟｳﾞｱ"), "ガギヅドバパヴア");
  EXPECT_EQ(fold_width("ＡＢＣ　１２３"), "ABC 123");
}
TEST(Text, DashesBetweenDigitsAreOne) {
  EXPECT_EQ(fold_width("５３０ー８２０１"), "530-8201");
  EXPECT_EQ(fold_width("スーパー"), "スーパー");  // the long mark between kana stays
  EXPECT_EQ(digits_of("０６（１２３４）5678"), "0612345678");
}
TEST(Text, KanaFoldsForSearchOnly) {
  EXPECT_EQ(to_katakana("やまだ はなこ"), "ヤマダ ハナコ");
  EXPECT_EQ(fold_for_search("ヤマダ　花子"), "やまだ花子");
  std::vector<std::string> want{"やま", "まだ"};
  EXPECT_EQ(bigrams("ヤマダ"), want);
  // 葛 with an ideographic variation selector finds plain 葛.
  EXPECT_EQ(fold_for_search("葛\xF3\xA0\x84\x80城"), fold_for_search("葛城"));
}
TEST(Text, BrokenUtf8IsSeen) {
  EXPECT_TRUE(is_utf8("町家𠮷"));
  EXPECT_FALSE(is_utf8("\xC0\xAF"));
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));
  EXPECT_FALSE(is_utf8("\xE7\x94"));
}

}  // namespace machiya
