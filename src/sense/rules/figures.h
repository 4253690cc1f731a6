// The key figures of an alarm system (ANSI/ISA-18.2-2016 §16.5, IEC 62682:2014 §16; EEMUA 191): how much comes to an operator, and what makes it too much. Pure.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "sense/rules/alarms.h"

namespace machiya::sense::rules {

/// The standard's figures for one operator's position.
inline constexpr double kManyAnHour = 6, kMostAnHour = 12;        ///< very likely acceptable, the most that can be managed
inline constexpr std::int64_t kFlood = 10;                        ///< more than these in ten minutes are a flood …
inline constexpr std::int64_t kFloodEnds = 5;                     ///< … which ends with fewer than these
inline constexpr std::int64_t kManyInAnHour = 30;
inline constexpr int kChattering = 3;                             ///< so often in a minute
inline constexpr std::int64_t kMostStanding = 5;

struct KeyFigures {
  std::int64_t from_us = 0, to_us = 0;
  std::int64_t raised = 0;
  double an_hour = 0;                      ///< on average, of one operator's position
  std::int64_t most_in_ten_minutes = 0;
  double hours_with_many = 0;              ///< share of hours with more than kManyInAnHour
  double flood = 0;                        ///< share of the time
  std::int64_t floods = 0;
  std::array<std::int64_t, 3> by_priority{};
  struct Often {
    std::int64_t alarm = 0, times = 0;
    bool chattering = false;               ///< kChattering times within a minute, at least once
  };
  std::vector<Often> top;                  ///< the ten that were raised most often
  double share_of_top = 0;
  std::int64_t chattering = 0;             ///< alarms that chattered
  std::int64_t standing = 0;               ///< now, for a day and longer
  /// Raised per day of Japan (or per hour when the time is at most two days), in order, without gaps.
  struct Bar {
    std::int64_t from_us = 0;
    std::array<std::int64_t, 3> raised{};
  };
  std::vector<Bar> bars;
  std::int64_t bar_us = kDay;
};

/// `list` holds what was raised in [from, to), by time. `positions`: so many operators share the work, at least 1.
KeyFigures key_figures(const RaisedList& list, std::int64_t from_us, std::int64_t to_us, int positions);

}  // namespace machiya::sense::rules
