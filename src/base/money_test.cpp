#include "base/money.h"

#include <gtest/gtest.h>

#include <limits>

namespace machiya {

TEST(Money, RoundsByTheNamedRule) {
  EXPECT_EQ(multiply_yen(1000, 1, 3, Rounding::down), 333);
  EXPECT_EQ(multiply_yen(1000, 1, 3, Rounding::up), 334);
  EXPECT_EQ(multiply_yen(1000, 1, 8, Rounding::half_up), 125);
  EXPECT_EQ(multiply_yen(1, 1, 2, Rounding::half_up), 1);
  EXPECT_EQ(multiply_yen(-1, 1, 2, Rounding::half_up), -1);
  EXPECT_EQ(multiply_yen(-1999, 1, 2, Rounding::down), -999);
  EXPECT_EQ(multiply_yen(1234567, 1, 1, Rounding::down, 100), 1234500);
  EXPECT_EQ(multiply_yen(1234567, 1, 1, Rounding::down, 1000), 1234000);
  EXPECT_EQ(multiply_yen(1234567, 10, 100, Rounding::up, 10), 123460);
}
TEST(Money, OverflowAndNonsenseGiveNothing) {
  constexpr auto top = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(multiply_yen(top, 2, 1, Rounding::down));
  EXPECT_EQ(multiply_yen(top, 3, 3, Rounding::down), top);
  EXPECT_FALSE(multiply_yen(1, 1, 0, Rounding::down));
  EXPECT_FALSE(multiply_yen(1, 1, 1, Rounding::down, 0));
  EXPECT_FALSE(add_yen(top, 1));
  EXPECT_EQ(add_yen(top, -1), top - 1);
}
TEST(Money, GroupsByThousands) {
  EXPECT_EQ(group_digits(0), "0");
  EXPECT_EQ(group_digits(999), "999");
  EXPECT_EQ(group_digits(1000), "1,000");
  EXPECT_EQ(group_digits(-1234567), "−1,234,567");
  EXPECT_EQ(group_digits(std::numeric_limits<std::int64_t>::min()), "−9,223,372,036,854,775,808");
}
TEST(Money, ReadsWhatPeopleType) {
  EXPECT_EQ(read_yen("1,234"), 1234);
  EXPECT_EQ(read_yen("１２３４円"), 1234);
  EXPECT_EQ(read_yen("¥1,234,567"), 1234567);
  EXPECT_EQ(read_yen(" ￥ 300 "), 300);
  for (const char* text : {"", "円", "-5", "1.5", "12,34", "1,23", ",123", "1234,567", "百円", "9999999999999999"}) EXPECT_FALSE(read_yen(text)) << text;
}

}  // namespace machiya
