#include "sense/ngsild/answers.h"

#include <algorithm>
#include <functional>
#include <set>

#include "sense/ngsild/distribution.h"
#include "sense/ngsild/entity_maps.h"

namespace machiya::sense::ngsild {
namespace {

using Join = Asking::Join;

// The URIs that an instance leads to.
std::vector<std::string_view> targets(const Instance& i) {
  std::vector<std::string_view> out;
  if (i.kind == AttributeKind::relationship && i.value.is_string()) out.push_back(i.value.text());
  if (i.kind == AttributeKind::relationship || i.kind == AttributeKind::list_relationship)
    for (const tree::Value& item : i.value.items()) out.push_back(item.is_object() ? item["object"].text() : item.text());
  return out;
}

// The entities that relationships of `entity` lead to, level by level (§4.5.23.3), each once.
void gather_linked(const Call& call, const Entity& entity, const Selection& members, int levels, std::set<std::string, std::less<>>& seen,
                   std::vector<std::pair<EntityPtr, Selection>>& out) {
  if (levels == 0) return;
  for (const Attribute& a : entity.attributes) {
    if (!members.shows(a.name)) continue;
    for (const Instance& i : a.instances) {
      for (const std::string_view uri : targets(i)) {
        if (!seen.insert(std::string(uri)).second) continue;
        const EntityPtr other = call.get(uri);
        if (!other) continue;
        const Selection beyond = members.beyond(a.name);
        out.emplace_back(other, beyond);
        gather_linked(call, *other, beyond, levels - 1, seen, out);
      }
    }
  }
}

void join_inline(Call& call, Asking& asking) {
  if (asking.join != Join::inline_) return;
  asking.shape.linked = [&call, &asking](std::string_view uri) -> EntityPtr {
    if (std::ranges::find(asking.contained_by, uri) != asking.contained_by.end()) return nullptr;
    EntityPtr other = call.get(uri);
    if (other) call.showed(*other, Shape());
    return other;
  };
}

// How one entity is written, with this selection of its members.
using Write = std::function<void(const Entity&, const Shape&, tree::TextOut&)>;

void written(const Entity& entity, const Shape& shape, tree::TextOut& out) { write_entity(entity, shape, out); }

// Elements of an answer, one behind the other with commas between them.
struct Elements {
  tree::TextOut text;
  std::size_t count = 0;
};

// The entities of the answer, then with join=flat those that they lead to. What nothing is left of after pick and omit is left out.
Elements elements_of(Call& call, Asking& asking, const std::vector<EntityPtr>& entities, const Write& write) {
  Elements out;
  ShortNames names;
  Shape shape = asking.shape;
  shape.short_names = &names;
  const auto add = [&](const Entity& entity) {
    if (!shows_anything(entity, shape)) return;
    call.showed(entity, shape);
    if (out.count++ > 0) out.text += ',';
    write(entity, shape, out.text);
    if (out.count == 1) out.text.need((out.text.size() + 1) * (entities.size() - std::min<std::size_t>(entities.size(), 1)));   // they are alike
  };
  for (const EntityPtr& e : entities) add(*e);
  if (asking.join != Join::flat) return out;
  std::set<std::string, std::less<>> seen(asking.contained_by.begin(), asking.contained_by.end());
  for (const EntityPtr& e : entities) seen.insert(std::string(e->id));
  std::vector<std::pair<EntityPtr, Selection>> linked;
  for (const EntityPtr& e : entities) gather_linked(call, *e, asking.shape.members, asking.join_level, seen, linked);
  for (const auto& [entity, members] : linked) shape.members = members, add(*entity);
  return out;
}

Write feature_writer(const Asking& asking, std::string context) {
  return [&asking, context = std::move(context)](const Entity& entity, const Shape& shape, tree::TextOut& out) { write_feature(entity, shape, asking.geometry_property, context, out); };
}

// As elements of a list, each of which carries its context in ld+json (§6.3.6).
Write list_writer(const Call& call) {
  if (call.media != Media::ld_json) return written;
  return [end = ",\"@context\":" + call.context_json() + "}"](const Entity& entity, const Shape& shape, tree::TextOut& out) {
    const std::size_t before = out.size();
    write_entity(entity, shape, out);
    const bool empty = out.size() - before <= 2;
    if (!empty) out.pop(1), out += end;
  };
}

std::string text_of(const Write& write, const Entity& entity, const Shape& shape) {
  tree::TextOut out;
  write(entity, shape, out);
  return std::string(out.view());
}

std::string joined(std::string_view before, const Elements& elements, std::string_view behind) {
  std::string out;
  out.reserve(before.size() + elements.text.size() + behind.size());
  return out.append(before).append(elements.text.view()).append(behind);
}

std::string feature_collection(const Call& call, const Elements& features) {
  return joined("{\"type\":\"FeatureCollection\",\"features\":[", features, call.context_in_geo_json() ? "],\"@context\":" + call.context_json() + "}" : "]}");
}

Found page_of(const Everywhere& all, const Call::Page& page) {
  Found out;
  out.total = all.entities.size();
  const std::size_t from = std::min(page.offset, out.total), to = std::min(from + page.limit, out.total);
  out.entities.assign(all.entities.begin() + static_cast<std::ptrdiff_t>(from), all.entities.begin() + static_cast<std::ptrdiff_t>(to));
  out.more = to < out.total;
  return out;
}

}  // namespace

void asked(Call& call, const EntityQuery& query, const Ordering* order) {
  if (!call.gate) return;
  std::vector<std::string> names = query.q.attributes();
  if (query.geo) names.emplace_back(query.geo->attribute());
  if (order != nullptr)
    for (const std::string& name : order->attributes()) names.push_back(name);
  for (const EntitySelector& s : query.entities)
    for (const auto& types : s.type.any_of()) {
      const std::vector<std::string_view> views(types.begin(), types.end());
      for (const std::string& name : names) call.gate->read(views, name);
    }
}

bool shows_anything(const Entity& entity, const Shape& shape) {
  if (!shape.members.only_picked && shape.members.omit.empty()) return true;
  for (const char* core : {"id", "type"})
    if (shape.members.shows(core)) return true;
  if (!entity.scopes.empty() && shape.members.shows("scope")) return true;
  return std::ranges::any_of(entity.attributes, [&](const Attribute& a) { return shape.members.shows(a.name); });
}

Result<bool> of_asked_type(Call& call, const Entity& entity) {
  const auto type = call.parameter("type");
  if (!type) return true;
  auto types = TypeSelection::parse(*type, call.expander());
  if (!types.ok()) return bad_data(types.error());
  return types->matches(entity);
}

Result<Change> change_entity(Call& call, const std::string& id, const EntityStore::Make& make) {
  return call.write(id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (!current) return Error(ErrorCode::not_found, "there is no such entity");
    auto right = of_asked_type(call, *current);
    if (!right.ok()) return right.error();
    if (!*right) return Error(ErrorCode::not_found, "there is no such entity of this type");
    return make(current, context);
  });
}

