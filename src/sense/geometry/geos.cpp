#include "sense/geometry/geos.h"

namespace machiya::sense::detail {
namespace {

struct Context {
  GEOSContextHandle_t handle = GEOS_init_r();
  Context() { GEOSContext_setErrorMessageHandler_r(handle, [](const char*, void*) {}, nullptr); }   // callers look at results; nothing goes to stderr
  ~Context() { GEOS_finish_r(handle); }
};

GEOSCoordSequence* sequence(std::span<const Position> positions, double shortening) {
  static_assert(sizeof(Position) == 2 * sizeof(double));
  GEOSContextHandle_t h = geos();
  if (shortening == 1) return GEOSCoordSeq_copyFromBuffer_r(h, &positions[0].lon, static_cast<unsigned>(positions.size()), 0, 0);
  std::vector<Position> scaled(positions.begin(), positions.end());
  for (Position& p : scaled) p.lon *= shortening;
  return GEOSCoordSeq_copyFromBuffer_r(h, &scaled[0].lon, static_cast<unsigned>(scaled.size()), 0, 0);
}

class Shaper {
 public:
  Shaper(const Geometry& g, double shortening) : g_(g), shortening_(shortening) {}
  Shape run() {
    switch (g_.kind()) {
      case GeometryKind::point: return point(0);
      case GeometryKind::multi_point: return several(GEOS_MULTIPOINT, g_.positions().size(), [&](std::size_t i) { return point(i); });
      case GeometryKind::line_string: return line(0);
      case GeometryKind::multi_line_string: return several(GEOS_MULTILINESTRING, g_.line_ends().size(), [&](std::size_t i) { return line(i); });
      case GeometryKind::polygon: return polygon(0);
      case GeometryKind::multi_polygon: return several(GEOS_MULTIPOLYGON, g_.polygon_ends().size(), [&](std::size_t i) { return polygon(i); });
      case GeometryKind::collection: break;
    }
    return nullptr;
  }

 private:
  const Geometry& g_;
  double shortening_;
  GEOSContextHandle_t h_ = geos();

  std::span<const Position> part(std::size_t i) const {
    const std::uint32_t from = i == 0 ? 0 : g_.line_ends()[i - 1];
    return std::span(g_.positions()).subspan(from, g_.line_ends()[i] - from);
  }
  Shape point(std::size_t i) { return Shape(GEOSGeom_createPoint_r(h_, sequence(std::span(g_.positions()).subspan(i, 1), shortening_))); }
  Shape line(std::size_t i) { return Shape(GEOSGeom_createLineString_r(h_, sequence(part(i), shortening_))); }
  Shape polygon(std::size_t i) {
    const std::uint32_t from = i == 0 ? 0 : g_.polygon_ends()[i - 1], to = g_.polygon_ends()[i];
    GEOSGeometry* shell = GEOSGeom_createLinearRing_r(h_, sequence(part(from), shortening_));
    std::vector<GEOSGeometry*> holes;
    for (std::uint32_t hole = from + 1; hole < to; ++hole) holes.push_back(GEOSGeom_createLinearRing_r(h_, sequence(part(hole), shortening_)));
    return Shape(GEOSGeom_createPolygon_r(h_, shell, holes.data(), static_cast<unsigned>(holes.size())));
  }
  template <class F> Shape several(int type, std::size_t n, F&& one) {
    std::vector<GEOSGeometry*> parts;
    for (std::size_t i = 0; i < n; ++i) parts.push_back(one(i).release());
    return Shape(GEOSGeom_createCollection_r(h_, type, parts.data(), static_cast<unsigned>(parts.size())));
  }
};

}  // namespace

GEOSContextHandle_t geos() {
  thread_local Context context;
  return context.handle;
}

Shape shape_of(const Geometry& geometry, bool* mended, double shortening) {
  Shape shape = Shaper(geometry, shortening).run();
  MACHIYA_ASSERT(shape != nullptr);   // positions were checked when the geometry was read
  if (geometry.polygon_ends().empty() || GEOSisValid_r(geos(), shape.get()) == 1) return shape;
  Shape valid(GEOSMakeValid_r(geos(), shape.get()));
  if (!valid) return shape;
  if (mended) *mended = true;
  return valid;
}

Shape shape_of(Position p) { return Shape(GEOSGeom_createPointFromXY_r(geos(), p.lon, p.lat)); }

}  // namespace machiya::sense::detail
