// GeoJSON geometries (RFC 7946): strictly read, and asked what one is to another (OGC simple features on the plane of longitude and latitude, by GEOS) and
// how far one is from another (metres on the sphere). Pure; longitude first, degrees, WGS84.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sense/tree/tree.h"

namespace machiya::sense {

enum class GeometryKind : std::uint8_t { point, multi_point, line_string, multi_line_string, polygon, multi_polygon, collection };
/// "Point", "MultiPoint" …
std::string_view geometry_name(GeometryKind kind);
/// The other way; nothing for any other word (GeoJSON is case-sensitive).
std::optional<GeometryKind> geometry_kind(std::string_view name);

/// Degrees; longitude -180 to 180, latitude -90 to 90. Altitudes are checked to be numbers and otherwise let be.
struct Position {
  double lon = 0, lat = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

/// A box of degrees, borders included. Never over the antimeridian: west <= east. Empty: nothing was added.
struct Box {
  double west = 1, south = 1, east = -1, north = -1;
  static Box of(Position p) { return {p.lon, p.lat, p.lon, p.lat}; }
  static Box world() { return {-180, -90, 180, 90}; }
  bool empty() const { return west > east; }
  void add(Position p);
  void add(const Box& other);
  bool touches(const Box& o) const { return west <= o.east && o.west <= east && south <= o.north && o.south <= north; }
  bool covers(const Box& o) const { return west <= o.west && o.east <= east && south <= o.south && o.north <= north; }
  bool covers(Position p) const { return west <= p.lon && p.lon <= east && south <= p.lat && p.lat <= north; }
  friend bool operator==(const Box&, const Box&) = default;
};
/// A box that holds everything within `metres` of `box` (some more; the whole band of latitudes when it would pass a pole or the antimeridian).
Box grown(const Box& box, double metres);

struct GeometryLimits {
  std::size_t positions = 20'000;  ///< of one geometry; more is limit_exceeded
  int depth = 4;                   ///< of collections in collections
};

/// A geometry; a value, immutable. Memory: 16 bytes a position.
class Geometry {
 public:
  /// From a GeoJSON geometry object. malformed_request says what is wrong and where (`where` is a JSON pointer): unknown type, a position of fewer than
  /// two or more than three numbers, out of range, an open ring, too few positions; limit_exceeded names the limit. `null` members are not let pass.
  static Result<Geometry> from_json(const tree::Value& geojson, GeometryLimits limits = {});
  /// From the parameters geometry and coordinates of a query (§4.10): "Polygon", "[[[8,40],…]]". GeometryCollection is refused.
  static Result<Geometry> from_coordinates(std::string_view type, std::string_view coordinates, GeometryLimits limits = {});
  static Result<Geometry> from_coordinates(std::string_view type, const tree::Value& coordinates, GeometryLimits limits = {});
  static Geometry point(Position p);
  /// A rectangle as a polygon.
  static Geometry rectangle(const Box& box);

  GeometryKind kind() const { return kind_; }
  const Box& box() const { return box_; }
  bool is_point() const { return kind_ == GeometryKind::point; }
  /// All positions in their order, rings closed. Of a collection: empty (see members()).
  const std::vector<Position>& positions() const { return positions_; }
  /// Where each line or ring ends in positions(); one entry for a point or several points.
  const std::vector<std::uint32_t>& line_ends() const { return line_ends_; }
  /// Where each polygon ends in line_ends().
  const std::vector<std::uint32_t>& polygon_ends() const { return polygon_ends_; }
  const std::vector<Geometry>& members() const { return members_; }
  /// Everything in it, members of collections too.
  std::size_t count_positions() const;
  /// GeoJSON without altitudes; shortest numbers. `coordinates` alone leaves type away.
  std::string to_text() const;
  std::string coordinates_text() const;

 private:
  friend class GeometryReader;
  GeometryKind kind_ = GeometryKind::point;
  Box box_;
  std::vector<Position> positions_;
  std::vector<std::uint32_t> line_ends_, polygon_ends_;
  std::vector<Geometry> members_;
};

/// The position of a valid GeoJSON Point, without allocating; nothing for anything else.
std::optional<Position> point_of(const tree::Value& geojson);
/// The box of a GeoJSON geometry, without allocating; nothing when it is none (only positions are looked at: from_json says what is wrong).
std::optional<Box> box_of(const tree::Value& geojson);

/// §4.10, as OGC 06-103r4 §6.1.15 defines them.
enum class Relation : std::uint8_t { within, contains, intersects, equals, disjoint, overlaps };
std::string_view relation_name(Relation relation);
std::optional<Relation> relation_from(std::string_view name);

/// Great-circle metres by the haversine formula on the mean radius 6,371,008.8 m; against the ellipsoid the error stays below 0.6 %.
double haversine_m(Position a, Position b);

/// A geometry that many others are compared with. Any thread may ask; what GEOS must decide takes a lock, points in small polygons and distances from
/// points do not. A polygon that crosses itself is first made valid as OGC has it (parts, holes).
class ReferenceGeometry {
 public:
  explicit ReferenceGeometry(Geometry geometry);
  ~ReferenceGeometry();
  ReferenceGeometry(ReferenceGeometry&&) noexcept;
  ReferenceGeometry& operator=(ReferenceGeometry&&) noexcept;

  const Geometry& geometry() const;
  /// Whether `target` is within/contains/… this reference: `target.relation(reference)`, the standard's order of words.
  bool holds(Relation relation, const Geometry& target) const;
  bool holds(Relation relation, Position target) const;
  /// Metres between the nearest points; 0 when they touch. The nearest points are found on a local plane (longitudes shortened by the cosine of the latitude
  /// between them, lines straight in degrees as RFC 7946 §3.1.1 has them), the distance between them by haversine: within 200 km and 85° of latitude
  /// at most 0.1 % too long, everywhere never too short. Points near the antimeridian see each other; longer geometries end there.
  double distance_m(const Geometry& target) const;
  double distance_m(Position target) const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace machiya::sense
