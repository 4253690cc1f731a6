#include "rooms/bicycle_parking/counters.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/json.h"
#include "base/time.h"

namespace machiya::bicycle_parking {
namespace {

Counters counters(std::uint64_t seed = 7) { return Counters(parkings_around("kita", {34.7055, 135.51}, 12, seed), seed); }
const std::int64_t kMonday = start_of_day_in_japan(make_date(2026, 11, 2)).us;

TEST(Counters, TheSameSeedSaysTheSameHoweverTheTimeIsCut) {
  const Counters one = counters(), other = counters();
  const auto whole = one.arriving(kMonday, kMonday + 2 * kDay);
  std::vector<Report> pieces;
  for (std::int64_t at = kMonday; at < kMonday + 2 * kDay; at += 6 * kHour)
    for (const Report& r : other.arriving(at, at + 6 * kHour)) pieces.push_back(r);
  ASSERT_EQ(whole.size(), pieces.size());
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(one.payload(whole[i]), other.payload(pieces[i]));
  EXPECT_NE(counters(8).payload(counters(8).arriving(kMonday, kMonday + kHour).front()), one.payload(whole.front()));
}

TEST(Counters, BehaveAsCountersInTheStreetDo) {
  const Counters all = counters();
  const auto reports = all.arriving(kMonday, kMonday + 28 * kDay);
  const double due = 28.0 * 288 * 12;
  std::map<std::pair<std::size_t, std::int64_t>, int> seen;
  int late = 0, ahead = 0, far = 0, wrong = 0;
  for (const Report& r : reports) {
    ++seen[{r.parking, r.measured_us}];
    late += r.sent_us - r.measured_us > 10 * kMinute;
    ahead += r.measured_us > r.sent_us && r.measured_us < r.sent_us + kHour;
    far += r.measured_us > r.sent_us + kHour;
    wrong += r.free < 0 || r.free > all.parkings()[r.parking].spaces;
  }
  int twice = 0;
  for (const auto& [key, times] : seen) twice += times > 1;
  EXPECT_LT(static_cast<double>(seen.size()), due * 0.995) << "nothing is lost";
  EXPECT_GT(static_cast<double>(seen.size()), due * 0.95);
  EXPECT_GT(twice, 100) << "nothing comes twice";
  EXPECT_GT(late, 100) << "nobody is silent and then tells everything";
  EXPECT_GT(ahead, 100) << "all clocks are right";
  EXPECT_GT(far, 10) << "no clock jumps";
  EXPECT_GT(wrong, 100) << "every count is possible";
}

TEST(Counters, WhatStandsThereIsPossibleAndFollowsTheDay) {
  const Counters all = counters();
  std::set<bool> fuller_by_day;
  for (std::size_t p = 0; p < all.parkings().size(); ++p) {
    for (std::int64_t at = kMonday; at < kMonday + 7 * kDay; at += kHour) {
      EXPECT_GE(all.parked(p, at), 0);
      EXPECT_LE(all.parked(p, at), all.parkings()[p].spaces);
    }
    fuller_by_day.insert(all.parked(p, kMonday + 13 * kHour) > all.parked(p, kMonday + 3 * kHour));
  }
  EXPECT_EQ(fuller_by_day.size(), 2u) << "parkings of homes are fuller at night, those of stations by day";
}

TEST(Counters, WriteWhatTheDeviceProfileReads) {
  const Counters all = counters();
  const auto body = json::parse(all.payload({3, kMonday, kMonday, 17}));
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->text("station"), "kita-4");
  EXPECT_EQ(body->text("time"), "2026-11-02T00:00:00+09:00");
  EXPECT_EQ((*body)["free"].as_int(), 17);
  EXPECT_EQ((*body)["total"].as_int(), all.parkings()[3].spaces);
}

}  // namespace
}  // namespace machiya::bicycle_parking
