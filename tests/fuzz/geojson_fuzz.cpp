// Any JSON as a GeoJSON geometry: refused with what is wrong, or a geometry within the limits whose text is read as the same, whose box holds every position
// of it, and which touches itself.
#include <cstdint>
#include <cstdlib>

#include "sense/geometry/geometry.h"

namespace {

using namespace machiya;
using namespace machiya::sense;

constexpr GeometryLimits kLimits = {.positions = 300, .depth = 3};

int depth_of(const Geometry& g) {
  int deepest = 0;
  for (const Geometry& member : g.members()) deepest = std::max(deepest, depth_of(member));
  return deepest + 1;
}

void within_box(const Geometry& g, const Box& box) {
  if (!box.covers(g.box())) std::abort();
  for (const Position& p : g.positions())
    if (!box.covers(p) || !(p.lon >= -180 && p.lon <= 180 && p.lat >= -90 && p.lat <= 90)) std::abort();
  for (const Geometry& member : g.members()) within_box(member, box);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tree::Arena arena;
  const auto value = tree::parse({reinterpret_cast<const char*>(data), size}, arena);
  if (!value.ok()) return 0;
  (void)point_of(*value), (void)box_of(*value);
  const auto read = Geometry::from_json(*value, kLimits);
  if (!read.ok()) {
    if (read.error().detail.empty() || (read.error().code != ErrorCode::malformed_request && read.error().code != ErrorCode::limit_exceeded)) std::abort();
    return 0;
  }
  if (read->count_positions() > kLimits.positions || depth_of(*read) > kLimits.depth + 1) std::abort();
  within_box(*read, read->box());
  const auto again_value = tree::parse(read->to_text(), arena);
  if (!again_value.ok()) std::abort();
  const auto again = Geometry::from_json(*again_value, kLimits);
  if (!again.ok() || again->to_text() != read->to_text()) std::abort();
  if (const auto point = point_of(*value); point.has_value() != read->is_point()) std::abort();
  if (read->count_positions() == 0) return 0;
  const ReferenceGeometry reference(*read);
  // A geometry that crosses itself may be repaired to something smaller, but never to something that is elsewhere.
  if (!(reference.distance_m(*read) >= 0)) std::abort();
  if (read->is_point() && (!reference.holds(Relation::intersects, *read) || reference.distance_m(*read) != 0)) std::abort();
  return 0;
}
