// /v2/entities: list, create, retrieve, delete; all attributes of one.
#include "sense/v2/asking.h"
#include "sense/ngsiv2/ngsiv2.h"
#include "sense/ngsiv2/forwarding.h"

namespace machiya::sense::ngsiv2 {
namespace {

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }

std::string parameter_or(const Call& call, std::string_view name) { return std::string(call.parameter(name).value_or("")); }

// ids, types and their patterns of the address.
Result<void> read_selection(const Call& call, EntityQuery& out) {
  const auto id = call.list("id"), type = call.list("type");
  const auto id_pattern = call.parameter("idPattern"), type_pattern = call.parameter("typePattern");
  if (!id.empty() && id_pattern) return bad("Incompatible parameters: id, IdPattern");
  if (!type.empty() && type_pattern) return bad("Incompatible parameters: type, typePattern");
  EntitySelector& s = out.entities.emplace_back();
  s.v2 = true;
  for (const std::string& one : id) MACHIYA_CHECK(check_field(one, "entity id"));
  s.ids = id;
  if (id_pattern && *id_pattern != ".*") {
    MACHIYA_TRY(s.id_pattern, read_id_pattern(*id_pattern));
  }
  std::vector<std::string> iris;
  for (const std::string& one : type) {
    MACHIYA_CHECK(check_field(one, "entity type"));
    iris.push_back(call.broker.names.iri(one));
  }
  if (!iris.empty()) s.type = TypeSelection::any(iris);
  if (type_pattern) {
    MACHIYA_TRY(s.type, read_type_pattern(*type_pattern, call.broker.names));
  }
  return {};
}

Result<http::Response> list(Call& call) {
  MACHIYA_TRY(const Call::Page page, call.page());
  EntityQuery query;
  query.paths = call.paths;
  MACHIYA_CHECK(read_selection(call, query));
  const auto word = [&](std::string_view name) { return call.parameter(name).value_or(""); };
  MACHIYA_CHECK(read_expression({word("q"), word("mq"), word("georel"), word("geometry"), word("coords")}, call.broker.names, query));
  Ordering order;
  if (const auto by = call.parameter("orderBy")) {
    MACHIYA_TRY(order, read_order(*by, query, call.broker.names));
  }
  const View view = call.view();
  const Found found = call.find_everywhere(query, order, page, view.attrs);
  std::string out = "[";
  for (const EntityPtr& e : found.entities) {
    if (out.size() > 1) out += ',';
    call.showed(*e, view);
    write_entity(*e, view, call.broker.names, out);
  }
  return call.answer_page(out + "]", page, found.total);
}

Result<http::Response> create(Call& call) {
  MACHIYA_TRY(const Read entity, read_entity(call.body, Head::whole, call.option("keyValues"), call.broker.names, call.arena));
  const bool upsert = call.option("upsert");
  MACHIYA_CHECK(Writing(call).create(entity, upsert, call.how(Action::append)));
  http::Response out = call.no_content();
  out.status = upsert ? 204 : 201;
  out.header("Location", "/v2/entities/" + http::url_encode(entity.id) + "?type=" + http::url_encode(entity.has_type ? entity.type : kDefaultType));
  return out;
}

Result<std::string> id_of(const Call& call) {
  const std::string_view id = call.request.param("id");
  MACHIYA_CHECK(check_field(id, "entity id"));
  return std::string(id);
}

Result<http::Response> show(Call& call, bool head) {
  MACHIYA_TRY(const std::string id, id_of(call));
  View view = call.view();
  MACHIYA_TRY(const EntityPtr entity, call.one_everywhere(id, parameter_or(call, "type"), view.attrs));
  view.head = head;
  call.showed(*entity, view);
  std::string out;
  write_entity(*entity, view, call.broker.names, out);
  return call.answer(std::move(out));
}
Result<http::Response> retrieve(Call& call) { return show(call, true); }
Result<http::Response> attributes(Call& call) { return show(call, false); }

Result<http::Response> remove(Call& call) {
  MACHIYA_TRY(const std::string id, id_of(call));
  const Draft nothing;
  MACHIYA_CHECK(Writing(call).change(id, parameter_or(call, "type"), {.action = Action::remove, .draft = &nothing, .whole = true}));
  return call.no_content();
}

Result<http::Response> change(Call& call, Action action) {
  MACHIYA_TRY(const std::string id, id_of(call));
  MACHIYA_TRY(const Read read, read_entity(call.body, Head::none, call.option("keyValues"), call.broker.names, call.arena));
  Update update = call.how(action);
  update.draft = &read.draft;
  MACHIYA_CHECK(Handing(call).change(id, parameter_or(call, "type"), update, pieces_of(call.body, call.option("keyValues"))));
  return call.no_content();
}
Result<http::Response> append(Call& call) { return change(call, call.option("append") ? Action::append_strict : Action::append); }
Result<http::Response> update(Call& call) { return change(call, Action::update); }
Result<http::Response> replace(Call& call) { return change(call, Action::replace); }

}  // namespace

void add_entity_routes(const Routes& routes) {
  using enum http::Method;
  const std::vector<std::string_view> shown = {"keyValues", "values", "unique", "skipForwarding"}, changed = {"keyValues", "overrideMetadata", "forcedUpdate", "flowControl"};
  routes.add(get, "/v2/entities", {.options = {"count", "keyValues", "values", "unique", "skipForwarding"}}, list);
  routes.add(post, "/v2/entities", {.options = {"keyValues", "upsert", "overrideMetadata", "forcedUpdate", "flowControl"}, .body = true, .writes = true}, create);
  routes.refuse_others("/v2/entities", {get, post});
  routes.add(get, "/v2/entities/{id}", {.options = shown}, retrieve);
  routes.add(del, "/v2/entities/{id}", {.writes = true}, remove);
  routes.refuse_others("/v2/entities/{id}", {get, del});
  routes.add(get, "/v2/entities/{id}/attrs", {.options = shown}, attributes);
  routes.add(post, "/v2/entities/{id}/attrs", {.options = {"append", "keyValues", "overrideMetadata", "forcedUpdate", "flowControl"}, .body = true, .writes = true}, append);
  routes.add(patch, "/v2/entities/{id}/attrs", {.options = changed, .body = true, .writes = true}, update);
  routes.add(put, "/v2/entities/{id}/attrs", {.options = changed, .body = true, .writes = true}, replace);
  routes.refuse_others("/v2/entities/{id}/attrs", {get, post, put, patch});
}

}  // namespace machiya::sense::ngsiv2
