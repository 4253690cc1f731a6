// Strict reading of GeoJSON geometries (RFC 7946 §3.1).
#include <cmath>

#include "sense/geometry/geometry.h"

namespace machiya::sense {

class GeometryReader {
 public:
  explicit GeometryReader(GeometryLimits limits) : limits_(limits) {}

  Result<Geometry> object(const tree::Value& geojson, int depth) {
    if (geojson.is_string()) return from_text(geojson.text());
    if (!geojson.is_object()) return fail("a geometry must be an object with type and coordinates");
    const auto kind = geometry_kind(geojson["type"].text());
    if (!kind || !geojson["type"].is_string()) {
      return fail("the type of a geometry must be Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon or GeometryCollection", "/type");
    }
    if (*kind == GeometryKind::collection) return collection(geojson, depth);
    Geometry out;
    out.kind_ = *kind;
    const tree::Value* coordinates = geojson.find("coordinates");
    if (!coordinates) return fail("coordinates are missing");
    const std::size_t length = at_.size();
    at_ += "/coordinates";
    MACHIYA_CHECK(fill(out, *coordinates));
    at_.resize(length);
    return out;
  }

  Result<void> fill(Geometry& out, const tree::Value& coordinates) {
    switch (out.kind_) {
      case GeometryKind::point: MACHIYA_CHECK(position(out, coordinates)); out.line_ends_ = {1}; break;
      case GeometryKind::multi_point: MACHIYA_CHECK(line(out, coordinates, 1, false)); break;
      case GeometryKind::line_string: MACHIYA_CHECK(line(out, coordinates, 2, false)); break;
      case GeometryKind::multi_line_string: MACHIYA_CHECK(lines(out, coordinates, 2, false)); break;
      case GeometryKind::polygon: MACHIYA_CHECK(polygon(out, coordinates)); break;
      case GeometryKind::multi_polygon: MACHIYA_CHECK(each(coordinates, "polygons", [&](const tree::Value& v) { return polygon(out, v); })); break;
      case GeometryKind::collection: return fail("a GeometryCollection has no coordinates");
    }
    for (const Position& p : out.positions_) out.box_.add(p);
    return {};
  }

 private:
  GeometryLimits limits_;
  std::size_t read_ = 0;
  std::string at_;   // JSON pointer of what is being read

  Error fail(std::string what, std::string_view below = {}) const { return Error(ErrorCode::malformed_request, std::move(what), at_ + std::string(below)); }

  // §4.7.2 of the standard allows a whole geometry as a JSON text.
  Result<Geometry> from_text(std::string_view text) {
    tree::Arena arena;
    MACHIYA_TRY(const tree::Value value, tree::parse(text, arena, {.depth = 16, .values = limits_.positions * 5 + 100}));
    if (!value.is_object()) return fail("a geometry must be an object with type and coordinates");
    return object(value, 0);
  }

  Result<Geometry> collection(const tree::Value& geojson, int depth) {
    if (depth >= limits_.depth) return Error(ErrorCode::limit_exceeded, "GeometryCollections are nested too deeply", at_);
    const tree::Value* geometries = geojson.find("geometries");
    if (!geometries) return fail("geometries are missing");
    Geometry out;
    out.kind_ = GeometryKind::collection;
    const std::size_t length = at_.size();
    at_ += "/geometries";
    MACHIYA_CHECK(each(*geometries, "geometries", [&](const tree::Value& v) -> Result<void> {
      MACHIYA_TRY(Geometry member, object(v, depth + 1));
      out.box_.add(member.box_);
      out.members_.push_back(std::move(member));
      return {};
    }));
    at_.resize(length);
    return out;
  }

  template <class F> Result<void> each(const tree::Value& list, const char* what, F&& f) {
    if (!list.is_array() || list.count == 0) return fail(std::string("an array of at least one of the ") + what + " is expected");
    const std::size_t length = at_.size();
    for (std::uint32_t i = 0; i < list.count; ++i) {
      at_ += '/', at_ += std::to_string(i);
      MACHIYA_CHECK(f(list.elements[i]));
      at_.resize(length);
    }
    return {};
  }

  Result<void> position(Geometry& out, const tree::Value& value) {
    const auto items = value.items();
    if (items.size() < 2 || items.size() > 3) return fail("a position is an array of two or three numbers: longitude, latitude, perhaps altitude");
    for (const tree::Value& number : items) {
      if (!number.is_number() || !std::isfinite(number.number())) return fail("a position is made of finite numbers");
    }
    const Position p{items[0].number(), items[1].number()};
    if (std::abs(p.lon) > 180) return fail("a longitude must lie between -180 and 180 degrees");
    if (std::abs(p.lat) > 90) return fail("a latitude must lie between -90 and 90 degrees");
    if (++read_ > limits_.positions) {
      return Error(ErrorCode::limit_exceeded, "a geometry may have " + std::to_string(limits_.positions) + " positions", at_);
    }
    out.positions_.push_back(p);
    return {};
  }

