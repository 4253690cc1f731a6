// Places on the WGS84 ellipsoid (JGD2011 is the same within centimetres): distances, areas to choose from, mesh codes.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace machiya {

/// Degrees, north and east positive.
struct GeoPoint {
  double lat = 0;
  double lon = 0;
  friend bool operator==(const GeoPoint&, const GeoPoint&) = default;
};
/// A closed line; the last point is not repeated.
using Ring = std::vector<GeoPoint>;
/// An outer ring and its holes (even-odd, so that the direction of the rings does not matter).
using Polygon = std::vector<Ring>;

/// Metres along the ellipsoid (Vincenty 1975, inverse formula; below 1 mm error). For nearly antipodal points, where it
/// does not converge, the great circle on the mean radius (error below 0.6 %).
double distance_m(GeoPoint a, GeoPoint b);
/// Even-odd rule; a point on an edge may fall on either side.
bool contains(const Polygon& polygon, GeoPoint p);
/// Square metres on the local plane of the ring; good below some 100 km.
double area_m2(const Ring& ring);
/// The smallest convex ring around the points, counter-clockwise. Fewer than 3 distinct points give what there is.
Ring convex_hull(std::vector<GeoPoint> points);
/// For each site the part of `shape` that is nearer to it than to any other: approximate areas where only centres are
/// known. Distances on the local plane. Two sites at one place share nothing: the later one gets an empty ring.
std::vector<Ring> voronoi_cells(const std::vector<GeoPoint>& sites, const Ring& shape);

/// Standard area mesh codes (JIS X 0410): level 1 (80 km, 4 digits), 2 (10 km, 6), 3 (1 km, 8), 4 (500 m, 9). Nothing outside of
/// the area the standard covers (20 to 46 degrees north, 122 to 154 east).
std::optional<std::string> mesh_code(GeoPoint p, int level);

}  // namespace machiya
