#include "sense/livemap/points.h"

#include <algorithm>

namespace machiya::sense::livemap {
namespace {

template <class Sums, class Entry>
void count_in(Sums& sums, const Entry& e, int sign) {
  const Spot s = spot_at(e.key);
  const auto times = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  sums.classes[e.klass] += static_cast<std::uint32_t>(sign);
  sums.x += times * s.x, sums.y += times * s.y;   // modulo 2^64: what is taken off was added before
}

}  // namespace

void PointIndex::put(std::uint32_t slot, Spot at, std::uint8_t klass) {
  const std::uint64_t key = curve(at);
  if (has(slot)) {
    if (places_[slot].key == key && places_[slot].klass == klass) return;
    erase(slot);
  }
  if (slot >= places_.size()) places_.resize(slot + 1);
  places_[slot] = {key, static_cast<std::uint32_t>(fresh_.size()), In::fresh, klass};
  fresh_.push_back({key, slot, klass, false});
  ++size_;
  tend();
}

void PointIndex::erase(std::uint32_t slot) {
  if (!has(slot)) return;
  Place& place = places_[slot];
  if (place.in == In::fresh) {
    places_[fresh_.back().slot].at = place.at;
    fresh_[place.at] = fresh_.back();
    fresh_.pop_back();
  } else {
    std::size_t i = lower(place.key);
    while (row_[i].slot != slot || row_[i].gone) ++i;
    row_[i].gone = true;
    gone_.push_back(row_[i]);
  }
  place = {};
  --size_;
  tend();
}

// The lists are looked at by every reader: they stay shorter than a thirty-second of the row, so that sorting costs each change little.
void PointIndex::tend() {
  if (!bulk_ && fresh_.size() + gone_.size() > std::max<std::size_t>(512, row_.size() / 32)) sort();
}

void PointIndex::sort() {
  std::erase_if(row_, [](const Entry& e) { return e.gone; });
  const auto by_key = [](const Entry& a, const Entry& b) { return a.key != b.key ? a.key < b.key : a.slot < b.slot; };
  std::sort(fresh_.begin(), fresh_.end(), by_key);
  for (const Entry& e : fresh_) places_[e.slot].in = In::row;
  const auto middle = static_cast<std::ptrdiff_t>(row_.size());
  row_.insert(row_.end(), fresh_.begin(), fresh_.end());
  std::inplace_merge(row_.begin(), row_.begin() + middle, row_.end(), by_key);
  fresh_.clear(), gone_.clear();
  totals_.assign(row_.size() / kBlock + 1, {});
  Totals sums;
  for (std::size_t i = 0; i < row_.size(); ++i) {
    if (i % kBlock == 0) totals_[i / kBlock] = sums;
    count_in(sums, row_[i], 1);
  }
  if (row_.size() % kBlock == 0) totals_.back() = sums;
}

std::size_t PointIndex::lower(std::uint64_t key, std::size_t from) const {
  return static_cast<std::size_t>(std::lower_bound(row_.begin() + static_cast<std::ptrdiff_t>(from), row_.end(), key, [](const Entry& e, std::uint64_t k) { return e.key < k; }) - row_.begin());
}
std::size_t PointIndex::upper(std::uint64_t key, std::size_t from) const {
  return static_cast<std::size_t>(std::upper_bound(row_.begin() + static_cast<std::ptrdiff_t>(from), row_.end(), key, [](std::uint64_t k, const Entry& e) { return k < e.key; }) - row_.begin());
}

PointIndex::Totals PointIndex::before(std::size_t index) const {
  if (totals_.empty()) return {};
  Totals out = totals_[index / kBlock];
  for (std::size_t i = index / kBlock * kBlock; i < index; ++i) count_in(out, row_[i], 1);
  return out;
}

// All entries from … until, those that are gone, too: they are taken off by who knows of them.
void PointIndex::add(Cluster& to, std::size_t from, std::size_t until) const {
  if (until - from <= kBlock) {
    for (std::size_t i = from; i < until; ++i) count_in(to, row_[i], 1);
  } else {
    const Totals a = before(from), b = before(until);
    for (std::size_t k = 0; k < kClassSlots; ++k) to.classes[k] += b.classes[k] - a.classes[k];
    to.x += b.x - a.x, to.y += b.y - a.y;
  }
  to.count += until - from;
}

std::uint64_t PointIndex::count(TileId tile) const {
  const Stretch s = stretch_of(tile);
  const auto in = [&](const Entry& e) { return e.key >= s.first && e.key <= s.last; };
  return upper(s.last) - lower(s.first) + static_cast<std::size_t>(std::count_if(fresh_.begin(), fresh_.end(), in)) - static_cast<std::size_t>(std::count_if(gone_.begin(), gone_.end(), in));
}

std::vector<Cluster> PointIndex::clusters(TileId tile, int depth) const {
  const Stretch s = stretch_of(tile);
  const int shift = 64 - 2 * std::min(tile.z + depth, 32);
  const auto cell = [&](std::uint64_t key) { return shift == 64 ? 0 : key >> shift; };
  struct Found {
    Cluster cluster;
    std::size_t from = 0, until = 0;   // of the row
    std::uint32_t fresh = 0;
    bool has_fresh = false;
  };
  std::map<std::uint64_t, Found> found;
  const std::size_t end = upper(s.last);
  for (std::size_t i = lower(s.first); i < end;) {
    const std::uint64_t here = cell(row_[i].key);
    const std::uint64_t last = shift == 64 ? ~std::uint64_t{0} : (here << shift) + ((std::uint64_t{1} << shift) - 1);
    // Most cells hold few: look near first.
    std::size_t step = 1, next = i + 1;
    while (next < end && row_[next].key <= last) next += step, step *= 2;
    next = std::min(next, end);
    const auto stop = std::upper_bound(row_.begin() + static_cast<std::ptrdiff_t>(i), row_.begin() + static_cast<std::ptrdiff_t>(next), last, [](std::uint64_t k, const Entry& e) { return k < e.key; });
    const auto until = static_cast<std::size_t>(stop - row_.begin());
    Found& f = found[here];
    f.from = i, f.until = until;
    add(f.cluster, i, until);
    i = until;
  }
  for (const Entry& e : gone_) {
    if (e.key < s.first || e.key > s.last) continue;
    Cluster& c = found[cell(e.key)].cluster;
    count_in(c, e, -1);
    --c.count;
  }
  for (const Entry& e : fresh_) {
    if (e.key < s.first || e.key > s.last) continue;
    Found& f = found[cell(e.key)];
    count_in(f.cluster, e, 1);
    ++f.cluster.count, f.fresh = e.slot, f.has_fresh = true;
  }
  std::vector<Cluster> out;
  for (auto& [where, f] : found) {
    if (f.cluster.count == 0) continue;
    f.cluster.slot = f.fresh;
    if (!f.has_fresh)
      for (std::size_t i = f.from; i < f.until; ++i)
        if (!row_[i].gone) {
          f.cluster.slot = row_[i].slot;
          break;
        }
    out.push_back(f.cluster);
  }
  return out;
}

void PointIndex::each(TileId tile, const Visit& visit) const {
  const Stretch s = stretch_of(tile);
  const std::size_t end = upper(s.last);
  for (std::size_t i = lower(s.first); i < end; ++i)
    if (!row_[i].gone) visit(row_[i].slot, spot_at(row_[i].key), row_[i].klass);
  for (const Entry& e : fresh_)
    if (e.key >= s.first && e.key <= s.last) visit(e.slot, spot_at(e.key), e.klass);
}

void PointIndex::each(Spot north_west, Spot south_east, const Visit& visit) const {
  const auto in = [&](Spot p) { return p.x >= north_west.x && p.x <= south_east.x && p.y >= north_west.y && p.y <= south_east.y; };
  // Quarters of the world, down to what holds few points or lies within as a whole.
  struct Open {
    TileId tile;
    std::size_t from, until;
  };
  std::vector<Open> open{{TileId{}, 0, row_.size()}};
  while (!open.empty()) {
    const Open now = open.back();
    open.pop_back();
    const int rest = 32 - now.tile.z;
    const std::uint64_t side = std::uint64_t{1} << rest, west = std::uint64_t{now.tile.x} << rest, north = std::uint64_t{now.tile.y} << rest;
    if (now.from == now.until || west > south_east.x || west + side - 1 < north_west.x || north > south_east.y || north + side - 1 < north_west.y) continue;
    const bool whole_tile = west >= north_west.x && west + side - 1 <= south_east.x && north >= north_west.y && north + side - 1 <= south_east.y;
    if (whole_tile || now.until - now.from <= 64 || now.tile.z == 31) {
      for (std::size_t i = now.from; i < now.until; ++i)
        if (const Spot p = spot_at(row_[i].key); !row_[i].gone && (whole_tile || in(p))) visit(row_[i].slot, p, row_[i].klass);
      continue;
    }
    for (std::uint32_t quarter = 4; quarter-- > 0;) {
      const TileId child{now.tile.z + 1, now.tile.x * 2 + (quarter & 1), now.tile.y * 2 + (quarter >> 1)};
      const Stretch s = stretch_of(child);
      open.push_back({child, lower(s.first, now.from), upper(s.last, now.from)});
    }
  }
  for (const Entry& e : fresh_)
    if (const Spot p = spot_at(e.key); in(p)) visit(e.slot, p, e.klass);
}

std::size_t PointIndex::memory() const {
  return (row_.capacity() + fresh_.capacity() + gone_.capacity()) * sizeof(Entry) + totals_.capacity() * sizeof(Totals) + places_.capacity() * sizeof(Place);
}

}  // namespace machiya::sense::livemap
