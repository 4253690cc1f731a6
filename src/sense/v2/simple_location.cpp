#include "sense/v2/simple_location.h"

#include <vector>

#include "base/text.h"
#include "sense/geometry/geometry.h"
#include "sense/query/scan.h"

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Arena;
using tree::Value;

Error bad(std::string why) { return Error(ErrorCode::invalid_input, "error parsing location attribute: " + std::move(why)); }

// [longitude, latitude] of "latitude, longitude".
Result<Value> position(const Value& text, Arena& arena) {
  const auto parts = split(text.text(), ',');
  if (!text.is_string() || parts.size() != 2) return bad("geo coordinates format error [see Orion user manual]: " + std::string(text.text()));
  const std::string_view latitude = trim(parts[0]), longitude = trim(parts[1]);
  if (!sense::detail::is_json_number(latitude) || !sense::detail::is_json_number(longitude)) return bad("geo coordinates format error [see Orion user manual]: " + std::string(text.text()));
  return arena.array({Value::number(longitude), Value::number(latitude)});
}

Result<std::vector<Value>> positions(const Value& list, Arena& arena) {
  std::vector<Value> out;
  if (!list.is_array()) return bad("a list of positions is expected");
  for (const Value& item : list.items()) {
    MACHIYA_TRY(const Value one, position(item, arena));
    out.push_back(one);
  }
  return out;
}

Value geometry(std::string_view type, const Value& coordinates, Arena& arena) { return arena.object({{"type", Value::string(type)}, {"coordinates", coordinates}}); }

Result<Value> unchecked(std::string_view type, const Value& value, Arena& arena) {
  if (type == "geo:point") {
    MACHIYA_TRY(const Value one, position(value, arena));
    return geometry("Point", one, arena);
  }
  MACHIYA_TRY(const std::vector<Value> all, positions(value, arena));
  if (type == "geo:line") return geometry("LineString", arena.array(all), arena);
  if (type == "geo:polygon") return geometry("Polygon", arena.array({arena.array(all)}), arena);
  if (all.size() != 2) return bad("a box has two corners");
  const auto corner = [&](const Value& longitude, const Value& latitude) { return arena.array({longitude.items()[0], latitude.items()[1]}); };
  return geometry("Polygon", arena.array({arena.array({all[0], corner(all[1], all[0]), all[1], corner(all[0], all[1]), all[0]})}), arena);
}

Value words(const Value& position, Arena& arena) {
  return arena.string(std::string(position.items()[1].text()) + ", " + std::string(position.items()[0].text()));
}

bool is_position(const Value& v) { return v.is_array() && v.count == 2 && v.items()[0].is_number() && v.items()[1].is_number(); }

std::optional<Value> words_of_all(const Value& list, Arena& arena) {
  std::vector<Value> out;
  for (const Value& item : list.items()) {
    if (!is_position(item)) return std::nullopt;
    out.push_back(words(item, arena));
  }
  return arena.array(out);
}

}  // namespace

bool is_simple_location(std::string_view type) { return type == "geo:point" || type == "geo:line" || type == "geo:box" || type == "geo:polygon"; }

Result<Value> read_simple_location(std::string_view type, const Value& value, Arena& arena) {
  MACHIYA_TRY(const Value out, unchecked(type, value, arena));
  if (const auto checked = Geometry::from_json(out); !checked.ok()) return bad(checked.error().detail);
  return out;
}

std::optional<Value> write_simple_location(std::string_view type, const Value& geometry, Arena& arena) {
  const Value& coordinates = geometry["coordinates"];
  const std::string_view kind = geometry["type"].text();
  if (type == "geo:point") return kind == "Point" && is_position(coordinates) ? std::optional(words(coordinates, arena)) : std::nullopt;
  if (type == "geo:line") return kind == "LineString" ? words_of_all(coordinates, arena) : std::nullopt;
  if (kind != "Polygon" || coordinates.count != 1) return std::nullopt;
  const Value& ring = coordinates.items()[0];
  if (type == "geo:polygon") return words_of_all(ring, arena);
  if (ring.count != 5) return std::nullopt;
  const Value corners = arena.array({ring.items()[0], ring.items()[2]});
  const auto again = read_simple_location(type, words_of_all(corners, arena).value_or(Value()), arena);
  return again.ok() && tree::equal(*again, geometry) ? words_of_all(corners, arena) : std::nullopt;
}

}  // namespace machiya::sense::ngsiv2
