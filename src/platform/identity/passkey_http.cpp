// The pages of passkeys: logging in by one, adding, removing, "passkey only". Without script or WebAuthn in the browser none of their buttons
// shows, and the other ways to log in stay.
#include "base/text.h"
#include "platform/identity/passkeys.h"
#include "platform/identity/recovery.h"
#include "platform/identity/security_side.h"
#include "platform/locale/locale.h"

namespace machiya::identity {
namespace {
using http::Request;
using http::Response;
using pages::Data;

Passkeys& passkeys(const Side& side) { return side.forms.identity().passkeys(); }
Recovery& recovery(const Side& side) { return side.forms.identity().recovery(); }
std::string_view host_of(const Request& request) { return request.header("host"); }

Response as_json(const Request& request, const Result<json::Value>& options) {
  if (!options.ok()) return http::problem(options.error(), request);
  Response r = http::json(*options);
  r.header("Cache-Control", "no-store");
  return r;
}

/// Back to the log-in page with the reason: a form that a script sent is not worth keeping.
Response log_in(const Side& side, Request& request) {
  const std::string next = next_of(request);
  auto opened = passkeys(side).log_in(side.kind, request.form("response").value_or(""), principal_of(request), host_of(request), device_of(request.header("user-agent")));
  if (!opened.ok()) {
    if (opened.error().code != ErrorCode::invalid_input && opened.error().code != ErrorCode::precondition_failed) return http::problem(opened.error(), request);
    const std::string page = side.kind == PrincipalKind::staff ? "/staff/login" : "/login";
    return http::see_other(page + "?refused=passkey" + (next == "/" ? "" : "&next=" + http::url_encode(next)));
  }
  Response r = http::see_other(side.kind == PrincipalKind::staff && next == "/" ? "/staff" : next);
  set_session_cookie(request, r, *opened);
  return r;
}

FormPage new_form(std::string error_field = {}, std::string error_key = {}) {
  FormPage form;
  form.title_key = "security.passkey_new";
  form.error_field = std::move(error_field), form.error_key = std::move(error_key);
  form.status = form.error_key.empty() ? 200 : 422;
  return form;
}

Response show_new(const Side& side, const Request& request, const FormPage& form, std::string_view name) {
  Data data = side.forms.begin(request, form);
  Data fields;
  fields.push(side.forms.field(request, form, "text", "name", "security.passkey_name", "security.passkey_name_hint").set("value", name).set("max_length", 40).set("autocomplete", "off"));
  offer_passkey(side.forms, side.login, request, data);
  const std::string confirm = side.kind == PrincipalKind::staff ? "/staff/confirm" : "/login/confirm";
  data.set("home", side.home).set("fields", std::move(fields)).set("confirm", confirm + "?next=" + http::url_encode(side.home + "/passkeys/new"));
  return side.forms.render(request, form, side.folder + "/passkey", std::move(data));
}

Response add(const Side& side, Request& request) {
  const std::string name(request.form("name").value_or(""));
  auto added = passkeys(side).add(principal_of(request), name, request.form("response").value_or(""), host_of(request), request.lang);
  if (added.ok()) return http::see_other(side.home + "?done=passkey-added");
  const Error& e = added.error();
  if (e.code == ErrorCode::limit_exceeded) return show_new(side, request, new_form("name", "security.passkey_too_many"), name);
  if (e.code != ErrorCode::invalid_input) return http::problem(e, request);
  return show_new(side, request, new_form("name", e.where == "name" ? "security.passkey_name_error" : "security.passkey_refused"), name);
}

Response done(const Side& side, const Request& request, const Result<void>& state, std::string_view what) {
  if (state.ok()) return http::see_other(side.home + "?done=" + std::string(what));
  // Gone already, or not possible as things stand: the page shows how things stand.
  if (state.error().code == ErrorCode::not_found || state.error().code == ErrorCode::conflict) return http::see_other(side.home + "?done=unchanged");
  return http::problem(state.error(), request);
}

Response rename(const Side& side, Request& request) {
  const auto state = passkeys(side).rename(principal_of(request), request.form("passkey").value_or(""), request.form("name").value_or(""));
  if (!state.ok() && state.error().code == ErrorCode::invalid_input) return http::see_other(side.home + "?done=passkey-unnamed");
  return done(side, request, state, "passkey-renamed");
}

/// The codes are on this answer and nowhere else afterwards.
Response show_codes(const Side& side, const Request& request, const Result<std::vector<std::string>>& codes) {
  if (!codes.ok() && codes.error().code == ErrorCode::precondition_failed) return http::see_other(side.home + "?done=unchanged");
  if (!codes.ok()) return http::problem(codes.error(), request);
  if (codes->empty()) return http::see_other(side.home + "?done=passkey-required");
  FormPage form;
  form.title_key = "security.codes_title";
  Data data = side.forms.begin(request, form);
  Data list = Data(Data::List{});
  for (const std::string& code : *codes) list.push(Data().set("code", code));
  data.set("home", side.home).set("codes", std::move(list));
  return side.forms.render(request, form, side.folder + "/codes", std::move(data));
}

Response change_rule(const Side& side, Request& request) {
  const Principal& who = principal_of(request);
  const std::string_view wanted = request.form("required").value_or("");
  if (wanted == "yes") return show_codes(side, request, recovery(side).require(who, request.lang));
  if (wanted == "codes") return show_codes(side, request, recovery(side).new_codes(who, request.lang));
  if (wanted != "no") return http::problem(Error(ErrorCode::invalid_input, "yes, no or codes", "required"), request);
  return done(side, request, recovery(side).relax(who, request.lang), "passkey-not-required");
}
}  // namespace

http::RouteOptions security_route(std::string permission, std::string page_kind, Care care) {
  http::RouteOptions o;
  o.permission = std::move(permission), o.object = "none";
  o.page_kind = std::move(page_kind);
  o.rate_per_minute = 60;
  if (care == Care::sensitive) o.step_up_minutes = kStepUpMinutes;
  return o;
}

void offer_passkey(const LoginForms& forms, const std::string& login, const Request& request, Data& data) {
  const std::string host(host_of(request));
  if (forms.identity().passkeys().possible(host)) {
    data.set("passkey", Data().set("action", login));
  } else if (forms.identity().options().demonstration) {
    const std::size_t port = host.rfind(':');
    const bool has_port = port != std::string::npos && host.find(']', port) == std::string::npos;
    data.set("passkey_localhost", "http://localhost" + (has_port ? host.substr(port) : std::string()) + request.path);
  }
}

Result<void> show_passkeys(const Side& side, const Request& request, Data& data) {
  const Principal& who = principal_of(request);
  MACHIYA_TRY(const auto mine, passkeys(side).list(who));
  MACHIYA_TRY(const bool required, recovery(side).required(who));
  MACHIYA_TRY(const bool mail, recovery(side).has_mail(who));
  Data cards = Data(Data::List{});
  for (const auto& p : mine) {
    Data card = Data().set("handle", p.handle).set("passkey_name", p.name).set("created", locale::format_time(p.created, request.lang));
    if (p.used) card.set("used", locale::format_time(*p.used, request.lang));
    if (p.backed_up) card.set("synced", true);
    cards.push(std::move(card));
  }
  data.set("passkeys", std::move(cards)).set("has_passkeys", !mine.empty()).set("required", required).set("mailed", mail && !required);
  data.set("may_require", !required && !mine.empty() && (mail || side.kind == PrincipalKind::staff)).set("password", side.kind == PrincipalKind::staff && !required);
  if (required && side.kind == PrincipalKind::citizen) {
    MACHIYA_TRY(const std::int64_t left, recovery(side).codes_left(who));
    data.set("codes_left", std::to_string(left));
  }
  offer_passkey(side.forms, side.login, request, data);
  return {};
}

void add_passkey_routes(http::Router& router, const Sides& side) {
  const std::string kind = side->kind == PrincipalKind::staff ? "staff" : "my";
  auto open = security_route("public");
  if (side->forms.identity().options().demonstration) open.rate_per_minute = 0;
  router.post(side->login + "/options", open, [side](Request& r) { return as_json(r, passkeys(*side).request_options(principal_of(r), side->kind, host_of(r))); });
  router.post(side->login, open, [side](Request& r) { return log_in(*side, r); });
  const std::string base = side->home + "/passkeys";
  const auto careful = security_route(side->permission, {}, Care::sensitive);
  router.get(base + "/new", security_route(side->permission, kind + "-passkey"), [side](Request& r) { return show_new(*side, r, new_form(), device_of(r.header("user-agent"))); });
  router.post(base + "/options", careful, [side](Request& r) { return as_json(r, passkeys(*side).creation_options(principal_of(r), host_of(r))); });
  router.post(base, careful, [side](Request& r) { return add(*side, r); });
  router.post(base + "/rename", security_route(side->permission), [side](Request& r) { return rename(*side, r); });
  router.post(base + "/remove", careful, [side](Request& r) {
    return done(*side, r, passkeys(*side).remove(principal_of(r), r.form("passkey").value_or(""), r.lang), "passkey-removed");
  });
  router.post(side->home + "/required", careful, [side](Request& r) { return change_rule(*side, r); });
}

}  // namespace machiya::identity
