#include "sense/ngsiv2/subscriptions_http.h"

namespace machiya::sense::ngsiv2 {
namespace {

Error absent() { return Error(ErrorCode::not_found, "The requested subscription has not been found. Check id"); }

/// The handlers of one broker's subscriptions.
class Handlers {
 public:
  explicit Handlers(Subscriptions& subscriptions) : subscriptions_(subscriptions) {}

  Result<http::Response> create(Call& call) const {
    MACHIYA_CHECK(check_body(call));
    const std::string path = call.paths.any_of.empty() ? "/#" : path_of(call);
    const tree::Value body = call.arena.object({{"path", tree::Value::string(path)}, {"body", call.body}});
    auto id = subscriptions_.create(call.tenant, body, call.broker.names.terms(), "null", call.gate ? call.gate->key() : std::string(), About::entities_v2);
    if (!id.ok()) return id.error();
    read_by(call);
    http::Response out = call.no_content();
    out.status = 201;
    out.header("Location", "/v2/subscriptions/" + *id);
    return out;
  }

  Result<http::Response> list(Call& call) const {
    MACHIYA_TRY(const Call::Page page, call.page());
    const auto found = subscriptions_.list_v2(call.tenant, path_of(call), page.offset, page.limit, call.gate ? &call.gate->key() : nullptr);
    std::string out = "[";
    for (const std::string& text : found.texts) out += (out.size() > 1 ? "," : "") + text;
    return call.answer_page(out + "]", page, found.total);
  }

  Result<http::Response> retrieve(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    auto text = subscriptions_.get(call.tenant, id, call.broker.names.terms(), false, About::entities_v2);
    if (!text.ok()) return text.error();
    return call.answer(std::move(*text));
  }

  Result<http::Response> update(Call& call) const {
    MACHIYA_CHECK(check_body(call));
    MACHIYA_TRY(const std::string id, known(call));
    MACHIYA_CHECK(subscriptions_.update(call.tenant, id, call.body, call.broker.names.terms(), About::entities_v2));
    read_by(call);
    return call.no_content();
  }

  Result<http::Response> remove(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    MACHIYA_CHECK(subscriptions_.remove(call.tenant, id, About::entities_v2));
    return call.no_content();
  }

 private:
  Subscriptions& subscriptions_;

  // Checked already; as it was sent.
  static std::string path_of(const Call& call) { return call.paths.text(); }

  static Result<void> check_body(const Call& call) {
    if (call.body.is_object()) return {};
    return Error(ErrorCode::invalid_input, "not a JSON object");
  }

  // What it will be told of is read for as long as it lives: written down once.
  static void read_by(Call& call) {
    if (!call.gate) return;
    for (const tree::Value& one : call.body["subject"]["entities"].items()) {
      if (!one["type"].is_string()) continue;
      const std::string type = call.broker.names.iri(one["type"].text());
      const std::string_view view(type);
      call.gate->read({&view, 1}, "");
    }
  }

  // Others' subscriptions, and those of another service path when one was named, are not there.
  Result<std::string> known(const Call& call) const {
    std::string id(call.request.param("id"));
    auto path = subscriptions_.path_of_v2(call.tenant, id);
    if (!path.ok() || (call.gate && !subscriptions_.made_by(call.tenant, id, call.gate->key()))) return absent();
    if (const std::string asked = path_of(call); !asked.empty() && asked != *path) return absent();
    return id;
  }
};

}  // namespace

void add_subscription_routes(const Routes& routes, Subscriptions& subscriptions) {
  using enum http::Method;
  const auto with = [&subscriptions](Result<http::Response> (Handlers::*handler)(Call&) const) {
    return [&subscriptions, handler](Call& call) { return (Handlers(subscriptions).*handler)(call); };
  };
  // "skipInitialNotification" is what is done anyway.
  routes.add(get, "/v2/subscriptions", {.options = {"count"}}, with(&Handlers::list));
  routes.add(post, "/v2/subscriptions", {.options = {"skipInitialNotification"}, .body = true}, with(&Handlers::create));
  routes.refuse_others("/v2/subscriptions", {get, post});
  routes.add(get, "/v2/subscriptions/{id}", {}, with(&Handlers::retrieve));
  routes.add(patch, "/v2/subscriptions/{id}", {.options = {"skipInitialNotification"}, .body = true}, with(&Handlers::update));
  routes.add(del, "/v2/subscriptions/{id}", {}, with(&Handlers::remove));
  routes.refuse_others("/v2/subscriptions/{id}", {get, patch, del});
}

}  // namespace machiya::sense::ngsiv2
