#include "base/time.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace machiya {

TEST(Time, CivilDatesRoundTripOverFourCenturies) {
  Date d = make_date(1800, 1, 1);
  for (int i = 0; i < 400 * 365; ++i, d.days++) {
    auto c = civil(d);
    ASSERT_EQ(make_date(c.year, c.month, c.day), d);
  }
}
TEST(Time, JapanDayBeginsAtFifteenUtc) {
  auto t = parse_rfc3339("2026-03-31T15:00:00Z");
  ASSERT_TRUE(t);
  EXPECT_EQ(to_iso(date_in_japan(*t)), "2026-04-01");
  EXPECT_EQ(to_iso_japan(*t), "2026-04-01T00:00:00+09:00");
  EXPECT_EQ(to_http_date(*t), "Tue, 31 Mar 2026 15:00:00 GMT");
}
TEST(Time, AgesOnTheBirthdayAndOnFirstMarchForLeapDays) {
  EXPECT_EQ(age_on(make_date(2008, 2, 29), make_date(2026, 2, 28)), 17);
  EXPECT_EQ(age_on(make_date(2008, 2, 29), make_date(2026, 3, 1)), 18);
}
TEST(Time, RefusesDaysThatDoNotExist) {
  EXPECT_FALSE(parse_iso_date("2026-02-29"));
  EXPECT_FALSE(parse_rfc3339("2026-02-28T24:00:00Z"));
  EXPECT_FALSE(parse_rfc3339("2026-02-28T23:00:00"));
}
TEST(Rng, PublicIdsAreWellFormedAndDiffer) {
  SeededRng rng(1);
  auto a = new_public_id(rng), b = new_public_id(rng);
  EXPECT_TRUE(is_public_id(a));
  EXPECT_NE(a, b);
}

}  // namespace machiya
