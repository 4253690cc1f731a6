#include "tell/signage/schedule.h"

#include <algorithm>
#include <set>

namespace machiya::signage {
namespace {

bool on_day(const Window& w, Date day) {
  return (w.days == 0 || ((w.days >> weekday(day)) & 1u)) && (!w.since || *w.since <= day) && (!w.until || day <= *w.until);
}

}  // namespace

bool Window::covers(Instant t) const {
  const Date day = date_in_japan(t);
  const auto minute = static_cast<int>((t.us - start_of_day_in_japan(day).us) / kMinute);
  if (from < to) return minute >= from && minute < to && on_day(*this, day);
  return (minute >= from && on_day(*this, day)) || (minute < to && on_day(*this, add_days(day, -1)));
}

bool Item::runs(Instant t) const {
  if ((from && t < *from) || (until && t >= *until)) return false;
  return when.empty() || std::any_of(when.begin(), when.end(), [&](const Window& w) { return w.covers(t); });
}

std::vector<Stretch> timeline(const std::vector<Item>& items, Instant now, int days) {
  const Date first = date_in_japan(now);
  const Instant begin = start_of_day_in_japan(first), end = start_of_day_in_japan(add_days(first, days));
  std::set<Instant> cuts = {begin};
  for (const Item& item : items) {
    for (const auto& moment : {item.from, item.until})
      if (moment && *moment > begin && *moment < end) cuts.insert(*moment);
    if (item.when.empty()) continue;
    for (int d = 0; d < days; ++d) {
      const Instant midnight = start_of_day_in_japan(add_days(first, d));
      cuts.insert(midnight);   // days and dates change here
      for (const Window& w : item.when)
        for (const int minute : {w.from, w.to})
          if (minute < kMinutesOfDay) cuts.insert(Instant{midnight.us + minute * kMinute});
    }
  }
  std::vector<Stretch> out;
  for (const Instant cut : cuts) {
    Stretch next{cut, end, {}};
    for (const Item& item : items)
      if (item.runs(cut)) next.ids.push_back(item.id);
    if (!out.empty() && out.back().ids == next.ids) continue;
    if (!out.empty()) out.back().until = cut;
    out.push_back(std::move(next));
  }
  return out;
}

const Stretch* at(const std::vector<Stretch>& line, Instant t) {
  for (const Stretch& one : line)
    if (one.from <= t && t < one.until) return &one;
  return nullptr;
}

}  // namespace machiya::signage
