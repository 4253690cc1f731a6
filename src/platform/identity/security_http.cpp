#include "platform/identity/security_http.h"

#include "platform/identity/security_side.h"
#include "platform/locale/locale.h"

namespace machiya::identity {
namespace {
using http::Request;
using http::Response;
using pages::Data;

Data session_card(const Side& side, const Request& request, const Identity::OpenSession& session) {
  const std::string_view method = word_of(session.how.method);
  Data card;
  card.set("handle", session.handle).set("opened", locale::format_time(session.opened, request.lang)).set("seen", locale::format_time(session.seen, request.lang));
  if (session.device.empty()) card.set("device", text_of(side, request, "security.unknown_device"));
  else card.set("device", session.device);
  card.set("method", text_of(side, request, "security.method." + std::string(method.empty() ? "unknown" : method)));
  card.set(session.current ? "current" : "other", true);
  return card;
}

Response show_security(const Side& side, Request& request) {
  const Principal& who = principal_of(request);
  auto sessions = side.forms.identity().open_sessions(who);
  if (!sessions.ok()) return http::problem(sessions.error(), request);
  FormPage form;
  form.title_key = "security.title";
  Data data = side.forms.begin(request, form);
  Data cards = Data(Data::List{});
  for (const auto& session : *sessions) cards.push(session_card(side, request, session));
  data.set("home", side.home).set("nav_security", true).set("sessions", std::move(cards)).set("others", sessions->size() > 1);
  if (auto shown = show_passkeys(side, request, data); !shown.ok()) return http::problem(shown.error(), request);
  for (const std::string_view done : {"ended", "ended-others", "passkey-added", "passkey-renamed", "passkey-unnamed", "passkey-removed", "passkey-required", "passkey-not-required", "way-removed", "way-last", "unchanged"})
    if (request.query("done") == done)
      data.set("flash", Data().set("kind", done == "unchanged" || done == "passkey-unnamed" || done == "way-last" ? "warning" : "success").set("text", text_of(side, request, "security.done." + std::string(done))));
  return side.forms.render(request, form, side.folder + "/security", std::move(data));
}

Response end_one(const Side& side, Request& request) {
  auto ended = side.forms.identity().end_session(principal_of(request), request.form("session").value_or(""));
  // Gone already, by another tab or by itself: that is what was wanted.
  if (!ended.ok() && ended.error().code != ErrorCode::not_found) return http::problem(ended.error(), request);
  return http::see_other(side.home + "?done=ended");
}

Response end_others(const Side& side, Request& request) {
  auto ended = side.forms.identity().end_other_sessions(principal_of(request));
  return ended.ok() ? http::see_other(side.home + "?done=ended-others") : http::problem(ended.error(), request);
}

FormPage confirm_form(const Request& request) {
  FormPage form;
  form.title_key = "security.confirm_title";
  form.next = next_of(request);
  return form;
}

Response show_confirm(const Side& side, const Request& request, const FormPage& form) {
  Data data = side.forms.begin(request, form);
  data.set("buttons", side.forms.buttons(request, "security.confirm_send", false));
  offer_passkey(side.forms, side.login, request, data);
  return side.forms.render(request, form, side.folder + "/confirm", std::move(data));
}

/// The code goes to the address of whoever is in; nobody types one here.
Response send_code(const Side& side, Request& request) {
  FormPage form = confirm_form(request);
  auto asked = side.forms.identity().request_own_code(principal_of(request), request.remote, request.lang);
  // Who came by a provider may have no address: their provider's button stands on the same page.
  const bool no_address = !asked.ok() && asked.error().code == ErrorCode::invalid_input;
  if (no_address || (!asked.ok() && asked.error().code == ErrorCode::rate_limited)) {
    form.error_field = "main", form.error_key = no_address ? "login.error_no_address" : "login.error_too_many", form.status = asked.error().info().http_status;
    return show_confirm(side, request, form);
  }
  if (!asked.ok()) return http::problem(asked.error(), request);
  Response r = http::see_other(with_next("/login/code", form.next));
  set_cookie(request, r, ticket_cookie(request), asked->ticket, std::to_string(side.forms.identity().options().code_minutes * 60));
  return r;
}

Response show_staff_confirm(const Side& side, const Request& request, const FormPage& form) {
  Data code_fields;
  code_fields.push(side.forms.field(request, form, "digits", "code", "staff_login.code", "staff_login.code_hint").set("autocomplete", "one-time-code").set("max_length", 12));
  Data data = side.forms.begin(request, form);
  data.set("code_fields", std::move(code_fields)).set("buttons", side.forms.buttons(request, "security.confirm_enter", false));
  offer_passkey(side.forms, side.login, request, data);
  if (const std::string shown = side.forms.identity().demonstration_totp_code(); !shown.empty()) data.set("demo_totp", shown);
  return side.forms.render(request, form, side.folder + "/confirm", std::move(data));
}

Response confirm_staff(const Side& side, Request& request) {
  FormPage form = confirm_form(request);
  auto opened = side.forms.identity().staff_confirm(principal_of(request), request.form("password").value_or(""), request.form("code").value_or(""),
                                                    request.remote, device_of(request.header("user-agent")));
  if (!opened.ok()) {
    const ErrorCode code = opened.error().code;
    if (code != ErrorCode::invalid_input && code != ErrorCode::rate_limited) return http::problem(opened.error(), request);
    form.error_field = "password", form.status = opened.error().info().http_status;
    form.error_key = code == ErrorCode::rate_limited ? "staff_login.error_locked" : "security.confirm_error";
    return show_staff_confirm(side, request, form);
  }
  Response r = http::see_other(form.next == "/" ? "/staff" : form.next);
  set_session_cookie(request, r, *opened);
  return r;
}

}  // namespace

void add_security_routes(http::Router& router, Identity& identity, const pages::Templates& templates, const locale::Catalogue& texts,
                         Frame frame, Frame staff_frame) {
  const Sides citizen = std::make_shared<const Side>(Side{{identity, templates, texts, std::move(frame)}, PrincipalKind::citizen, "/my/security", "login", "/login/passkey", "person"});
  const Sides staff = std::make_shared<const Side>(
      Side{{identity, templates, texts, std::move(staff_frame)}, PrincipalKind::staff, "/staff/security", "staff-login", "/staff/login/passkey", "staff"});
  for (const Sides& side : {citizen, staff}) {
    router.get(side->home, security_route(side->permission, side->kind == PrincipalKind::staff ? "staff-security" : "my-security"), [side](Request& r) { return show_security(*side, r); });
    router.post(side->home + "/end", security_route(side->permission), [side](Request& r) { return end_one(*side, r); });
    router.post(side->home + "/end-others", security_route(side->permission), [side](Request& r) { return end_others(*side, r); });
    add_passkey_routes(router, side);
  }
  add_recovery_routes(router, citizen, staff);
  auto posted = [&](const char* permission) {
    http::RouteOptions o = security_route(permission);
    if (identity.options().demonstration) o.rate_per_minute = 0;
    return o;
  };
  router.get("/login/confirm", security_route("person", "login-confirm"), [citizen](Request& r) { return show_confirm(*citizen, r, confirm_form(r)); });
  router.post("/login/confirm", posted("person"), [citizen](Request& r) { return send_code(*citizen, r); });
  router.get("/staff/confirm", security_route("staff", "staff-confirm"), [staff](Request& r) { return show_staff_confirm(*staff, r, confirm_form(r)); });
  router.post("/staff/confirm", posted("staff"), [staff](Request& r) { return confirm_staff(*staff, r); });
}

}  // namespace machiya::identity
