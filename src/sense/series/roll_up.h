// Roll-ups in segments: nine columns for each hour or day (segment.h, Field). Inside series only.
#pragma once
#include <vector>

#include "sense/series/segment.h"

namespace machiya::sense::series {

/// The aggregate of one hour or day of one series.
struct RollUp {
  std::uint32_t number = 0;
  std::int64_t begin_us = 0;
  Aggregate of;
};

/// One roll-up for each series and period (`origin_us` + n × `period_us`) with values that are not bad. `samples` in the order of before().
std::vector<RollUp> roll_up(std::span<const Sample> samples, std::int64_t origin_us, std::int64_t period_us);
/// `count` is the first field of its kind: hour_count or day_count. `rows` by series, then time, of one chunk.
Result<void> write_roll_ups(SegmentWriter& out, MeasurementId m, Field count, std::span<const RollUp> rows);
/// Of the series first … last (one chunk), by series, then time.
Result<void> read_roll_ups(const Segment& segment, MeasurementId m, Field count, std::uint32_t first, std::uint32_t last, std::vector<RollUp>& out);

}  // namespace machiya::sense::series
