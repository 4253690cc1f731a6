#include "sense/forecast/profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace machiya::sense::forecast {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kHalfLifeDays = 21;        // a change of season or of prices is learned within weeks
constexpr std::size_t kEnoughErrors = 60;   // for quantiles of a part of the day

bool there(double v) { return !std::isnan(v); }

std::size_t slot_of(std::int64_t at_us) { return static_cast<std::size_t>((at_us - start_of_day_in_japan(date_in_japan(Instant{at_us})).us) / kSlot); }

/// The values below which lie 1 and 9 of 10. `of` is reordered.
std::array<double, 2> tenths(std::vector<double>& of) {
  if (of.empty()) return {0, 0};
  std::array<double, 2> out{};
  for (const auto& [i, share] : {std::pair<std::size_t, double>{0, 0.1}, {1, 0.9}}) {
    const auto nth = of.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(of.size() - 1) + 0.5);
    std::nth_element(of.begin(), nth, of.end());
    out[i] = *nth;
  }
  return out;
}

struct Weighted {
  double value = 0, weight = 0;
  std::size_t day = 0;
};

/// The weighted median of values in their order, without one day's; kNothing when nothing is left.
double median_without(const std::vector<Weighted>& sorted, std::size_t day) {
  double all = 0;
  for (const Weighted& w : sorted) all += w.day == day ? 0 : w.weight;
  if (all <= 0) return kNothing;
  double below = 0;
  for (const Weighted& w : sorted) {
    if (w.day == day) continue;
    below += w.weight;
    if (below * 2 >= all) return w.value;
  }
  return kNothing;
}

/// Slots without a value get one between their neighbours', around midnight too.
template <typename Course>
void bridge(Course& course) {
  std::size_t first = 0;
  while (first < kSlots && !there(course[first])) ++first;
  if (first == kSlots) return;
  std::size_t last = first;
  for (std::size_t step = 1; step <= kSlots; ++step) {
    const std::size_t here = (first + step) % kSlots;
    if (!there(course[here])) continue;
    const std::size_t gap = (here + kSlots - last) % kSlots == 0 ? kSlots : (here + kSlots - last) % kSlots;
    for (std::size_t k = 1; k < gap; ++k) course[(last + k) % kSlots] = course[last] + (course[here] - course[last]) * static_cast<double>(k) / static_cast<double>(gap);
    last = here;
  }
}

}  // namespace

/// What is known while learning: a grid of days and slots, and for each of its values what would be usual without that day.
struct Profile::Learning {
  std::int32_t first_day = 0;
  std::vector<Course> grid, without;
  std::vector<DayKind> kinds;

  void fill(std::span<const Reading> readings, const Calendar& calendar);
  /// The usual course of each kind; false when none has enough days.
  bool courses(Profile& out);
  void horizon(Profile& out, std::int64_t ahead_us) const;

  double at(const std::vector<Course>& of, std::int64_t index) const {
    return index < 0 || index >= static_cast<std::int64_t>(of.size() * kSlots) ? kNothing : of[static_cast<std::size_t>(index) / kSlots][static_cast<std::size_t>(index) % kSlots];
  }
};

void Profile::Learning::fill(std::span<const Reading> readings, const Calendar& calendar) {
  first_day = date_in_japan(Instant{readings.front().time_us}).days;
  const auto days = static_cast<std::size_t>(date_in_japan(Instant{readings.back().time_us}).days - first_day + 1);
  Course empty;
  empty.fill(kNothing);
  grid.assign(days, empty), without.assign(days, empty);
  for (std::size_t d = 0; d < days; ++d) kinds.push_back(calendar(Date{first_day + static_cast<std::int32_t>(d)}));
  // The mean of what fell into a slot.
  std::size_t begin = 0;
  while (begin < readings.size()) {
    const std::int64_t day = date_in_japan(Instant{readings[begin].time_us}).days - first_day;
    const std::size_t slot = slot_of(readings[begin].time_us);
    double sum = 0;
    std::size_t end = begin;
    while (end < readings.size() && date_in_japan(Instant{readings[end].time_us}).days - first_day == day && slot_of(readings[end].time_us) == slot) sum += readings[end++].value;
    grid[static_cast<std::size_t>(day)][slot] = sum / static_cast<double>(end - begin);
    begin = end;
  }
}

