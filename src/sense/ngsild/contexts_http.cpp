// /jsonldContexts: host, list, serve, delete and fetch anew (§5.13, §6.29, §6.30).
#include "base/text.h"
#include "sense/entities/stamp.h"
#include "sense/ngsild/ngsild.h"

namespace machiya::sense::ngsild {
namespace {

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

// Where a context is to be had: a fetched one where it came from, ours here.
std::string url_of(const Call& call, const StoredContext& c) {
  if (c.kind == ContextKind::cached) return c.url;
  const std::string_view host = call.request.header("host");
  return (host.empty() ? std::string() : (call.request.secure ? "https://" : "http://") + std::string(host)) + std::string(HostedContexts::kPath) + c.id;
}

std::string metadata(const Call& call, const StoredContext& c) {
  const std::string created = tree::quoted(stamp_text(c.created_us));
  std::string out = "{\"URL\":" + tree::quoted(url_of(call, c)) + ",\"localId\":" + tree::quoted(c.id) + ",\"kind\":" + tree::quoted(context_kind_name(c.kind)) + ",\"createdAt\":" + created + ",\"timestamp\":" + created;
  if (c.used_us != 0) out += ",\"lastUsage\":" + tree::quoted(stamp_text(c.used_us));
  return out + ",\"numberOfHits\":" + std::to_string(c.hits) + "}";
}

// The core context is built in: told of like one that was fetched when the broker started, or was asked to fetch it anew.
StoredContext core_context(const Call& call, std::string_view url) {
  StoredContext c;
  c.id = std::string(url), c.url = std::string(url), c.kind = ContextKind::cached, c.created_us = call.broker.started_us;
  return c;
}

http::Response plain(const Call& call, std::string json) {
  http::Response out;
  out.header("Content-Type", call.media == Media::ld_json ? "application/ld+json" : "application/json");
  out.body = std::move(json);
  return call.dressed(std::move(out));
}

Result<http::Response> add(Call& call) {
  const tree::Value* context = call.body_context.is_null() ? call.body.find("@context") : &call.body_context;
  if (context == nullptr || (!context->is_object() && !context->is_array() && !context->is_string())) return bad("an @context is expected", "/@context");
  if (auto done = call.broker.contexts.check(*context); !done.ok()) return context_error(done.error());
  MACHIYA_TRY(const std::string id, call.broker.hosted->add(call.tenant, "{\"@context\":" + tree::to_text(*context) + "}", ContextKind::hosted));
  return call.created(std::string(HostedContexts::kPath) + id);
}

Result<http::Response> list(Call& call) {
  MACHIYA_TRY(const bool details, call.flag("details"));
  std::optional<ContextKind> kind;
  if (const auto said = call.parameter("kind")) {
    kind = context_kind_of(*said);
    if (!kind) return bad("Cached, Hosted or ImplicitlyCreated is expected", "kind");
  }
  std::string out = "[";
  for (const StoredContext& c : call.broker.hosted->list(call.tenant, kind)) out += (out.size() > 1 ? "," : "") + (details ? metadata(call, c) : tree::quoted(url_of(call, c)));
  return plain(call, out + "]");
}

Result<http::Response> serve(Call& call) {
  MACHIYA_TRY(const bool details, call.flag("details"));
  const std::string_view id = call.request.param("context");
  auto found = call.broker.hosted->find(call.tenant, id);
  if (!found && Contexts::is_core(id)) found = core_context(call, id);
  if (!found) return Error(ErrorCode::not_found, "there is no such context");
  if (details) return plain(call, metadata(call, *found));
  if (found->kind == ContextKind::cached) return Error(ErrorCode::method_not_allowed, "what was fetched is served where it came from");
  return plain(call, found->body);
}

Result<http::Response> remove(Call& call) {
  MACHIYA_TRY(const bool reload, call.flag("reload"));
  const std::string_view id = call.request.param("context");
  HostedContexts& hosted = *call.broker.hosted;
  const auto found = hosted.find(call.tenant, id);
  if (!found && Contexts::is_core(id)) {
    if (reload) return call.no_content();   // it is built in: there is nothing newer to be had
    return bad("the core context cannot be deleted", "contextId");
  }
  auto done = reload ? hosted.reload(call.tenant, id) : hosted.remove(call.tenant, id);
  if (!done.ok()) return context_error(done.error());
  for (const std::string& url : {found->url, url_of(call, *found)})
    if (!url.empty()) call.broker.contexts.forget(url);
  return call.no_content();
}

}  // namespace

void add_context_routes(const Routes& routes) {
  using http::Method;
  for (const char* path : {"/jsonldContexts", "/jsonldContexts/"}) {
    routes.add(Method::post, path, {.body = true, .needs_tenant = false, .context_body = true}, add);
    routes.add(Method::get, path, {.parameters = {"details", "kind"}, .needs_tenant = false}, list);
  }
  routes.add(Method::get, "/jsonldContexts/{context}", {.parameters = {"details"}, .needs_tenant = false}, serve);
  routes.add(Method::del, "/jsonldContexts/{context}", {.parameters = {"reload"}, .needs_tenant = false}, remove);
}

}  // namespace machiya::sense::ngsild
