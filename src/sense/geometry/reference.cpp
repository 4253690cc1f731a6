// ReferenceGeometry: one geometry compared with many. Points and distances are decided here as far as doubles can tell; GEOS decides the rest.
#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numbers>

#include "sense/geometry/geos.h"
#include "sense/geometry/nearest.h"

namespace machiya::sense {

using detail::geos;
using detail::Shape;
using detail::shape_of;
using detail::Side;

struct ReferenceGeometry::Body {
  Geometry geometry;
  bool mended = false;           ///< GEOS holds a valid form of a geometry that crosses itself: ours would not count its rings the same
  bool few = false;              ///< small enough for looking at every edge
  mutable std::mutex mutex;      ///< prepared geometries build their indexes when they are asked
  Shape shape;
  detail::PreparedShape prepared;
  std::vector<ReferenceGeometry> members;   ///< of a collection
};

namespace {

constexpr std::size_t kFewEdges = 128;
constexpr std::size_t kPairs = 40'000;       // vertices times edges that are compared one by one; beyond, GEOS's index finds the nearest pair
constexpr double kRad = std::numbers::pi / 180;

bool relate(const GEOSPreparedGeometry* prepared, const GEOSGeometry* shape, Relation relation, const GEOSGeometry* target) {
  GEOSContextHandle_t h = geos();
  switch (relation) {   // "target relation reference": the reference is the prepared one
    case Relation::within: return GEOSPreparedContains_r(h, prepared, target) == 1;
    case Relation::contains: return GEOSPreparedWithin_r(h, prepared, target) == 1;
    case Relation::intersects: return GEOSPreparedIntersects_r(h, prepared, target) == 1;
    case Relation::disjoint: return GEOSPreparedDisjoint_r(h, prepared, target) == 1;
    case Relation::overlaps: return GEOSPreparedOverlaps_r(h, prepared, target) == 1;
    case Relation::equals: return GEOSEquals_r(h, shape, target) == 1;
  }
  return false;
}

// What boxes alone say; nothing when the geometries must be looked at.
std::optional<bool> by_boxes(Relation relation, const Box& target, const Box& reference) {
  if (!target.touches(reference)) return relation == Relation::disjoint;
  if (relation == Relation::within && !reference.covers(target)) return false;
  if (relation == Relation::contains && !target.covers(reference)) return false;
  if (relation == Relation::equals && !(target == reference)) return false;
  return std::nullopt;
}

double nearest_by_index(const Geometry& a, const Geometry& b) {
  const double middle = (std::max(a.box().south, b.box().south) + std::min(a.box().north, b.box().north)) / 2;
  const double shortening = std::max(0.01, std::cos(middle * kRad));
  const Shape sa = shape_of(a, nullptr, shortening), sb = shape_of(b, nullptr, shortening);
  GEOSContextHandle_t h = geos();
  const detail::PreparedShape prepared(GEOSPrepare_r(h, sa.get()));
  GEOSCoordSequence* pair = prepared ? GEOSPreparedNearestPoints_r(h, prepared.get(), sb.get()) : nullptr;
  if (!pair) return std::numeric_limits<double>::infinity();
  Position p, q;
  GEOSCoordSeq_getXY_r(h, pair, 0, &p.lon, &p.lat);
  GEOSCoordSeq_getXY_r(h, pair, 1, &q.lon, &q.lat);
  GEOSCoordSeq_destroy_r(h, pair);
  p.lon /= shortening, q.lon /= shortening;
  return haversine_m(p, q);
}

double between_outlines(const Geometry& a, const Geometry& b) {
  if (a.positions().size() * b.positions().size() > kPairs) return nearest_by_index(a, b);
  double best = std::numeric_limits<double>::infinity();
  for (const Position& p : a.positions()) best = std::min(best, detail::to_outline_m(p, b));
  for (const Position& p : b.positions()) best = std::min(best, detail::to_outline_m(p, a));
  return best;
}

}  // namespace

ReferenceGeometry::ReferenceGeometry(Geometry geometry) : body_(std::make_unique<Body>()) {
  Body& b = *body_;
  b.geometry = std::move(geometry);
  b.few = b.geometry.positions().size() <= kFewEdges;
  if (b.geometry.kind() == GeometryKind::collection) {
    for (const Geometry& member : b.geometry.members()) b.members.emplace_back(member);
    return;
  }
  b.shape = shape_of(b.geometry, &b.mended);
  b.prepared.reset(GEOSPrepare_r(geos(), b.shape.get()));
  MACHIYA_ASSERT(b.prepared != nullptr);
}

ReferenceGeometry::~ReferenceGeometry() = default;
ReferenceGeometry::ReferenceGeometry(ReferenceGeometry&&) noexcept = default;
ReferenceGeometry& ReferenceGeometry::operator=(ReferenceGeometry&&) noexcept = default;

const Geometry& ReferenceGeometry::geometry() const { return body_->geometry; }

namespace {

// Collections are compared member by member (GEOS 3.11 refuses them): README.md.
bool any_member(const std::vector<ReferenceGeometry>& members, Relation relation, const Geometry& target) {
  return std::any_of(members.begin(), members.end(), [&](const ReferenceGeometry& m) { return m.holds(relation, target); });
}

bool of_collection(const std::vector<ReferenceGeometry>& members, Relation relation, const Geometry& target) {
  if (relation == Relation::disjoint) return !any_member(members, Relation::intersects, target);
  if (relation == Relation::intersects || relation == Relation::within || relation == Relation::overlaps) return any_member(members, relation, target);
  return std::all_of(members.begin(), members.end(), [&](const ReferenceGeometry& m) { return m.holds(relation, target); });
}

}  // namespace

bool ReferenceGeometry::holds(Relation relation, const Geometry& target) const {
  const Body& b = *body_;
  if (target.is_point()) return holds(relation, target.positions()[0]);
  if (const auto known = by_boxes(relation, target.box(), b.geometry.box())) return *known;
  if (target.kind() == GeometryKind::collection) {
    const auto one = [&](const Geometry& member) { return holds(relation, member); };
    const bool any = relation == Relation::intersects || relation == Relation::contains || relation == Relation::overlaps;
    return any ? std::any_of(target.members().begin(), target.members().end(), one) : std::all_of(target.members().begin(), target.members().end(), one);
  }
  if (b.geometry.kind() == GeometryKind::collection) return of_collection(b.members, relation, target);
  const Shape shape = shape_of(target);
  const std::lock_guard lock(b.mutex);
  return relate(b.prepared.get(), b.shape.get(), relation, shape.get());
}

bool ReferenceGeometry::holds(Relation relation, Position target) const {
  const Body& b = *body_;
  if (const auto known = by_boxes(relation, Box::of(target), b.geometry.box())) return *known;
  if (b.geometry.kind() == GeometryKind::collection) return of_collection(b.members, relation, Geometry::point(target));
  if (relation == Relation::overlaps) return false;   // a point has nothing of which a part could lie outside
  if (b.geometry.is_point()) return relation != Relation::disjoint;   // the boxes touch, so it is the same place
  const bool area = !b.geometry.polygon_ends().empty();
  if (area && (relation == Relation::contains || relation == Relation::equals)) return false;
  if (area && b.few && !b.mended) {
    const Side side = detail::side_of(target, b.geometry);
    if (side != Side::unsure) return (side == Side::inside) == (relation != Relation::disjoint);
  }
  const Shape shape = shape_of(target);
  const std::lock_guard lock(b.mutex);
  return relate(b.prepared.get(), b.shape.get(), relation, shape.get());
}

double ReferenceGeometry::distance_m(Position target) const {
  const Geometry& g = body_->geometry;
  if (g.is_point()) return haversine_m(g.positions()[0], target);
  if (g.box().covers(target) && holds(Relation::intersects, target)) return 0;
  return detail::to_outline_m(target, g);
}

double ReferenceGeometry::distance_m(const Geometry& target) const {
  const Body& b = *body_;
  if (target.is_point()) return distance_m(target.positions()[0]);
  if (target.kind() == GeometryKind::collection) {
    double best = std::numeric_limits<double>::infinity();
    for (const Geometry& member : target.members()) best = std::min(best, distance_m(member));
    return best;
  }
  if (b.geometry.kind() == GeometryKind::collection) {
    double best = std::numeric_limits<double>::infinity();
    for (const ReferenceGeometry& member : b.members) best = std::min(best, member.distance_m(target));
    return best;
  }
  if (holds(Relation::intersects, target)) return 0;
  return between_outlines(b.geometry, target);
}

}  // namespace machiya::sense
