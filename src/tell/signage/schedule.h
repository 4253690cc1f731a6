// What runs when: hours of the day, days of the week and dates, in Japan, worked out ahead so that a player without a network needs no rule.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace machiya::signage {

inline constexpr int kMinutesOfDay = 24 * 60;

/// Minutes of the day in Japan, from ≤ t < to; `from` > `to` spans midnight and belongs to the day on which it begins.
struct Window {
  unsigned days = 0;   ///< bit 0: Sunday … bit 6: Saturday; 0: every day
  int from = 0, to = kMinutesOfDay;
  std::optional<Date> since, until;   ///< both included
  bool covers(Instant t) const;
};

/// Something that may be shown.
struct Item {
  std::string id;
  std::vector<Window> when;             ///< any of them; empty: always
  std::optional<Instant> from, until;   ///< from ≤ t < until
  bool runs(Instant t) const;
};

/// Between two moments the same is shown.
struct Stretch {
  Instant from, until;
  std::vector<std::string> ids;   ///< in the order of the items; may be empty
};
/// `days` days from the midnight (Japan) before `now`, without gaps. Pure.
std::vector<Stretch> timeline(const std::vector<Item>& items, Instant now, int days);
/// The one that covers `t`; nullptr outside.
const Stretch* at(const std::vector<Stretch>& line, Instant t);

}  // namespace machiya::signage
