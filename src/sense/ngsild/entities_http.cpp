// /entities: create, retrieve, query, merge, replace, delete, purge (§6.4, §6.5).
#include <algorithm>

#include "sense/entities/change.h"
#include "sense/entities/read.h"
#include "sense/ngsild/answers.h"
#include "sense/ngsild/distribution.h"
#include "sense/ngsild/entity_maps.h"
#include "sense/ngsild/ngsild.h"

namespace machiya::sense::ngsild {
namespace {

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

Result<http::Response> create(Call& call) {
  MACHIYA_TRY(Draft draft, read_entity(call.body, BodyOf::entity, *call.terms, call.arena));
  const std::string id(draft.id);
  const BodyCut cut(call);
  const auto local = [&](Call& here) -> Result<Change> {
    if (cut.done()) {
      MACHIYA_TRY(draft, read_entity(here.body, BodyOf::entity, *here.terms, here.arena));
    }
    return here.write(id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      if (current) return Error(ErrorCode::conflict, "there is an entity of this id");
      return create_entity(draft, context);
    });
  };
  return write_entity(call, {Operation::create_entity, "POST", "/entities", id, attributes_leaving(call), true}, local, [&](Call& here, const Change&) { return here.created("/entities/", id); });
}

// An entity of that id, and of the type if one was asked for; with what other sources know of it.
Result<EntityPtr> find_one(Call& call, const std::string& id, const Asking& asking, std::vector<federation::Warning>& warnings) {
  EntityPtr entity;
  if (federation::Federation* others = leaving(call)) {
    Gathered gathered = gather(call, *others, id, asking);
    entity = std::move(gathered.entity), warnings = std::move(gathered.warnings);
  } else {
    entity = call.get(id);
  }
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
  std::vector<federation::Warning> warnings;
  const auto refused = [&](const Error& error) {
    http::Response out = call.dressed(problem(error));
    add_warnings(out, warnings);
    return out;
  };
  auto entity = find_one(call, *id, asking, warnings);
  if (!entity.ok()) return refused(entity.error());
  if (!asking.query.attrs.empty() && !asking.query.matches(**entity)) return refused(Error(ErrorCode::not_found, "the entity has none of these attributes"));
  if (!shows_anything(**entity, asking.shape)) return refused(Error(ErrorCode::not_found, "the entity has nothing of what was asked for"));
  MACHIYA_TRY(const MapUse map, use_map_of(call, asking, *id));
  http::Response out = answer_one(call, asking, *entity);
  add_warnings(out, warnings);
  if (!map.location.empty()) out.header("NGSILD-EntityMap", map.location);
  return out;
}

Result<http::Response> query(Call& call) {
  Asking asking;
  if (auto done = read_query(call, asking); !done.ok()) return done.error();
  asking.settle();
  return answer_query(call, asking);
}

http::Response done(Call& call, const Change&) { return call.no_content(); }

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
  const auto local = [&](Call& here) {
    return change_entity(here, *id, [&](const EntityPtr& current, const ChangeContext& context) {
      return merge_entity(current, here.body, *here.terms, observed_at, here.parameter("lang").value_or(""), context, *format == Format::simplified);
    });
  };
  const std::string target = entity_path(*id) + parameters_of(call, {"options", "format", "observedAt", "lang", "type"});
  return write_entity(call, {Operation::merge_entity, "PATCH", target, *id, attributes_leaving(call), true}, local, done);
}

Result<http::Response> replace(Call& call) {
  auto id = call.uri("id");
  if (!id.ok()) return id.error();
  MACHIYA_TRY(Draft draft, read_entity(call.body, BodyOf::append, *call.terms, call.arena));
  if (!draft.id.empty() && draft.id != *id) return bad("the id is another one than the address says", "/id");
  const BodyCut cut(call);
  const auto local = [&](Call& here) -> Result<Change> {
    if (cut.done()) {
      MACHIYA_TRY(draft, read_entity(here.body, BodyOf::append, *here.terms, here.arena));
    }
    return change_entity(here, *id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> { return replace_entity(current, draft, context); });
  };
  return write_entity(call, {Operation::replace_entity, "PUT", entity_path(*id), *id, attributes_leaving(call), true}, local, done);
}

Result<http::Response> remove(Call& call) {
  auto id = call.uri("id");
  if (!id.ok()) return id.error();
  const auto local = [&](Call& here) { return change_entity(here, *id, [](const EntityPtr& current, const ChangeContext&) -> Result<Change> { return delete_entity(current); }); };
  return write_entity(call, {Operation::delete_entity, "DELETE", entity_path(*id), *id}, local, done);
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
  const Found found = call.find({.query = &asking.query, .limit = SIZE_MAX});
  for (const EntityPtr& e : found.entities) items.push_back({std::string(e->id), change});
  for (const auto& made : call.write_all(items))
    if (!made.ok()) return made.error();
  MACHIYA_TRY(const BatchResult elsewhere, purge_elsewhere(call, asking));
  http::Response out = elsewhere.clean() ? call.no_content() : call.multi_status(elsewhere.text());
  if (!map.location.empty()) out.header("NGSILD-EntityMap", map.location);
  return out;
}

// An address in which the id is missing (§5.6.2.4 and all others: BadRequestData).
Result<http::Response> no_id(Call&) { return bad("the id of the entity is missing", "entityId"); }

}  // namespace

void add_entity_routes(const Routes& to) {
  const Routes routes = to.also_on_snapshots();
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