  Result<void> line(Geometry& out, const tree::Value& value, std::size_t least, bool ring) {
    if (!value.is_array() || value.count < least) {
      return fail(ring ? "a ring has at least four positions" : least == 2 ? "a line has at least two positions" : "an array of positions is expected");
    }
    const std::size_t first = out.positions_.size();
    MACHIYA_CHECK(each(value, "positions", [&](const tree::Value& v) { return position(out, v); }));
    if (ring && !(out.positions_[first] == out.positions_.back())) return fail("a ring must end where it began");
    out.line_ends_.push_back(static_cast<std::uint32_t>(out.positions_.size()));
    return {};
  }

  Result<void> lines(Geometry& out, const tree::Value& value, std::size_t least, bool ring) {
    return each(value, ring ? "rings" : "lines", [&](const tree::Value& v) { return line(out, v, least, ring); });
  }

  Result<void> polygon(Geometry& out, const tree::Value& value) {
    MACHIYA_CHECK(lines(out, value, 4, true));
    out.polygon_ends_.push_back(static_cast<std::uint32_t>(out.line_ends_.size()));
    return {};
  }

  friend class Geometry;
};

Result<Geometry> Geometry::from_json(const tree::Value& geojson, GeometryLimits limits) { return GeometryReader(limits).object(geojson, 0); }

Result<Geometry> Geometry::from_coordinates(std::string_view type, const tree::Value& coordinates, GeometryLimits limits) {
  const auto kind = geometry_kind(type);
  if (!kind || *kind == GeometryKind::collection) {
    return Error(ErrorCode::malformed_request, "geometry must be Point, MultiPoint, LineString, MultiLineString, Polygon or MultiPolygon", "geometry");
  }
  Geometry out;
  out.kind_ = *kind;
  if (Result<void> filled = GeometryReader(limits).fill(out, coordinates); !filled) {
    return Error(filled.error().code, filled.error().detail, "coordinates" + filled.error().where);
  }
  return out;
}

Result<Geometry> Geometry::from_coordinates(std::string_view type, std::string_view coordinates, GeometryLimits limits) {
  tree::Arena arena;
  auto value = tree::parse(coordinates, arena, {.depth = 8, .values = limits.positions * 5 + 100});
  if (!value) return Error(value.error().code, "coordinates: " + value.error().detail, "coordinates");
  return from_coordinates(type, *value, limits);
}

Geometry Geometry::point(Position p) {
  Geometry out;
  out.positions_ = {p}, out.line_ends_ = {1}, out.box_ = Box::of(p);
  return out;
}

Geometry Geometry::rectangle(const Box& box) {
  Geometry out;
  out.kind_ = GeometryKind::polygon;
  out.positions_ = {{box.west, box.south}, {box.east, box.south}, {box.east, box.north}, {box.west, box.north}, {box.west, box.south}};
  out.line_ends_ = {5}, out.polygon_ends_ = {1}, out.box_ = box;
  return out;
}

namespace {

bool is_position(const tree::Value& value) {
  return value.count >= 2 && value.count <= 3 && value.is_array() && value.elements[0].is_number() && value.elements[1].is_number();
}

bool in_range(Position p) { return std::abs(p.lon) <= 180 && std::abs(p.lat) <= 90; }   // false for NaN, too

bool widen(const tree::Value& coordinates, Box& box, int depth) {
  if (is_position(coordinates)) {
    const Position p{coordinates.elements[0].number(), coordinates.elements[1].number()};
    if (!in_range(p)) return false;
    box.add(p);
    return true;
  }
  if (!coordinates.is_array() || depth == 0) return false;
  for (const tree::Value& part : coordinates.items()) {
    if (!widen(part, box, depth - 1)) return false;
  }
  return true;
}

bool widen_geometry(const tree::Value& geojson, Box& box, int depth) {
  const tree::Value& type = geojson["type"];
  if (!type.is_string() || depth == 0) return false;
  if (type.text() != geometry_name(GeometryKind::collection)) return geometry_kind(type.text()) && widen(geojson["coordinates"], box, 3);
  for (const tree::Value& member : geojson["geometries"].items()) {
    if (!widen_geometry(member, box, depth - 1)) return false;
  }
  return true;
}

}  // namespace

std::optional<Position> point_of(const tree::Value& geojson) {
  if (!geojson.is_object() || geojson["type"].text() != geometry_name(GeometryKind::point)) return std::nullopt;
  const tree::Value& coordinates = geojson["coordinates"];
  if (!is_position(coordinates)) return std::nullopt;
  const Position p{coordinates.elements[0].number(), coordinates.elements[1].number()};
  return in_range(p) ? std::optional(p) : std::nullopt;
}

std::optional<Box> box_of(const tree::Value& geojson) {
  if (geojson.is_string()) {   // a geometry as a JSON text (§4.7.2): seldom, so it may allocate
    const auto geometry = Geometry::from_json(geojson);
    return geometry ? std::optional(geometry->box()) : std::nullopt;
  }
  Box box;
  if (!widen_geometry(geojson, box, GeometryLimits{}.depth + 1) || box.empty()) return std::nullopt;
  return box;
}

}  // namespace machiya::sense
