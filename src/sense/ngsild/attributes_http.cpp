// /entities/{id}/attrs: append, update; one attribute: partial update, replace, delete (§6.6, §6.7).
#include "sense/entities/change.h"
#include "sense/entities/read.h"
#include "sense/ngsild/answers.h"
#include "sense/ngsild/distribution.h"
#include "sense/ngsild/ngsild.h"
#include "sense/ngsild/results.h"

namespace machiya::sense::ngsild {
namespace {

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

// 204 when everything was done, else 207 with an UpdateResult.
http::Response updated(Call& call, const Change& change) { return change.not_done.empty() ? call.no_content() : call.multi_status(update_result(change)); }

// A fragment may say whose it is, but nothing else than the address.
Result<void> same_id(const Call&, const Draft& draft, const std::string& id) {
  return draft.id.empty() || draft.id == id ? Result<void>() : Result<void>(bad("the id is another one than the address says", "/id"));
}

Result<http::Response> append(Call& call) {
  auto id = call.uri("id");
  if (!id.ok()) return id.error();
  MACHIYA_TRY(Draft draft, read_entity(call.body, BodyOf::append, *call.terms, call.arena));
  if (auto done = same_id(call, draft, *id); !done.ok()) return done.error();
  const bool no_overwrite = call.option("noOverwrite");
  const BodyCut cut(call);
  const auto local = [&](Call& here) -> Result<Change> {
    if (cut.done()) {
      MACHIYA_TRY(draft, read_entity(here.body, BodyOf::append, *here.terms, here.arena));
    }
    return change_entity(here, *id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> { return append_attributes(current, draft, no_overwrite, context); });
  };
  const std::string target = entity_path(*id, "/attrs") + parameters_of(call, {"options", "type"});
  return write_attributes(call, {Operation::append_attrs, "POST", target, *id, attributes_leaving(call), true}, local, updated);
}

Result<http::Response> update(Call& call) {
  auto id = call.uri("id");
  if (!id.ok()) return id.error();
  MACHIYA_TRY(Draft draft, read_entity(call.body, BodyOf::fragment, *call.terms, call.arena));
  if (auto done = same_id(call, draft, *id); !done.ok()) return done.error();
  const BodyCut cut(call);
  const auto local = [&](Call& here) -> Result<Change> {
    if (cut.done()) {
      MACHIYA_TRY(draft, read_entity(here.body, BodyOf::fragment, *here.terms, here.arena));
    }
    return change_entity(here, *id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> { return update_attributes(current, draft, context); });
  };
  const std::string target = entity_path(*id, "/attrs") + parameters_of(call, {"options", "type"});
  return write_attributes(call, {Operation::update_entity, "PATCH", target, *id, attributes_leaving(call), true}, local, updated);
}

// Members that stand beside attributes (§4.5.1).
bool detail_member(std::string_view name) { return name != "type" && name != "id" && name != "scope" && is_own_member(name); }

// A name in the address that may be written alone: an attribute, not a member of the entity.
Result<std::string> attribute_name(Call& call) {
  const std::string_view said = call.request.param("attr");
  if (detail_member(said)) return bad("\"" + std::string(said) + "\" is no attribute", "attrId");
  if (said == "scope" || said == "type" || said == "id") return bad("\"" + std::string(said) + "\" is no attribute that can be changed alone", "attrId");
  return call.name("attr");
}

http::Response done(Call& call, const Change&) { return call.no_content(); }

template <class Make> Result<http::Response> one_attribute(Call& call, Operation operation, const char* method, const Make& make) {
  auto id = call.uri("id");
  if (!id.ok()) return id.error();
  auto name = attribute_name(call);
  if (!name.ok()) return name.error();
  const auto local = [&](Call& here) { return change_entity(here, *id, [&](const EntityPtr& current, const ChangeContext& context) { return make(current, *name, context); }); };
  const std::string said(call.request.param("attr"));
  const std::string target = entity_path(*id, "/attrs/" + federation::path_part(said)) + parameters_of(call, {"datasetId", "deleteAll", "type"});
  const bool with_body = operation != Operation::delete_attrs;
  return write_attributes(call, {operation, method, target, *id, {*name}, with_body, true}, local, done);
}

Result<http::Response> partial_update(Call& call) {
  return one_attribute(call, Operation::update_attrs, "PATCH", [&](const EntityPtr& current, const std::string& name, const ChangeContext& context) { return update_attribute(current, name, call.body, *call.terms, context); });
}

Result<http::Response> replace(Call& call) {
  return one_attribute(call, Operation::replace_attrs, "PUT", [&](const EntityPtr& current, const std::string& name, const ChangeContext& context) { return replace_attribute(current, name, call.body, *call.terms, context); });
}

Result<http::Response> remove(Call& call) {
  auto all = call.flag("deleteAll");
  if (!all.ok()) return all.error();
  const std::string_view dataset = call.parameter("datasetId").value_or("");
  if (!dataset.empty() && dataset != "@none" && !is_uri(dataset)) return bad("a datasetId is a URI", "datasetId");
  if (call.request.param("attr") == "scope") {   // §5.6.5: a scope can be deleted like an attribute
    auto id = call.uri("id");
    if (!id.ok()) return id.error();
    auto made = change_entity(call, *id, [](const EntityPtr& current, const ChangeContext& context) { return delete_scopes(current, context); });
    if (!made.ok()) return made.error();
    return call.no_content();
  }
  return one_attribute(call, Operation::delete_attrs, "DELETE", [&](const EntityPtr& current, const std::string& name, const ChangeContext& context) {
    return delete_attribute(current, name, dataset == "@none" ? std::string_view() : dataset, *all, context);
  });
}

Result<http::Response> no_name(Call&) { return bad("the name of the attribute is missing", "attrId"); }

}  // namespace

void add_attribute_routes(const Routes& to) {
  const Routes routes = to.also_on_snapshots();
  using http::Method;
  for (const char* path : {"/entities/{id}/attrs", "/entities/{id}/attrs/"}) {
    routes.add(Method::post, path, {.parameters = {"options", "type", "local"}, .body = true}, append);
    routes.add(Method::patch, path, {.parameters = {"options", "type", "local"}, .body = true}, update);
    for (const Method m : {Method::put, Method::del}) routes.add(m, path, {.parameters = {"datasetId", "deleteAll", "type", "local"}}, no_name);
  }
  routes.add(Method::patch, "/entities/{id}/attrs/{attr}", {.parameters = {"type", "local"}, .body = true}, partial_update);
  routes.add(Method::put, "/entities/{id}/attrs/{attr}", {.parameters = {"type", "local"}, .body = true}, replace);
  routes.add(Method::del, "/entities/{id}/attrs/{attr}", {.parameters = {"deleteAll", "datasetId", "type", "local"}}, remove);
}

}  // namespace machiya::sense::ngsild
