#include "sense/livemap/wards.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace machiya::sense::livemap {
namespace {

std::uint8_t index_of(const city::City& city, std::string_view code) {
  for (std::size_t i = 0; i < city.wards().size() && i < Wards::kNone; ++i)
    if (city.wards()[i].code == code) return static_cast<std::uint8_t>(i);
  return Wards::kNone;
}

}  // namespace

Wards::Wards(std::shared_ptr<const city::City> city, std::shared_ptr<const city::Boundaries> boundaries, std::shared_ptr<const city::Towns> towns)
    : city_(std::move(city)), boundaries_(std::move(boundaries)), towns_(std::move(towns)) {
  if (boundaries_) prepare_boundaries();
  if (towns_) prepare_towns();
}

Wards::Cell Wards::cell_of(double lon, double lat) {
  return static_cast<Cell>(static_cast<std::uint32_t>(std::floor((lon + 180) / kCell))) << 32 | static_cast<std::uint32_t>(std::floor((lat + 90) / kCell));
}

// Every cell that an edge may touch is mixed; all others of the box lie in one ward, or in none, as their middle does.
void Wards::prepare_boundaries() {
  std::unordered_set<Cell> mixed;
  const auto column = [](double v, double from) { return static_cast<std::int64_t>(std::floor((v + from) / kCell)); };
  for (const city::WardArea& area : boundaries_->wards) {
    index_of_area_.push_back(index_of(*city_, area.code));
    for (const Polygon& part : area.parts)
      for (const Ring& ring : part)
        for (std::size_t i = 0; i < ring.size(); ++i) {
          const GeoPoint a = ring[i], b = ring[(i + 1) % ring.size()];
          box_.add(Position{a.lon, a.lat});
          for (std::int64_t x = column(std::min(a.lon, b.lon), 180); x <= column(std::max(a.lon, b.lon), 180); ++x)
            for (std::int64_t y = column(std::min(a.lat, b.lat), 90); y <= column(std::max(a.lat, b.lat), 90); ++y)
              mixed.insert(static_cast<Cell>(static_cast<std::uint32_t>(x)) << 32 | static_cast<std::uint32_t>(y));
        }
  }
  for (std::int64_t x = column(box_.west, 180); x <= column(box_.east, 180); ++x)
    for (std::int64_t y = column(box_.south, 90); y <= column(box_.north, 90); ++y) {
      const Cell cell = static_cast<Cell>(static_cast<std::uint32_t>(x)) << 32 | static_cast<std::uint32_t>(y);
      if (!mixed.contains(cell)) pure_.emplace(cell, by_boundaries({(static_cast<double>(x) + 0.5) * kCell - 180, (static_cast<double>(y) + 0.5) * kCell - 90}));
    }
}

void Wards::prepare_towns() {
  for (std::size_t i = 0; i < towns_->list.size(); ++i) {
    const city::TownPoint& town = towns_->list[i];
    towns_in_[cell_of(town.at.lon, town.at.lat)].push_back(i);
    ward_of_town_.push_back(index_of(*city_, town.ward_code));
  }
}

std::uint8_t Wards::by_boundaries(Position p) const {
  const city::WardArea* area = boundaries_->at({p.lat, p.lon});
  return area == nullptr ? kNone : index_of_area_[static_cast<std::size_t>(area - boundaries_->wards.data())];
}

std::optional<std::size_t> Wards::town_at(Position p, double reach) const {
  if (!towns_) return std::nullopt;
  std::optional<std::size_t> out;
  double nearest = reach;
  // A cell is at least 320 m wide at these latitudes, so as many rings of cells are looked at as the reach needs.
  const int rings = static_cast<int>(std::ceil(reach / 320));
  for (int dx = -rings; dx <= rings; ++dx)
    for (int dy = -rings; dy <= rings; ++dy) {
      const auto there = towns_in_.find(cell_of(p.lon + dx * kCell, p.lat + dy * kCell));
      if (there == towns_in_.end()) continue;
      for (const std::size_t i : there->second) {
        const double d = haversine_m(p, {towns_->list[i].at.lon, towns_->list[i].at.lat});
        if (d < nearest || (d == nearest && (!out || i < *out))) nearest = d, out = i;
      }
    }
  return out;
}

std::uint8_t Wards::at(Position p) const {
  if (boundaries_) {
    if (!box_.covers(p)) return kNone;
    const auto there = pure_.find(cell_of(p.lon, p.lat));
    return there != pure_.end() ? there->second : by_boundaries(p);
  }
  if (towns_) {
    auto town = town_at(p, 600);
    if (!town) town = town_at(p, 5000);
    return town ? ward_of_town_[*town] : kNone;
  }
  std::uint8_t out = kNone;
  double nearest = 10'000;
  for (std::size_t i = 0; i < city_->wards().size() && i < kNone; ++i)
    if (const double d = haversine_m(p, {city_->wards()[i].lon, city_->wards()[i].lat}); d < nearest) nearest = d, out = static_cast<std::uint8_t>(i);
  return out;
}

}  // namespace machiya::sense::livemap
