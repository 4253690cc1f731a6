#include "sense/geometry/geometry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>

namespace machiya::sense {
namespace {

constexpr std::array<std::string_view, 7> kGeometryNames = {"Point",   "MultiPoint",   "LineString",        "MultiLineString",
                                                            "Polygon", "MultiPolygon", "GeometryCollection"};
constexpr std::array<std::string_view, 6> kRelationNames = {"within", "contains", "intersects", "equals", "disjoint", "overlaps"};
constexpr double kMeanRadius = 6'371'008.8;   // IUGG mean radius R1
constexpr double kRad = std::numbers::pi / 180;

void add_number(double value, std::string& out) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value == 0 ? 0.0 : value).ptr;   // no "-0"
  out.append(buffer.data(), end);
}

class Writer {
 public:
  explicit Writer(const Geometry& g) : g_(g) {}
  std::string coordinates() {
    switch (g_.kind()) {
      case GeometryKind::point: position(0); break;
      case GeometryKind::multi_point:
      case GeometryKind::line_string: line(0); break;
      case GeometryKind::multi_line_string: lines(0, g_.line_ends().size()); break;
      case GeometryKind::polygon: lines(0, g_.line_ends().size()); break;
      case GeometryKind::multi_polygon: polygons(); break;
      case GeometryKind::collection: break;
    }
    return std::move(out_);
  }

 private:
  const Geometry& g_;
  std::string out_;
  void position(std::size_t i) {
    out_ += '[', add_number(g_.positions()[i].lon, out_), out_ += ',', add_number(g_.positions()[i].lat, out_), out_ += ']';
  }
  void line(std::size_t i) {
    out_ += '[';
    const std::size_t from = i == 0 ? 0 : g_.line_ends()[i - 1];
    for (std::size_t p = from; p < g_.line_ends()[i]; ++p) {
      if (p > from) out_ += ',';
      position(p);
    }
    out_ += ']';
  }
  void lines(std::size_t from, std::size_t to) {
    out_ += '[';
    for (std::size_t i = from; i < to; ++i) {
      if (i > from) out_ += ',';
      line(i);
    }
    out_ += ']';
  }
  void polygons() {
    out_ += '[';
    std::size_t from = 0;
    for (const std::uint32_t to : g_.polygon_ends()) {
      if (from > 0) out_ += ',';
      lines(from, to), from = to;
    }
    out_ += ']';
  }
};

}  // namespace

std::string_view geometry_name(GeometryKind kind) { return kGeometryNames[static_cast<std::size_t>(kind)]; }

std::optional<GeometryKind> geometry_kind(std::string_view name) {
  const auto found = std::find(kGeometryNames.begin(), kGeometryNames.end(), name);
  if (found == kGeometryNames.end()) return std::nullopt;
  return static_cast<GeometryKind>(found - kGeometryNames.begin());
}

std::string_view relation_name(Relation relation) { return kRelationNames[static_cast<std::size_t>(relation)]; }

std::optional<Relation> relation_from(std::string_view name) {
  const auto found = std::find(kRelationNames.begin(), kRelationNames.end(), name);
  if (found == kRelationNames.end()) return std::nullopt;
  return static_cast<Relation>(found - kRelationNames.begin());
}

void Box::add(Position p) { add(of(p)); }

void Box::add(const Box& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = other;
    return;
  }
  west = std::min(west, other.west), south = std::min(south, other.south), east = std::max(east, other.east), north = std::max(north, other.north);
}

Box grown(const Box& box, double metres) {
  if (box.empty()) return box;
  // A hair more than asked for, so that rounding never makes it too small.
  const double angle = std::max(0.0, metres) / kMeanRadius * (1 + 1e-9) + 1e-12;
  Box out = box;
  out.south = std::max(-90.0, box.south - angle / kRad), out.north = std::min(90.0, box.north + angle / kRad);
  const double steepest = std::cos(std::max(std::abs(box.south), std::abs(box.north)) * kRad);
  const bool whole = angle >= std::numbers::pi / 2 || out.south <= -90 || out.north >= 90 || std::sin(angle) >= steepest;
  const double reach = whole ? 360 : std::asin(std::sin(angle) / steepest) / kRad + 1e-12;
  out.west = box.west - reach, out.east = box.east + reach;
  if (out.west < -180 || out.east > 180) out.west = -180, out.east = 180;
  return out;
}

double haversine_m(Position a, Position b) {
  const double lat_a = a.lat * kRad, lat_b = b.lat * kRad;
  const double s = std::sin((lat_b - lat_a) / 2), t = std::sin((b.lon - a.lon) * kRad / 2);
  const double h = s * s + std::cos(lat_a) * std::cos(lat_b) * t * t;
  return 2 * kMeanRadius * std::asin(std::sqrt(std::min(1.0, h)));
}

std::size_t Geometry::count_positions() const {
  std::size_t n = positions_.size();
  for (const Geometry& member : members_) n += member.count_positions();
  return n;
}

std::string Geometry::coordinates_text() const { return Writer(*this).coordinates(); }

std::string Geometry::to_text() const {
  std::string out = "{\"type\":\"";
  out += geometry_name(kind_);
  if (kind_ != GeometryKind::collection) return out += "\",\"coordinates\":" + coordinates_text() + "}";
  out += "\",\"geometries\":[";
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (i > 0) out += ',';
    out += members_[i].to_text();
  }
  return out += "]}";
}

}  // namespace machiya::sense
