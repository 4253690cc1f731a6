// Any lines as georel, geometry, coordinates and a target geometry: errors, or geometries that agree with themselves and answers that agree with each other.
#include <array>
#include <cmath>
#include <cstdlib>

#include "sense/geometry/geo_index.h"
#include "sense/query/geo_query.h"

namespace {

using namespace machiya;
using namespace machiya::sense;

std::string iri(std::string_view term) { return "https://ex/" + std::string(term); }
// The order of these must not matter to anything but speed.
constexpr GeometryLimits kLimits = {.positions = 400, .depth = 4};

std::array<std::string_view, 4> lines_of(std::string_view text) {
  std::array<std::string_view, 4> out;
  for (std::string_view& line : out) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void same_again(const Geometry& g) {
  tree::Arena arena;
  const auto value = tree::parse(g.to_text(), arena);
  if (!value) std::abort();
  const auto again = Geometry::from_json(*value, kLimits);
  if (!again || again->to_text() != g.to_text() || !(again->box() == g.box())) std::abort();
  const auto box = box_of(*value);
  if (!box || !(*box == g.box())) std::abort();
}

void compare(const ReferenceGeometry& reference, const Geometry& target) {
  const bool apart = reference.holds(Relation::disjoint, target), together = reference.holds(Relation::intersects, target);
  if (target.kind() != GeometryKind::collection && apart == together) std::abort();
  for (const Relation r : {Relation::within, Relation::contains, Relation::equals, Relation::overlaps}) {
    if (reference.holds(r, target) && apart) std::abort();
  }
  const double metres = reference.distance_m(target);
  if (!(metres >= 0) || metres > 20'100'000 || (together && metres > 0)) std::abort();
  if (!together && !grown(reference.geometry().box(), metres * 1.0001 + 1).touches(target.box())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto lines = lines_of(std::string_view(reinterpret_cast<const char*>(data), size));
  tree::Arena arena;
  const auto value = tree::parse(lines[3], arena);
  const auto target = value ? Geometry::from_json(*value, kLimits) : Result<Geometry>(ErrorCode::malformed_request);
  const auto reference = Geometry::from_coordinates(lines[1], lines[2], kLimits);
  if (target) same_again(*target);
  if (reference) same_again(*reference);
  if (target && reference) compare(ReferenceGeometry(*reference), *target);
  for (const auto& query : {GeoQuery::parse(lines[0], lines[1], lines[2], "", iri), GeoQuery::parse_v2(lines[0], lines[1], lines[2])}) {
    if (!query || !value) continue;
    const bool matches = query->matches(*value);
    const auto box = query->box(), place = box_of(*value);
    if (matches && box && place && !box->touches(*place)) std::abort();
  }
  (void)TemporalQuery::parse({lines[0], lines[1], lines[2], lines[3], ""}, false);
  return 0;
}
