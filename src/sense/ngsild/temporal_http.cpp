#include "sense/ngsild/temporal_http.h"

#include <algorithm>
#include <functional>

#include "sense/entities/read.h"
#include "sense/ngsild/answers.h"
#include "sense/ngsild/distributed_past.h"
#include "sense/ngsild/distribution.h"
#include "sense/ngsild/entity_maps.h"
#include "sense/ngsild/temporal_asking.h"

namespace machiya::sense::ngsild {
namespace {
using tree::Value;

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

/// The resources of the temporal interface; lives as long as the router.
class Temporal {
 public:
  Temporal(History& history, TemporalOptions options) : history_(history), options_(options) {}

  Result<http::Response> create(Call& call) const;
  Result<http::Response> retrieve(Call& call) const;
  Result<http::Response> query(Call& call) const;
  Result<http::Response> query_by_body(Call& call) const;
  Result<http::Response> remove(Call& call) const;
  Result<http::Response> append(Call& call) const;
  Result<http::Response> remove_attribute(Call& call) const;
  Result<http::Response> replace_instance(Call& call) const;
  Result<http::Response> remove_instance(Call& call) const;
  /// A tenant that the broker does not know may have a history; whoever writes was answered only after the broker has it, so it must be seen here (settle).
  Result<void> begin(Call& call, bool needs_tenant) const;

