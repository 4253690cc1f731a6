// Which of many boxes may touch a box: an adaptive quadtree with loose cells over longitude and latitude, for moving points as well as for large areas.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sense/geometry/geometry.h"

namespace machiya::sense {

/// Slots are small numbers of the caller's (rows of its table): memory goes by the largest one. Boxes are kept as 32-bit floats rounded outwards, so that
/// candidates are a few metres generous and never too few. Not thread-safe for writing; any number of readers while nobody writes.
class GeoIndex {
 public:
  GeoIndex();
  /// Puts in, or moves when the slot is there already. An empty box takes it out.
  void put(std::uint32_t slot, const Box& box);
  /// Nothing happens when the slot is not there.
  void erase(std::uint32_t slot);
  /// Many at once, in an order that builds the tree quickly.
  void bulk(std::span<const std::pair<std::uint32_t, Box>> items);
  void clear();

  bool has(std::uint32_t slot) const;
  std::size_t size() const { return size_; }

  /// Appends the slots whose box touches `box`, in no order, each once. False when there are more than `most`: then `out` holds the first `most`.
  bool candidates(const Box& box, std::vector<std::uint32_t>& out, std::size_t most = SIZE_MAX) const;
  /// Those whose box may come within `metres` of `centre`.
  bool candidates(Position centre, double metres, std::vector<std::uint32_t>& out, std::size_t most = SIZE_MAX) const;
  /// Bytes held.
  std::size_t memory() const;

 private:
  static constexpr std::uint32_t kChunk = 8;
  struct Item { float west, south, east, north; std::uint32_t slot; };
  struct Node {
    std::uint32_t first_child = 0;               ///< four in a row; 0: a leaf
    std::uint32_t first_chunk = 0, count = 0;    ///< the first chunk is the one that is not full
    std::uint32_t parent = 0;
    float out_x = 0, out_y = 0;                  ///< how far anything below may stand out of the cell: half of its size
  };
  struct Chunk { Item items[kChunk]; std::uint32_t next, node; };
  struct Place { std::uint32_t chunk, index; };

  std::vector<Node> nodes_;
  std::vector<Chunk> chunks_;
  std::vector<Place> places_;
  std::uint32_t free_chunk_ = 0, free_block_ = 0;
  std::size_t size_ = 0;
  friend struct GeoIndexWork;
  template <class Keep> friend class GeoIndexSearch;
};

}  // namespace machiya::sense
