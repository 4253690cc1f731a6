#include "app/system_http.h"

#include <algorithm>

#include "base/text.h"
#include "platform/http/host_cookie.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"

namespace machiya::app {
namespace {

http::RouteOptions open_route(std::string page_kind = {}) {
  http::RouteOptions o;
  o.permission = "public", o.object = "none";
  o.page_kind = std::move(page_kind);
  return o;
}

http::Response static_file(const pages::Assets& assets, const http::Request& request) {
  const pages::Asset* asset = assets.find(request.param("path"));
  if (!asset) return http::problem(Error(ErrorCode::not_found), request);
  http::Response r = http::text(asset->body, asset->content_type);
  // The address holds a hash of the content, so it may be kept for ever (RFC 8246).
  r.header("Cache-Control", "public, max-age=31536000, immutable");
  return r;
}

/// Figures are for operators: from this machine, and from where the configuration says.
bool may_watch(std::string_view remote, std::string_view clients) {
  if (remote == "::1" || starts_with(remote, "127.")) return true;
  for (std::string_view rest = trim(clients); !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == remote) return true;
    rest = trim(rest.substr(end));
  }
  return false;
}

/// Who sees a page: public, citizen or staff.
std::string audience(const std::string& permission) {
  if (permission == "staff" || permission.rfind("staff:", 0) == 0) return "staff";
  return permission.find("public") != std::string::npos ? "public" : "citizen";
}

/// The kinds of page of this server with a sample path each: what accessibility tests walk through.
json::Value page_kinds(const http::Router& router) {
  json::Value out = json::Value::array();
  for (const http::Route& route : router.routes()) {
    if (route.options.page_kind.empty() || route.method != http::Method::get) continue;
    out.push(json::Value::object({{"kind", route.options.page_kind},
                                  {"path", route.options.sample.empty() ? route.pattern : route.options.sample},
                                  {"pattern", route.pattern},
                                  {"audience", audience(route.options.permission)},
                                  {"permission", route.options.permission}}));
  }
  return out;
}

void site_page(http::Router& router, const SystemParts& parts, const std::string& name) {
  router.get("/" + name, open_route("site-" + name), [&templates = parts.templates, frame = parts.frame, name](http::Request& request) {
    pages::Data data = frame(request);
    data.set("title_key", (name == "accessibility" ? "about." : "site.") + name + ".title");
    return http::html(templates.render("site/" + name, data, request.lang).html);
  });
}

bool wants_page(const http::Request& request) {
  return request.path.rfind("/api/", 0) != 0 && request.path.rfind("/open311/", 0) != 0 && !request.wants_json() &&
         request.header("accept").find("text/html") != std::string_view::npos;
}

std::string_view header_of(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key.size() == name.size() && std::equal(key.begin(), key.end(), name.begin(), [](char a, char b) { return (a | 32) == (b | 32); })) return value;
  return {};
}

/// Pages that templates know; every other status uses the nearest one.
int error_kind(int status) {
  for (int known : {400, 401, 403, 404, 429, 500, 503})
    if (status == known) return known;
  return status >= 500 ? 500 : 400;
}

std::string language_cookie(const http::Request& request) { return http::host_cookie(request.secure, "lang"); }

/// What the visitor asked for, now or before; else what the browser prefers.
std::string language_of(const http::Request& request) {
  if (const auto chosen = request.query("lang"); chosen && locale::is_language(*chosen)) return std::string(*chosen);
  if (const auto kept = request.cookie(language_cookie(request)); locale::is_language(kept)) return std::string(kept);
  return locale::negotiate(request.header("accept-language"));
}

/// A page in the visitor's language instead of the problem document that the handler gave.
http::Response error_page(const http::Request& request, const http::Response& problem, const pages::Templates& templates, const locale::Catalogue& texts, const Frame& frame) {
  pages::Data data = frame(request);
  const std::string kind = std::to_string(error_kind(problem.status));
  const std::string lang = request.lang.empty() ? language_of(request) : request.lang;  // no route, no gate
  data.set("status", problem.status).set("kind", kind).set("incident", request.id).set("title", texts.text(lang, "error_page." + kind + ".title"));
  http::Response page = http::html(templates.render("error", data, lang).html, problem.status);
  for (const char* keep : {"Retry-After", "Allow", "WWW-Authenticate"})
    if (const auto value = header_of(problem, keep); !value.empty()) page.header(keep, std::string(value));
  return page;
}

