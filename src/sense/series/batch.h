// What every store asks of a batch of points. Inside series only.
#pragma once
#include <cmath>
#include <vector>

#include "sense/series/block.h"

namespace machiya::sense::series {

inline constexpr std::size_t kMostPoints = 4'000'000;   ///< of one batch: its record stays below the log's limit

/// Refuses what is no value of a known series; takes away what is older than retention keeps. `count(m)`: series of a measurement;
/// `floor_us(m)`: the first instant that is kept.
template <class Count, class FloorUs>
Result<void> keep_valid(std::vector<Point>& points, std::size_t& too_old, Count count, FloorUs floor_us) {
  if (points.size() > kMostPoints) return Error(ErrorCode::too_large, "a batch has at most 4,000,000 points");
  MeasurementId m = ~MeasurementId{0};
  std::uint32_t known = 0;
  std::int64_t floor = kFirstUs;
  std::size_t kept = 0;
  for (const Point& p : points) {
    if (measurement_of(p.series) != m) m = measurement_of(p.series), known = count(m), floor = floor_us(m);
    if (number_of(p.series) >= known) return Error(ErrorCode::invalid_input, "there is no such series");
    if (!std::isfinite(p.value)) return Error(ErrorCode::invalid_input, "a value of a series is a finite number");
    if (p.time_us < kFirstUs || p.time_us > kLastUs) return Error(ErrorCode::invalid_input, "a time of a series is of the years 1 to 9999");
    if (p.time_us < floor) continue;
    points[kept] = p;
    points[kept++].value += 0.0;   // −0 becomes 0, as databases have it
  }
  too_old = points.size() - kept;
  points.resize(kept);
  return {};
}

/// The floors after `rule` was applied; they only rise.
inline std::int64_t raised(std::int64_t floor_day, std::int64_t keep_us, std::int64_t now_us, DayGrid grid) {
  if (keep_us == std::numeric_limits<std::int64_t>::max()) return floor_day;
  return std::max(floor_day, grid.day_of(now_us - std::clamp<std::int64_t>(keep_us, 0, now_us - kFirstUs)));
}

}  // namespace machiya::sense::series
