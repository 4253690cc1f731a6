// What runs when: against a minute-by-minute reading of the rules.
#include <gtest/gtest.h>

#include "base/rng.h"
#include "tell/signage/schedule.h"

namespace machiya::signage {
namespace {

const Instant kNow = *parse_rfc3339("2026-11-23T12:00:00+09:00");   // a Monday
Instant on(int day, int minute) { return Instant{start_of_day_in_japan(add_days(make_date(2026, 11, 23), day)).us + minute * kMinute}; }

TEST(Schedule, a_window_over_midnight_belongs_to_the_day_on_which_it_begins) {
  Window w;
  w.days = 1u << 1, w.from = 22 * 60, w.to = 6 * 60;   // Monday night
  EXPECT_FALSE(w.covers(on(0, 5 * 60)));
  EXPECT_TRUE(w.covers(on(0, 22 * 60)));
  EXPECT_TRUE(w.covers(on(1, 5 * 60 + 59)));
  EXPECT_FALSE(w.covers(on(1, 6 * 60)));
  EXPECT_FALSE(w.covers(on(1, 22 * 60)));
}

TEST(Schedule, dates_are_included_at_both_ends) {
  Window w;
  w.since = make_date(2026, 11, 24), w.until = make_date(2026, 11, 25);
  EXPECT_FALSE(w.covers(on(0, 23 * 60 + 59)));
  EXPECT_TRUE(w.covers(on(1, 0)));
  EXPECT_TRUE(w.covers(on(2, 23 * 60 + 59)));
  EXPECT_FALSE(w.covers(on(3, 0)));
}

TEST(Schedule, an_empty_schedule_is_one_stretch_of_nothing) {
  const auto line = timeline({}, kNow, 14);
  ASSERT_EQ(line.size(), 1u);
  EXPECT_TRUE(line.front().ids.empty());
  EXPECT_EQ(line.front().from, on(0, 0));
  EXPECT_EQ(line.front().until, on(14, 0));
}

Item random_item(SeededRng& rng, int n) {
  Item out;
  out.id = std::to_string(n);
  for (std::uint64_t i = rng.below(3); i > 0; --i) {
    Window w;
    w.days = static_cast<unsigned>(rng.below(128));
    w.from = static_cast<int>(rng.below(kMinutesOfDay)), w.to = static_cast<int>(rng.below(kMinutesOfDay + 1));
    if (w.from == w.to) w.to = kMinutesOfDay;
    if (rng.below(2)) w.since = add_days(make_date(2026, 11, 23), static_cast<int>(rng.below(5)));
    if (rng.below(2)) w.until = add_days(make_date(2026, 11, 23), static_cast<int>(rng.below(9)));
    out.when.push_back(w);
  }
  if (rng.below(2)) out.from = on(static_cast<int>(rng.below(6)), static_cast<int>(rng.below(kMinutesOfDay)));
  if (rng.below(2)) out.until = on(static_cast<int>(rng.below(9)), static_cast<int>(rng.below(kMinutesOfDay)));
  return out;
}

TEST(Schedule, the_line_says_the_same_as_each_minute_by_itself) {
  SeededRng rng(28);
  for (int round = 0; round < 60; ++round) {
    std::vector<Item> items;
    for (int i = 0; i < 4; ++i) items.push_back(random_item(rng, i));
    const auto line = timeline(items, kNow, 7);
    ASSERT_EQ(line.front().from, on(0, 0));
    ASSERT_EQ(line.back().until, on(7, 0));
    for (std::size_t i = 1; i < line.size(); ++i) {
      ASSERT_EQ(line[i].from, line[i - 1].until);
      ASSERT_NE(line[i].ids, line[i - 1].ids) << "two stretches that are one";
    }
    for (int minute = 0; minute < 7 * kMinutesOfDay; minute += 1) {
      std::vector<std::string> expected;
      for (const Item& item : items)
        if (item.runs(on(0, minute))) expected.push_back(item.id);
      const Stretch* stretch = at(line, on(0, minute));
      ASSERT_NE(stretch, nullptr);
      ASSERT_EQ(stretch->ids, expected) << "round " << round << " minute " << minute;
    }
  }
}

}  // namespace
}  // namespace machiya::signage
