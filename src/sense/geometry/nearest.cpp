#include "sense/geometry/nearest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace machiya::sense::detail {
namespace {

constexpr double kRad = std::numbers::pi / 180;
constexpr double kMetresPerDegree = 6'371'008.8 * kRad;
// Below these the plane around a position is good enough to choose what is looked at closely.
constexpr double kPlaneMetres = 200'000, kPlaneLatitude = 85, kPlaneSlack = 1.3;

struct Plane {   // metres east and north of a position
  double x, y;
};

Plane plane(Position from, Position to, double shortening) {
  double lon = to.lon - from.lon;
  if (lon > 180) lon -= 360;
  if (lon < -180) lon += 360;
  return {lon * shortening * kMetresPerDegree, (to.lat - from.lat) * kMetresPerDegree};
}

// Of the nearest point on a–b to the origin: its share of the way from a.
double share(Plane a, Plane b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  return length == 0 ? 0 : std::clamp(-(a.x * dx + a.y * dy) / length, 0.0, 1.0);
}

double plane_distance(Plane a, Plane b) {
  const double t = share(a, b);
  return std::hypot(a.x + t * (b.x - a.x), a.y + t * (b.y - a.y));
}

// Where `p` is seen from `c`: metres east and north along the great circle.
Plane seen_from(Position c, Position p) {
  const double distance = haversine_m(c, p);
  if (distance == 0) return {0, 0};
  const double lat_c = c.lat * kRad, lat_p = p.lat * kRad, lon = (p.lon - c.lon) * kRad;
  const double east = std::sin(lon) * std::cos(lat_p);
  const double north = std::cos(lat_c) * std::sin(lat_p) - std::sin(lat_c) * std::cos(lat_p) * std::cos(lon);
  const double length = std::hypot(east, north);
  return length == 0 ? Plane{0, 0} : Plane{east / length * distance, north / length * distance};
}

template <class F> void each_segment(const Geometry& g, F&& f) {
  std::uint32_t from = 0;
  for (const std::uint32_t to : g.line_ends()) {
    if (to - from == 1) f(g.positions()[from], g.positions()[from]);
    for (std::uint32_t i = from + 1; i < to; ++i) f(g.positions()[i - 1], g.positions()[i]);
    from = to;
  }
}

double nearest_line(Position p, const Geometry& g) {
  const double shortening = std::cos(p.lat * kRad);
  double rough = std::numeric_limits<double>::infinity();
  each_segment(g, [&](Position a, Position b) { rough = std::min(rough, plane_distance(plane(p, a, shortening), plane(p, b, shortening))); });
  const bool flat = rough < kPlaneMetres && std::abs(p.lat) < kPlaneLatitude;
  const double look = flat ? rough * kPlaneSlack + 1 : std::numeric_limits<double>::infinity();
  double best = std::numeric_limits<double>::infinity();
  each_segment(g, [&](Position a, Position b) {
    if (flat && plane_distance(plane(p, a, shortening), plane(p, b, shortening)) > look) return;
    const double north_south = std::max({0.0, std::min(a.lat, b.lat) - p.lat, p.lat - std::max(a.lat, b.lat)}) * kMetresPerDegree;
    if (north_south < best) best = std::min(best, to_segment_m(p, a, b));
  });
  return best;
}

// Sign of the turn a→b→p; 0 when rounding might have changed it (Shewchuk's first bound).
int turn(Position a, Position b, Position p) {
  const double left = (a.lon - p.lon) * (b.lat - p.lat), right = (a.lat - p.lat) * (b.lon - p.lon);
  const double det = left - right, bound = 3.3306690738754716e-16 * (std::abs(left) + std::abs(right));
  return det > bound ? 1 : det < -bound ? -1 : 0;
}

}  // namespace

double to_segment_m(Position p, Position a, Position b) {
  if (a == b) return haversine_m(p, a);
  // The line as it is drawn in degrees; `p` comes to its side of the antimeridian.
  if (p.lon - (a.lon + b.lon) / 2 > 180) p.lon -= 360;
  if (p.lon - (a.lon + b.lon) / 2 < -180) p.lon += 360;
  const auto at = [&](double t) { return Position{a.lon + t * (b.lon - a.lon), a.lat + t * (b.lat - a.lat)}; };
  const double shortening = std::cos(p.lat * kRad);
  double t = share(plane(p, a, shortening), plane(p, b, shortening));
  double best = std::min({haversine_m(p, a), haversine_m(p, b), haversine_m(p, at(t))});
  // Gauss and Newton: a step along the line by what the direction to `p` has of it, until it stands square.
  for (int i = 0; i < 12; ++i) {
    const Position c = at(t);
    const Plane to = seen_from(c, p);
    const double dx = (b.lon - a.lon) * std::cos(c.lat * kRad) * kMetresPerDegree, dy = (b.lat - a.lat) * kMetresPerDegree;
    const double length = dx * dx + dy * dy;
    if (length == 0) break;
    const double next = std::clamp(t + (to.x * dx + to.y * dy) / length, 0.0, 1.0);
    const double moved = std::abs(next - t) * std::sqrt(length);
    t = next;
    best = std::min(best, haversine_m(p, at(t)));
    if (moved < 0.001) break;
  }
  return best;
}

double to_outline_m(Position p, const Geometry& geometry) {
  if (geometry.kind() == GeometryKind::collection) {
    double best = std::numeric_limits<double>::infinity();
    for (const Geometry& member : geometry.members()) best = std::min(best, to_outline_m(p, member));
    return best;
  }
  if (geometry.kind() == GeometryKind::point || geometry.kind() == GeometryKind::multi_point) {
    double best = std::numeric_limits<double>::infinity();
    for (const Position& other : geometry.positions()) best = std::min(best, haversine_m(p, other));
    return best;
  }
  return nearest_line(p, geometry);
}

Side side_of(Position p, const Geometry& polygons) {
  if (!polygons.box().covers(p)) return Side::outside;
  std::uint32_t ring = 0;
  for (const std::uint32_t end : polygons.polygon_ends()) {
    bool inside = false;
    for (; ring < end; ++ring) {
      const std::uint32_t from = ring == 0 ? 0 : polygons.line_ends()[ring - 1], to = polygons.line_ends()[ring];
      for (std::uint32_t i = from + 1; i < to; ++i) {
        const Position a = polygons.positions()[i - 1], b = polygons.positions()[i];
        if (a == p) return Side::unsure;
        if (a.lat == p.lat && b.lat == p.lat && std::min(a.lon, b.lon) <= p.lon && p.lon <= std::max(a.lon, b.lon)) return Side::unsure;
        if ((a.lat > p.lat) == (b.lat > p.lat)) continue;
        const int side = turn(a, b, p);
        if (side == 0) return Side::unsure;
        if ((side > 0) == (b.lat > a.lat)) inside = !inside;
      }
    }
    if (inside) return Side::inside;
  }
  return Side::outside;
}

}  // namespace machiya::sense::detail
