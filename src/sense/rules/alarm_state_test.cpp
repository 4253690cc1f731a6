#include "sense/rules/alarm_state.h"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"
#include "base/time.h"

namespace machiya::sense::rules {
namespace {

std::string told(const Steps& steps) {
  std::string out;
  for (const Step& s : steps) out += (out.empty() ? "" : ", ") + std::string(word(s.what)) + "@" + std::to_string(s.at_us / kSecond) + ":" + std::string(s.mode == Mode::in_service ? word(s.state) : word(s.mode));
  return out;
}

struct One {
  Manners manners;
  Alarm alarm;
  Steps steps;
  void see(int second, std::optional<bool> holds) {
    elapse(alarm, manners, second * kSecond, steps);
    observe(alarm, manners, holds, second * kSecond, steps);
  }
  std::string news() { return told(std::exchange(steps, {})); }
};

TEST(AlarmState, ComesIsAcknowledgedAndGoes) {
  One a;
  a.see(1, true);
  EXPECT_EQ(a.news(), "raised@1:unacknowledged");
  EXPECT_TRUE(acknowledge(a.alarm, 2 * kSecond, a.steps).ok());
  EXPECT_EQ(a.news(), "acknowledged@2:acknowledged");
  EXPECT_FALSE(acknowledge(a.alarm, 3 * kSecond, a.steps).ok());
  a.see(4, false);
  EXPECT_EQ(a.news(), "cleared@4:normal");
  EXPECT_TRUE(a.alarm.quiet());
}

TEST(AlarmState, WhatWentBeforeSomebodySawItWaitsForThem) {
  One a;
  a.see(1, true), a.see(2, false);
  EXPECT_EQ(a.news(), "raised@1:unacknowledged, cleared@2:returned");
  a.see(3, true);
  EXPECT_EQ(a.news(), "raised@3:unacknowledged");
  a.see(4, false);
  EXPECT_TRUE(acknowledge(a.alarm, 5 * kSecond, a.steps).ok());
  EXPECT_EQ(a.news(), "cleared@4:returned, acknowledged@5:normal");
}

TEST(AlarmState, DelaysCountFromTheFirstMomentAndStartAgainWhenTheConditionTurnsBack) {
  One a{{.on_delay_us = 10 * kSecond, .off_delay_us = 5 * kSecond}, {}, {}};
  a.see(0, true), a.see(9, false), a.see(10, true), a.see(15, std::nullopt), a.see(19, true);
  EXPECT_EQ(a.news(), "");
  EXPECT_EQ(a.alarm.next_us(), 20 * kSecond);
  a.see(40, true);
  EXPECT_EQ(a.news(), "raised@20:unacknowledged") << "at its own time, however late it is looked at";
  a.see(41, false), a.see(44, true), a.see(45, false);
  EXPECT_EQ(a.news(), "");
  elapse(a.alarm, a.manners, 50 * kSecond, a.steps);
  EXPECT_EQ(a.news(), "cleared@50:returned");
}

TEST(AlarmState, ALatchedOneIsResetByAPerson) {
  One a{{.latched = true}, {}, {}};
  a.see(1, true), a.see(2, false);
  EXPECT_EQ(a.news(), "raised@1:unacknowledged, cleared@2:latched");
  EXPECT_FALSE(reset(a.alarm, 3 * kSecond, a.steps).ok()) << "acknowledged first";
  EXPECT_TRUE(acknowledge(a.alarm, 4 * kSecond, a.steps).ok());
  EXPECT_TRUE(reset(a.alarm, 5 * kSecond, a.steps).ok());
  EXPECT_EQ(a.news(), "acknowledged@4:latched-acknowledged, reset@5:normal");
}

TEST(AlarmState, AShelvedOneSaysNothingAndSpeaksAgainWhenItsTimeIsOver) {
  One a;
  a.see(1, true);
  EXPECT_TRUE(shelve(a.alarm, 60 * kSecond, 2 * kSecond, a.steps).ok());
  EXPECT_EQ(a.news(), "raised@1:unacknowledged, withheld@2:shelved");
  a.see(3, false), a.see(4, true);
  EXPECT_EQ(a.news(), "");
  a.see(70, true);
  EXPECT_EQ(a.news(), "restored@60:normal, raised@60:unacknowledged") << "the condition still holds";
}

TEST(AlarmState, TheWaysToKeepQuietLieUponOneAnother) {
  One a;
  design(a.alarm, true, 1 * kSecond, a.steps);
  EXPECT_TRUE(shelve(a.alarm, 10 * kSecond, 2 * kSecond, a.steps).ok());
  EXPECT_TRUE(take_out(a.alarm, 3 * kSecond, a.steps).ok());
  EXPECT_FALSE(shelve(a.alarm, 90 * kSecond, 3 * kSecond, a.steps).ok());
  EXPECT_EQ(a.news(), "withheld@1:suppressed, withheld@2:shelved, withheld@3:out-of-service");
  a.see(20, true);
  EXPECT_EQ(a.news(), "") << "the end of shelving changes nothing while it is out of service";
  design(a.alarm, false, 21 * kSecond, a.steps);
  EXPECT_TRUE(put_back(a.alarm, 22 * kSecond, a.steps).ok());
  EXPECT_EQ(a.news(), "restored@22:normal, raised@22:unacknowledged");
}

TEST(AlarmState, AnEndIsToldOfWhatWasTold) {
  One a;
  end(a.alarm, kSecond, false, a.steps);
  EXPECT_EQ(a.news(), "");
  a.see(1, true);
  end(a.alarm, 2 * kSecond, false, a.steps);
  EXPECT_EQ(a.news(), "raised@1:unacknowledged, ended@2:normal");
}

// Whatever comes in whatever order: raised and its ends take turns, an alarm that is withheld says nothing, and steps are in the order of time.
TEST(AlarmState, AnyOrderOfThingsKeepsTheLaws) {
  SeededRng rng(11);
  const auto pick = [&](std::uint64_t n) { return rng.next() % n; };
  for (int run = 0; run < 300; ++run) {
    One a{{.on_delay_us = static_cast<std::int64_t>(pick(3)) * kSecond, .off_delay_us = static_cast<std::int64_t>(pick(3)) * kSecond, .latched = pick(2) == 0}, {}, {}};
    bool standing = false;
    std::int64_t last_us = 0;
    for (int second = 1; second < 200; ++second) {
      const std::int64_t at = second * kSecond;
      elapse(a.alarm, a.manners, at, a.steps);
      switch (pick(9)) {
        case 0: case 1: observe(a.alarm, a.manners, true, at, a.steps); break;
        case 2: case 3: observe(a.alarm, a.manners, false, at, a.steps); break;
        case 4: (void)acknowledge(a.alarm, at, a.steps); break;
        case 5: (void)shelve(a.alarm, at + static_cast<std::int64_t>(1 + pick(5)) * kSecond, at, a.steps); break;
        case 6: design(a.alarm, pick(2) == 0, at, a.steps); break;
        case 7: (void)(pick(2) == 0 ? take_out(a.alarm, at, a.steps) : put_back(a.alarm, at, a.steps)); break;
        default: (void)(pick(2) == 0 ? reset(a.alarm, at, a.steps) : unshelve(a.alarm, at, a.steps)); break;
      }
      for (const Step& s : a.steps) {
        ASSERT_GE(s.at_us, last_us);
        last_us = s.at_us;
        if (s.what == What::raised) {
          ASSERT_FALSE(standing) << "raised twice";
          standing = true;
        }
        if (s.what == What::cleared) {
          ASSERT_TRUE(standing) << "cleared without being raised";
        }
        if (s.what == What::cleared || s.what == What::withheld) standing = false;
        ASSERT_TRUE(s.mode == Mode::in_service || s.state == State::normal);
      }
      a.steps.clear();
      const bool active_state = a.alarm.state == State::unacknowledged || a.alarm.state == State::acknowledged;
      ASSERT_EQ(active_state, a.alarm.active && a.alarm.mode() == Mode::in_service);
    }
  }
}

}  // namespace
}  // namespace machiya::sense::rules
