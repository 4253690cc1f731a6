#include "sense/query/geo_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "sense/query/scan.h"

namespace machiya::sense {

using namespace detail;

struct GeoQuery::Body {
  std::string attribute, georel;
  std::optional<Relation> relation;           ///< none: near
  double max_m = -1, min_m = -1;              ///< below 0: not given
  ReferenceGeometry reference{Geometry::point({})};
  Box reach;                                  ///< of near;maxDistance: what can match touches it
};

namespace {

constexpr std::string_view kLocation = "https://uri.etsi.org/ngsi-ld/location", kDefaultLocation = "https://uri.etsi.org/ngsi-ld/default-context/defaultLocation";

Error bad(std::string what, std::string_view where) { return Error(ErrorCode::malformed_request, std::string(where) + ": " + what, std::string(where)); }

std::string location_of(std::string_view geoproperty, const NameExpander& expand) { return expanded(geoproperty.empty() ? "location" : geoproperty, expand); }

std::optional<double> positive(std::string_view text) {
  if (!is_json_number(text) || text.starts_with('-')) return std::nullopt;
  const double out = tree::Value::number(text).number();
  return out > 0 && std::isfinite(out) ? std::optional(out) : std::nullopt;
}

std::string plain_number(double d) {
  std::array<char, 32> buffer;
  return std::string(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), d).ptr);
}

}  // namespace

/// Fills a body; both dialects end here.
class GeoQueryReader {
 public:
  static Result<void> near(std::string_view modifier, std::string_view equal, GeoQuery::Body& body) {
    for (const auto& [name, metres] : {std::pair<std::string_view, double*>{"maxDistance", &body.max_m}, {"minDistance", &body.min_m}}) {
      if (!modifier.starts_with(name) || !modifier.substr(name.size()).starts_with(equal)) continue;
      const auto number = positive(modifier.substr(name.size() + equal.size()));
      if (!number || *metres >= 0) return bad("the distance must be one positive number of metres", "georel");
      *metres = *number;
      return {};
    }
    return bad("near needs ;maxDistance" + std::string(equal) + "… or ;minDistance" + std::string(equal) + "… in metres", "georel");
  }

  static Result<GeoQuery> finish(std::shared_ptr<GeoQuery::Body> body, Geometry reference) {
    if (body->max_m >= 0) body->reach = grown(reference.box(), body->max_m);
    body->reference = ReferenceGeometry(std::move(reference));
    GeoQuery out;
    out.body_ = std::move(body);
    return out;
  }

  static Result<std::shared_ptr<GeoQuery::Body>> georel(std::string_view text) {
    auto body = std::make_shared<GeoQuery::Body>();
    body->georel = text;
    body->relation = relation_from(text);
    if (body->relation) return body;
    if (!text.starts_with("near")) return bad("must be near;…, within, contains, intersects, equals, disjoint or overlaps", "georel");
    if (!text.starts_with("near;")) return bad("near needs ;maxDistance==… or ;minDistance==… in metres", "georel");
    MACHIYA_CHECK(near(text.substr(5), "==", *body));
    return body;
  }
};

Result<GeoQuery> GeoQuery::parse(std::string_view georel, std::string_view geometry, std::string_view coordinates, std::string_view geoproperty,
                                 const NameExpander& expand) {
  if (georel.empty() || geometry.empty() || coordinates.empty()) {
    return bad("georel, geometry and coordinates belong together", georel.empty() ? "georel" : geometry.empty() ? "geometry" : "coordinates");
  }
  MACHIYA_TRY(auto body, GeoQueryReader::georel(georel));
  if (!geoproperty.empty()) {
    Scan scan(geoproperty, "geoproperty");
    if (scan.name().size() != geoproperty.size()) return scan.fail("an attribute's name is expected here");
  }
  body->attribute = location_of(geoproperty, expand);
  MACHIYA_TRY(Geometry reference, Geometry::from_coordinates(geometry, coordinates));
  return GeoQueryReader::finish(std::move(body), std::move(reference));
}

Result<GeoQuery> GeoQuery::from_json(const tree::Value& object, const NameExpander& expand) {
  if (!object.is_object()) return bad("a geo query is an object", "geoQ");
  for (const std::string_view member : {"georel", "geometry"}) {
    if (!object[member].is_string()) return bad(std::string(member) + " must be a text", "geoQ");
  }
  const tree::Value* coordinates = object.find("coordinates");
  if (!coordinates || !(coordinates->is_string() || coordinates->is_array())) return bad("coordinates must be an array", "geoQ");
  if (object.has("geoproperty") && !object["geoproperty"].is_string()) return bad("geoproperty must be a text", "geoQ");
  const std::string text = coordinates->is_string() ? std::string(coordinates->text()) : tree::to_text(*coordinates);
  return parse(object["georel"].text(), object["geometry"].text(), text, object["geoproperty"].text(), expand);
}

