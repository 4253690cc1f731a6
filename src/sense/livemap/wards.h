// In which ward a place lies: by imported boundaries exactly; without them by the nearest town, or the nearest centroid, and then it says so.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "city/boundaries.h"
#include "city/city.h"
#include "city/import_towns.h"
#include "sense/geometry/geometry.h"

namespace machiya::sense::livemap {

enum class WardsBy : std::uint8_t { boundaries, towns, centroids };

/// Any thread may ask.
class Wards {
 public:
  static constexpr std::uint8_t kNone = 255;
  /// The pointers may be null: nothing was imported.
  Wards(std::shared_ptr<const city::City> city, std::shared_ptr<const city::Boundaries> boundaries, std::shared_ptr<const city::Towns> towns);
  WardsBy by() const { return boundaries_ ? WardsBy::boundaries : towns_ ? WardsBy::towns : WardsBy::centroids; }
  /// Index into city().wards(); kNone outside (without boundaries: further than 5 km from the nearest town or 10 km from the nearest centroid).
  std::uint8_t at(Position p) const;
  /// Index into towns()->list of the nearest town within kTownReach metres; nothing when there is none.
  static constexpr double kTownReach = 1000;
  std::optional<std::size_t> town_at(Position p, double reach = kTownReach) const;
  const city::City& city() const { return *city_; }
  const city::Boundaries* boundaries() const { return boundaries_.get(); }
  const city::Towns* towns() const { return towns_.get(); }
  const std::shared_ptr<const city::City>& kept() const { return city_; }

 private:
  using Cell = std::uint64_t;
  static constexpr double kCell = 0.004;     ///< degrees: some 400 m
  static Cell cell_of(double lon, double lat);
  std::shared_ptr<const city::City> city_;
  std::shared_ptr<const city::Boundaries> boundaries_;
  std::shared_ptr<const city::Towns> towns_;
  std::vector<std::uint8_t> index_of_area_;  ///< of boundaries' wards in the city's
  /// Cells through which no boundary goes have one answer; those with one in them ask the boundaries.
  std::unordered_map<Cell, std::uint8_t> pure_;
  std::unordered_map<Cell, std::vector<std::size_t>> towns_in_;
  std::vector<std::uint8_t> ward_of_town_;
  Box box_;
  void prepare_boundaries();
  void prepare_towns();
  std::uint8_t by_boundaries(Position p) const;
};

}  // namespace machiya::sense::livemap
