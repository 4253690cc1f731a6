#include "city/import_boundaries.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "city/folder.h"
#include "city/stored_file.h"

namespace machiya::city {
namespace {

constexpr const char* kCredit = "「国土数値情報(行政区域データ)」(国土交通省)を加工して作成";
/// A national file has some 120,000 features; a prefecture's, which is meant here, some 3,000.
constexpr json::ParseLimits kLimits{16, 20'000'000};

Error broken(const std::string& where, const std::string& what) { return Error(ErrorCode::invalid_input, what, where); }

Result<Ring> read_ring(const json::Value& value, const std::string& where) {
  Ring ring;
  for (const json::Value& pair : value.items()) {
    if (!pair.is_array() || pair.size() < 2 || !pair[std::size_t{0}].is_number() || !pair[1].is_number()) return broken(where, "a position is [longitude, latitude]");
    const GeoPoint p{pair[1].as_double(), pair[std::size_t{0}].as_double()};
    if (!(p.lat > 20 && p.lat < 46 && p.lon > 122 && p.lon < 154)) return broken(where, "a position lies outside of Japan (is the order longitude, latitude?)");
    ring.push_back(p);
  }
  if (ring.size() < 4 || !(ring.front() == ring.back())) return broken(where, "a ring needs at least four positions and must be closed");
  ring.pop_back();
  return ring;
}

Result<Polygon> read_polygon(const json::Value& value, const std::string& where) {
  Polygon polygon;
  for (const json::Value& ring : value.items()) {
    MACHIYA_TRY(Ring points, read_ring(ring, where));
    polygon.push_back(std::move(points));
  }
  if (polygon.empty()) return broken(where, "a polygon has no ring");
  return polygon;
}

Result<void> add_feature(const json::Value& geometry, const std::string& where, WardArea& area) {
  const json::Value& coordinates = geometry["coordinates"];
  if (geometry.text("type") == "Polygon") {
    MACHIYA_TRY(Polygon polygon, read_polygon(coordinates, where));
    area.parts.push_back(std::move(polygon));
    return {};
  }
  if (geometry.text("type") != "MultiPolygon") return broken(where, "the geometry must be a Polygon or MultiPolygon");
  for (const json::Value& part : coordinates.items()) {
    MACHIYA_TRY(Polygon polygon, read_polygon(part, where));
    area.parts.push_back(std::move(polygon));
  }
  return {};
}

std::string code_of(const json::Value& properties) {
  for (const char* key : {"N03_007", "code"})
    if (!properties.text(key).empty()) return properties.text(key);
  return {};
}

json::Value to_json(const Boundaries& boundaries) {
  json::Value wards = json::Value::array();
  const auto degrees = [](double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6f", v);
    return json::Value::number(text);
  };
  for (const WardArea& area : boundaries.wards) {
    json::Value parts = json::Value::array();
    for (const Polygon& polygon : area.parts) {
      json::Value rings = json::Value::array();
      for (const Ring& ring : polygon) {
        json::Value points = json::Value::array();
        for (const GeoPoint& p : ring) points.push(json::Value(json::Value::Array{degrees(p.lat), degrees(p.lon)}));
        rings.push(std::move(points));
      }
      parts.push(std::move(rings));
    }
    wards.push(json::Value::object({{"code", area.code}, {"parts", std::move(parts)}}));
  }
  return json::Value::object({{"source", boundaries.source}, {"wards", std::move(wards)}});
}

Boundaries from_json(const json::Value& body) {
  Boundaries out;
  out.source = body.text("source");
  for (const json::Value& entry : body["wards"].items()) {
    WardArea area;
    area.code = entry.text("code");
    for (const json::Value& part : entry["parts"].items()) {
      Polygon polygon;
      for (const json::Value& ring : part.items()) {
        Ring points;
        for (const json::Value& p : ring.items()) points.push_back({p[std::size_t{0}].as_double(), p[1].as_double()});
        polygon.push_back(std::move(points));
      }
      area.parts.push_back(std::move(polygon));
    }
    out.wards.push_back(std::move(area));
  }
  return out;
}

}  // namespace

Result<Boundaries> read_boundaries(std::string_view geojson, const City& city) {
  MACHIYA_TRY(json::Value body, json::parse(geojson, kLimits));
  if (body.text("type") != "FeatureCollection") return broken("", "the file is no GeoJSON FeatureCollection");
  Boundaries out;
  out.source = kCredit;
  for (const Ward& ward : city.wards()) out.wards.push_back({ward.code, {}});
  std::size_t index = 0;
  for (const json::Value& feature : body["features"].items()) {
    const std::string where = "/features/" + std::to_string(index++);
    const std::string code = code_of(feature["properties"]);
    for (WardArea& area : out.wards)
      if (area.code == code) MACHIYA_CHECK(add_feature(feature["geometry"], where, area));
  }
  for (const WardArea& area : out.wards)
    if (area.parts.empty()) return broken("", "the file has no boundary for code " + area.code);
  return out;
}

Result<Boundaries> import_boundaries(const std::string& file, const City& city, const std::string& data_folder) {
  std::string text;
  if (!read_text_file(file, text)) return Error(ErrorCode::invalid_input, "cannot be read, or is larger than 64 MiB (take the prefecture's file)", file);
  MACHIYA_TRY(Boundaries boundaries, read_boundaries(text, city));
  MACHIYA_CHECK(store_file(data_folder + "/geo/boundaries.json", json::to_text(to_json(boundaries))));
  return boundaries;
}

Result<std::shared_ptr<const Boundaries>> stored_boundaries(const std::string& data_folder) {
  const std::string path = data_folder + "/geo/boundaries.json";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::shared_ptr<const Boundaries>();
  std::string text;
  if (!read_text_file(path, text)) return Error(ErrorCode::storage_failed, "cannot be read", path);
  auto body = json::parse(text, kLimits);
  if (!body.ok()) return Error(ErrorCode::integrity_broken, body.error().detail, path);
  return std::shared_ptr<const Boundaries>(std::make_shared<Boundaries>(from_json(*body)));
}

}  // namespace machiya::city
