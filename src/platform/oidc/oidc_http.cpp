#include "platform/oidc/oidc_http.h"

#include "base/log.h"
#include "platform/http/host_cookie.h"
#include "platform/identity/addresses.h"
#include "platform/identity/login_forms.h"
#include "platform/locale/locale.h"

namespace machiya::oidc {
namespace {
using http::Request;
using http::Response;
using identity::LoginForms;

constexpr int kPerMinute = 60;

/// Binds the provider's answer to the browser that left for it. Lax: the answer is a navigation from another site.
std::string browser_cookie(const Request& request) { return http::host_cookie(request.secure, "machiya-oidc"); }

/// What the page says of a cause: people need four different words, logs have all of them.
const char* word_for(const Error& error) {
  if (error.where == "provider-cancelled") return "cancelled";
  if (error.where == "account-unknown") return "account";
  if (error.where == "subject-taken") return "taken";
  if (error.code == ErrorCode::unavailable || error.where == "provider-unknown") return "unavailable";
  return "failed";
}

/// The page for people, with nothing of the answer left in its address; the cause goes to the log. No token, no name, no code.
Response refuse(const Request& request, std::string_view provider, const Error& error, Audience audience) {
  log(error.info().level == LogLevel::error ? LogLevel::error : LogLevel::warn, "sign-in-refused",
      {{"provider", std::string(provider)}, {"cause", error.where.empty() ? std::string(error.info().name) : error.where}, {"request", request.id}});
  return http::see_other(std::string("/login/refused?why=") + word_for(error) + (audience == Audience::staff ? "&for=staff" : ""));
}
/// For the log: an id as definitions have it, or nothing that somebody typed.
std::string logged_id(const SignIn& sign_in, std::string_view id) { return sign_in.provider(id).ok() ? std::string(id) : "unknown"; }

std::string seconds(int minutes) { return std::to_string(minutes * 60); }

Response get_start(SignIn& sign_in, Request& request) {
  const auto provider = sign_in.provider(request.param("provider"));
  if (!provider.ok()) return http::problem(provider.error(), request);
  auto left = sign_in.depart(*provider, std::string(request.cookie(browser_cookie(request))), {identity::local_path(request.query("next").value_or("/")), request.query("fresh") == "yes"});
  if (!left.ok()) return refuse(request, provider->definition->id, left.error(), provider->definition->audience);
  Response r = http::see_other(left->location);
  identity::set_cookie(request, r, browser_cookie(request), left->browser, seconds(kPendingMinutes));
  return r;
}

Response get_callback(SignIn& sign_in, Request& request) {
  const std::string_view id = request.param("provider");
  auto arrived = sign_in.arrive(id, request, std::string(request.cookie(browser_cookie(request))));
  if (!arrived.ok()) {
    const auto provider = sign_in.provider(id);
    return refuse(request, logged_id(sign_in, id), arrived.error(), provider.ok() ? provider->definition->audience : Audience::citizens);
  }
  const bool staff = arrived->audience == Audience::staff;
  Response r = http::see_other(staff && arrived->next == "/" ? "/staff" : arrived->next);
  identity::set_cookie(request, r, browser_cookie(request), "", "0");
  if (!arrived->session.empty()) identity::set_session_cookie(request, r, arrived->session);
  return r;
}

/// A form may lead to no other site (content policy), and a link must not begin this: so the form answers with the link.
Response post_add(SignIn& sign_in, const LoginForms& forms, Request& request) {
  const auto provider = sign_in.provider(request.param("provider"));
  if (!provider.ok() || provider->definition->audience != Audience::citizens) return http::problem(Error(ErrorCode::not_found), request);
  auto left = sign_in.depart(*provider, std::string(request.cookie(browser_cookie(request))), {"/my/security", false, &identity::principal_of(request)});
  if (!left.ok()) return refuse(request, provider->definition->id, left.error(), Audience::citizens);
  identity::FormPage page;
  page.title_key = "login.with_add_title";
  pages::Data data = forms.begin(request, page);
  data.set("provider", pages::Data().set("href", left->location).set("label", forms.texts().text(request.lang, "login.with", {{"provider", provider->definition->name_in(request.lang)}})));
  Response r = forms.render(request, page, "login/provider", std::move(data));
  identity::set_cookie(request, r, browser_cookie(request), left->browser, seconds(kPendingMinutes));
  return r;
}

Response post_remove(SignIn& sign_in, Request& request) {
  const auto done = sign_in.remove_way(identity::principal_of(request), request.param("provider"), request.id);
  if (done.ok()) return http::see_other("/my/security?done=way-removed");
  if (done.error().code == ErrorCode::conflict) return http::see_other("/my/security?done=way-last");
  return http::problem(done.error(), request);
}

Response get_refused(const LoginForms& forms, Request& request) {
  const std::string_view why = request.query("why").value_or("");
  identity::FormPage page;
  page.title_key = "login.refused_title";
  pages::Data data = forms.begin(request, page);
  std::string key = "login.refused_failed";
  for (const char* known : {"cancelled", "account", "taken", "unavailable"})
    if (why == known) key = std::string("login.refused_") + known;
  data.set("text", pages::ruby(forms.raw(request, key))).set("back", request.query("for") == "staff" ? "/staff/login" : "/login");
  return forms.render(request, page, "login/refused", std::move(data));
}

http::RouteOptions options_for(std::string permission, std::string page_kind) {
  http::RouteOptions out;
  out.permission = std::move(permission), out.object = "none";
  out.page_kind = std::move(page_kind);
  out.rate_per_minute = kPerMinute;
  return out;
}

/// The providers that this citizen logs in with, each to be taken back.
void add_ways(pages::Data& data, const SignIn& sign_in, const locale::Catalogue& texts, const Request& request) {
  const auto ways = sign_in.ways_of(identity::principal_of(request));
  if (!ways.ok()) return log(LogLevel::warn, "ways-unread", {{"why", ways.error().to_string()}});
  if (ways->empty()) return;
  pages::Data items = pages::Data(pages::Data::List{});
  for (const SignIn::Way& way : *ways) {
    const std::string name = way.definition ? way.definition->name_in(request.lang) : way.id;
    items.push(pages::Data().set("name", name).set("label", texts.text(request.lang, "login.with_remove", {{"provider", name}})).set("action", "/my/security/providers/" + way.id + "/remove"));
  }
  data.set("own_ways", pages::Data().set("items", std::move(items)));
}
}  // namespace

pages::Data with_providers(pages::Data data, const SignIn& sign_in, const locale::Catalogue& texts, const Request& request) {
  const bool adding = request.path == "/my/security", staff = request.path == "/staff/login";
  if (!adding && !staff && request.path != "/login" && request.path != "/login/confirm") return data;
  const bool fresh = request.path == "/login/confirm";
  std::vector<Provider> providers = sign_in.providers(staff ? Audience::staff : Audience::citizens);
  if (adding) {
    auto more = sign_in.more_for(identity::principal_of(request));
    providers = more.ok() ? std::move(*more) : std::vector<Provider>();
    if (!more.ok()) log(LogLevel::warn, "ways-unread", {{"why", more.error().to_string()}});
  }
  pages::Data items = pages::Data(pages::Data::List{});
  for (const Provider& provider : providers) {
    const std::string& id = provider.definition->id;
    std::string href = identity::with_next("/login/with/" + id, identity::next_of(request));
    if (fresh) href += (href.find('?') == std::string::npos ? "?" : "&") + std::string("fresh=yes");
    items.push(pages::Data()
                   .set("label", texts.text(request.lang, adding ? "login.with_add" : "login.with", {{"provider", provider.definition->name_in(request.lang)}}))
                   .set("action", "/my/security/providers/" + id)
                   .set("href", std::move(href)));
  }
  if (adding) add_ways(data, sign_in, texts, request);
  if (!providers.empty()) data.set(adding ? "more_ways" : "providers", pages::Data().set("items", std::move(items)));
  return data;
}

void add_routes(http::Router& router, SignIn& sign_in, identity::Identity& identity, const pages::Templates& templates, const locale::Catalogue& texts, identity::Frame frame) {
  auto forms = std::make_shared<const LoginForms>(identity, templates, texts, std::move(frame));
  router.get("/login/with/{provider}", options_for("public", "").on("provider"), [&sign_in](Request& r) { return get_start(sign_in, r); });
  router.get("/login/with/{provider}/callback", options_for("public", "").on("none"), [&sign_in](Request& r) { return get_callback(sign_in, r); });
  http::RouteOptions fresh = options_for("person", "");
  fresh.step_up_minutes = identity::kStepUpMinutes;
  router.post("/my/security/providers/{provider}", fresh.on("provider"), [&sign_in, forms](Request& r) { return post_add(sign_in, *forms, r); });
  router.post("/my/security/providers/{provider}/remove", fresh.on("provider"), [&sign_in](Request& r) { return post_remove(sign_in, r); });
  router.get("/login/refused", options_for("public", "login-refused").on("none"), [forms](Request& r) { return get_refused(*forms, r); });
}

}  // namespace machiya::oidc
