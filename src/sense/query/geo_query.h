// Where an entity must be (§4.10) and when something must have been (§4.11).
#pragma once
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/geometry/geometry.h"
#include "sense/query/filter.h"

namespace machiya::sense {

/// georel, geometry, coordinates, geoproperty. Immutable, cheap to copy, any thread may ask.
class GeoQuery {
 public:
  /// georel: "near;maxDistance==2000", "within" …; geoproperty empty: location. malformed_request for what §4.10 does not allow.
  static Result<GeoQuery> parse(std::string_view georel, std::string_view geometry, std::string_view coordinates, std::string_view geoproperty,
                                const NameExpander& expand);
  /// §5.2.13 GeoQuery of a body: coordinates as an array or as text.
  static Result<GeoQuery> from_json(const tree::Value& object, const NameExpander& expand);
  /// NGSIv2: georel "near;maxDistance:1000", "coveredBy", "intersects", "equals", "disjoint"; geometry "point", "line", "polygon", "box"; coords "lat,lon;…".
  static Result<GeoQuery> parse_v2(std::string_view georel, std::string_view geometry, std::string_view coords);

  /// Expanded name of the asked attribute; "" (NGSIv2): the one place of the entity, see place_of().
  const std::string& attribute() const;
  /// Any instance of the GeoProperty; an entity without it does not match.
  bool matches(const Entity& entity) const;
  bool matches(const tree::Value& geojson) const;
  /// What matching geometries touch; nothing when they may be anywhere (disjoint, minDistance).
  std::optional<Box> box() const;
  /// For an R-tree's circle: centre and metres of near;maxDistance around a point.
  std::optional<std::pair<Position, double>> circle() const;
  const Geometry& reference() const;
  std::string text() const;        ///< "georel=…&geometry=…&coordinates=…&geoproperty=<IRI>", not percent-encoded
  void explain(const Entity& entity, ExplainedTerm& out) const;

 private:
  friend class GeoQueryReader;
  struct Body;
  GeoQuery() = default;
  std::shared_ptr<const Body> body_;
};

/// Where an entity is, as NGSIv2 knows it: its only geo attribute; of several the one whose metadata defaultLocation is true, else "location"; nullptr otherwise.
const Attribute* place_of(const Entity& entity);

/// §4.11, §5.2.21.
struct TemporalQuery {
  enum class Rel : std::uint8_t { before, after, between };
  enum class Property : std::uint8_t { observed_at, created_at, modified_at, deleted_at };
  Rel rel = Rel::after;
  std::int64_t from_us = kNoTime;                                       ///< included; kNoTime: open
  std::int64_t until_us = std::numeric_limits<std::int64_t>::max();     ///< excluded
  Property property = Property::observed_at;
  std::uint32_t last_n = 0;                                             ///< 0: all

  struct Words { std::string_view timerel, time_at, end_time_at, timeproperty, last_n; };
  /// Empty words were not given. timerel may be absent only when the caller allows it (history of a single entity).
  static Result<TemporalQuery> parse(const Words& words, bool timerel_needed = true);
  static Result<TemporalQuery> from_json(const tree::Value& object, bool timerel_needed = true);
  bool holds(std::int64_t us) const { return us != kNoTime && us >= from_us && us < until_us; }
  std::string text() const;
};

}  // namespace machiya::sense
