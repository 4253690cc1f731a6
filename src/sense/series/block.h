// A block: up to some ten thousand values of neighbouring series of one measurement, as columns. Two forms: a grid (many series, the same times) and
// runs (each series with times of its own). Pure; the format is frozen (README.md).
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sense/series/series.h"

namespace machiya::sense::series {

/// Blocks never reach over a multiple of this many series.
inline constexpr std::uint32_t kChunk = 1024;
/// Most cells of a grid, most values of a block of runs.
inline constexpr std::size_t kMostCells = 32'768, kMostRunValues = 16'384;
/// In files and logs beside the qualities of series.h: the write took the value away.
inline constexpr std::uint8_t kErased = 4;

/// Years 1 to 9999.
inline constexpr std::int64_t kFirstUs = -62'135'596'800'000'000, kLastUs = 253'402'300'799'999'999;
inline constexpr std::int64_t kHourUs = 3'600'000'000, kDayUs = 24 * kHourUs;
inline std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
/// Days are counted from Options::day_origin_us.
struct DayGrid {
  std::int64_t origin_us = 0;
  std::int64_t day_of(std::int64_t t) const { return floor_div(t - origin_us, kDayUs); }
  std::int64_t begin(std::int64_t day) const { return origin_us + day * kDayUs; }
  Span span(std::int64_t day) const { return {begin(day), begin(day + 1)}; }
};

/// One value on its way into or out of a block.
struct Sample {
  std::int64_t time_us = 0;
  double value = 0;
  std::uint64_t version = 0;
  std::uint32_t number = 0;   ///< of the series within its measurement
  std::uint8_t quality = 0;   ///< Quality, or kErased
};
/// By series, time, version.
inline bool before(const Sample& a, const Sample& b) {
  if (a.number != b.number) return a.number < b.number;
  if (a.time_us != b.time_us) return a.time_us < b.time_us;
  return a.version < b.version;
}

/// What is known of a block without reading it.
struct BlockFacts {
  std::uint32_t first = 0, last = 0;        ///< numbers of series, both included
  std::int64_t first_us = 0, last_us = 0;   ///< times, both included
  std::uint32_t count = 0;
};
using BlockSink = std::function<void(const BlockFacts&, const std::string& bytes)>;

/// Samples in the order of before(), no two of one series and time, all of one chunk: becomes blocks, in the order of their series. Without
/// `exact_versions` all get the greatest version among them.
void encode_blocks(std::span<const Sample> samples, bool exact_versions, const BlockSink& sink);
/// The same as runs only; two of one series and time are allowed.
void encode_runs(std::span<const Sample> samples, const BlockSink& sink);

/// Appends the samples of the series first … last, in the order of before(). `bytes` need kSlack readable bytes behind them. False for bytes that are no block.
bool decode_block(std::string_view bytes, std::uint32_t first, std::uint32_t last, std::vector<Sample>& out);

/// Adds what is in the block to the aggregates of its series (`of[number % kChunk]`), values in the order of time, without bad and erased ones. Blocks of
/// one series must come in the order of time.
bool aggregate_block(std::string_view bytes, Span span, std::span<Aggregate, kChunk> of);

/// One more value, later than all before.
inline void add(Aggregate& a, std::int64_t time_us, double value) {
  if (a.count++ == 0) {
    a.min = a.max = a.first = value;
    a.first_us = time_us;
  } else {
    a.min = value < a.min ? value : a.min;
    a.max = value > a.max ? value : a.max;
  }
  a.sum += value;
  a.sum_of_squares += value * value;
  a.last = value;
  a.last_us = time_us;
}

}  // namespace machiya::sense::series
