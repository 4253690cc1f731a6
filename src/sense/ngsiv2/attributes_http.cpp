// /v2/entities/{id}/attrs/{attr} and its value.
#include "base/text.h"
#include "sense/v2/attribute.h"
#include "sense/ngsiv2/ngsiv2.h"
#include "sense/ngsiv2/forwarding.h"
#include "sense/query/scan.h"

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Value;

struct Named {
  std::string id, type, iri;
};

Result<Named> named(const Call& call) {
  Named out;
  out.id = call.request.param("id"), out.type = call.parameter("type").value_or("");
  MACHIYA_CHECK(check_field(out.id, "entity id"));
  MACHIYA_TRY(out.iri, call.attribute());
  return out;
}

struct There {
  EntityPtr entity;
  const Attribute* attribute;
};

Result<There> there(Call& call) {
  MACHIYA_TRY(const Named n, named(call));
  View only;
  only.attrs = {call.broker.names.name(n.iri)};
  MACHIYA_TRY(const EntityPtr entity, call.one_everywhere(n.id, n.type, only.attrs));
  const Attribute* attribute = seen_attribute(*entity, n.iri);
  if (attribute == nullptr) return Error(ErrorCode::not_found, "The entity does not have such an attribute");
  call.showed(*entity, only);
  return There{entity, attribute};
}

Result<http::Response> retrieve(Call& call) {
  MACHIYA_TRY(const There t, there(call));
  std::string out;
  write_attribute(*t.attribute, call.view(), call.broker.names, out);
  return call.answer(std::move(out));
}

Result<http::Response> put_attribute(Call& call) {
  MACHIYA_TRY(const Named n, named(call));
  MACHIYA_TRY(const Instance instance, read_attribute(call.body, call.broker.names, call.arena));
  Draft draft;
  draft.attributes.push_back({n.iri, {instance}});
  Update update = call.how(Action::update);
  update.draft = &draft;
  const std::string name = call.broker.names.name(n.iri);
  const tree::Value whole = call.arena.object({{name, call.body}});
  MACHIYA_CHECK(Handing(call).change(n.id, n.type, update, pieces_of(whole, false)));
  return call.no_content();
}

Result<http::Response> remove(Call& call) {
  MACHIYA_TRY(const Named n, named(call));
  Draft draft;
  draft.attributes.push_back({n.iri, {}});
  MACHIYA_CHECK(Writing(call).change(n.id, n.type, {.action = Action::remove, .draft = &draft}));
  return call.no_content();
}

// Which of the two comes first in Accept; JSON for everything else.
bool text_first(std::string_view accept) {
  const std::size_t text = accept.find("text/plain"), json = accept.find("application/json");
  return text != std::string_view::npos && (json == std::string_view::npos || text < json);
}

Result<http::Response> value(Call& call) {
  MACHIYA_TRY(const There t, there(call));
  const Value v = value_of(*seen_instance(*t.attribute), call.broker.names, call.arena);
  const std::string_view accept = call.request.header("accept");
  http::Response out = call.answer(tree::to_text(v));
  if (!v.is_scalar()) {
    if (text_first(accept)) out.headers = {{"Content-Type", "text/plain"}};
    return out;
  }
  if (!accept.empty() && accept.find("text/plain") == std::string_view::npos && accept.find("*/*") == std::string_view::npos && accept.find("text/*") == std::string_view::npos)
    return Error(ErrorCode::unsupported_type, "accepted MIME types: text/plain", std::string(reason::kAccept));
  out.headers = {{"Content-Type", "text/plain"}};
  return out;
}

// A text in quotes, true, false, null, or a number.
Result<Value> of_text(std::string_view text, tree::Arena& arena) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return arena.string(text.substr(1, text.size() - 2));
  if (text == "true" || text == "false") return Value::boolean(text == "true");
  if (text == "null") return Value::null();
  if (sense::detail::is_json_number(text)) return Value::number(text);
  return Error(ErrorCode::invalid_input, "attribute value type not recognized");
}

Result<http::Response> put_value(Call& call) {
  MACHIYA_TRY(const Named n, named(call));
  Value v = call.body;
  // Any JSON is taken as application/json: the specification has objects and arrays there, but clients send numbers and texts so, too.
  if (call.is_text) {
    MACHIYA_TRY(v, of_text(trim(call.request.body), call.arena));
  }
  MACHIYA_CHECK(Handing(call).set_value(n.id, n.type, call.broker.names.name(n.iri), v));
  return call.no_content();
}

}  // namespace

void add_attribute_routes(const Routes& routes) {
  using enum http::Method;
  const std::string_view one = "/v2/entities/{id}/attrs/{attr}", value_path = "/v2/entities/{id}/attrs/{attr}/value";
  routes.add(get, one, {.options = {"skipForwarding"}}, retrieve);
  routes.add(http::Method::put, one, {.options = {"overrideMetadata", "forcedUpdate", "flowControl"}, .body = true, .writes = true}, put_attribute);
  routes.add(del, one, {.writes = true}, remove);
  routes.refuse_others(one, {get, http::Method::put, del});
  routes.add(get, value_path, {.options = {"skipForwarding"}, .answers_text = true}, value);
  routes.add(http::Method::put, value_path, {.options = {"forcedUpdate", "flowControl"}, .body = true, .text = true, .writes = true}, put_value);
  routes.refuse_others(value_path, {get, http::Method::put});
}

}  // namespace machiya::sense::ngsiv2
