#include "sense/ngsild/subscriptions_http.h"

#include "sense/contexts/hosted_contexts.h"
#include "sense/entities/read.h"

namespace machiya::sense::ngsild {
namespace {

/// The handlers of one broker's subscriptions.
class Handlers {
 public:
  explicit Handlers(Subscriptions& subscriptions) : subscriptions_(subscriptions) {}

  // §5.8.1
  Result<http::Response> create(Call& call) const {
    if (const tree::Value* id = call.body.find("id"); id != nullptr && !(id->is_string() && is_uri(id->text()))) return Error(ErrorCode::invalid_input, "a URI is expected", "id");
    std::string hosted;
    MACHIYA_TRY(const std::string context, context_of(call, hosted));
    auto id = subscriptions_.create(call.tenant, call.body, *call.terms, context);
    if (!id.ok() && !hosted.empty()) (void)call.broker.hosted->remove(call.tenant, hosted).ok();   // nobody will ask for it
    if (!id.ok()) return id.error();
    return call.created(std::string(kBase) + "/subscriptions/" + *id);
  }
  // §5.8.2
  Result<http::Response> update(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    if (auto done = subscriptions_.update(call.tenant, id, call.body, *call.terms); !done.ok()) return done.error();
    return call.no_content();
  }
  // §5.8.3
  Result<http::Response> retrieve(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    auto text = subscriptions_.get(call.tenant, id, *call.terms, call.option("sysAttrs"));
    if (!text.ok()) return text.error();
    return call.answer(std::move(*text));
  }
  // §5.8.4
  Result<http::Response> query(Call& call) const {
    MACHIYA_CHECK(check_tenant(call));
    MACHIYA_TRY(const Call::Page page, call.page());
    const auto found = subscriptions_.list(call.tenant, *call.terms, call.option("sysAttrs"), page.offset, page.limit);
    return call.answer_list(found.texts, page, page.count ? std::optional<std::size_t>(found.total) : std::nullopt, found.more);
  }
  // §5.8.5
  Result<http::Response> remove(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    if (auto done = subscriptions_.remove(call.tenant, id); !done.ok()) return done.error();
    return call.no_content();
  }

 private:
  Subscriptions& subscriptions_;

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
    if (call.tenant.empty() || call.broker.entities.has_tenant(call.tenant) || subscriptions_.has_tenant(call.tenant)) return {};
    return Error(ErrorCode::not_found, "there is no such tenant", std::string(reason::kTenant));
  }
  Result<std::string> known(const Call& call) const {
    MACHIYA_CHECK(check_tenant(call));
    return call.uri("id");
  }
};

}  // namespace

void add_subscription_routes(const Routes& routes, Subscriptions& subscriptions) {
  using http::Method;
  const auto with = [&subscriptions](Result<http::Response> (Handlers::*handler)(Call&) const) {
    return [&subscriptions, handler](Call& call) { return (Handlers(subscriptions).*handler)(call); };
  };
  routes.add(Method::post, "/subscriptions", {.parameters = {"local", "via"}, .body = true, .needs_tenant = false}, with(&Handlers::create));
  routes.add(Method::get, "/subscriptions", {.parameters = {"limit", "offset", "count", "options", "local", "via"}, .needs_tenant = false}, with(&Handlers::query));
  routes.add(Method::get, "/subscriptions/{id}", {.parameters = {"options", "local", "via"}, .needs_tenant = false}, with(&Handlers::retrieve));
  routes.add(Method::patch, "/subscriptions/{id}", {.parameters = {"local", "via"}, .body = true, .needs_tenant = false}, with(&Handlers::update));
  routes.add(Method::del, "/subscriptions/{id}", {.parameters = {"local", "via"}, .needs_tenant = false}, with(&Handlers::remove));
}

}  // namespace machiya::sense::ngsild
