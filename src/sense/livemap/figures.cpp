// Counting, listing and searching what a view holds.
#include <algorithm>
#include <limits>
#include <map>

#include "base/text.h"
#include "sense/livemap/livemap.h"
#include "sense/livemap/stand.h"

namespace machiya::sense::livemap {
namespace {

constexpr std::size_t kMostSorted = 50'000;

/// Everything in the area. Points are found by their place, lines and areas by their boxes.
template <class Visit>
void each_in(const Things& things, const Area& area, const Visit& visit) {
  const std::string& place = things.bound().place;
  const auto look = [&](const Thing& t) {
    if (area.holds(t, place, things.wards())) visit(t);
  };
  if (area.box == Box::world() || area.box.empty()) return things.each(look);
  const Spot nw = spot_of({area.box.west, area.box.north}), se = spot_of({area.box.east, area.box.south});
  // One spot more on each side: the box was rounded.
  const auto less = [](std::uint32_t v) { return v == 0 ? v : v - 1; };
  const auto more = [](std::uint32_t v) { return v == ~0u ? v : v + 1; };
  things.points().each({less(nw.x), less(nw.y)}, {more(se.x), more(se.y)}, [&](std::uint32_t slot, Spot, std::uint8_t) { look(things.thing(slot)); });
  std::vector<std::uint32_t> shapes;
  things.shapes().candidates(area.box, shapes);
  for (const std::uint32_t slot : shapes) look(things.thing(slot));
}

std::string title_of(const Things& things, const Sight& sight, const Entity& entity, std::string_view lang) {
  const Bound& b = things.bound();
  return sight.title ? value_text(entity, *b.type->attribute(b.title), lang) : std::string();
}

bool says(const Things& things, const Sight& sight, const Thing& thing, const std::string& wanted, std::string_view lang) {
  if (wanted.empty()) return true;
  if (fold_for_search(title_of(things, sight, *thing.entity, lang)).find(wanted) != std::string::npos) return true;
  for (std::size_t i = 0; i < things.bound().shown.size(); ++i)
    if (sight.shown[i] && fold_for_search(value_text(*thing.entity, *things.bound().shown[i], lang)).find(wanted) != std::string::npos) return true;
  return false;
}

/// What a list is sorted by. What has no value comes last, whatever the direction.
struct Key {
  bool none = false;
  double number = 0;
  std::string text;
};

Key key_of(const Things& things, const Sight& sight, const Thing& thing, const Selection& s, std::string_view lang) {
  Key out;
  if (s.sort == "class") {
    out.number = sight.classes ? thing.klass : 0;
  } else if (s.sort == "ward") {
    out.none = thing.ward == Wards::kNone, out.number = thing.ward;
  } else if (!s.sort.empty()) {
    const auto& show = things.bound().layer->show;
    const auto at = std::ranges::find(show, s.sort, &Shown::term);
    const auto i = static_cast<std::size_t>(at - show.begin());
    if (at == show.end() || !sight.shown[i]) return {true};
    if (const auto n = value_number(*thing.entity, *things.bound().shown[i])) out.number = *n;
    else out.text = value_text(*thing.entity, *things.bound().shown[i], lang), out.none = out.text.empty();
  } else {
    out.text = title_of(things, sight, *thing.entity, lang), out.none = out.text.empty();
  }
  return out;
}

struct Candidate {
  std::size_t layer;
  const Thing* thing;
  Key key;
};

Row row_of(const Candidate& c) {
  const Thing& t = *c.thing;
  return {c.layer, t.entity, {(t.box.west + t.box.east) / 2, (t.box.south + t.box.north) / 2}, t.klass, t.ward};
}

void sort(std::vector<Candidate>& list, bool descending) {
  std::ranges::sort(list, [&](const Candidate& a, const Candidate& b) {
    if (a.key.none != b.key.none) return b.key.none;
    const Key& low = descending ? b.key : a.key;
    const Key& high = descending ? a.key : b.key;
    if (low.number != high.number) return low.number < high.number;
    if (low.text != high.text) return low.text < high.text;
    return a.layer != b.layer ? a.layer < b.layer : a.thing->entity->id < b.thing->entity->id;
  });
}

/// Holds all layers of the view still while it looks at them, from the first to the last: one after the other, always in the same order.
void with_layers(const View& view, std::size_t from, const std::function<void(const std::vector<const Things*>&)>& look, std::vector<const Things*>& held) {
  if (from == view.layers.size()) return look(held);
  if (!view.layers[from] || !view.sights[from].layer) {
    held.push_back(nullptr);
    return with_layers(view, from + 1, look, held);
  }
  view.layers[from]->read([&](const Things& things) {
    held.push_back(&things);
    with_layers(view, from + 1, look, held);
  });
}
void with_layers(const View& view, const std::function<void(const std::vector<const Things*>&)>& look) {
  std::vector<const Things*> held;
  with_layers(view, 0, look, held);
}

LayerFigures nothing(const Things& things, const Sight& sight, std::size_t layer) {
  LayerFigures out;
  out.layer = layer, out.shown.resize(things.bound().shown.size());
  if (sight.classes) out.classes.resize(things.bound().layer->classes.size() + 1);
  return out;
}

}  // namespace

std::vector<LayerFigures> figures(const View& view, const Area& area) {
  std::vector<LayerFigures> out;
  for (std::size_t l = 0; l < view.layers.size(); ++l) {
    if (!view.layers[l] || !view.sights[l].layer) continue;
    view.layers[l]->read([&](const Things& things) {
      const Bound& b = things.bound();
      LayerFigures f = nothing(things, view.sights[l], l);
      each_in(things, area, [&](const Thing& t) {
        ++f.count;
        if (!f.classes.empty()) ++f.classes[t.klass];
        for (std::size_t i = 0; i < b.shown.size(); ++i) {
          if (!view.sights[l].shown[i] || !(b.layer->show[i].sum || b.layer->show[i].average)) continue;
          const auto n = value_number(*t.entity, *b.shown[i]);
          if (!n) continue;
          Figure& figure = f.shown[i];
          figure.least = figure.values == 0 ? *n : std::min(figure.least, *n), figure.most = figure.values == 0 ? *n : std::max(figure.most, *n);
          figure.sum += *n, ++figure.values;
        }
      });
      out.push_back(std::move(f));
    });
  }
  return out;
}

Selected select(const View& view, const Selection& s) {
  Selected out;
  const std::string wanted = fold_for_search(s.text);
  with_layers(view, [&](const std::vector<const Things*>& layers) {
    std::vector<Candidate> list;
    const std::size_t last = s.offset + s.limit;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (layers[l] == nullptr || (s.layer && *s.layer != l)) continue;
      const Sight& sight = view.sights[l];
      each_in(*layers[l], s.area, [&](const Thing& t) {
        if (s.ward && t.ward != *s.ward) return;
        if (s.klass && (!sight.classes || t.klass != *s.klass)) return;
        if (!says(*layers[l], sight, t, wanted, view.lang)) return;
        ++out.total;
        if (out.total <= kMostSorted || list.size() < last) list.push_back({l, &t, {}});
      });
    }
    out.sorted = out.total <= kMostSorted;
    if (out.sorted) {
      for (Candidate& c : list) c.key = key_of(*layers[c.layer], view.sights[c.layer], *c.thing, s, view.lang);
      sort(list, s.descending);
    }
    for (std::size_t i = s.offset; i < list.size() && i < last; ++i) out.rows.push_back(row_of(list[i]));
  });
  return out;
}