namespace {

// "40.4,-3.7;…": latitude first.
Result<std::string> coordinates_v2(std::string_view coords, std::string_view geometry) {
  std::vector<std::string> positions;
  for (const std::string_view pair : split(coords, ';')) {
    const auto numbers = split(pair, ',');
    if (numbers.size() != 2 || !is_json_number(trim(numbers[0])) || !is_json_number(trim(numbers[1]))) return bad("latitude,longitude;… are expected", "coords");
    positions.push_back("[" + std::string(trim(numbers[1])) + "," + std::string(trim(numbers[0])) + "]");
  }
  std::string all;
  for (const std::string& p : positions) all += (all.empty() ? "" : ",") + p;
  if (geometry == "point" && positions.size() == 1) return positions[0];
  if (geometry == "line") return "[" + all + "]";
  if (geometry == "polygon") return "[[" + all + "]]";
  return bad("a point has one position", "coords");
}

Result<Geometry> box_v2(std::string_view coords) {
  MACHIYA_TRY(const std::string line, coordinates_v2(coords, "line"));
  MACHIYA_TRY(const Geometry corners, Geometry::from_coordinates("LineString", line));
  if (corners.positions().size() != 2) return bad("a box has two corners", "coords");
  return Geometry::rectangle(corners.box());
}

Result<Geometry> geometry_v2(std::string_view geometry, std::string_view coords) {
  if (geometry == "box") return box_v2(coords);
  if (geometry != "point" && geometry != "line" && geometry != "polygon") return bad("must be point, line, polygon or box", "geometry");
  MACHIYA_TRY(const std::string text, coordinates_v2(coords, geometry));
  return Geometry::from_coordinates(geometry == "point" ? "Point" : geometry == "line" ? "LineString" : "Polygon", text);
}

}  // namespace

Result<GeoQuery> GeoQuery::parse_v2(std::string_view georel, std::string_view geometry, std::string_view coords) {
  auto body = std::make_shared<Body>();
  body->georel = georel;
  const auto parts = split(georel, ';');
  if (parts[0] == "near") {
    if (parts.size() < 2) return GeoQueryReader::near("", ":", *body).error();
    for (std::size_t i = 1; i < parts.size(); ++i) MACHIYA_CHECK(GeoQueryReader::near(parts[i], ":", *body));
  } else {
    constexpr std::array<std::string_view, 4> kKnown = {"coveredBy", "intersects", "equals", "disjoint"};
    if (parts.size() != 1 || std::find(kKnown.begin(), kKnown.end(), georel) == kKnown.end()) return bad("must be near, coveredBy, intersects, equals or disjoint", "georel");
    body->relation = georel == "coveredBy" ? Relation::within : *relation_from(georel);
  }
  MACHIYA_TRY(Geometry reference, geometry_v2(geometry, coords));
  return GeoQueryReader::finish(std::move(body), std::move(reference));
}

const std::string& GeoQuery::attribute() const { return body_->attribute; }
const Geometry& GeoQuery::reference() const { return body_->reference.geometry(); }

bool GeoQuery::matches(const tree::Value& geojson) const {
  const Body& b = *body_;
  const auto near = [&](double metres) { return (b.max_m < 0 || metres <= b.max_m) && (b.min_m < 0 || metres > b.min_m); };
  if (const auto p = point_of(geojson)) {
    if (b.relation) return b.reference.holds(*b.relation, *p);
    return (b.max_m < 0 || b.reach.covers(*p)) && near(b.reference.distance_m(*p));
  }
  const auto geometry = Geometry::from_json(geojson);
  if (!geometry) return false;
  if (b.relation) return b.reference.holds(*b.relation, *geometry);
  return (b.max_m < 0 || b.reach.touches(geometry->box())) && near(b.reference.distance_m(*geometry));
}

const Attribute* place_of(const Entity& entity) {
  const Attribute *only = nullptr, *chosen = nullptr;
  std::size_t n = 0;
  for (const Attribute& a : entity.attributes) {
    const auto place = std::find_if(a.instances.begin(), a.instances.end(), [](const Instance& i) { return i.kind == AttributeKind::geo_property; });
    if (place == a.instances.end()) continue;
    ++n, only = &a;
    const Attribute* mark = find_attribute(place->sub, kDefaultLocation);
    if (mark && mark->instances[0].value.is_bool() && mark->instances[0].value.truth) chosen = &a;
  }
  return n == 1 ? only : chosen ? chosen : n == 0 ? nullptr : entity.attribute(kLocation);
}

bool GeoQuery::matches(const Entity& entity) const {
  const Attribute* attribute = body_->attribute.empty() ? place_of(entity) : entity.attribute(body_->attribute);
  if (!attribute) return false;
  return std::any_of(attribute->instances.begin(), attribute->instances.end(),
                     [&](const Instance& i) { return i.kind == AttributeKind::geo_property && matches(i.value); });
}

std::optional<Box> GeoQuery::box() const {
  if (body_->relation) return *body_->relation == Relation::disjoint ? std::nullopt : std::optional(reference().box());
  return body_->max_m >= 0 ? std::optional(body_->reach) : std::nullopt;
}

std::optional<std::pair<Position, double>> GeoQuery::circle() const {
  if (body_->relation || body_->max_m < 0 || !reference().is_point()) return std::nullopt;
  return std::pair(reference().positions()[0], body_->max_m);
}

std::string GeoQuery::text() const {
  return "georel=" + body_->georel + "&geometry=" + std::string(geometry_name(reference().kind())) + "&coordinates=" + reference().coordinates_text() + "&geoproperty=" +
         bracketed(body_->attribute);
}

void GeoQuery::explain(const Entity& entity, ExplainedTerm& out) const {
  out = {"geoQ", body_->georel + " " + reference().to_text(), matches(entity), ""};
  const Attribute* attribute = body_->attribute.empty() ? place_of(entity) : entity.attribute(body_->attribute);
  if (!attribute) {
    out.found = "no such attribute";
    return;
  }
  const auto geometry = Geometry::from_json(attribute->instances[0].value);
  if (!geometry) {
    out.found = "no geometry";
  } else if (!body_->relation) {
    out.found = plain_number(std::round(body_->reference.distance_m(*geometry))) + " m away";
  } else {
    out.found = geometry->to_text();
    if (out.found.size() > 200) out.found = std::string(geometry_name(geometry->kind())) + " of " + std::to_string(geometry->count_positions()) + " positions";
  }
}

}  // namespace machiya::sense
