// The map as the server draws it: for who has no script, and before the script begins.
#include <algorithm>
#include <cmath>

#include "sense/livemap/clip.h"
#include "sense/livemap/stand.h"
#include "sense/livemap/web.h"

namespace machiya::sense::livemap::detail {
namespace {
using pages::Data;

constexpr double kWidth = 720, kMostHeight = 900, kMargin = 24;

std::string one_digit(double n) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f", n);
  return out;
}

/// World to picture.
struct Frame {
  double west, north, scale, height;
  double x(double world) const { return kMargin + (world - west) * scale; }
  double y(double world) const { return kMargin + (world - north) * scale; }
};

Frame frame_of(const View& view) {
  double west = 1, east = 0, north = 1, south = 0;
  const auto add = [&](double lon, double lat) {
    west = std::min(west, world_x(lon)), east = std::max(east, world_x(lon)), north = std::min(north, world_y(lat)), south = std::max(south, world_y(lat));
  };
  for (const city::Ward& ward : view.wards->city().wards()) add(ward.lon, ward.lat);
  if (const auto* boundaries = view.wards->boundaries())
    for (const city::WardArea& area : boundaries->wards)
      for (const Polygon& part : area.parts)
        for (const GeoPoint& p : part.front()) add(p.lon, p.lat);
  if (view.wards->boundaries() == nullptr) {
    // Centroids are the middles of what is shown: half a ward more on each side.
    const double x = (east - west) * 0.12, y = (south - north) * 0.12;
    west -= x, east += x, north -= y, south += y;
  }
  if (east <= west) west = world_x(135.3), east = world_x(135.7), north = world_y(34.8), south = world_y(34.5);   // a city without wards
  const double scale = std::min((kWidth - 2 * kMargin) / (east - west), (kMostHeight - 2 * kMargin) / (south - north));
  return {west - ((kWidth - 2 * kMargin) / scale - (east - west)) / 2, north, scale, (south - north) * scale + 2 * kMargin};
}

std::string path_of(const city::WardArea& area, const Frame& frame) {
  std::string out;
  for (const Polygon& part : area.parts)
    for (const Ring& ring : part) {
      std::vector<Real> line;
      for (const GeoPoint& p : ring) line.push_back({frame.x(world_x(p.lon)), frame.y(world_y(p.lat))});
      if (line.size() < 3) continue;
      const auto middle = line.begin() + static_cast<std::ptrdiff_t>(line.size() / 2);
      auto simple = simplified({line.begin(), middle + 1}, 0.5);
      const auto rest = simplified({middle, line.end()}, 0.5);
      simple.insert(simple.end(), rest.begin() + 1, rest.end());
      for (std::size_t i = 0; i < simple.size(); ++i) out += (i == 0 ? "M" : "L") + one_digit(simple[i].x) + " " + one_digit(simple[i].y);
      out += "Z";
    }
  return out;
}

}  // namespace

Data picture(const Web& web, const View& view) {
  const Frame frame = frame_of(view);
  Data areas{Data::List{}}, names{Data::List{}}, list{Data::List{}};
  for (const city::Ward& ward : view.wards->city().wards()) {
    const city::WardArea* area = view.wards->boundaries() != nullptr ? view.wards->boundaries()->ward(ward.code) : nullptr;
    if (area != nullptr) areas.push(Data().set("path", path_of(*area, frame)));
    names.push(Data().set("x", one_digit(frame.x(world_x(ward.lon)))).set("y", one_digit(frame.y(world_y(ward.lat)))).set("text", plain(ward.name, view.lang)));
  }
  // Tiles that are drawn about 512 wide, so that cells are some 32 to 64 wide.
  const int z = std::clamp(static_cast<int>(std::floor(std::log2(frame.scale / 512))), 0, kMaxZoom);
  const double tiles = std::exp2(z);
  const auto tile_at = [&](double world) { return static_cast<std::uint32_t>(std::clamp(std::floor(world * tiles), 0.0, tiles - 1)); };
  const double east = frame.west + (kWidth - kMargin) / frame.scale, south = frame.north + (frame.height - kMargin) / frame.scale;
  std::vector<Mark> all;
  for (std::uint32_t x = tile_at(frame.west - kMargin / frame.scale); x <= tile_at(east); ++x)
    for (std::uint32_t y = tile_at(frame.north - kMargin / frame.scale); y <= tile_at(south); ++y)
      for (Mark& mark : marks(view, {z, x, y}, 3)) all.push_back(std::move(mark));
  std::ranges::stable_sort(all, [](const Mark& a, const Mark& b) { return a.count > b.count; });   // what stands alone is drawn last, on top
  for (const Mark& mark : all) {
    const double x = frame.x(mark.at.x / 4294967296.0), y = frame.y(mark.at.y / 4294967296.0);
    if (x < 0 || y < 0 || x > kWidth || y > frame.height) continue;
    const Layer& layer = view.map->layers[mark.layer];
    const bool known = view.sights[mark.layer].classes && mark.klass < layer.classes.size();
    Data one = Data().set("x", one_digit(x)).set("y", one_digit(y)).set("colour", known ? layer.classes[mark.klass].colour : "grey");
    if (mark.count > 1) {
      one.set("count", mark.count >= 10'000 ? std::to_string(mark.count / 1000) + "k" : std::to_string(mark.count)).set("radius", one_digit(std::min(26.0, 9 + 3 * std::log2(static_cast<double>(mark.count)) / 2)));
      one.set("title", text(web, view.lang, "maps.cluster", {{"layer", plain(layer.name, view.lang)}, {"count", std::to_string(mark.count)}}));
    } else {
      one.set("shape", std::string(shape_path(known ? layer.classes[mark.klass].shape : "circle")));
      const EntityType* type = view.city->get<EntityType>("entity-type", layer.entities);
      std::string title = view.sights[mark.layer].title ? value_text(*mark.entity, *type->attribute_named(layer.title), view.lang) : std::string();
      if (known) title += (title.empty() ? "" : ": ") + class_label(web, view, mark.layer, mark.klass);
      one.set("title", title);
    }
    list.push(std::move(one));
  }
  Data out = Data().set("width", one_digit(kWidth)).set("height", one_digit(frame.height)).set("areas", std::move(areas)).set("names", std::move(names)).set("marks", std::move(list));
  return out.set("label", text(web, view.lang, "maps.picture", {{"map", plain(view.map->name, view.lang)}}));
}

}  // namespace machiya::sense::livemap::detail