void was_shown(const View& view, std::size_t layer, const Entity& entity) {
  if (!view.gate) return;
  for (const std::string& attribute : view.sights[layer].restricted)
    if (entity.attribute(attribute) != nullptr) view.gate->read(entity.types, attribute);
}

WardCounts by_ward(const View& view) {
  WardCounts out;
  const std::size_t wards = view.wards->city().wards().size();
  for (std::size_t w = 0; w <= wards; ++w)
    for (std::size_t l = 0; l < view.layers.size(); ++l) {
      LayerFigures f;
      f.layer = l;
      if (view.layers[l] && view.sights[l].classes) f.classes.resize(view.map->layers[l].classes.size() + 1);
      out.of_ward.push_back(std::move(f));
    }
  for (std::size_t l = 0; l < view.layers.size(); ++l) {
    if (!view.layers[l] || !view.sights[l].layer) continue;
    view.layers[l]->read([&](const Things& things) {
      things.each([&](const Thing& t) {
        LayerFigures& f = out.of_ward[std::min<std::size_t>(t.ward, wards) * view.layers.size() + l];
        ++f.count;
        if (!f.classes.empty()) ++f.classes[t.klass];
      });
    });
  }
  return out;
}

std::optional<Row> find(const View& view, std::size_t layer, std::string_view id) {
  if (layer >= view.layers.size() || !view.layers[layer] || !view.sights[layer].layer) return std::nullopt;
  return view.layers[layer]->read([&](const Things& things) -> std::optional<Row> {
    const Thing* t = things.find(id);
    return t == nullptr ? std::nullopt : std::optional(row_of({layer, t, {}}));
  });
}

}  // namespace machiya::sense::livemap
