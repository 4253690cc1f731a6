// What of a view stands in one tile.
#include <algorithm>
#include <functional>

#include "sense/livemap/clip.h"
#include "sense/livemap/livemap.h"
#include "sense/livemap/stand.h"

namespace machiya::sense::livemap {
namespace {

constexpr std::size_t kMostFeatures = 3000;   ///< single ones of a layer in a tile; beyond, it is drawn in clusters whatever the zoom
constexpr int kCells = 3;                     ///< 2^3 cells on each side of a tile: marks of 64 pixels, for tiles that are drawn 512 pixels wide
constexpr int kFineCells = 5;                 ///< of tiles that hold too many

std::uint64_t id_of(std::string_view id) {
  std::uint64_t h = 14695981039346656037ull;   // FNV-1a; for the drawing program, which wants a number
  for (const char c : id) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return (h & 0x1FFFFFFFFFFFFFull) | 1;        // whole numbers that scripts can hold; 0 means none
}

class Drawer {
 public:
  Drawer(const View& view, std::size_t index, const Things& things, TileId tile, std::string& out)
      : view_(view), index_(index), things_(things), sight_(view.sights[index]), tile_(tile), layer_(*things.bound().layer), target_(layer_.id), out_(out) {}

  void all() {
    if (!sight_.layer || tile_.z < layer_.from_zoom) return;
    std::vector<std::uint32_t> shapes;
    const Box box = box_of_tile(tile_, kBuffer);
    if (things_.shape_count() > 0) things_.shapes().candidates(box, shapes);
    const bool many_shapes = shapes.size() > kMostFeatures;
    const std::uint64_t points = things_.points().count(tile_);
    if (tile_.z <= layer_.cluster_until || points > kMostFeatures) clusters(points > kMostFeatures && tile_.z > layer_.cluster_until ? kFineCells : kCells);
    else singles();
    if (many_shapes) heap(shapes);
    else for (const std::uint32_t slot : shapes) shape(things_.thing(slot));
    target_.write(out_);
  }

 private:
  const View& view_;
  std::size_t index_;
  const Things& things_;
  const Sight& sight_;
  TileId tile_;
  const Layer& layer_;
  TileLayer target_;
  std::string& out_;

  void tags(const Thing& thing) {
    was_shown(view_, index_, *thing.entity);
    const Bound& b = things_.bound();
    target_.tag("id", thing.entity->id);
    if (sight_.title) {
      const std::string title = value_text(*thing.entity, *b.type->attribute(b.title), view_.lang);
      if (!title.empty()) target_.tag("title", title);
    }
    if (sight_.classes && thing.klass < layer_.classes.size()) target_.tag("class", layer_.classes[thing.klass].id);
    for (std::size_t i = 0; i < b.shown.size(); ++i) {
      if (!sight_.shown[i]) continue;
      if (const auto n = b.shown[i]->choices.empty() ? value_number(*thing.entity, *b.shown[i]) : std::nullopt) target_.tag(layer_.show[i].term, *n);
      else if (const std::string t = value_text(*thing.entity, *b.shown[i], view_.lang); !t.empty()) target_.tag(layer_.show[i].term, t);
    }
  }

  void single(std::uint32_t slot, Spot at) {
    const Thing& thing = things_.thing(slot);
    target_.begin(id_of(thing.entity->id));
    tags(thing);
    const Unit unit{unit_x(at, tile_), unit_y(at, tile_)};
    target_.points({&unit, 1});
  }

  void singles() {
    things_.points().each(tile_, [&](std::uint32_t slot, Spot at, std::uint8_t) { single(slot, at); });
  }

  void cluster(const Cluster& c) {
    if (c.count == 1) return single(c.slot, things_.thing(c.slot).at);
    const Spot middle = c.middle();
    target_.begin();
    target_.tag("count", static_cast<std::int64_t>(c.count));
    for (std::size_t k = 0; sight_.classes && k <= layer_.classes.size(); ++k)
      if (c.classes[k] > 0) target_.tag("n:" + (k < layer_.classes.size() ? layer_.classes[k].id : std::string()), static_cast<std::int64_t>(c.classes[k]));
    const Unit unit{unit_x(middle, tile_), unit_y(middle, tile_)};
    target_.points({&unit, 1});
  }
  void clusters(int depth) {
    for (const Cluster& c : things_.points().clusters(tile_, depth)) cluster(c);
  }

