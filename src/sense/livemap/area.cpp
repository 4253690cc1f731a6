#include "sense/livemap/area.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace machiya::sense::livemap {
namespace {

std::optional<double> number(std::string_view text) {
  text = trim(text);
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(out) ? std::optional(out) : std::nullopt;
}

/// "lat,lon"
std::optional<Position> place(std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() != 2) return std::nullopt;
  const auto lat = number(parts[0]), lon = number(parts[1]);
  if (!lat || !lon || std::abs(*lat) > 90 || std::abs(*lon) > 180) return std::nullopt;
  return Position{*lon, *lat};
}

Result<Area> circle(std::string_view text) {
  const std::size_t last = text.rfind(',');
  const auto centre = last == std::string_view::npos ? std::nullopt : place(text.substr(0, last));
  const auto metres = last == std::string_view::npos ? std::nullopt : number(text.substr(last + 1));
  if (!centre || !metres || *metres <= 0 || *metres > kLargestCircle) return Error(ErrorCode::invalid_input, "latitude, longitude and metres (up to 100,000) are expected", "circle");
  Area out;
  out.kind = Area::Kind::circle, out.centre = *centre, out.metres = *metres, out.box = grown(Box::of(*centre), *metres);
  return out;
}

Result<Area> polygon(std::string_view text) {
  const Error wrong(ErrorCode::invalid_input, "three to 500 corners \"latitude,longitude\" with blanks between them are expected", "polygon");
  std::string ring;
  std::size_t corners = 0;
  std::string first;
  for (const std::string_view one : split(text, ' ')) {
    if (one.empty()) continue;
    const auto p = place(one);
    if (!p || ++corners > kMostCorners) return wrong;
    char buffer[80];
    const auto written = std::snprintf(buffer, sizeof buffer, "[%.9f,%.9f]", p->lon, p->lat);
    const std::string corner(buffer, static_cast<std::size_t>(written));
    if (first.empty()) first = corner;
    ring += (ring.empty() ? "" : ",") + corner;
  }
  if (corners < 3) return wrong;
  auto geometry = Geometry::from_coordinates("Polygon", "[[" + ring + "," + first + "]]");
  if (!geometry.ok()) return Error(ErrorCode::invalid_input, geometry.error().detail, "polygon");
  Area out;
  out.kind = Area::Kind::polygon, out.box = geometry->box();
  out.shape = std::make_shared<const ReferenceGeometry>(std::move(*geometry));
  return out;
}

}  // namespace

Result<Area> Area::parse(const Words& words, const Wards& wards) {
  const int given = !words.ward.empty() + !words.town.empty() + !words.circle.empty() + !words.polygon.empty();
  if (given > 1) return Error(ErrorCode::invalid_input, "one area at a time", "area");
  if (!words.circle.empty()) return circle(words.circle);
  if (!words.polygon.empty()) return polygon(words.polygon);
  Area out;
  if (!words.ward.empty()) {
    const city::Ward* ward = wards.city().ward(words.ward);
    if (ward == nullptr) return Error(ErrorCode::invalid_input, "there is no such ward", "ward");
    out.kind = Kind::ward, out.ward = static_cast<std::uint8_t>(ward - wards.city().wards().data());
    if (const city::WardArea* area = wards.boundaries() != nullptr ? wards.boundaries()->ward(ward->code) : nullptr) {
      out.box = Box();
      for (const Polygon& part : area->parts)
        for (const GeoPoint& p : part.front()) out.box.add(Position{p.lon, p.lat});
    }
  }
  if (!words.town.empty()) {
    const std::size_t colon = words.town.find(':');
    const city::Towns* towns = wards.towns();
    const Error wrong(ErrorCode::invalid_input, "there is no such town", "town");
    if (towns == nullptr || colon == std::string_view::npos) return wrong;
    const auto there = std::ranges::find_if(towns->list, [&](const city::TownPoint& t) { return t.ward_code == words.town.substr(0, colon) && t.name == words.town.substr(colon + 1); });
    if (there == towns->list.end()) return wrong;
    out.kind = Kind::town, out.town = static_cast<std::size_t>(there - towns->list.begin());
    out.box = grown(Box::of(Position{there->at.lon, there->at.lat}), Wards::kTownReach);
  }
  return out;
}

bool Area::holds(const Thing& thing, std::string_view place, const Wards& wards) const {
  if (kind == Kind::everything) return true;
  if (kind == Kind::ward) return thing.ward == ward;
  const Position middle{(thing.box.west + thing.box.east) / 2, (thing.box.south + thing.box.north) / 2};
  if (kind == Kind::town) return wards.town_at(middle) == town;
  if (!box.touches(thing.box)) return false;
  if (thing.is_point) return kind == Kind::circle ? haversine_m(centre, middle) <= metres : shape->holds(Relation::intersects, middle);
  const Attribute* attribute = thing.entity->attribute(place);
  const Instance* plain = attribute == nullptr ? nullptr : attribute->instance("");
  if (attribute != nullptr && plain == nullptr && !attribute->instances.empty()) plain = &attribute->instances.front();
  auto geometry = plain == nullptr ? Result<Geometry>(Error(ErrorCode::not_found, "none")) : Geometry::from_json(plain->value);
  if (!geometry.ok()) return false;
  if (kind == Kind::circle) return ReferenceGeometry(std::move(*geometry)).distance_m(centre) <= metres;
  return shape->holds(Relation::intersects, *geometry);
}

}  // namespace machiya::sense::livemap
