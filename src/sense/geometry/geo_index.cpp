#include "sense/geometry/geo_index.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace machiya::sense {
namespace {

constexpr std::uint32_t kNowhere = 0xffffffff;
constexpr int kDeepest = 24;             // a cell of 2 m
constexpr std::uint32_t kSplit = 16;      // a leaf that holds more becomes four
constexpr std::uint32_t kMerge = 6;      // four leaves that hold no more than this become one: below the size at which a leaf splits, so nothing flutters

float down(double v) {
  const float f = static_cast<float>(v);
  return f > v ? std::nextafter(f, -1000.0F) : f;
}
float up(double v) {
  const float f = static_cast<float>(v);
  return f < v ? std::nextafter(f, 1000.0F) : f;
}

/// The cell of a node: a half of its parent in both directions. What lies in it by its middle may stand out by half its size.
struct Cell {
  double west = -180, south = -90, width = 360, height = 180;
  Cell child(unsigned quarter) const {
    return {west + (quarter & 1 ? width / 2 : 0), south + (quarter & 2 ? height / 2 : 0), width / 2, height / 2};
  }
  unsigned quarter_of(double x, double y) const { return (x >= west + width / 2 ? 1U : 0U) | (y >= south + height / 2 ? 2U : 0U); }
  // What may touch things whose middle lies in here. Rounding to floats can move a middle by a few of their steps.
  Box reach(double out_x, double out_y) const {
    constexpr double kRounding = 1e-4;
    return {west - out_x - kRounding, south - out_y - kRounding, west + width + out_x + kRounding, south + height + out_y + kRounding};
  }
};

// Bits of the middle in turns (Morton): neighbours come after each other.
std::uint64_t curve(const Box& box) {
  const auto spread = [](std::uint64_t v) {
    v = (v | v << 16) & 0x0000ffff0000ffffULL, v = (v | v << 8) & 0x00ff00ff00ff00ffULL, v = (v | v << 4) & 0x0f0f0f0f0f0f0f0fULL;
    v = (v | v << 2) & 0x3333333333333333ULL;
    return (v | v << 1) & 0x5555555555555555ULL;
  };
  const auto x = static_cast<std::uint64_t>(((box.west + box.east) / 2 + 180) / 360 * 0xfffffffe);
  const auto y = static_cast<std::uint64_t>(((box.south + box.north) / 2 + 90) / 180 * 0xfffffffe);
  return spread(x) | spread(y) << 1;
}

}  // namespace

/// The insides of the index.
struct GeoIndexWork {
  using Item = GeoIndex::Item;
  using Node = GeoIndex::Node;
  using Chunk = GeoIndex::Chunk;
  static constexpr std::uint32_t kChunk = GeoIndex::kChunk;
  GeoIndex& g;

  static double middle_x(const Item& i) { return (double{i.west} + i.east) / 2; }
  static double middle_y(const Item& i) { return (double{i.south} + i.north) / 2; }
  static bool fits(const Item& i, const Cell& child) { return i.east - i.west <= child.width && i.north - i.south <= child.height; }

  void widen(std::uint32_t node, const Item& item) {
    Node& n = g.nodes_[node];
    n.out_x = std::max(n.out_x, (item.east - item.west) / 2), n.out_y = std::max(n.out_y, (item.north - item.south) / 2);
  }

  void append(std::uint32_t node, const Item& item) {
    widen(node, item);
    Node& n = g.nodes_[node];
    if (n.count % kChunk == 0) {
      std::uint32_t chunk = g.free_chunk_;
      if (chunk != kNowhere) {
        g.free_chunk_ = g.chunks_[chunk].next;
      } else {
        chunk = static_cast<std::uint32_t>(g.chunks_.size());
        g.chunks_.emplace_back();
      }
      g.chunks_[chunk].next = n.first_chunk, g.chunks_[chunk].node = node;
      n.first_chunk = chunk;
    }
    const std::uint32_t index = n.count++ % kChunk;
    g.chunks_[n.first_chunk].items[index] = item;
    g.places_[item.slot] = {n.first_chunk, index};
  }

  // The last item of the node, taken out of it.
  Item take_last(std::uint32_t node) {
    Node& n = g.nodes_[node];
    const std::uint32_t chunk = n.first_chunk;
    const Item item = g.chunks_[chunk].items[--n.count % kChunk];
    if (n.count % kChunk == 0) {
      n.first_chunk = g.chunks_[chunk].next;
      g.chunks_[chunk].next = g.free_chunk_, g.free_chunk_ = chunk;
    }
    return item;
  }

