// Areas of the wards: from the national boundary file that a user imports, or approximate ones from the centroids.
#pragma once
#include <string>
#include <vector>

#include "base/geo.h"
#include "city/city.h"

namespace machiya::city {

struct WardArea {
  std::string code;              ///< JIS X 0402, five digits
  std::vector<Polygon> parts;    ///< islands and harbours are parts of their own
};
struct Boundaries {
  std::vector<WardArea> wards;
  std::string source;            ///< credit line
  const WardArea* ward(std::string_view code) const;
  /// The ward a point lies in; nullptr outside.
  const WardArea* at(GeoPoint point) const;
};

/// Areas nearest to each centroid, within the hull of all centroids widened by a quarter. Never to be shown as boundaries.
std::vector<WardArea> approximate_areas(const std::vector<Ward>& wards);

}  // namespace machiya::city