  void shape(const Thing& thing) {
    const Attribute* a = thing.entity->attribute(things_.bound().place);
    const Instance* i = a->instance("") != nullptr ? a->instance("") : &a->instances.front();
    const auto geometry = Geometry::from_json(i->value);
    if (!geometry.ok()) return;
    target_.begin(id_of(thing.entity->id));
    tags(thing);
    draw(*geometry, tile_, target_);
  }

  // Too many lines and areas to be drawn: they are counted where their middles stand.
  void heap(const std::vector<std::uint32_t>& shapes) {
    PointIndex middles;
    middles.begin_bulk();
    for (const std::uint32_t slot : shapes) middles.put(slot, things_.thing(slot).at, things_.thing(slot).klass);
    middles.end_bulk();
    for (const Cluster& c : middles.clusters(tile_, kFineCells)) cluster(c);
  }
};

std::vector<std::vector<std::vector<Position>>> parts_of(const city::WardArea& area) {
  std::vector<std::vector<std::vector<Position>>> out;
  for (const Polygon& part : area.parts) {
    out.emplace_back();
    for (const Ring& ring : part) {
      out.back().emplace_back();
      for (const GeoPoint& p : ring) out.back().back().push_back({p.lon, p.lat});
    }
  }
  return out;
}

void names(const city::Text& text, TileLayer& layer) {
  for (const auto& [lang, name] : text.all())
    if (lang != "ja-easy") layer.tag("name:" + lang, name);   // readings are written for pages, not for a drawing
}

void point(TileLayer& layer, Position at, TileId tile, const std::function<void()>& tags) {
  const Spot s = spot_of(at);
  if (!(tile_of(s, tile.z) == tile)) return;
  layer.begin();
  tags();
  const Unit unit{unit_x(s, tile), unit_y(s, tile)};
  layer.points({&unit, 1});
}

}  // namespace

std::string vector_tile(const View& view, TileId tile) {
  std::string out;
  for (std::size_t i = 0; i < view.layers.size(); ++i)
    if (view.layers[i]) view.layers[i]->read([&](const Things& things) { Drawer(view, i, things, tile, out).all(); });
  return out;
}

std::vector<Mark> marks(const View& view, TileId tile, int depth) {
  std::vector<Mark> out;
  for (std::size_t l = 0; l < view.layers.size(); ++l) {
    if (!view.layers[l] || !view.sights[l].layer) continue;
    view.layers[l]->read([&](const Things& things) {
      const auto add = [&](const PointIndex& points) {
        for (const Cluster& c : points.clusters(tile, depth)) {
          const auto most = std::ranges::max_element(c.classes);
          out.push_back({l, c.middle(), c.count, static_cast<std::uint8_t>(view.sights[l].classes ? most - c.classes.begin() : 0), c.count == 1 ? things.thing(c.slot).entity : nullptr});
        }
      };
      add(things.points());
      if (things.shape_count() == 0) return;
      std::vector<std::uint32_t> slots;
      things.shapes().candidates(box_of_tile(tile), slots);
      PointIndex middles;
      middles.begin_bulk();
      for (const std::uint32_t slot : slots) middles.put(slot, things.thing(slot).at, things.thing(slot).klass);
      middles.end_bulk();
      add(middles);
    });
  }
  return out;
}

std::string ground_tile(const Wards& wards, TileId tile) {
  constexpr int kTownsFrom = 14;
  std::string out;
  TileLayer areas("wards"), labels("ward-names"), towns("towns");
  for (const city::Ward& ward : wards.city().wards()) {
    const city::WardArea* area = wards.boundaries() != nullptr ? wards.boundaries()->ward(ward.code) : nullptr;
    if (area != nullptr) {
      areas.begin();
      areas.tag("code", ward.code);
      draw_areas(parts_of(*area), tile, areas);
    }
    point(labels, {ward.lon, ward.lat}, tile, [&] { labels.tag("code", ward.code), names(ward.name, labels); });
  }
  if (wards.towns() != nullptr && tile.z >= kTownsFrom)
    for (const city::TownPoint& town : wards.towns()->list)
      point(towns, {town.at.lon, town.at.lat}, tile, [&] { towns.tag("name:ja", town.name); });
  areas.write(out), towns.write(out), labels.write(out);
  return out;
}

}  // namespace machiya::sense::livemap
