#include "platform/identity/security_http.h"

#include <memory>
#include <tuple>

#include "platform/identity/login_forms.h"
#include "platform/locale/locale.h"

namespace machiya::identity {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr int kFormsPerMinute = 60;

/// Citizens and staff see the same things in their own frames.
struct Side {
  LoginForms forms;
  std::string home;       ///< "/my/security"
  std::string folder;     ///< of the templates
};
using Sides = std::shared_ptr<const Side>;

Data text_of(const Side& side, const Request& request, std::string_view key) { return pages::ruby(side.forms.raw(request, key)); }

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
  if (const auto done = request.query("done"); done == "ended" || done == "ended-others")
    data.set("flash", Data().set("kind", "success").set("text", text_of(side, request, "security.done." + std::string(*done))));
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
  return side.forms.render(request, form, side.folder + "/confirm", side.forms.begin(request, form).set("buttons", side.forms.buttons(request, "security.confirm_send", false)));
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

http::RouteOptions options(std::string permission, std::string page_kind = {}, int rate = kFormsPerMinute) {
  http::RouteOptions o;
  o.permission = std::move(permission);
  o.page_kind = std::move(page_kind);
  o.rate_per_minute = rate;
  return o;
}
}  // namespace

void add_security_routes(http::Router& router, Identity& identity, const pages::Templates& templates, const locale::Catalogue& texts,
                         Frame frame, Frame staff_frame) {
  const Sides citizen = std::make_shared<const Side>(Side{{identity, templates, texts, std::move(frame)}, "/my/security", "login"});
  const Sides staff = std::make_shared<const Side>(Side{{identity, templates, texts, std::move(staff_frame)}, "/staff/security", "staff-login"});
  const int rate = identity.options().demonstration ? 0 : kFormsPerMinute;
  for (const auto& [side, permission, kind] : {std::tuple(citizen, "person", "my-security"), std::tuple(staff, "staff", "staff-security")}) {
    router.get(side->home, options(permission, kind), [side](Request& r) { return show_security(*side, r); });
    router.post(side->home + "/end", options(permission), [side](Request& r) { return end_one(*side, r); });
    router.post(side->home + "/end-others", options(permission), [side](Request& r) { return end_others(*side, r); });
  }
  router.get("/login/confirm", options("person", "login-confirm"), [citizen](Request& r) { return show_confirm(*citizen, r, confirm_form(r)); });
  router.post("/login/confirm", options("person", "", rate), [citizen](Request& r) { return send_code(*citizen, r); });
  router.get("/staff/confirm", options("staff", "staff-confirm"), [staff](Request& r) { return show_staff_confirm(*staff, r, confirm_form(r)); });
  router.post("/staff/confirm", options("staff", "", rate), [staff](Request& r) { return confirm_staff(*staff, r); });
}

}  // namespace machiya::identity
