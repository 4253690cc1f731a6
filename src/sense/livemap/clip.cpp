#include "sense/livemap/clip.h"

#include <cmath>
#include <utility>

namespace machiya::sense::livemap {
namespace {

constexpr double kTolerance = 2;   ///< units; an eighth of a millimetre on a telephone

double distance2(Real p, Real a, Real b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double t = length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
  const double ex = p.x - (a.x + t * dx), ey = p.y - (a.y + t * dy);
  return ex * ex + ey * ey;
}

Unit unit_of(Real r) { return {static_cast<std::int32_t>(std::lround(r.x)), static_cast<std::int32_t>(std::lround(r.y))}; }
Line units_of(const std::vector<Real>& line) {
  Line out;
  for (const Real r : line) out.push_back(unit_of(r));
  return out;
}
std::vector<Real> reals_of(std::span<const Position> from, TileId tile) {
  std::vector<Real> out;
  out.reserve(from.size());
  for (const Position p : from) out.push_back(real_of(p, tile));
  return out;
}
/// A closed ring made simple keeps its first position and the one farthest from it, so that it does not fold up.
std::vector<Real> simple_ring(const std::vector<Real>& ring) {
  if (ring.size() < 5) return ring;
  std::size_t far = 0;
  double most = -1;
  for (std::size_t i = 1; i + 1 < ring.size(); ++i) {
    const double dx = ring[i].x - ring[0].x, dy = ring[i].y - ring[0].y, d = dx * dx + dy * dy;
    if (d > most) most = d, far = i;
  }
  const auto middle = ring.begin() + static_cast<std::ptrdiff_t>(far);
  auto out = simplified({ring.begin(), middle + 1}, kTolerance);
  const auto rest = simplified({middle, ring.end()}, kTolerance);
  out.insert(out.end(), rest.begin() + 1, rest.end());
  return out;
}

struct Parts {
  std::vector<Line> lines;
  std::vector<std::vector<Line>> areas;
  Line points;
};

void gather(const Geometry& g, TileId tile, Parts& out) {
  const auto& all = g.positions();
  const auto part = [&](std::size_t i) { return std::span(all).subspan(i == 0 ? 0 : g.line_ends()[i - 1], g.line_ends()[i] - (i == 0 ? 0 : g.line_ends()[i - 1])); };
  switch (g.kind()) {
    case GeometryKind::point:
    case GeometryKind::multi_point:
      for (const Position p : all)
        if (const Spot s = spot_of(p); tile_of(s, tile.z) == tile) out.points.push_back({unit_x(s, tile), unit_y(s, tile)});
      break;
    case GeometryKind::line_string:
    case GeometryKind::multi_line_string:
      for (std::size_t i = 0; i < g.line_ends().size(); ++i)
        for (const auto& one : clipped_line(simplified(reals_of(part(i), tile), kTolerance), kBuffer)) out.lines.push_back(units_of(one));
      break;
    case GeometryKind::polygon:
    case GeometryKind::multi_polygon:
      for (std::size_t p = 0, ring = 0; p < g.polygon_ends().size(); ++p) {
        std::vector<Line> rings;
        for (; ring < g.polygon_ends()[p]; ++ring) {
          const auto inside = clipped_ring(simple_ring(reals_of(part(ring), tile)), kBuffer);
          if (rings.empty() || !inside.empty()) rings.push_back(units_of(inside));
        }
        if (!rings.empty() && !rings[0].empty()) out.areas.push_back(std::move(rings));
      }
      break;
    case GeometryKind::collection:
      for (const Geometry& member : g.members()) gather(member, tile, out);
  }
}

}  // namespace

Real real_of(Position p, TileId tile) {
  const double n = std::exp2(tile.z);
  return {(world_x(p.lon) * n - tile.x) * kExtent, (world_y(p.lat) * n - tile.y) * kExtent};
}

std::vector<Real> simplified(const std::vector<Real>& line, double tolerance) {
  if (line.size() < 3) return line;
  std::vector<char> stays(line.size());
  stays.front() = stays.back() = 1;
  std::vector<std::pair<std::size_t, std::size_t>> open{{0, line.size() - 1}};
  while (!open.empty()) {
    const auto [from, to] = open.back();
    open.pop_back();
    std::size_t far = from;
    double most = tolerance * tolerance;
    for (std::size_t i = from + 1; i < to; ++i)
      if (const double d = distance2(line[i], line[from], line[to]); d > most) most = d, far = i;
    if (far == from) continue;
    stays[far] = 1;
    open.emplace_back(from, far), open.emplace_back(far, to);
  }
  std::vector<Real> out;
  for (std::size_t i = 0; i < line.size(); ++i)
    if (stays[i]) out.push_back(line[i]);
  return out;
}

std::vector<Real> clipped_ring(const std::vector<Real>& ring, double buffer) {
  const double low = -buffer, high = kExtent + buffer;
  std::vector<Real> now = ring;
  for (int side = 0; side < 4 && !now.empty(); ++side) {
    const bool is_x = side < 2, is_low = side % 2 == 0;
    const double edge = is_low ? low : high;
    const auto along = [&](Real r) { return is_x ? r.x : r.y; };
    const auto within = [&](Real r) { return is_low ? along(r) >= edge : along(r) <= edge; };
    std::vector<Real> next;
    for (std::size_t i = 0; i < now.size(); ++i) {
      const Real a = now[i], b = now[(i + 1) % now.size()];
      if (within(a)) next.push_back(a);
      if (within(a) == within(b)) continue;
      const double t = (edge - along(a)) / (along(b) - along(a));
      next.push_back({is_x ? edge : a.x + t * (b.x - a.x), is_x ? a.y + t * (b.y - a.y) : edge});
    }
    now = std::move(next);
  }
  return now;
}

std::vector<std::vector<Real>> clipped_line(const std::vector<Real>& line, double buffer) {
  const double low = -buffer, high = kExtent + buffer;
  std::vector<std::vector<Real>> out;
  bool open = false;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const Real a = line[i], b = line[i + 1];
    double from = 0, to = 1;   // Liang and Barsky 1984
    const auto side = [&](double p, double q) {
      if (p == 0) return q >= 0;
      const double t = q / p;
      if (p < 0) from = std::max(from, t);
      else to = std::min(to, t);
      return from <= to;
    };
    const double dx = b.x - a.x, dy = b.y - a.y;
    if (!side(-dx, a.x - low) || !side(dx, high - a.x) || !side(-dy, a.y - low) || !side(dy, high - a.y)) {
      open = false;
      continue;
    }
    const auto at = [&](double t) { return Real{a.x + t * dx, a.y + t * dy}; };
    if (!open || from > 0) out.push_back({at(from)});
    out.back().push_back(at(to));
    open = to == 1;
  }
  return out;
}

bool draw(const Geometry& geometry, TileId tile, TileLayer& layer) {
  Parts parts;
  gather(geometry, tile, parts);
  if (!parts.areas.empty()) return layer.polygons(parts.areas);
  if (!parts.lines.empty()) return layer.lines(parts.lines);
  return layer.points(parts.points);
}

bool draw_areas(const std::vector<std::vector<std::vector<Position>>>& parts, TileId tile, TileLayer& layer) {
  std::vector<std::vector<Line>> areas;
  for (const auto& part : parts) {
    std::vector<Line> rings;
    for (const auto& ring : part) {
      auto line = reals_of(ring, tile);
      if (!line.empty()) line.push_back(line.front());
      const auto inside = clipped_ring(simple_ring(line), kBuffer);
      if (rings.empty() || !inside.empty()) rings.push_back(units_of(inside));
    }
    if (!rings.empty() && !rings[0].empty()) areas.push_back(std::move(rings));
  }
  return !areas.empty() && layer.polygons(areas);
}

}  // namespace machiya::sense::livemap
