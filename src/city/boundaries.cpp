#include "city/boundaries.h"

namespace machiya::city {

const WardArea* Boundaries::ward(std::string_view code) const {
  for (const WardArea& area : wards)
    if (area.code == code) return &area;
  return nullptr;
}

const WardArea* Boundaries::at(GeoPoint point) const {
  for (const WardArea& area : wards)
    for (const Polygon& part : area.parts)
      if (contains(part, point)) return &area;
  return nullptr;
}

std::vector<WardArea> approximate_areas(const std::vector<Ward>& wards) {
  std::vector<GeoPoint> sites;
  GeoPoint middle;
  for (const Ward& ward : wards) {
    sites.push_back({ward.lat, ward.lon});
    middle.lat += ward.lat / static_cast<double>(wards.size());
    middle.lon += ward.lon / static_cast<double>(wards.size());
  }
  Ring shape = convex_hull(sites);
  for (GeoPoint& p : shape) p = {middle.lat + (p.lat - middle.lat) * 1.25, middle.lon + (p.lon - middle.lon) * 1.25};
  std::vector<WardArea> areas;
  if (shape.size() < 3) return areas;
  const std::vector<Ring> cells = voronoi_cells(sites, shape);
  for (std::size_t i = 0; i < wards.size(); ++i)
    if (!cells[i].empty()) areas.push_back({wards[i].code, {Polygon{cells[i]}}});
  return areas;
}

}  // namespace machiya::city
