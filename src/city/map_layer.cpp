// The ground of the maps that people click on: the imported ward boundaries as GeoJSON (RFC 7946).
#include "city/city_http.h"

namespace machiya::city {
namespace {

json::Value ring_json(const Ring& ring) {
  json::Value out = json::Value::array();
  for (const GeoPoint& at : ring) {
    json::Value point = json::Value::array();
    point.push(at.lon).push(at.lat);
    out.push(std::move(point));
  }
  return out;
}

}  // namespace

json::Value map_layer_json(const City& city, const Boundaries* boundaries, std::string_view lang) {
  json::Value features = json::Value::array();
  if (boundaries)
    for (const WardArea& area : boundaries->wards) {
      json::Value parts = json::Value::array();
      for (const Polygon& part : area.parts) {
        json::Value rings = json::Value::array();
        for (const Ring& ring : part) rings.push(ring_json(ring));
        parts.push(std::move(rings));
      }
      const Ward* ward = city.ward(area.code);
      features.push(json::Value::object({{"type", "Feature"},
                                         {"geometry", json::Value::object({{"type", "MultiPolygon"}, {"coordinates", std::move(parts)}})},
                                         {"properties", json::Value::object({{"code", area.code}, {"name", ward ? ward->name.in(lang) : ""}})}}));
    }
  return json::Value::object({{"type", "FeatureCollection"}, {"attribution", boundaries ? boundaries->source : ""}, {"features", std::move(features)}});
}

}  // namespace machiya::city