std::string_view policy_for(std::string_view content_type) {
  if (content_type.rfind("text/html", 0) == 0 || content_type.rfind("text/javascript", 0) == 0) return pages::kContentSecurityPolicy;
  return content_type.rfind("application/pdf", 0) == 0 ? pages::kPdfSecurityPolicy : pages::kDataSecurityPolicy;
}

bool is_signed_in(const http::Request& request) {
  return request.principal && identity::principal_of(request).kind != identity::PrincipalKind::visitor;
}

/// What a browser must be told with every answer, pages or not (OWASP ASVS 5.0.0 V3.4).
void add_security_headers(const http::Request& request, http::Response& response) {
  response.header("X-Content-Type-Options", "nosniff");
  response.header("Referrer-Policy", "same-origin");
  response.header("Cross-Origin-Opener-Policy", "same-origin");
  response.header("Cross-Origin-Resource-Policy", "same-origin");
  response.header("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)");
  response.header("Content-Security-Policy", std::string(policy_for(header_of(response, "content-type"))));
  response.header("X-Frame-Options", "DENY");
  if (request.secure) response.header("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  // Nothing that was read while signed in stays in the browser, whoever sits there next.
  if (request.method == http::Method::post && request.path == "/staff/logout") response.header("Clear-Site-Data", "\"cache\", \"storage\"");
  // Citizens' pages store nothing either; "storage" would end the notifications that they asked for in this browser (Clear Site Data §3.1: it
  // holds registrations of service workers).
  if (request.method == http::Method::post && request.path == "/logout") response.header("Clear-Site-Data", "\"cache\"");
}

}  // namespace

void add_system_routes(http::Router& router, const SystemParts& parts) {
  router.get("/healthz", open_route(), [](http::Request&) { return http::text("ok\n"); });
  router.get("/readyz", open_route(), [&store = parts.store, &city = parts.city](http::Request& request) {
    if (!city.current()) return http::problem(Error(ErrorCode::unavailable, "no city is loaded"), request);
    if (store.refusing_writes()) return http::problem(Error(ErrorCode::storage_full), request);
    auto alive = store.read([](store::ReadTx& tx) { return tx.query("SELECT 1"); });
    return alive.ok() ? http::text("ready\n") : http::problem(alive.error(), request);
  });
  router.get("/metrics", open_route(), [&metrics = parts.metrics, clients = parts.metrics_clients](http::Request& request) {
    if (!may_watch(request.remote, clients)) return http::problem(Error(ErrorCode::not_found), request);
    return http::text(metrics.exposition(), "text/plain; version=0.0.4; charset=utf-8");
  });
  http::RouteOptions files = open_route();
  files.rate_per_minute = 0;
  router.get("/static/{path*}", files, [&assets = parts.assets](http::Request& request) { return static_file(assets, request); });
  for (const char* name : {"accessibility", "contact", "privacy"}) site_page(router, parts, name);
  if (parts.demonstration)
    router.get("/api/v1/_pages", open_route(), [&router](http::Request&) { return http::json(page_kinds(router)); });
}

void add_language_gate(http::Router& router) {
  router.gate([](http::Request& request, const http::Route&) -> std::optional<http::Response> {
    request.lang = language_of(request);
    return std::nullopt;
  });
  router.finisher([](const http::Request& request, http::Response& response) {
    if (const auto chosen = request.query("lang"); chosen && locale::is_language(*chosen)) response.cookie(language_cookie(request), *chosen, 365 * 86400);
  });
}

void add_finishers(http::Router& router, const pages::Templates& templates, const locale::Catalogue& texts, Frame frame) {
  router.finisher([&templates, &texts, frame = std::move(frame)](const http::Request& request, http::Response& response) {
    if (response.status >= 400 && wants_page(request) && header_of(response, "content-type").rfind("application/problem", 0) == 0)
      response = error_page(request, response, templates, texts, frame);
    add_security_headers(request, response);
    const bool page = header_of(response, "content-type").rfind("text/html", 0) == 0;
    if (page) response.header("Content-Language", std::string(locale::html_lang(request.lang.empty() ? "ja" : request.lang)));
    // What is made for one person is kept nowhere, whatever its kind.
    if ((page || is_signed_in(request)) && header_of(response, "cache-control").empty()) response.header("Cache-Control", "no-store");
  });
}

}  // namespace machiya::app
