#include "sense/rules/figures.h"

#include <algorithm>
#include <deque>
#include <map>

namespace machiya::sense::rules {
namespace {

constexpr std::int64_t kTenMinutes = 10 * kMinute;
constexpr std::int64_t kJapan = 9 * kHour;
constexpr std::size_t kTop = 10;

std::int64_t floor_to(std::int64_t us, std::int64_t step) { return us - ((us + kJapan) % step + step) % step; }

struct Counted {
  std::int64_t times = 0;
  std::deque<std::int64_t> last;   ///< of the last minute
  bool chattering = false;
};

/// Periods of ten minutes and hours begin with the time asked for.
void add_periods(const RaisedList& list, KeyFigures& out) {
  const std::int64_t length = out.to_us - out.from_us;
  std::vector<std::int64_t> tens(static_cast<std::size_t>((length + kTenMinutes - 1) / kTenMinutes)), hours(static_cast<std::size_t>((length + kHour - 1) / kHour));
  for (const RaisedList::One& one : list.all) {
    ++tens[static_cast<std::size_t>((one.at_us - out.from_us) / kTenMinutes)];
    ++hours[static_cast<std::size_t>((one.at_us - out.from_us) / kHour)];
  }
  out.most_in_ten_minutes = *std::ranges::max_element(tens);
  out.hours_with_many = static_cast<double>(std::ranges::count_if(hours, [](std::int64_t n) { return n > kManyInAnHour; })) / static_cast<double>(hours.size());
  bool flood = false;
  std::int64_t in_flood = 0;
  for (const std::int64_t n : tens) {
    if (!flood && n > kFlood) flood = true, ++out.floods;
    else if (flood && n < kFloodEnds) flood = false;
    in_flood += flood ? 1 : 0;
  }
  out.flood = static_cast<double>(in_flood) / static_cast<double>(tens.size());
}

void add_often(const RaisedList& list, KeyFigures& out) {
  std::map<std::int64_t, Counted> counted;
  for (const RaisedList::One& one : list.all) {
    Counted& c = counted[one.alarm];
    ++c.times;
    c.last.push_back(one.at_us);
    while (c.last.front() <= one.at_us - kMinute) c.last.pop_front();
    if (c.last.size() >= static_cast<std::size_t>(kChattering)) c.chattering = true;
  }
  for (const auto& [alarm, c] : counted) {
    out.top.push_back({alarm, c.times, c.chattering});
    out.chattering += c.chattering ? 1 : 0;
  }
  std::ranges::stable_sort(out.top, [](const auto& a, const auto& b) { return a.times > b.times; });
  if (out.top.size() > kTop) out.top.resize(kTop);
  std::int64_t of_top = 0;
  for (const KeyFigures::Often& one : out.top) of_top += one.times;
  out.share_of_top = out.raised == 0 ? 0 : static_cast<double>(of_top) / static_cast<double>(out.raised);
}

void add_bars(const RaisedList& list, KeyFigures& out) {
  out.bar_us = out.to_us - out.from_us <= 2 * kDay ? kHour : kDay;
  const std::int64_t first = floor_to(out.from_us, out.bar_us);
  for (std::int64_t at = first; at < out.to_us; at += out.bar_us) out.bars.push_back({at, {}});
  for (const RaisedList::One& one : list.all) ++out.bars[static_cast<std::size_t>((one.at_us - first) / out.bar_us)].raised[static_cast<std::size_t>(one.priority)];
}

}  // namespace

KeyFigures key_figures(const RaisedList& list, std::int64_t from_us, std::int64_t to_us, int positions) {
  KeyFigures out;
  out.from_us = from_us, out.to_us = std::max(to_us, from_us + 1);
  out.raised = static_cast<std::int64_t>(list.all.size()), out.standing = list.standing;
  out.an_hour = static_cast<double>(out.raised) / (static_cast<double>(out.to_us - from_us) / static_cast<double>(kHour)) / std::max(1, positions);
  for (const RaisedList::One& one : list.all) ++out.by_priority[static_cast<std::size_t>(one.priority)];
  add_periods(list, out);
  add_often(list, out);
  add_bars(list, out);
  return out;
}

}  // namespace machiya::sense::rules
