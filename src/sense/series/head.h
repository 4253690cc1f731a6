// The newest points, in memory (and in the log). One thread appends, any number read without waiting: what is published never changes.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "sense/series/block.h"
#include "sense/series/series.h"

namespace machiya::sense::series {

/// Points of one series form a chain from the newest backwards. 24 bytes a point, 4 bytes a series that has one.
class Head {
 public:
  explicit Head(DayGrid grid);
  ~Head();
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  /// The writing thread only. Everything up to here is seen by readers together.
  void append(std::span<const Point> points, std::uint64_t version);
  std::uint64_t first_version() const { return first_version_; }
  /// The writing thread, or when the head has been sealed.
  std::uint64_t last_version() const { return last_version_; }

  /// How many points a reader may see; everything below takes that number.
  std::uint32_t published() const { return published_.load(std::memory_order_acquire); }
  /// Appends the points of the series first … last with from ≤ time < to, in the order of before().
  void take(std::uint32_t published, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, std::vector<Sample>& out) const;
  /// False when it certainly has no point of this measurement in the span.
  bool touches(MeasurementId m, Span span) const;
  /// Measurements with points.
  std::vector<MeasurementId> measurements() const;
  /// Days with points of this measurement, in no order.
  std::vector<std::int64_t> days(MeasurementId m) const;
  /// Numbers of series with points are below this.
  std::uint32_t numbers(MeasurementId m) const;

 private:
  struct Node;
  struct Chains;
  static constexpr std::size_t kNodesShift = 16, kMostPages = 8192, kSide = 256;
  const Node& node(std::uint32_t i) const;
  Chains* chains(MeasurementId m) const;
  Chains& make_chains(MeasurementId m);

  DayGrid grid_;
  std::unique_ptr<std::unique_ptr<Node[]>[]> pages_;
  std::array<std::atomic<std::atomic<Chains*>*>, kSide> directory_{};
  std::atomic<std::uint32_t> published_{0};
  std::uint32_t count_ = 0;
  std::uint64_t first_version_ = 0, last_version_ = 0;
};

}  // namespace machiya::sense::series
