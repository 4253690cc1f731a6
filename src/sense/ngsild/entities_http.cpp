// /entities: create, retrieve, query, merge, replace, delete, purge (§6.4, §6.5).
#include "sense/entities/change.h"
#include "sense/entities/read.h"
#include "sense/ngsild/answers.h"
#include "sense/ngsild/entity_maps.h"
#include "sense/ngsild/ngsild.h"

namespace machiya::sense::ngsild {
namespace {

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

Result<http::Response> create(Call& call) {
  auto draft = read_entity(call.body, BodyOf::entity, *call.terms, call.arena);
  if (!draft.ok()) return draft.error();
  const std::string id(draft->id);
  auto made = call.broker.entities.write(call.tenant, id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (current) return Error(ErrorCode::conflict, "there is an entity of this id");
    return create_entity(*draft, context);
  });
  if (!made.ok()) return made.error();
  return call.created("/entities/", id);
}

// An entity of that id, and of the type if one was asked for.
Result<EntityPtr> find_one(Call& call, const std::string& id) {
  const EntityPtr entity = call.broker.entities.get(call.tenant, id);
  if (!entity) return Error(ErrorCode::not_found, "there is no such entity");
  auto right = of_asked_type(call, *entity);
  if (!right.ok()) return right.error();
  if (!*right) return Error(ErrorCode::not_found, "there is no such entity of this type");
  return entity;
}

Result<http::Response> retrieve(Call& call) {
  auto id = call.uri("id");
  if (!id.ok()) return id.error();
  Asking asking;
  if (auto done = read_shape(call, asking); !done.ok()) return done.error();
  asking.settle();
  auto entity = find_one(call, *id);
  if (!entity.ok()) return entity.error();
  if (!asking.query.attrs.empty() && !asking.query.matches(**entity)) return Error(ErrorCode::not_found, "the entity has none of these attributes");
  if (!shows_anything(**entity, asking.shape)) return Error(ErrorCode::not_found, "the entity has nothing of what was asked for");
  MACHIYA_TRY(const MapUse map, use_map_of(call, asking, *id));
  http::Response out = answer_one(call, asking, *entity);
  if (!map.location.empty()) out.header("NGSILD-EntityMap", map.location);
  return out;
}

Result<http::Response> query(Call& call) {
  Asking asking;
  if (auto done = read_query(call, asking); !done.ok()) return done.error();
  asking.settle();
  return answer_query(call, asking);
}

Result<http::Response> merge(Call& call) {
  auto id = call.uri("id");
  if (!id.ok()) return id.error();
  auto format = call.format();
  if (!format.ok()) return format.error();
  Stamp observed_at;
  if (const auto text = call.parameter("observedAt")) {
    const auto stamp = parse_stamp(*text);
    if (!stamp) return bad("a date-time in UTC with the suffix Z is expected", "observedAt");
    observed_at = *stamp;
  }
  auto made = change_entity(call, *id, [&](const EntityPtr& current, const ChangeContext& context) {
    return merge_entity(current, call.body, *call.terms, observed_at, call.parameter("lang").value_or(""), context, *format == Format::simplified);
  });
  if (!made.ok()) return made.error();
  return call.no_content();
}

Result<http::Response> replace(Call& call) {
  auto id = call.uri("id");
  if (!id.ok()) return id.error();
  auto draft = read_entity(call.body, BodyOf::append, *call.terms, call.arena);
  if (!draft.ok()) return draft.error();
  if (!draft->id.empty() && draft->id != *id) return bad("the id is another one than the address says", "/id");
  auto made = change_entity(call, *id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> { return replace_entity(current, *draft, context); });
  if (!made.ok()) return made.error();
  return call.no_content();
}

Result<http::Response> remove(Call& call) {
  auto id = call.uri("id");
  if (!id.ok()) return id.error();
  auto made = change_entity(call, *id, [](const EntityPtr& current, const ChangeContext&) -> Result<Change> { return delete_entity(current); });
  if (!made.ok()) return made.error();
  return call.no_content();
}

// §5.6.21: everything that a query selects, whole or the named attributes of it.
Result<http::Response> purge(Call& call) {
  Asking asking;
  if (auto done = read_query(call, asking); !done.ok()) return done.error();
  if (asking.query.q.linked_depth() > 0) return bad("q may not follow relationships here", "q");
  if (asking.projected_depth > 0 || asking.join != Asking::Join::none) return bad("linked entities are not purged", "join");
  asking.settle();
  MACHIYA_TRY(const MapUse map, use_map(call, asking));
  std::vector<std::string> names;
  const bool keep = call.parameter("keep").has_value(), drop = call.parameter("drop").has_value();
  if (keep && drop) return bad("keep and drop go not together", "keep");
  if (keep || drop) {
    auto parsed = parse_names(*call.parameter(keep ? "keep" : "drop"), call.expander(), keep ? "keep" : "drop");
    if (!parsed.ok()) return bad_data(parsed.error());
    names = std::move(*parsed);
  }
  const auto named = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  const auto change = [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (!current) return Change{};
    if (!keep && !drop) return delete_entity(current);
    Draft left = Draft::of(*current);
    std::erase_if(left.attributes, [&](const DraftAttribute& a) { return named(a.name) == drop; });
    return keep_attributes(current, left, context);
  };
  std::vector<EntityStore::Item> items;
  const Found found = call.broker.entities.find(call.tenant, {.query = &asking.query, .limit = SIZE_MAX});
  for (const EntityPtr& e : found.entities) items.push_back({std::string(e->id), change});
  for (const auto& made : call.broker.entities.write_all(call.tenant, items))
    if (!made.ok()) return made.error();
  http::Response out = call.no_content();
  if (!map.location.empty()) out.header("NGSILD-EntityMap", map.location);
  return out;
}

// An address in which the id is missing (§5.6.2.4 and all others: BadRequestData).
Result<http::Response> no_id(Call&) { return bad("the id of the entity is missing", "entityId"); }

}  // namespace

void add_entity_routes(const Routes& routes) {
  using http::Method;
  std::vector<std::string_view> purging = kQueryParameters;
  purging.insert(purging.end(), {"keep", "drop"});
  for (const char* path : {"/entities", "/entities/"}) {
    routes.add(Method::post, path, {.parameters = {"local", "via"}, .body = true, .needs_tenant = false}, create);
    routes.add(Method::get, path, {.parameters = kQueryParameters, .geo_json = true}, query);
    routes.add(Method::del, path, {.parameters = purging}, purge);
    for (const Method m : {Method::put, Method::patch}) routes.add(m, path, {.parameters = purging}, no_id);
  }
  for (const char* path : {"/entities//attrs", "/entities//attrs/", "/entities//attrs/{attr}", "/entities/attrs/{attr}"})
    for (const Method m : {Method::post, Method::put, Method::patch, Method::del}) routes.add(m, path, {.parameters = {"datasetId", "deleteAll", "type", "options", "local"}}, no_id);
  routes.add(Method::get, "/entities/{id}", {.parameters = kRetrieveParameters, .geo_json = true}, retrieve);
  routes.add(Method::patch, "/entities/{id}", {.parameters = {"options", "format", "type", "observedAt", "lang", "local"}, .body = true}, merge);
  routes.add(Method::put, "/entities/{id}", {.parameters = {"options", "type", "local"}, .body = true}, replace);
  routes.add(Method::del, "/entities/{id}", {.parameters = {"type", "local"}}, remove);
}

}  // namespace machiya::sense::ngsild