http::Response answer_one(Call& call, Asking& asking, const EntityPtr& entity) {
  join_inline(call, asking);
  call.showed(*entity, asking.shape);
  const bool geo = call.media == Media::geo_json;
  if (asking.join != Join::flat) {
    const Write write = geo ? feature_writer(asking, call.context_in_geo_json() ? call.context_json() : std::string()) : Write(written);
    return call.answer(text_of(write, *entity, asking.shape));
  }
  const Elements elements = elements_of(call, asking, {entity}, geo ? feature_writer(asking, {}) : list_writer(call));
  if (geo) return call.answer(feature_collection(call, elements));
  // One that leads to nobody is no list.
  if (elements.count == 1) return call.answer(text_of(written, *entity, asking.shape));
  http::Response out = call.answer(joined("[", elements, "]"));
  call.add_page(out, {.limit = elements.count}, std::nullopt, false);
  return out;
}

Result<http::Response> answer_query(Call& call, Asking& asking) {
  join_inline(call, asking);
  asked(call, asking.query, &asking.order);
  std::optional<Everywhere> everywhere;
  MACHIYA_TRY(const MapUse map, use_map(call, asking, everywhere));
  if (!everywhere) {
    MACHIYA_TRY(everywhere, find_everywhere(call, asking));
  }
  const Found found = everywhere ? page_of(*everywhere, asking.page)
                                 : call.find({.query = &asking.query, .order = &asking.order, .offset = asking.page.offset, .limit = asking.page.limit, .count = asking.page.count});
  const auto total = asking.page.count ? std::optional(found.total) : std::nullopt;
  http::Response out;
  if (call.media == Media::geo_json) {
    out = call.answer(feature_collection(call, elements_of(call, asking, found.entities, feature_writer(asking, {}))));
  } else {
    out = call.answer(joined("[", elements_of(call, asking, found.entities, list_writer(call)), "]"));
  }
  call.add_page(out, asking.page, total, found.more);
  if (!map.location.empty()) out.header("NGSILD-EntityMap", map.location);
  if (map.created && out.status == 200) out.status = 201;
  if (everywhere) add_warnings(out, everywhere->warnings);
  return out;
}

}  // namespace machiya::sense::ngsild