  void remove(std::uint32_t slot) {
    const GeoIndex::Place place = g.places_[slot];
    const std::uint32_t node = g.chunks_[place.chunk].node;
    const Item last = take_last(node);
    if (last.slot != slot) {
      g.chunks_[place.chunk].items[place.index] = last;
      g.places_[last.slot] = place;
    }
    g.places_[slot] = {kNowhere, 0};
    merge_up(node);
  }

  void insert(const Item& item) {
    Cell cell;
    std::uint32_t node = 0;
    const double x = middle_x(item), y = middle_y(item);
    for (int depth = 0; g.nodes_[node].first_child != 0; ++depth) {
      widen(node, item);
      const unsigned quarter = cell.quarter_of(x, y);
      const Cell child = cell.child(quarter);
      if (!fits(item, child)) break;
      node = g.nodes_[node].first_child + quarter, cell = child;
    }
    append(node, item);
    // Depth follows from the width of the cell.
    if (g.nodes_[node].first_child == 0 && g.nodes_[node].count > kSplit && cell.width > 360.0 / (1 << kDeepest) && fits(item, cell.child(0))) split(node, cell);
  }

  void split(std::uint32_t node, const Cell& cell) {
    std::uint32_t children = g.free_block_;
    if (children != 0) {
      g.free_block_ = g.nodes_[children].first_child;
    } else {
      children = static_cast<std::uint32_t>(g.nodes_.size());
      g.nodes_.resize(g.nodes_.size() + 4);
    }
    for (unsigned q = 0; q < 4; ++q) g.nodes_[children + q] = Node{0, kNowhere, 0, node, 0, 0};
    std::vector<Item> items;
    while (g.nodes_[node].count > 0) items.push_back(take_last(node));
    g.nodes_[node].first_child = children;
    for (const Item& item : items) {
      const unsigned quarter = cell.quarter_of(middle_x(item), middle_y(item));
      append(fits(item, cell.child(quarter)) ? children + quarter : node, item);
    }
  }

  void merge_up(std::uint32_t node) {
    while (node != 0 && g.nodes_[node].count <= kMerge) {
      const std::uint32_t parent = g.nodes_[node].parent, children = g.nodes_[parent].first_child;
      std::uint32_t sum = 0;
      for (unsigned q = 0; q < 4; ++q) {
        if (g.nodes_[children + q].first_child != 0) return;
        sum += g.nodes_[children + q].count;
      }
      if (sum > kMerge) return;
      for (unsigned q = 0; q < 4; ++q) {
        while (g.nodes_[children + q].count > 0) append(parent, take_last(children + q));
      }
      g.nodes_[parent].first_child = 0;
      g.nodes_[children].first_child = g.free_block_, g.free_block_ = children;
      node = parent;
    }
  }
};

/// One walk through the tree.
template <class Keep> class GeoIndexSearch {
 public:
  GeoIndexSearch(const Box& box, std::vector<std::uint32_t>& out, std::size_t most, Keep keep) : box_(box), out_(out), room_(most), keep_(keep) {}
  bool full() const { return full_; }
  template <class Nodes, class Chunks> void walk(const Nodes& nodes, const Chunks& chunks, std::uint32_t node, const Cell& cell) {
    const auto& n = nodes[node];
    if (full_ || (n.count == 0 && n.first_child == 0) || !cell.reach(n.out_x, n.out_y).touches(box_)) return;
    std::uint32_t left = n.count;
    for (std::uint32_t chunk = n.first_chunk; left > 0; chunk = chunks[chunk].next) {
      const std::uint32_t here = (left - 1) % GeoIndex::kChunk + 1;
      for (std::uint32_t i = 0; i < here; ++i) look(chunks[chunk].items[i]);
      left -= here;
    }
    if (n.first_child == 0) return;
    for (unsigned q = 0; q < 4; ++q) walk(nodes, chunks, n.first_child + q, cell.child(q));
  }

 private:
  const Box& box_;
  std::vector<std::uint32_t>& out_;
  std::size_t room_;
  Keep keep_;
  bool full_ = false;
  template <class Item> void look(const Item& item) {
    const bool touches = item.west <= box_.east && box_.west <= item.east && item.south <= box_.north && box_.south <= item.north;
    if (full_ || !touches || !keep_(item)) return;
    if (room_ == 0) {
      full_ = true;
      return;
    }
    --room_;
    out_.push_back(item.slot);
  }
};

