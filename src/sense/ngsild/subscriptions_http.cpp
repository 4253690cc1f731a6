#include "sense/ngsild/subscriptions_http.h"

#include "sense/contexts/hosted_contexts.h"
#include "sense/entities/read.h"
#include "sense/ngsild/distributed_subscriptions.h"

namespace machiya::sense::ngsild {
namespace {

/// The handlers of one broker's subscriptions: to entities (§5.8) or to registrations (§5.11).
class Handlers {
 public:
  Handlers(Subscriptions& subscriptions, About about) : subscriptions_(subscriptions), about_(about) {}

  // §5.8.1
  Result<http::Response> create(Call& call) const {
    if (const tree::Value* id = call.body.find("id"); id != nullptr && !(id->is_string() && is_uri(id->text()))) return Error(ErrorCode::invalid_input, "a URI is expected", "id");
    std::string hosted;
    MACHIYA_TRY(const std::string context, context_of(call, hosted));
    auto id = subscriptions_.create(call.tenant, call.body, *call.terms, context, call.gate ? call.gate->key() : std::string(), about_);
    if (!id.ok() && !hosted.empty()) (void)call.broker.hosted->remove(call.tenant, hosted).ok();   // nobody will ask for it
    if (!id.ok()) return id.error();
    read_by(call);
    http::Response out = call.created(about_ == About::entities ? "/subscriptions/" : "/csourceSubscriptions/", *id);
    if (about_ == About::entities) subscribe_elsewhere(call, *id, out);
    return out;
  }
  // §5.8.2
  Result<http::Response> update(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    if (auto done = subscriptions_.update(call.tenant, id, call.body, *call.terms, about_); !done.ok()) return done.error();
    http::Response out = call.no_content();
    if (about_ == About::entities) update_elsewhere(call, id, out);
    return out;
  }
  // §5.8.3
  Result<http::Response> retrieve(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    auto text = subscriptions_.get(call.tenant, id, *call.terms, call.option("sysAttrs"), about_);
    if (!text.ok()) return text.error();
    return call.answer(std::move(*text));
  }
  // §5.8.4
  Result<http::Response> query(Call& call) const {
    MACHIYA_CHECK(check_tenant(call));
    MACHIYA_TRY(const Call::Page page, call.page());
    const auto found = subscriptions_.list(call.tenant, *call.terms, call.option("sysAttrs"), page.offset, page.limit, call.gate ? &call.gate->key() : nullptr, about_);
    return call.answer_list(found.texts, page, page.count ? std::optional<std::size_t>(found.total) : std::nullopt, found.more);
  }
  // §5.8.5
  Result<http::Response> remove(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    if (auto done = subscriptions_.remove(call.tenant, id, about_); !done.ok()) return done.error();
    http::Response out = call.no_content();
    if (about_ == About::entities) unsubscribe_elsewhere(call, id, out);
    return out;
  }

 private:
  Subscriptions& subscriptions_;
  About about_;

  // What it will be told of is read for as long as it lives: written down once, when it is made.
  void read_by(Call& call) const {
    if (!call.gate || about_ == About::registrations) return;
    for (const tree::Value& one : call.body["entities"].items()) {
      const std::string type = call.expand(one["type"].text());
      const std::string_view view(type);
      call.gate->read({&view, 1}, "");
    }
  }

  // §5.8.1.4: a context that has no URL of its own is kept, so that the Link header of notifications can name it. `hosted`: its id.
  static Result<std::string> context_of(Call& call, std::string& hosted) {
    const tree::Value& context = call.body_context;
    const bool has_url = context.is_null() || context.is_string() || (context.is_array() && context.count == 1 && context.elements[0].is_string());
    const bool needs_url = call.body["notification"]["endpoint"]["accept"].text() != "application/ld+json";
    if (has_url || !needs_url || call.broker.hosted == nullptr) return call.context_json();
    MACHIYA_TRY(hosted, call.broker.hosted->add(call.tenant, "{\"@context\":" + tree::to_text(context) + "}", ContextKind::implicitly_created));
    std::string out;
    tree::write_string((call.request.secure ? "https://" : "http://") + std::string(call.request.header("host")) + std::string(HostedContexts::kPath) + hosted, out);
    return out;
  }

  // A tenant is there with its first entity, or with its first subscription.
  Result<void> check_tenant(const Call& call) const {
    if (call.tenant.empty() || call.broker.entities.has_tenant(call.tenant) || subscriptions_.has_tenant(call.tenant) || (call.broker.knows_tenant && call.broker.knows_tenant(call.tenant))) return {};
    return Error(ErrorCode::not_found, "there is no such tenant", std::string(reason::kTenant));
  }
  Result<std::string> known(const Call& call) const {
    MACHIYA_CHECK(check_tenant(call));
    MACHIYA_TRY(std::string id, call.uri("id"));
    // Others' subscriptions tell what they look for: they are not there.
    if (call.gate && !subscriptions_.made_by(call.tenant, id, call.gate->key())) return Error(ErrorCode::not_found, "there is no such subscription");
    return id;
  }
};

}  // namespace

namespace {

Result<http::Response> no_id(Call&) { return Error(ErrorCode::invalid_input, "the id of the subscription is missing", "subscriptionId"); }

void add_routes(const Routes& routes, Subscriptions& subscriptions, About about, const std::string& base) {
  using http::Method;
  const auto with = [&subscriptions, about](Result<http::Response> (Handlers::*handler)(Call&) const) {
    return [&subscriptions, about, handler](Call& call) { return (Handlers(subscriptions, about).*handler)(call); };
  };
  for (const std::string& path : {base, base + "/"}) {
    routes.add(Method::post, path, {.parameters = {"local", "via"}, .body = true, .needs_tenant = false}, with(&Handlers::create));
    routes.add(Method::get, path, {.parameters = {"limit", "offset", "count", "options", "local", "via"}, .needs_tenant = false}, with(&Handlers::query));
    for (const Method m : {Method::patch, Method::del}) routes.add(m, path, {.parameters = {"local", "via"}, .needs_tenant = false}, no_id);
  }
  routes.add(Method::get, base + "/{id}", {.parameters = {"options", "local", "via"}, .needs_tenant = false}, with(&Handlers::retrieve));
  routes.add(Method::patch, base + "/{id}", {.parameters = {"local", "via"}, .body = true, .needs_tenant = false}, with(&Handlers::update));
  routes.add(Method::del, base + "/{id}", {.parameters = {"local", "via"}, .needs_tenant = false}, with(&Handlers::remove));
}

}  // namespace

void add_subscription_routes(const Routes& routes, Subscriptions& subscriptions) {
  add_routes(routes, subscriptions, About::entities, "/subscriptions");
  add_source_notification_routes(routes, subscriptions);
}
void add_source_subscription_routes(const Routes& routes, Subscriptions& subscriptions) { add_routes(routes, subscriptions, About::registrations, "/csourceSubscriptions"); }

}  // namespace machiya::sense::ngsild