 private:
  History& history_;
  TemporalOptions options_;
  Result<http::Response> answer(Call& call, PastAsking& asking) const;
  /// A write of one attribute, or of one instance of it: here and at sources. `change` does it here.
  Result<http::Response> write_one(Call& call, const std::string& id, const std::string& name, Operation operation, const char* method, const std::string& instance,
                                   const std::function<Result<void>(std::string_view tenant)>& change) const;
};

Result<void> Temporal::begin(Call& call, bool needs_tenant) const {
  if (auto done = history_.settle(); !done.ok()) return Error(ErrorCode::storage_failed, done.error().detail);
  if (!needs_tenant || call.tenant.empty() || call.broker.entities.has_tenant(call.tenant) || history_.has_tenant(call.tenant)) return {};
  return Error(ErrorCode::not_found, "there is no such tenant", std::string(reason::kTenant));
}

// Scopes may be reified (§4.18): then the newest value counts.
Result<void> read_reified_scope(const Value& body, Draft& draft) {
  const Value* scope = body.find("scope");
  if (scope == nullptr || !draft.scopes.empty()) return {};
  for (const Value& item : scope->is_array() ? scope->items() : std::span<const Value>(scope, 1)) {
    if (!item.is_object()) return bad("a scope, or a Property of scopes, is expected", "/scope");
    MACHIYA_TRY(draft.scopes, read_scopes(item["value"]));
  }
  return {};
}

Result<Draft> read_temporal(Call& call, const Value& body) {
  MACHIYA_TRY(Draft draft, read_entity(body, BodyOf::temporal, *call.terms, call.arena));
  MACHIYA_CHECK(read_reified_scope(body, draft));
  return draft;
}

// What everybody who may write an evolution must be allowed: its entity's types. `there`: what it is now.
Result<void> writable(const Call& call, const history::HeadPtr& there) {
  if (!call.gate || !there) return {};
  const std::vector<std::string_view> types(there->types.begin(), there->types.end());
  auto may = call.gate->may_write(types);
  if (!may.ok() && !call.gate->sees(types)) return Error(ErrorCode::not_found, "there is no history of such an entity");
  return may;
}

// The values of an evolution fit the entity's type; an evolution need not have everything.
Result<void> fits(const Call& call, const Draft& draft) {
  if (!call.gate) return {};
  Draft bare;
  bare.id = draft.id, bare.types = draft.types;
  return call.gate->check(bare.finish(call.broker.entities.names()), draft.finish(call.broker.entities.names()));
}

// A write of an evolution as it is split among this broker and sources.
OneWrite write_of(const Call& call, Operation operation, std::string method, const std::string& id, std::string behind, std::vector<std::string> attrs, const history::HeadPtr& head) {
  OneWrite out{operation, std::move(method), "/temporal" + (id.empty() ? "/entities" : entity_path(id, behind)) + parameters_of(call, {"deleteAll", "datasetId"}), id, std::move(attrs)};
  out.with_body = call.body.is_object(), out.history = true;
  if (head) out.types.assign(head->types.begin(), head->types.end());
  return out;
}

http::Response written(Call& call, const Change&) { return call.no_content(); }

Result<http::Response> Temporal::create(Call& call) const {
  MACHIYA_TRY(Draft draft, read_temporal(call, call.body));
  const std::string id(draft.id);
  const BodyCut cut(call);
  bool fresh = false, here = false;
  int elsewhere = 201;
  const auto local = [&](Call& part) -> Result<Change> {
    if (cut.done()) {
      MACHIYA_TRY(draft, read_temporal(part, part.body));
    }
    MACHIYA_CHECK(writable(part, history_.head(part.tenant, id)));
    MACHIYA_CHECK(fits(part, draft));
    MACHIYA_TRY(fresh, history_.put(part.tenant, draft));
    here = true;
    return Change();
  };
  OneWrite write = write_of(call, Operation::upsert_temporal, "POST", {}, {}, attributes_leaving(call), nullptr);
  write.id = id, write.elsewhere = &elsewhere;
  return write_entity(call, write, local, [&](Call& now, const Change&) {
    const bool created = here ? fresh : elsewhere == 201;
    return created ? now.created(std::string(kBase) + "/temporal/entities/" + id) : now.no_content();
  });
}

std::string content_range(const HistoryAnswer::Cut& cut, const HistoryWindow& window) {
  const std::string size = window.when.last_n > 0 ? std::to_string(window.when.last_n) : "*";
  return "date-time " + moment_text(cut.from_us) + "-" + moment_text(cut.to_us) + "/" + size;
}

HistoryAsking question(const Call& call, const PastAsking& asking) {
  HistoryAsking out = asking.question();
  out.gate = call.gate.get();
  return out;
}

void showed(const Call& call, const HistoryEntity& entity) {
  if (!call.gate) return;
  const std::vector<std::string_view> types(entity.head->types.begin(), entity.head->types.end());
  for (const HistorySlice& s : entity.slices)
    if (s.track->name != history::kScopeTrack) call.gate->read(types, s.track->name);
}

// Is there anything that the shape shows?
bool shows_something(const HistoryEntity& entity, const Selection& members) { return !entity.slices.empty() || members.shows("id") || members.shows("type") || (members.shows("scope") && !entity.head->scopes.empty()); }

// With what other sources know: one entity, or a page of all that were found.
Result<http::Response> together(Call& call, const PastAsking& asking, const std::string& id, const HistoryAnswer& here) {
  const PastShape shape = asking.shape();
  std::vector<std::string> ours;
  for (const HistoryEntity& e : here.entities)
    if (shows_something(e, shape.shape.members)) write_past(e, shape, ours.emplace_back());
  const Call::Page& page = asking.asking.page;
  PastTold told = with_sources(call, asking, id, std::move(ours), page.offset + page.limit + 1);
  http::Response out;
  if (id.empty()) {
    const std::size_t total = told.texts.size(), from = std::min(page.offset, total), to = std::min(from + page.limit, total);
    const std::vector<std::string> shown(told.texts.begin() + static_cast<std::ptrdiff_t>(from), told.texts.begin() + static_cast<std::ptrdiff_t>(to));
    out = call.answer_list(shown, page, page.count ? std::optional(total) : std::nullopt, to < total);
  } else if (told.texts.empty()) {
    out = call.dressed(problem(Error(ErrorCode::not_found, "the entity had nothing of what was asked for")));
  } else {
    out = call.answer(std::move(told.texts.front()), here.cut ? 206 : 200);
  }
  if (here.cut && out.status < 300) out.status = 206, out.header("Content-Range", content_range(*here.cut, asking.window));
  add_warnings(out, told.warnings);
  return out;
}

Result<http::Response> Temporal::retrieve(Call& call) const {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  PastAsking asking;
  if (auto done = read_past_retrieve(call, asking); !done.ok()) return done.error();
  asking.window.most = options_.most_instances;
  auto here = history_.retrieve(call.tenant, id, question(call, asking));
  if (!here.ok() && here.error().code != ErrorCode::not_found) return here.error();
  if (past_leaves(call, asking, id)) {
    const HistoryAnswer none;
    return together(call, asking, id, here.ok() ? *here : none);
  }
  MACHIYA_TRY(HistoryAnswer found, std::move(here));
  if (found.entities.empty() || !shows_something(found.entities.front(), asking.asking.shape.members)) return Error(ErrorCode::not_found, "the entity had nothing of what was asked for");
  const HistoryEntity& entity = found.entities.front();
  showed(call, entity);
  std::string text;
  write_past(entity, asking.shape(), text);
  MACHIYA_TRY(const MapUse map, use_map_of(call, asking.asking, id));
  http::Response out = call.answer(std::move(text), found.cut ? 206 : 200);
  if (!map.location.empty()) out.header("NGSILD-EntityMap", map.location);
  if (found.cut) out.header("Content-Range", content_range(*found.cut, asking.window));
  return out;
}

Result<http::Response> Temporal::answer(Call& call, PastAsking& asking) const {
  asked(call, asking.asking.query, nullptr);
  asking.window.most = options_.most_instances;
  MACHIYA_TRY(const MapUse map, use_map(call, asking.asking, [&] { return history_.ids(call.tenant, question(call, asking)); }));
  if (past_leaves(call, asking, {})) {
    PastAsking all = asking;
    all.asking.page.offset = 0, all.asking.page.limit = asking.asking.page.offset + asking.asking.page.limit + 1;
    all.asking.settle();
    MACHIYA_TRY(const HistoryAnswer here, history_.find(call.tenant, question(call, all)));
    return together(call, asking, {}, here);
  }
  MACHIYA_TRY(HistoryAnswer found, history_.find(call.tenant, question(call, asking)));
  const PastShape shape = asking.shape();
  std::vector<std::string> texts;
  for (const HistoryEntity& e : found.entities)
    if (shows_something(e, shape.shape.members)) showed(call, e), write_past(e, shape, texts.emplace_back());
  http::Response out = call.answer_list(texts, asking.asking.page, asking.asking.page.count ? std::optional(found.total) : std::nullopt, found.more);
  if (!map.location.empty()) out.header("NGSILD-EntityMap", map.location);
  if (map.created) out.status = 201;
  if (found.cut) out.status = 206, out.header("Content-Range", content_range(*found.cut, asking.window));
  return out;
}

Result<http::Response> Temporal::query(Call& call) const {
  PastAsking asking;
  if (auto done = read_past_query(call, asking); !done.ok()) return done.error();
  return answer(call, asking);
}

Result<http::Response> Temporal::query_by_body(Call& call) const {
  PastAsking asking;
  if (auto done = read_past_body(call, asking); !done.ok()) return done.error();
  return answer(call, asking);
}

Result<http::Response> Temporal::remove(Call& call) const {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  const history::HeadPtr head = history_.head(call.tenant, id);
  const auto local = [&](Call& here) -> Result<Change> {
    MACHIYA_CHECK(writable(here, head));
    MACHIYA_CHECK(history_.erase_entity(here.tenant, id));
    return Change();
  };
  return write_entity(call, write_of(call, Operation::delete_temporal, "DELETE", id, {}, {}, head), local, written);
}

// A fragment may leave out who it is about.
Value whole_fragment(Call& call, const std::string& id, const history::HeadPtr& head) {
  std::vector<tree::Member> members(call.body.members().begin(), call.body.members().end());
  if (!call.body.has("id")) members.push_back({"id", Value::string(id)});
  if (!call.body.has("type")) members.push_back({"type", Value::string(head && !head->types.empty() ? std::string_view(head->types.front()) : "Thing")});
  return call.arena.object(members);
}

// Change::done of attributes that were all written.
Change all_done(const std::vector<std::string>& attrs) {
  Change out;
  out.done = attrs;
  return out;
}

Result<http::Response> Temporal::append(Call& call) const {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  const history::HeadPtr head = history_.head(call.tenant, id);
  if (const Value* said = call.body.find("id"); said != nullptr && said->text() != id) return bad("the id is another one than the address says", "/id");
  MACHIYA_TRY(Draft draft, read_temporal(call, whole_fragment(call, id, head)));
  const BodyCut cut(call);
  const auto local = [&](Call& here) -> Result<Change> {
    if (cut.done()) {
      MACHIYA_TRY(draft, read_temporal(here, whole_fragment(here, id, head)));
    }
    MACHIYA_CHECK(writable(here, head));
    MACHIYA_CHECK(fits(here, draft));
    MACHIYA_CHECK(history_.append(here.tenant, id, draft));
    return all_done(attributes_leaving(here));
  };
  return write_attributes(call, write_of(call, Operation::append_attrs_temporal, "POST", id, "/attrs", attributes_leaving(call), head), local, written);
}

Result<http::Response> Temporal::write_one(Call& call, const std::string& id, const std::string& name, Operation operation, const char* method, const std::string& instance,
                                           const std::function<Result<void>(std::string_view tenant)>& change) const {
  const history::HeadPtr head = history_.head(call.tenant, id);
  const auto local = [&](Call& here) -> Result<Change> {
    MACHIYA_CHECK(writable(here, head));
    MACHIYA_CHECK(change(here.tenant));
    return all_done({name});
  };
  std::string behind = "/attrs/" + federation::path_part(call.request.param("attr"));
  if (!instance.empty()) behind += "/" + federation::path_part(instance);
  OneWrite write = write_of(call, operation, method, id, std::move(behind), {name}, head);
  write.one_attribute = true;
  return write_attributes(call, write, local, written);
}

Result<http::Response> Temporal::remove_attribute(Call& call) const {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  MACHIYA_TRY(const std::string name, call.name("attr"));
  MACHIYA_TRY(const bool all, call.flag("deleteAll"));
  const std::string_view dataset = call.parameter("datasetId").value_or("");
  if (!dataset.empty() && dataset != "@none" && !is_uri(dataset)) return bad("a datasetId is a URI", "datasetId");
  return write_one(call, id, name, Operation::delete_attrs_temporal, "DELETE", {},
                   [&](std::string_view tenant) { return history_.erase_attribute(tenant, id, name, dataset == "@none" ? std::string_view() : dataset, all); });
}

// The instance stands alone, or in a fragment of the entity: {"speed": [{…}]}.
const Value& instance_of(Call& call, const std::string& name) {
  for (const tree::Member& m : call.body.members())
    if (!is_own_member(m.key) && m.key != "@context" && !call.body.has("type") && call.expand(m.key) == name) return m.value;
  return call.body;
}

Result<http::Response> Temporal::replace_instance(Call& call) const {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  MACHIYA_TRY(const std::string name, call.name("attr"));
  MACHIYA_TRY(const std::string instance_id, call.uri("instance"));
  MACHIYA_TRY(const auto instances, read_attribute(instance_of(call, name), BodyOf::append, *call.terms, call.arena, ""));
  if (instances.size() != 1) return bad("one instance is expected");
  return write_one(call, id, name, Operation::update_attr_instance_temporal, "PATCH", instance_id,
                   [&](std::string_view tenant) { return history_.replace_instance(tenant, id, name, instance_id, instances.front()); });
}

Result<http::Response> Temporal::remove_instance(Call& call) const {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  MACHIYA_TRY(const std::string name, call.name("attr"));
  MACHIYA_TRY(const std::string instance_id, call.uri("instance"));
  return write_one(call, id, name, Operation::delete_attr_instance_temporal, "DELETE", instance_id,
                   [&](std::string_view tenant) { return history_.erase_instance(tenant, id, name, instance_id); });
}

}  // namespace

void add_temporal_routes(const Routes& routes, History& history, TemporalOptions options) {
  using http::Method;
  const auto temporal = std::make_shared<const Temporal>(history, options);
  const auto add = [&](Method method, std::string_view path, Call::Allowed allowed, Result<http::Response> (Temporal::*handle)(Call&) const, bool needs_tenant = true) {
    allowed.needs_tenant = false;   // begin() knows histories' tenants, too
    routes.add(method, path, allowed, [temporal, handle, needs_tenant](Call& call) -> Result<http::Response> {
      if (auto done = temporal->begin(call, needs_tenant); !done.ok()) return done.error();
      return ((*temporal).*handle)(call);
    });
  };
  constexpr std::string_view kEntities = "/temporal/entities", kEntity = "/temporal/entities/{id}", kAttribute = "/temporal/entities/{id}/attrs/{attr}",
                             kInstance = "/temporal/entities/{id}/attrs/{attr}/{instance}";
  add(Method::post, kEntities, {.parameters = {"local", "via"}, .body = true}, &Temporal::create, false);
  add(Method::get, kEntities, {.parameters = kTemporalQueryParameters}, &Temporal::query);
  add(Method::get, kEntity, {.parameters = kTemporalRetrieveParameters}, &Temporal::retrieve);
  add(Method::del, kEntity, {.parameters = {"local"}}, &Temporal::remove);
  add(Method::post, "/temporal/entities/{id}/attrs", {.parameters = {"local"}, .body = true}, &Temporal::append);
  add(Method::del, kAttribute, {.parameters = {"deleteAll", "datasetId", "local"}}, &Temporal::remove_attribute);
  add(Method::patch, kInstance, {.parameters = {"local"}, .body = true}, &Temporal::replace_instance);
  add(Method::del, kInstance, {.parameters = {"local"}}, &Temporal::remove_instance);
  add(Method::post, "/temporal/entityOperations/query", {.parameters = kTemporalBodyParameters, .body = true, .asks = true}, &Temporal::query_by_body);
}

}  // namespace machiya::sense::ngsild