bool Profile::Learning::courses(Profile& out) {
  std::array<bool, kDayKinds> known{};
  for (std::size_t kind = 0; kind < kDayKinds; ++kind) {
    Course& course = out.usual_[kind];
    course.fill(kNothing);
    int days = 0;
    for (std::size_t d = 0; d < grid.size(); ++d) days += static_cast<std::size_t>(kinds[d]) == kind && std::any_of(grid[d].begin(), grid[d].end(), there);
    out.days_ += days;
    if (days < kFewestDays) continue;
    known[kind] = true;
    for (std::size_t s = 0; s < kSlots; ++s) {
      std::vector<Weighted> values;
      for (std::size_t d = 0; d < grid.size(); ++d)
        if (static_cast<std::size_t>(kinds[d]) == kind && there(grid[d][s])) values.push_back({grid[d][s], std::exp2(-static_cast<double>(grid.size() - 1 - d) / kHalfLifeDays), d});
      std::sort(values.begin(), values.end(), [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
      course[s] = median_without(values, grid.size());
      for (const Weighted& w : values) without[w.day][s] = median_without(values, w.day);
    }
    bridge(course);
  }
  if (std::none_of(known.begin(), known.end(), [](bool k) { return k; })) return false;
  // A kind with too few days is taken to be like the nearest one that is known.
  constexpr std::size_t kNearest[kDayKinds][2] = {{1, 2}, {2, 0}, {1, 0}};
  const auto learned = known;
  for (std::size_t kind = 0; kind < kDayKinds; ++kind)
    for (const std::size_t other : kNearest[kind])
      if (!known[kind] && learned[other]) out.usual_[kind] = out.usual_[other], known[kind] = true;
  return true;
}

void Profile::Learning::horizon(Profile& out, std::int64_t ahead_us) const {
  Horizon h;
  h.ahead_us = ahead_us;
  const std::int64_t ahead = ahead_us / kSlot, all = static_cast<std::int64_t>(grid.size() * kSlots);
  double both = 0, squares = 0;
  for (std::int64_t i = 0; i + ahead < all; ++i) {
    const double now = at(grid, i) - at(without, i), then = at(grid, i + ahead) - at(without, i + ahead);
    if (there(now) && there(then)) both += now * then, squares += now * now;
  }
  h.kept = squares > 0 ? std::clamp(both / squares, 0.0, 1.0) : 0;
  std::vector<double> errors;
  std::array<std::vector<double>, 8> by_time;
  Skill skill{ahead_us, 0, 0, 0, 0};
  for (std::int64_t i = 0; i + ahead < all; ++i) {
    const double now = at(grid, i), then = at(grid, i + ahead), usual = at(without, i + ahead), error = then - usual - h.kept * (now - at(without, i));
    if (!there(error)) continue;
    errors.push_back(error), by_time[static_cast<std::size_t>(i + ahead) % kSlots / (kSlots / 8)].push_back(error);
    const double week = at(grid, i + ahead - static_cast<std::int64_t>(7 * kSlots));
    if (!there(week)) continue;
    ++skill.times, skill.ours += std::abs(error), skill.persistence += std::abs(then - now), skill.week_ago += std::abs(then - week);
  }
  h.off = tenths(errors);
  for (std::size_t part = 0; part < by_time.size(); ++part) h.off_by_time[part] = by_time[part].size() < kEnoughErrors ? h.off : tenths(by_time[part]);
  if (skill.times > 0)
    for (double* sum : {&skill.ours, &skill.persistence, &skill.week_ago}) *sum /= static_cast<double>(skill.times);
  out.horizons_.push_back(h), out.skill_.push_back(skill);
}

std::optional<Profile> Profile::learn(std::span<const Reading> readings, const Calendar& calendar, std::span<const std::int64_t> horizons) {
  if (readings.empty()) return std::nullopt;
  Profile out;
  Learning learning;
  learning.fill(readings, calendar);
  if (!learning.courses(out)) return std::nullopt;
  std::vector<double> off;
  for (std::size_t d = 0; d < learning.grid.size(); ++d)
    for (std::size_t s = 0; s < kSlots; ++s)
      if (const double error = learning.grid[d][s] - learning.without[d][s]; there(error)) off.push_back(error);
  out.off_usual_ = tenths(off);
  for (const std::int64_t ahead : horizons) learning.horizon(out, ahead);
  out.until_us_ = readings.back().time_us;
  return out;
}

double Profile::usual(std::int64_t at_us, const Calendar& calendar) const {
  // A slot's value stands for its middle; between middles a straight line.
  const auto value = [&](std::int64_t us) { return usual_[static_cast<std::size_t>(calendar(date_in_japan(Instant{us})))][slot_of(us)]; };
  const std::int64_t before = at_us - kSlot / 2;
  const std::int64_t begin = start_of_day_in_japan(date_in_japan(Instant{before})).us + static_cast<std::int64_t>(slot_of(before)) * kSlot;
  const double share = static_cast<double>(before - begin) / static_cast<double>(kSlot);
  return value(before) * (1 - share) + value(before + kSlot) * share;
}

std::vector<Expected> Profile::expect(std::int64_t now_us, const std::optional<Reading>& latest, const Calendar& calendar, double least, double most) const {
  const bool fresh = latest && latest->time_us <= now_us && now_us - latest->time_us <= kFresh;
  const double different = fresh ? latest->value - usual(latest->time_us, calendar) : 0;
  std::vector<Expected> out;
  for (const Horizon& h : horizons_) {
    const std::int64_t at = now_us + h.ahead_us;
    const double middle = usual(at, calendar) + (fresh ? h.kept * different : 0);
    const auto& off = fresh ? h.off_by_time[slot_of(at) / (kSlots / 8)] : off_usual_;
    const auto within = [&](double v) { return std::clamp(v, least, most); };
    out.push_back({at, within(middle), within(middle + std::min(off[0], 0.0)), within(middle + std::max(off[1], 0.0))});
  }
  return out;
}

}  // namespace machiya::sense::forecast
