// /entityOperations: create, upsert, update, merge, delete many; query by POST (§6.14–§6.18, §6.23, §6.31). Elements are applied in their order; an entity that
// occurs twice is written twice (§5.5.11).
#include <algorithm>

#include "sense/entities/change.h"
#include "sense/entities/read.h"
#include "sense/ngsild/answers.h"
#include "sense/ngsild/distributed_batch.h"
#include "sense/ngsild/ngsild.h"
#include "sense/ngsild/results.h"

namespace machiya::sense::ngsild {
namespace {

constexpr std::size_t kMostInBatch = 10'000;

/// One element that could be read, with the terms that it is understood by.
struct Element {
  Draft draft;
  TermsPtr terms;
  tree::Value body;
};

struct Batch {
  std::vector<Element> elements;
  BatchResult result;
};

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

Result<void> read_elements(Call& call, BodyOf what, Batch& out) {
  if (call.body.count > kMostInBatch) return Error(ErrorCode::limit_exceeded, "at most " + std::to_string(kMostInBatch) + " entities at once", std::string(reason::kTooMany));
  for (const tree::Value& item : call.body.items()) {
    if (!item.is_object()) return bad("each element is an entity");
    const std::string id(item.has("id") ? item["id"].text() : item["@id"].text());
    auto terms = call.terms_of(item);
    if (!terms.ok()) {
      out.result.errors.emplace_back(id, terms.error());
      continue;
    }
    auto draft = read_entity(item, what, **terms, call.arena);
    if (draft.ok() && draft->id.empty()) draft = bad("the id is missing", "/id");
    if (!draft.ok()) {
      out.result.errors.emplace_back(id, draft.error());
      continue;
    }
    out.elements.push_back({std::move(*draft), *terms, item});
  }
  return {};
}

// Elements of a merge: only what they say of themselves is read here, the rest with what it is merged into.
Result<void> read_heads(Call& call, Batch& out) {
  if (call.body.count > kMostInBatch) return Error(ErrorCode::limit_exceeded, "at most " + std::to_string(kMostInBatch) + " entities at once", std::string(reason::kTooMany));
  for (const tree::Value& item : call.body.items()) {
    if (!item.is_object()) return bad("each element is an entity");
    const tree::Value& id = item.has("id") ? item["id"] : item["@id"];
    auto terms = call.terms_of(item);
    if (!terms.ok() || !id.is_string() || !is_uri(id.text())) {
      out.result.errors.emplace_back(std::string(id.text()), terms.ok() ? bad("an id is a URI", "/id") : terms.error());
      continue;
    }
    Draft draft;
    draft.id = id.text();
    out.elements.push_back({std::move(draft), *terms, item});
  }
  return {};
}

// Writes every element by `make`; what failed is told of each.
template <class Make> std::vector<Result<Change>> write(Call& call, const Batch& batch, const Make& make) {
  std::vector<EntityStore::Item> items;
  for (const Element& e : batch.elements)
    items.push_back({std::string(e.draft.id), [&e, &make](const EntityPtr& current, const ChangeContext& context) { return make(e, current, context); }});
  return call.write_all(items);
}

void tell(const Batch& batch, const std::vector<Result<Change>>& made, BatchResult& out) {
  for (std::size_t i = 0; i < made.size(); ++i) {
    std::string id(batch.elements[i].draft.id);
    if (!made[i].ok()) {
      out.errors.emplace_back(std::move(id), made[i].error());
    } else if (!made[i]->not_done.empty() && made[i]->done.empty()) {
      out.errors.emplace_back(std::move(id), bad(made[i]->not_done.front().reason, made[i]->not_done.front().name));
    } else if (std::ranges::find(out.success, id) == out.success.end()) {
      out.success.push_back(std::move(id));
    }
  }
}

// The elements as sources are to see them.
DistributedBatch distribute(Call& call, const Batch& batch, Operation operation, std::initializer_list<std::string_view> parameters) {
  std::vector<BatchPart> parts;
  if (leaving(call) != nullptr)
    for (const Element& e : batch.elements) parts.push_back({std::string(e.draft.id), e.body, e.terms});
  const std::string_view name = operation_name(operation);   // "createBatch" of /entityOperations/create
  return {call, operation, "/entityOperations/" + std::string(name.substr(0, name.size() - 5)) + parameters_of(call, parameters), std::move(parts)};
}

// What is to be done here: elements that are elsewhere go, others lose what is. `what` as they were read.
Result<void> keep_here(Call& call, const DistributedBatch& distributed, std::optional<BodyOf> what, Batch& batch) {
  if (leaving(call) == nullptr) return {};
  std::vector<Element> left;
  for (std::size_t i = 0; i < batch.elements.size(); ++i) {
    const auto body = distributed.here(i);
    if (!body) continue;
    Element& e = batch.elements[i];
    if (distributed.cut(i)) {
      e.body = *body;
      if (what) {
        MACHIYA_TRY(e.draft, read_entity(*body, *what, *e.terms, call.arena));
      }
    }
    left.push_back(std::move(e));
  }
  batch.elements = std::move(left);
  return {};
}

http::Response created_list(Call& call, const std::vector<std::string>& ids) {
  http::Response out;
  out.status = 201;
  out.header("Content-Type", "application/json");
  out.body = tree::array_of(ids);
  return call.dressed(std::move(out));
}

Error no_such() { return Error(ErrorCode::not_found, "there is no such entity"); }

Result<http::Response> create(Call& call) {
  Batch batch;
  if (auto done = read_elements(call, BodyOf::entity, batch); !done.ok()) return done.error();
  DistributedBatch elsewhere = distribute(call, batch, Operation::create_batch, {});
  MACHIYA_CHECK(keep_here(call, elsewhere, BodyOf::entity, batch));
  const auto made = write(call, batch, [](const Element& e, const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (current) return Error(ErrorCode::conflict, "there is an entity of this id");
    return create_entity(e.draft, context);
  });
  tell(batch, made, batch.result);
  std::vector<std::string> created;
  elsewhere.finish(batch.result, created);
  return batch.result.clean() ? created_list(call, batch.result.success) : call.multi_status(batch.result.text());
}

Result<http::Response> upsert(Call& call) {
  const bool update = call.option("update");
  Batch batch;
  if (auto done = read_elements(call, BodyOf::entity, batch); !done.ok()) return done.error();
  DistributedBatch elsewhere = distribute(call, batch, Operation::upsert_batch, {"options"});
  MACHIYA_CHECK(keep_here(call, elsewhere, BodyOf::entity, batch));
  const auto made = write(call, batch, [update](const Element& e, const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (!current) return create_entity(e.draft, context);
    return update ? append_attributes(current, e.draft, false, context) : replace_entity(current, e.draft, context);
  });
  tell(batch, made, batch.result);
  std::vector<std::string> created;
  for (std::size_t i = 0; i < made.size(); ++i)
    if (made[i].ok() && !made[i]->before) created.emplace_back(batch.elements[i].draft.id);
  elsewhere.finish(batch.result, created);
  if (!batch.result.clean()) return call.multi_status(batch.result.text());
  return created.empty() ? call.no_content() : created_list(call, created);
}

Result<http::Response> finish(Call& call, Batch& batch, const std::vector<Result<Change>>& made, DistributedBatch& elsewhere) {
  tell(batch, made, batch.result);
  std::vector<std::string> created;
  elsewhere.finish(batch.result, created);
  return batch.result.clean() ? call.no_content() : call.multi_status(batch.result.text());
}

Result<http::Response> update(Call& call) {
  const bool no_overwrite = call.option("noOverwrite");
  Batch batch;
  if (auto done = read_elements(call, BodyOf::append, batch); !done.ok()) return done.error();
  DistributedBatch elsewhere = distribute(call, batch, Operation::update_batch, {"options"});
  MACHIYA_CHECK(keep_here(call, elsewhere, BodyOf::append, batch));
  const auto made = write(call, batch, [no_overwrite](const Element& e, const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (!current) return no_such();
    return append_attributes(current, e.draft, no_overwrite, context);
  });
  return finish(call, batch, made, elsewhere);
}

Result<http::Response> merge(Call& call) {
  Batch batch;
  auto format = call.format();
  if (!format.ok()) return format.error();
  if (auto done = read_heads(call, batch); !done.ok()) return done.error();
  DistributedBatch elsewhere = distribute(call, batch, Operation::merge_batch, {"options", "format"});
  MACHIYA_CHECK(keep_here(call, elsewhere, std::nullopt, batch));
  const auto made = write(call, batch, [simplified = *format == Format::simplified](const Element& e, const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (!current) return no_such();
    return merge_entity(current, e.body, *e.terms, {}, {}, context, simplified);
  });
  return finish(call, batch, made, elsewhere);
}

Result<http::Response> remove(Call& call) {
  BatchResult result;
  std::vector<BatchPart> named;
  for (const tree::Value& id : call.body.items()) {
    if (!id.is_string() || !is_uri(id.text())) result.errors.emplace_back(std::string(id.text()), bad("an id is a URI"));
    else named.push_back({std::string(id.text()), {}, nullptr});
  }
  DistributedBatch elsewhere(call, Operation::delete_batch, "/entityOperations/delete", named);
  std::vector<EntityStore::Item> items;
  for (std::size_t i = 0; i < named.size(); ++i)
    if (elsewhere.here(i)) items.push_back({named[i].id, [](const EntityPtr& current, const ChangeContext&) -> Result<Change> {
                                              if (!current) return no_such();
                                              return delete_entity(current);
                                            }});
  const auto made = call.write_all(items);
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (made[i].ok()) result.success.push_back(items[i].id);
    else result.errors.emplace_back(items[i].id, made[i].error());
  }
  std::vector<std::string> created;
  elsewhere.finish(result, created);
  return result.clean() ? call.no_content() : call.multi_status(result.text());
}

Result<http::Response> query(Call& call) {
  Asking asking;
  if (auto done = read_query_body(call, call.body, asking); !done.ok()) return done.error();
  asking.settle();
  return answer_query(call, asking);
}

}  // namespace

void add_batch_routes(const Routes& to) {
  const Routes routes = to.also_on_snapshots();
  using http::Method;
  const auto batch = [](std::vector<std::string_view> parameters, bool needs_tenant) { return Call::Allowed{.parameters = std::move(parameters), .body = true, .array = true, .needs_tenant = needs_tenant}; };
  routes.add(Method::post, "/entityOperations/create", batch({"local"}, false), create);
  routes.add(Method::post, "/entityOperations/upsert", batch({"options", "local"}, false), upsert);
  routes.add(Method::post, "/entityOperations/update", batch({"options", "local"}, true), update);
  routes.add(Method::post, "/entityOperations/merge", batch({"options", "format", "local"}, true), merge);
  routes.add(Method::post, "/entityOperations/delete", batch({"local"}, true), remove);
  routes.add(Method::post, "/entityOperations/query", {.parameters = kQueryParameters, .body = true, .asks = true, .geo_json = true}, query);
}

}  // namespace machiya::sense::ngsild
