#include "sense/forecast/profile.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace machiya::sense::forecast {
namespace {

const std::vector<std::int64_t> kAhead = {30 * kMinute, kHour, 2 * kHour};

DayKind kind_of(Date day) {
  const int w = weekday(day);
  return w == 0 ? DayKind::holiday : w == 6 ? DayKind::saturday : DayKind::working;
}

/// A car park of 200 spaces: full on working mornings, quiet on Sundays, every day somewhat different, and what is different lasts for hours.
std::vector<Reading> weeks(int count, std::uint64_t seed, double lasting = 0.95) {
  SeededRng rng(seed);
  const auto noise = [&] { return (static_cast<double>(rng.below(2'001)) - 1'000) / 1'000; };
  std::vector<Reading> out;
  const Instant start = start_of_day_in_japan(make_date(2026, 9, 7));   // a Monday
  double apart = 0;
  for (int slot = 0; slot < count * 7 * static_cast<int>(kSlots); ++slot) {
    const std::int64_t at = start.us + slot * kSlot;
    const Date day = date_in_japan(Instant{at});
    const double hour = static_cast<double>(slot % static_cast<int>(kSlots)) / 4;
    const double rise = kind_of(day) == DayKind::working ? 150 : kind_of(day) == DayKind::saturday ? 90 : 30;
    const double usual = 20 + rise * std::exp(-(hour - 13) * (hour - 13) / 18);
    apart = lasting * apart + 5 * noise();
    out.push_back({at, std::clamp(usual + apart, 0.0, 200.0)});
  }
  return out;
}

TEST(Forecast, IsNearerThanWhatIsThereNowAndThanAWeekAgo) {
  const auto readings = weeks(6, 1);
  const auto profile = Profile::learn(readings, kind_of, kAhead);
  ASSERT_TRUE(profile);
  ASSERT_EQ(profile->skill().size(), kAhead.size());
  for (const Skill& skill : profile->skill()) {
    EXPECT_GT(skill.times, 2'000u);
    EXPECT_LT(skill.ours, 0.8 * skill.persistence) << skill.ahead_us / kMinute << " min";
    EXPECT_LT(skill.ours, 0.8 * skill.week_ago) << skill.ahead_us / kMinute << " min";
  }
}

TEST(Forecast, EachKindOfDayHasItsOwnCourse) {
  const auto readings = weeks(6, 2);
  const std::int64_t sunday = start_of_day_in_japan(make_date(2026, 10, 25)).us + 13 * kHour, monday = sunday + kDay;
  const auto profile = Profile::learn(readings, kind_of, kAhead);
  EXPECT_NEAR(profile->usual(sunday, kind_of), 50, 15);
  EXPECT_NEAR(profile->usual(monday, kind_of), 170, 15);
  // A calendar that knows no Sundays is found.
  const Calendar blind = [](Date) { return DayKind::working; };
  EXPECT_GT(Profile::learn(readings, blind, kAhead)->usual(sunday, blind), 100);
}

TEST(Forecast, TheRangeHoldsEightOfTenOnDaysThatWereNotLearned) {
  const auto readings = weeks(10, 3);
  const std::size_t learned = 8 * 7 * kSlots;
  const auto profile = Profile::learn(std::span(readings).first(learned), kind_of, kAhead);
  ASSERT_TRUE(profile);
  std::size_t inside = 0, all = 0;
  for (std::size_t i = learned; i + 8 < readings.size(); ++i) {
    const auto expected = profile->expect(readings[i].time_us, readings[i], kind_of, 0, 200);
    ASSERT_EQ(expected.size(), 3u);
    const Expected& hour = expected[1];
    EXPECT_EQ(hour.at_us, readings[i + 4].time_us);
    EXPECT_LE(hour.low, hour.value);
    EXPECT_LE(hour.value, hour.high);
    inside += readings[i + 4].value >= hour.low && readings[i + 4].value <= hour.high, ++all;
  }
  const double share = static_cast<double>(inside) / static_cast<double>(all);
  EXPECT_GT(share, 0.74);
  EXPECT_LT(share, 0.88);
}

TEST(Forecast, WhatIsDifferentNowFadesAndAnOldValueSaysNothing) {
  const auto readings = weeks(6, 4);
  const auto profile = Profile::learn(readings, kind_of, kAhead);
  const std::int64_t now = readings.back().time_us + kSlot;
  const double usual = profile->usual(now, kind_of);
  const auto with = profile->expect(now, Reading{now, usual + 40}, kind_of, 0, 1'000);
  const auto without = profile->expect(now, std::nullopt, kind_of, 0, 1'000);
  EXPECT_GT(with[0].value - without[0].value, with[2].value - without[2].value);
  EXPECT_GT(with[2].value, without[2].value);
  const auto old = profile->expect(now, Reading{now - kFresh - 1, usual + 40}, kind_of, 0, 1'000);
  EXPECT_DOUBLE_EQ(old[0].value, without[0].value);
  const auto later = profile->expect(now, Reading{now + 1, usual + 40}, kind_of, 0, 1'000);   // a clock that is ahead
  EXPECT_DOUBLE_EQ(later[0].value, without[0].value);
}

TEST(Forecast, StaysWithinThePlace) {
  const auto readings = weeks(6, 5);
  const auto profile = Profile::learn(readings, kind_of, kAhead);
  const std::int64_t now = readings.back().time_us;
  for (const double now_is : {-500.0, 0.0, 200.0, 900.0})
    for (const Expected& e : profile->expect(now, Reading{now, now_is}, kind_of, 0, 200)) {
      EXPECT_GE(e.low, 0);
      EXPECT_LE(e.high, 200);
    }
}

TEST(Forecast, LearnsFromWhatIsThereAndSaysNothingFromLittle) {
  EXPECT_FALSE(Profile::learn({}, kind_of, kAhead));
  const auto all = weeks(6, 6);
  EXPECT_FALSE(Profile::learn(std::span(all).first(4 * kSlots), kind_of, kAhead));   // four working days
  EXPECT_TRUE(Profile::learn(std::span(all).first(5 * kSlots), kind_of, kAhead));    // five: other kinds of day are taken to be like them
  // Nights are missing, and two weeks in the middle: the same usual course elsewhere, a line between evening and morning.
  std::vector<Reading> gaps;
  for (const Reading& r : all) {
    const std::int64_t in = r.time_us - all.front().time_us, hour = in / kHour % 24;
    if (hour >= 5 && hour < 23 && !(in > 14 * kDay && in < 28 * kDay)) gaps.push_back(r);
  }
  const auto full = Profile::learn(all, kind_of, kAhead), gappy = Profile::learn(gaps, kind_of, kAhead);
  ASSERT_TRUE(gappy);
  const std::int64_t noon = all.back().time_us + 12 * kHour, night = all.back().time_us + 2 * kHour;
  EXPECT_NEAR(gappy->usual(noon, kind_of), full->usual(noon, kind_of), 15);
  EXPECT_NEAR(gappy->usual(night, kind_of), 25, 15);
  EXPECT_EQ(gappy->days(), 28);
}

TEST(Forecast, AWrongDayOrTwoDoNotChangeWhatIsUsual) {
  auto readings = weeks(6, 7);
  const auto before = Profile::learn(readings, kind_of, kAhead);
  for (std::size_t i = 10 * kSlots; i < 12 * kSlots; ++i) readings[i].value = 200;   // a festival, and a counter that hung
  const auto after = Profile::learn(readings, kind_of, kAhead);
  const std::int64_t at = readings.back().time_us + 13 * kHour;
  EXPECT_NEAR(after->usual(at, kind_of), before->usual(at, kind_of), 6);
}

}  // namespace
}  // namespace machiya::sense::forecast
