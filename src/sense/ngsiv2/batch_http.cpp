// /v2/op: many entities at once; a query in a body; what another broker notified.
#include "base/text.h"
#include "sense/v2/asking.h"
#include "sense/ngsiv2/ngsiv2.h"
#include "sense/ngsiv2/forwarding.h"

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Value;

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }

Result<Action> read_action(const Value& v) {
  if (!v.is_string()) return bad("actionType is not a string");
  const std::string_view word = v.text();
  // The words in capitals are those of the first drafts; clients still send them.
  if (word == "append" || word == "APPEND") return Action::append;
  if (word == "appendStrict" || word == "APPEND_STRICT") return Action::append_strict;
  if (word == "update" || word == "UPDATE") return Action::update;
  if (word == "delete" || word == "DELETE") return Action::remove;
  if (word == "replace" || word == "REPLACE") return Action::replace;
  return bad("invalid update action type: right ones are append, appendStrict, delete, replace, update");
}

Result<std::vector<Read>> read_entities(const Call& call, const Value& list, bool key_values, tree::Arena& arena) {
  if (!list.is_array()) return bad("entities is not a JSON array");
  if (list.count == 0) return bad("empty entities vector");
  std::vector<Read> out;
  for (const Value& item : list.items()) {
    MACHIYA_TRY(Read read, read_entity(item, Head::whole, key_values, call.broker.names, arena));
    out.push_back(std::move(read));
  }
  return out;
}

// One error for all: that of the only entity; else which of them it was, and whether the others were done.
Result<void> summed_up(std::span<const Read> entities, const std::vector<Result<void>>& done) {
  std::string who;
  const Error* first = nullptr;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < done.size(); ++i) {
    if (done[i].ok()) continue;
    if (first == nullptr) first = &done[i].error();
    ++failed;
    who += (who.empty() ? "" : ", ") + entities[i].id + (entities[i].has_type ? "/" + entities[i].type : "") + " - " + done[i].error().detail;
  }
  if (first == nullptr) return {};
  if (done.size() == 1) return *first;
  Error out = *first;
  if (failed < done.size()) out = Error(ErrorCode::conflict, "", std::string(kPartial));
  out.detail = std::move(who);
  return out;
}

Result<http::Response> update(Call& call) {
  if (!call.body.is_object()) return bad("not a JSON object");
  for (const auto& [key, value] : call.body.members())
    if (key != "actionType" && key != "entities") return bad("Unrecognized field in JSON payload: /" + std::string(key) + "/");
  if (!call.body.has("actionType") || !call.body.has("entities")) return bad("Invalid JSON payload, mandatory field /" + std::string(call.body.has("actionType") ? "entities" : "actionType") + "/ not found");
  MACHIYA_TRY(const Action action, read_action(call.body["actionType"]));
  MACHIYA_TRY(const std::vector<Read> entities, read_entities(call, call.body["entities"], call.option("keyValues"), call.arena));
  std::vector<std::vector<Piece>> pieces;
  for (const Value& item : call.body["entities"].items()) pieces.push_back(pieces_of(item, call.option("keyValues")));
  const auto done = Handing(call).batch(entities, pieces, call.how(action));
  MACHIYA_CHECK(summed_up(entities, done));
  return call.no_content();
}

// Lists of names in the body mean what ?attrs= and ?metadata= mean.
Result<void> read_names(const Value& list, std::string_view what, std::vector<std::string>& out) {
  if (list.is_null()) return {};
  if (!list.is_array()) return bad(std::string(what) + " is not a JSON array");
  for (const Value& item : list.items()) {
    if (!item.is_string()) return bad(std::string(what) + " element is not a string");
    out.emplace_back(item.text());
  }
  return {};
}

Result<http::Response> query(Call& call) {
  if (!call.body.is_object()) return bad("not a JSON object");
  MACHIYA_TRY(const Call::Page page, call.page());
  EntityQuery query;
  query.paths = call.paths;
  View view = call.view();
  for (const auto& [key, value] : call.body.members()) {
    if (key == "entities") {
      if (!value.is_array()) return bad("entities is not a JSON array");
      for (const Value& item : value.items()) {
        MACHIYA_TRY(EntitySelector s, read_selector(item, call.broker.names));
        query.entities.push_back(std::move(s));
      }
    } else if (key == "expression") {
      MACHIYA_CHECK(read_expression(value, call.broker.names, query));
    } else if (key == "attrs") {
      MACHIYA_CHECK(read_names(value, key, view.attrs));
    } else if (key == "metadata") {
      MACHIYA_CHECK(read_names(value, key, view.metadata));
    } else {
      return bad("Unrecognized field in JSON payload: /" + std::string(key) + "/");
    }
  }
  if (call.body.count == 0) return bad("empty payload");
  Ordering order;
  if (const auto by = call.parameter("orderBy")) {
    MACHIYA_TRY(order, read_order(*by, query, call.broker.names));
  }
  const Found found = call.find_everywhere(query, order, page, view.attrs);
  std::string out = "[";
  for (const EntityPtr& e : found.entities) {
    if (out.size() > 1) out += ',';
    call.showed(*e, view);
    write_entity(*e, view, call.broker.names, out);
  }
  return call.answer_page(out + "]", page, found.total);
}

// What another broker tells us is appended, as if its entities had been sent (federation).
Result<http::Response> notify(Call& call) {
  if (!call.body.is_object()) return bad("not a JSON object");
  if (!call.body["subscriptionId"].is_string()) return bad("/subscriptionId/ must be a JSON String");
  if (!call.body["data"].is_array()) return bad("/data/ must be a JSON Array");
  const bool key_values = call.option("keyValues") || call.request.header("ngsiv2-attrsformat") == "keyValues";
  MACHIYA_TRY(const std::vector<Read> entities, read_entities(call, call.body["data"], key_values, call.arena));
  const auto done = Writing(call).batch(entities, {.action = Action::append, .override_metadata = true});
  MACHIYA_CHECK(summed_up(entities, done));
  http::Response out = call.no_content();
  out.status = 200;
  return out;
}

}  // namespace

void add_batch_routes(const Routes& routes) {
  using enum http::Method;
  routes.add(post, "/v2/op/update", {.options = {"keyValues", "overrideMetadata", "forcedUpdate", "flowControl"}, .body = true, .writes = true}, update);
  routes.add(post, "/v2/op/query", {.options = {"count", "keyValues", "values", "unique", "skipForwarding"}, .body = true, .asks = true}, query);
  routes.add(post, "/v2/op/notify", {.options = {"keyValues"}, .body = true, .writes = true}, notify);
  for (const char* path : {"/v2/op/update", "/v2/op/query", "/v2/op/notify"}) routes.refuse_others(path, {post});
}

}  // namespace machiya::sense::ngsiv2
