#include "sense/rules/figures.h"

#include <gtest/gtest.h>

namespace machiya::sense::rules {
namespace {

constexpr std::int64_t kFrom = 1'764'514'800'000'000;   // 2025-12-01T00:00+09:00

struct Raised {
  RaisedList list;
  void at(std::int64_t us, std::int64_t alarm = 1, Priority priority = Priority::low) { list.all.push_back({alarm, kFrom + us, priority}); }
};

TEST(KeyFigures, OfNothing) {
  const KeyFigures f = key_figures({}, kFrom, kFrom + kDay, 1);
  EXPECT_EQ(f.raised, 0);
  EXPECT_EQ(f.an_hour, 0);
  EXPECT_EQ(f.bars.size(), 24u);
  EXPECT_TRUE(f.top.empty());
}

TEST(KeyFigures, TheRateIsThatOfOnePosition) {
  Raised r;
  for (int i = 0; i < 288; ++i) r.at(i * 5 * kMinute, i % 7);
  EXPECT_DOUBLE_EQ(key_figures(r.list, kFrom, kFrom + kDay, 1).an_hour, 12);
  EXPECT_DOUBLE_EQ(key_figures(r.list, kFrom, kFrom + kDay, 2).an_hour, 6);
  EXPECT_EQ(key_figures(r.list, kFrom, kFrom + kDay, 1).most_in_ten_minutes, 2);
  EXPECT_EQ(key_figures(r.list, kFrom, kFrom + kDay, 1).flood, 0);
}

// A flood begins with more than ten in ten minutes and ends with fewer than five: 11, 6, 4 are two periods of six.
TEST(KeyFigures, AFloodBeginsAndEnds) {
  Raised r;
  for (int i = 0; i < 11; ++i) r.at(i * kSecond, i);
  for (int i = 0; i < 6; ++i) r.at(10 * kMinute + i * kSecond, i);
  for (int i = 0; i < 4; ++i) r.at(20 * kMinute + i * kSecond, i);
  const KeyFigures f = key_figures(r.list, kFrom, kFrom + kHour, 1);
  EXPECT_EQ(f.floods, 1);
  EXPECT_DOUBLE_EQ(f.flood, 2.0 / 6);
  EXPECT_EQ(f.most_in_ten_minutes, 11);
  EXPECT_EQ(f.hours_with_many, 0);
}

TEST(KeyFigures, WhoChattersAndWhoComesMostOften) {
  Raised r;
  for (int i = 0; i < 3; ++i) r.at(i * 29 * kSecond, 1);          // three within a minute
  for (int i = 0; i < 5; ++i) r.at(kHour + i * kMinute, 2, Priority::high);   // five, never three within one
  for (int i = 0; i < 20; ++i) r.at(2 * kHour + i * kMinute, 100 + i);
  const KeyFigures f = key_figures(r.list, kFrom, kFrom + kDay, 1);
  EXPECT_EQ(f.chattering, 1);
  ASSERT_EQ(f.top.size(), 10u);
  EXPECT_EQ(f.top[0].alarm, 2);
  EXPECT_FALSE(f.top[0].chattering);
  EXPECT_TRUE(f.top[1].chattering);
  EXPECT_DOUBLE_EQ(f.share_of_top, 16.0 / 28);
  EXPECT_EQ(f.by_priority[0], 5);
}

TEST(KeyFigures, BarsAreDaysOfJapan) {
  Raised r;
  r.at(0), r.at(kDay - 1), r.at(kDay);
  const KeyFigures f = key_figures(r.list, kFrom - kHour, kFrom + 3 * kDay, 1);
  ASSERT_EQ(f.bars.size(), 4u);
  EXPECT_EQ(f.bars[1].from_us, kFrom);
  EXPECT_EQ(f.bars[1].raised[2], 2);
  EXPECT_EQ(f.bars[2].raised[2], 1);
}

}  // namespace
}  // namespace machiya::sense::rules
