// What a reader sees: segments by day, heads, and where retention has come to. Never changed; a new one takes its place. Inside series only.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sense/series/head.h"
#include "sense/series/segment.h"

namespace machiya::sense::series {

inline constexpr std::int64_t kNoDay = std::numeric_limits<std::int64_t>::min();

/// Days before these are gone: raw values, roll-ups per hour, roll-ups per day.
struct Floors {
  std::int64_t raw = kNoDay, hours = kNoDay, days = kNoDay;
};

struct Day {
  std::vector<std::shared_ptr<const Segment>> segments;   ///< oldest first
  std::vector<std::string> files;                         ///< their names, in the folder of segments
  bool whole = false;                                     ///< compacted: one segment, nothing replaced in it
  std::optional<Error> damaged;                           ///< a segment could not be opened: the day is not served
};

struct View {
  DayGrid grid;
  std::map<std::int64_t, Day> days;
  std::vector<std::shared_ptr<const Head>> heads;         ///< oldest first; points are still being added to the last one
  std::map<MeasurementId, Floors> floors;

  Floors floors_of(MeasurementId m) const {
    const auto at = floors.find(m);
    return at == floors.end() ? Floors{} : at->second;
  }
};

/// A view at one moment: how much of each head counts is fixed, too.
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const View> view);
  const View& view() const { return *view_; }

  /// Everything raw of these series (of one chunk) on one day, in the order of before(): what still counts, without erased ones; with `all`, also
  /// what was replaced or erased. `heads`: what take_heads() gave for them; without it the heads are asked for this day.
  Result<void> take_day(std::int64_t day, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, bool all, std::vector<Sample>& out,
                        const std::vector<Sample>* heads = nullptr) const;
  /// What is in memory of these series, in the order of before().
  void take_heads(MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, std::vector<Sample>& out) const;
  /// Days of the span with values of the measurement, in order.
  std::vector<std::int64_t> days(MeasurementId m, Span span) const;
  /// Adds one whole day to the aggregates of a chunk: straight from the columns where nothing lies over anything else.
  Result<void> aggregate_day(std::int64_t day, MeasurementId m, std::uint32_t chunk, Span span, std::span<Aggregate, kChunk> of) const;
  /// Adds the roll-ups of a day (hours when they are there, else the day) to periods: `into(number, begin)` gives the aggregate, or nullptr.
  Result<void> take_roll_ups(std::int64_t day, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span,
                             const std::function<Aggregate*(std::uint32_t, std::int64_t)>& into) const;
  bool heads_touch(MeasurementId m, Span span) const;

 private:
  std::shared_ptr<const View> view_;
  std::vector<std::uint32_t> published_;
};

/// Of samples in the order of before(): the last one of each series and time stays, erased ones go with `drop_erased`. What goes is appended to `replaced` when given.
void keep_last(std::vector<Sample>& samples, bool drop_erased, std::vector<Sample>* replaced);

/// Adds the values of `later` to `a`, which has none that are newer.
void merge(Aggregate& a, const Aggregate& later);

}  // namespace machiya::sense::series
