#include "base/geo.h"

#include <algorithm>
#include <cmath>

namespace machiya {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kRadian = kPi / 180;
constexpr double kA = 6378137.0;              // WGS84 semi-major axis, metres
constexpr double kF = 1 / 298.257223563;      // flattening
constexpr double kB = kA * (1 - kF);
constexpr double kMeanRadius = 6371008.8;

double great_circle(GeoPoint a, GeoPoint b) {
  double s = std::sin((b.lat - a.lat) * kRadian / 2), t = std::sin((b.lon - a.lon) * kRadian / 2);
  double h = s * s + std::cos(a.lat * kRadian) * std::cos(b.lat * kRadian) * t * t;
  return 2 * kMeanRadius * std::asin(std::min(1.0, std::sqrt(h)));
}

struct Plane {
  double x, y;
};
/// Metres east and north of an origin.
Plane to_plane(GeoPoint p, GeoPoint origin) {
  return {(p.lon - origin.lon) * kRadian * kA * std::cos(origin.lat * kRadian), (p.lat - origin.lat) * kRadian * kA};
}
double cross(GeoPoint o, GeoPoint a, GeoPoint b) { return (a.lon - o.lon) * (b.lat - o.lat) - (a.lat - o.lat) * (b.lon - o.lon); }

/// The part of a ring on which `side` is not negative (Sutherland-Hodgman for one half plane).
template <class Side>
Ring clip(const Ring& ring, Side side) {
  Ring out;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    GeoPoint a = ring[i], b = ring[(i + 1) % ring.size()];
    double da = side(a), db = side(b);
    if (da >= 0) out.push_back(a);
    if ((da > 0 && db < 0) || (da < 0 && db > 0)) {
      double t = da / (da - db);
      out.push_back({a.lat + t * (b.lat - a.lat), a.lon + t * (b.lon - a.lon)});
    }
  }
  return out;
}

}  // namespace

double distance_m(GeoPoint a, GeoPoint b) {
  if (a == b) return 0;
  const double l = (b.lon - a.lon) * kRadian;
  const double u1 = std::atan((1 - kF) * std::tan(a.lat * kRadian)), u2 = std::atan((1 - kF) * std::tan(b.lat * kRadian));
  const double su1 = std::sin(u1), cu1 = std::cos(u1), su2 = std::sin(u2), cu2 = std::cos(u2);
  double lambda = l;
  for (int i = 0; i < 100; ++i) {
    const double sl = std::sin(lambda), cl = std::cos(lambda);
    const double ss = std::hypot(cu2 * sl, cu1 * su2 - su1 * cu2 * cl), cs = su1 * su2 + cu1 * cu2 * cl;
    if (ss == 0) return 0;
    const double sigma = std::atan2(ss, cs), sa = cu1 * cu2 * sl / ss, c2a = 1 - sa * sa;
    const double c2m = c2a > 0 ? cs - 2 * su1 * su2 / c2a : 0;  // on the equator c2a is 0
    const double c = kF / 16 * c2a * (4 + kF * (4 - 3 * c2a));
    const double before = lambda;
    lambda = l + (1 - c) * kF * sa * (sigma + c * ss * (c2m + c * cs * (-1 + 2 * c2m * c2m)));
    if (std::abs(lambda - before) > 1e-12) continue;
    const double uu = c2a * (kA * kA - kB * kB) / (kB * kB);
    const double ca = 1 + uu / 16384 * (4096 + uu * (-768 + uu * (320 - 175 * uu)));
    const double cb = uu / 1024 * (256 + uu * (-128 + uu * (74 - 47 * uu)));
    const double delta = cb * ss * (c2m + cb / 4 * (cs * (-1 + 2 * c2m * c2m) - cb / 6 * c2m * (-3 + 4 * ss * ss) * (-3 + 4 * c2m * c2m)));
    return kB * ca * (sigma - delta);
  }
  return great_circle(a, b);
}

bool contains(const Polygon& polygon, GeoPoint p) {
  bool inside = false;
  for (const Ring& ring : polygon) {
    for (std::size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
      const GeoPoint &a = ring[i], &b = ring[j];
      if ((a.lat > p.lat) != (b.lat > p.lat) && p.lon < (b.lon - a.lon) * (p.lat - a.lat) / (b.lat - a.lat) + a.lon) inside = !inside;
    }
  }
  return inside;
}

double area_m2(const Ring& ring) {
  if (ring.size() < 3) return 0;
  double twice = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    Plane a = to_plane(ring[i], ring[0]), b = to_plane(ring[(i + 1) % ring.size()], ring[0]);
    twice += a.x * b.y - b.x * a.y;
  }
  return std::abs(twice) / 2;
}

Ring convex_hull(std::vector<GeoPoint> points) {
  auto before = [](const GeoPoint& a, const GeoPoint& b) { return a.lon < b.lon || (a.lon == b.lon && a.lat < b.lat); };
  std::sort(points.begin(), points.end(), before);
  points.erase(std::unique(points.begin(), points.end()), points.end());
  if (points.size() < 3) return points;
  Ring hull;  // Andrew's monotone chain
  for (int pass = 0; pass < 2; ++pass) {
    const std::size_t start = hull.size();
    for (const GeoPoint& p : points) {
      while (hull.size() >= start + 2 && cross(hull[hull.size() - 2], hull.back(), p) <= 0) hull.pop_back();
      hull.push_back(p);
    }
    hull.pop_back();
    std::reverse(points.begin(), points.end());
  }
  return hull;
}

std::vector<Ring> voronoi_cells(const std::vector<GeoPoint>& sites, const Ring& shape) {
  std::vector<Ring> cells;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    Ring cell = shape;
    for (std::size_t j = 0; j < sites.size() && !cell.empty(); ++j) {
      if (i == j) continue;
      if (sites[i] == sites[j]) {
        if (j < i) cell.clear();
        continue;
      }
      Plane other = to_plane(sites[j], sites[i]);
      double half = (other.x * other.x + other.y * other.y) / 2;
      cell = clip(cell, [&](GeoPoint p) {
        Plane q = to_plane(p, sites[i]);
        return half - (q.x * other.x + q.y * other.y);  // positive: nearer to site i
      });
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

std::optional<std::string> mesh_code(GeoPoint p, int level) {
  if (level < 1 || level > 4 || !(p.lat >= 20 && p.lat < 46 && p.lon >= 122 && p.lon < 154)) return {};
  double y = p.lat * 1.5, x = p.lon - 100;  // first-level cells: 40 minutes by 1 degree
  int p1 = static_cast<int>(y), u1 = static_cast<int>(x);
  std::string code = std::to_string(p1) + std::to_string(u1);
  double fy = y - p1, fx = x - u1;
  auto next = [&](int parts) {
    fy *= parts;
    fx *= parts;
    int iy = std::min(static_cast<int>(fy), parts - 1), ix = std::min(static_cast<int>(fx), parts - 1);
    fy -= iy;
    fx -= ix;
    return std::pair(iy, ix);
  };
  if (level >= 2) {
    auto [iy, ix] = next(8);
    code += std::to_string(iy) + std::to_string(ix);
  }
  if (level >= 3) {
    auto [iy, ix] = next(10);
    code += std::to_string(iy) + std::to_string(ix);
  }
  if (level >= 4) {
    auto [iy, ix] = next(2);
    code += std::to_string(1 + iy * 2 + ix);
  }
  return code;
}

}  // namespace machiya
