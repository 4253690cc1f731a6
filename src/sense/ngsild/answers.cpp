#include "sense/ngsild/answers.h"

#include <algorithm>
#include <set>

namespace machiya::sense::ngsild {
namespace {

using Join = Asking::Join;

// The entities that relationships of `entity` lead to, level by level (§4.5.23.3), each once.
void gather_linked(const EntityStore& store, const std::string& tenant, const Entity& entity, const Selection& members, int levels, std::set<std::string, std::less<>>& seen,
                   std::vector<std::pair<EntityPtr, Selection>>& out) {
  if (levels == 0) return;
  for (const Attribute& a : entity.attributes) {
    if (!members.shows(a.name)) continue;
    for (const Instance& i : a.instances) {
      if (i.kind != AttributeKind::relationship) continue;
      const auto uris = i.value.is_array() ? i.value.items() : std::span<const tree::Value>(&i.value, 1);
      for (const tree::Value& uri : uris) {
        if (!seen.insert(std::string(uri.text())).second) continue;
        const EntityPtr other = store.get(tenant, uri.text());
        if (!other) continue;
        const Selection beyond = members.beyond(a.name);
        out.emplace_back(other, beyond);
        gather_linked(store, tenant, *other, beyond, levels - 1, seen, out);
      }
    }
  }
}

void join_inline(Call& call, Asking& asking) {
  if (asking.join == Join::inline_) asking.shape.linked = [&call](std::string_view uri) { return call.broker.entities.get(call.tenant, uri); };
}

std::string written(const Entity& entity, const Shape& shape) {
  std::string out;
  write_entity(entity, shape, out);
  return out;
}

// With join=flat: the entities of the answer, then those that they lead to.
std::vector<std::string> texts_of(Call& call, Asking& asking, const std::vector<EntityPtr>& entities) {
  std::vector<std::string> out;
  std::set<std::string, std::less<>> seen;
  for (const EntityPtr& e : entities) seen.insert(std::string(e->id)), out.push_back(written(*e, asking.shape));
  if (asking.join != Join::flat) return out;
  std::vector<std::pair<EntityPtr, Selection>> linked;
  for (const EntityPtr& e : entities) gather_linked(call.broker.entities, call.tenant, *e, asking.shape.members, asking.join_level, seen, linked);
  Shape shape = asking.shape;
  for (const auto& [entity, members] : linked) {
    shape.members = members;
    out.push_back(written(*entity, shape));
  }
  return out;
}

bool context_in_body(const Call& call) { return call.request.header("prefer").find("body=json") == std::string_view::npos; }

http::Response feature(Call& call, Asking& asking, const Entity& entity) {
  std::string text;
  write_feature(entity, asking.shape, asking.geometry_property, context_in_body(call) ? call.context_json() : std::string(), text);
  return call.answer(std::move(text));
}

http::Response feature_collection(Call& call, Asking& asking, const Found& found) {
  std::string text = "{\"type\":\"FeatureCollection\",\"features\":[";
  for (const EntityPtr& e : found.entities) {
    if (text.back() != '[') text += ',';
    write_feature(*e, asking.shape, asking.geometry_property, {}, text);
  }
  text += ']';
  if (context_in_body(call)) text += ",\"@context\":" + call.context_json();
  http::Response out = call.answer(text + "}");
  if (asking.page.count) out.header("NGSILD-Results-Count", std::to_string(found.total));
  return out;
}

}  // namespace

bool shows_anything(const Entity& entity, const Shape& shape) {
  if (!shape.members.only_picked && shape.members.omit.empty()) return true;
  for (const char* core : {"id", "type"})
    if (shape.members.shows(core)) return true;
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
  return call.broker.entities.write(call.tenant, id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (!current) return Error(ErrorCode::not_found, "there is no such entity");
    auto right = of_asked_type(call, *current);
    if (!right.ok()) return right.error();
    if (!*right) return Error(ErrorCode::not_found, "there is no such entity of this type");
    return make(current, context);
  });
}

http::Response answer_one(Call& call, Asking& asking, const EntityPtr& entity) {
  join_inline(call, asking);
  if (call.media == Media::geo_json) return feature(call, asking, *entity);
  if (asking.join != Join::flat) return call.answer(written(*entity, asking.shape));
  std::vector<std::string> texts = texts_of(call, asking, {entity});
  if (texts.size() == 1) return call.answer(std::move(texts.front()));
  return call.answer_list(texts, {.limit = texts.size()}, std::nullopt, false);
}

Result<http::Response> answer_query(Call& call, Asking& asking) {
  join_inline(call, asking);
  const Found found = call.broker.entities.find(
      call.tenant, {.query = &asking.query, .order = &asking.order, .offset = asking.page.offset, .limit = asking.page.limit, .count = asking.page.count});
  if (call.media == Media::geo_json) return feature_collection(call, asking, found);
  return call.answer_list(texts_of(call, asking, found.entities), asking.page, asking.page.count ? std::optional(found.total) : std::nullopt, found.more);
}

}  // namespace machiya::sense::ngsild
