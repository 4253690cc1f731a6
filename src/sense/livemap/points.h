// Many points that move, counted quickly: a sorted row along the Z curve with running totals, and a short list of what changed since it was sorted. Any tile
// and any cell is one stretch of the row. Not thread-safe for writing; any number of readers while nobody writes. Pure.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "sense/livemap/mercator.h"

namespace machiya::sense::livemap {

inline constexpr std::size_t kClassSlots = 9;   ///< kMostClasses and one for what fits none

/// Points that stand close together.
struct Cluster {
  std::uint64_t count = 0;
  std::array<std::uint32_t, kClassSlots> classes{};
  std::uint64_t x = 0, y = 0;   ///< sums
  std::uint32_t slot = 0;       ///< of one of them
  /// The middle of all.
  Spot middle() const { return {static_cast<std::uint32_t>(x / count), static_cast<std::uint32_t>(y / count)}; }
};

class PointIndex {
 public:
  /// Puts in, or moves. Slots are small numbers of the caller's; `klass` is below kClassSlots.
  void put(std::uint32_t slot, Spot at, std::uint8_t klass);
  /// Nothing happens when the slot is not there.
  void erase(std::uint32_t slot);
  /// Until the next end_bulk() the row is not sorted: for the first load.
  void begin_bulk() { bulk_ = true; }
  void end_bulk() { bulk_ = false, sort(); }

  std::size_t size() const { return size_; }
  bool has(std::uint32_t slot) const { return slot < places_.size() && places_[slot].in != In::none; }
  /// Points of the tile.
  std::uint64_t count(TileId tile) const;
  /// What stands in each cell of a grid of 2^depth × 2^depth cells over the tile, without empty ones, along the curve.
  std::vector<Cluster> clusters(TileId tile, int depth) const;
  /// Calls `visit(slot, spot, klass)` for each point of the tile, along the curve where nothing changed lately.
  using Visit = std::function<void(std::uint32_t slot, Spot at, std::uint8_t klass)>;
  void each(TileId tile, const Visit& visit) const;
  /// The same of a box of spots, borders included.
  void each(Spot north_west, Spot south_east, const Visit& visit) const;
  std::size_t memory() const;

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t slot = 0;
    std::uint8_t klass = 0;
    bool gone = false;
  };
  enum class In : std::uint8_t { none, row, fresh };
  struct Place {
    std::uint64_t key = 0;
    std::uint32_t at = 0;      ///< in fresh_
    In in = In::none;
    std::uint8_t klass = 0;
  };
  /// Of all entries before a block, dead ones included.
  struct Totals {
    std::array<std::uint32_t, kClassSlots> classes{};
    std::uint64_t x = 0, y = 0;
  };
  static constexpr std::size_t kBlock = 256;

  std::vector<Entry> row_, fresh_, gone_;
  std::vector<Totals> totals_;
  std::vector<Place> places_;
  std::size_t size_ = 0;
  bool bulk_ = false;

  void sort();
  void tend();
  std::size_t lower(std::uint64_t key, std::size_t from = 0) const;
  std::size_t upper(std::uint64_t key, std::size_t from = 0) const;
  Totals before(std::size_t index) const;
  void add(Cluster& to, std::size_t from, std::size_t until) const;
};

}  // namespace machiya::sense::livemap