GeoIndex::GeoIndex() { clear(); }

void GeoIndex::clear() {
  nodes_.assign(1, Node{0, kNowhere, 0, 0, 0, 0});
  chunks_.clear(), places_.clear();
  free_chunk_ = kNowhere, free_block_ = 0, size_ = 0;
}

bool GeoIndex::has(std::uint32_t slot) const { return slot < places_.size() && places_[slot].chunk != kNowhere; }

void GeoIndex::put(std::uint32_t slot, const Box& box) {
  if (box.empty()) return erase(slot);
  if (slot >= places_.size()) places_.resize(std::max<std::size_t>(slot + std::size_t{1}, places_.size() + places_.size() / 2), Place{kNowhere, 0});
  GeoIndexWork work{*this};
  if (has(slot)) work.remove(slot), --size_;
  work.insert(Item{down(box.west), down(box.south), up(box.east), up(box.north), slot});
  ++size_;
}

void GeoIndex::erase(std::uint32_t slot) {
  if (!has(slot)) return;
  GeoIndexWork{*this}.remove(slot);
  --size_;
}

void GeoIndex::bulk(std::span<const std::pair<std::uint32_t, Box>> items) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  order.reserve(items.size());
  for (std::uint32_t i = 0; i < items.size(); ++i) order.emplace_back(items[i].second.empty() ? 0 : curve(items[i].second), i);
  std::sort(order.begin(), order.end());
  for (const auto& [where, i] : order) put(items[i].first, items[i].second);
}

bool GeoIndex::candidates(const Box& box, std::vector<std::uint32_t>& out, std::size_t most) const {
  if (box.empty()) return true;
  GeoIndexSearch search(box, out, most, [](const Item&) { return true; });
  search.walk(nodes_, chunks_, 0, Cell{});
  return !search.full();
}

namespace {

/// May a point be within `metres` of `centre`? Never no when it is. Near the centre without a sine: with x the half of a difference of angles,
/// sin²x ≥ x²(1 - x²/3), and no cosine of a latitude in the box is below that of its northernmost or southernmost one.
class Reach {
 public:
  Reach(Position centre, double metres, const Box& box) : centre_(centre), metres_(metres) {
    constexpr double kRad = std::numbers::pi / 180, kNear = 0.1, kRadius = 6'371'000;   // a sphere a hair smaller than ours reaches farther
    const double x = std::max(box.east - box.west, box.north - box.south) * kRad / 2;
    small_ = x < kNear && metres < kRadius * kNear;
    if (!small_) return;
    const double shrink = 1 - x * x / 3, half = kRad / 2, angle = metres / kRadius / 2;
    const double narrowest = std::min(std::cos(box.south * kRad), std::cos(box.north * kRad));
    of_lat_ = shrink * half * half, of_lon_ = of_lat_ * std::max(0.0, narrowest) * std::cos(centre.lat * kRad);
    most_ = angle * angle;   // ≥ sin² of it
  }
  bool holds(double lon, double lat) const {
    if (!small_) return haversine_m(centre_, {lon, lat}) <= metres_;
    const double x = lon - centre_.lon, y = lat - centre_.lat;
    return y * y * of_lat_ + x * x * of_lon_ <= most_;
  }

 private:
  Position centre_;
  double metres_, of_lat_ = 0, of_lon_ = 0, most_ = 0;
  bool small_ = false;
};

}  // namespace

bool GeoIndex::candidates(Position centre, double metres, std::vector<std::uint32_t>& out, std::size_t most) const {
  const Box box = grown(Box::of(centre), metres);
  // Points are measured (with room for the rounding of floats); larger things stay candidates by their box.
  constexpr float kPointLike = 1e-4F;
  constexpr double kRoom = 25;
  const Reach reach(centre, metres + kRoom, box);
  GeoIndexSearch search(box, out, most, [&](const Item& i) {
    return i.east - i.west > kPointLike || i.north - i.south > kPointLike || reach.holds(GeoIndexWork::middle_x(i), GeoIndexWork::middle_y(i));
  });
  search.walk(nodes_, chunks_, 0, Cell{});
  return !search.full();
}

std::size_t GeoIndex::memory() const {
  return nodes_.capacity() * sizeof(Node) + chunks_.capacity() * sizeof(Chunk) + places_.capacity() * sizeof(Place);
}

}  // namespace machiya::sense
