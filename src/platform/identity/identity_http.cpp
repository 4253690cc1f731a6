#include "platform/identity/identity_http.h"

#include "platform/identity/login_forms.h"
#include "platform/identity/passkeys.h"
#include "platform/identity/security_http.h"
#include "platform/identity/security_side.h"

namespace machiya::identity {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr int kFormsPerMinute = 60;

class Pages : public LoginForms {
 public:
  using LoginForms::LoginForms;

  /// The browser offers passkeys in the box itself (conditional mediation), where there can be any.
  std::string in_box(const Request& request) const { return identity().passkeys().possible(request.header("host")) ? " webauthn" : ""; }
  Response show_email(const Request& request, FormPage form, std::string_view typed) const {
    Data fields;
    fields.push(field(request, form, "email", "email", "login.email", "").set("value", typed).set("autocomplete", "email" + in_box(request)));
    Data data = begin(request, form);
    data.set("nav_login", true).set("fields", std::move(fields)).set("buttons", buttons(request, "login.send", false));
    offer_passkey(*this, "/login/passkey", request, data);
    return render(request, form, "login/email", std::move(data));
  }
  Response show_code(const Request& request, FormPage form) const {
    Data fields;
    fields.push(field(request, form, "digits", "code", "login.code", "login.code_hint").set("autocomplete", "one-time-code").set("max_length", 12));
    Data data = begin(request, form);
    data.set("nav_login", true).set("fields", std::move(fields)).set("buttons", buttons(request, "login.enter", true));
    auto shown = identity().demonstration_code(request.cookie(ticket_cookie(request)));
    if (!shown.ok()) return http::problem(shown.error(), request);
    if (!shown->empty()) data.set("demo_code", *shown);
    return render(request, form, "login/code", std::move(data));
  }
  Response show_staff(const Request& request, FormPage form, std::string_view name) const {
    Data fields, code_fields;
    fields.push(field(request, form, "text", "name", "staff_login.name", "").set("autocomplete", "username" + in_box(request)).set("value", name));
    code_fields.push(field(request, form, "digits", "code", "staff_login.code", "staff_login.code_hint")
                         .set("autocomplete", "one-time-code").set("max_length", 12));
    Data data = begin(request, form);
    data.set("fields", std::move(fields)).set("code_fields", std::move(code_fields)).set("buttons", buttons(request, "staff_login.enter", false));
    offer_passkey(*this, "/staff/login/passkey", request, data);
    const std::string shown = identity().demonstration_totp_code();
    if (!shown.empty()) data.set("demo_totp", shown);
    return render(request, form, "staff-login/form", std::move(data));
  }
  Response show_kept(const Request& request, const Identity::ParkedForm& kept) const {
    FormPage form;
    form.title_key = "login.continue_title";
    Data data = begin(request, form);
    Data fields;
    for (const auto& [name, value] : kept.fields) fields.push(Data().set("name", name).set("value", value));
    data.set("path", kept.path).set("kept", std::move(fields));
    return render(request, form, "login/continue", std::move(data));
  }
};

/// A passkey that was refused leads back here with this in the address.
void tell_refused(const Request& request, FormPage& form) {
  if (request.query("refused") == "passkey") form.error_field = "main", form.error_key = "security.passkey_refused";
}

FormPage email_form(const Request& request) {
  FormPage form;
  form.title_key = "login.title";
  form.next = next_of(request);
  tell_refused(request, form);
  return form;
}
FormPage code_form(const Request& request) {
  FormPage form;
  form.title_key = "login.code_title";
  form.next = next_of(request);
  return form;
}
FormPage staff_form(const Request& request) {
  FormPage form;
  form.title_key = "staff_login.title";
  form.next = next_of(request);
  tell_refused(request, form);
  return form;
}

Response get_login(const Pages& pages, Request& request) {
  if (principal_of(request).kind == PrincipalKind::citizen) return http::see_other(next_of(request));
  return pages.show_email(request, email_form(request), {});
}

Response post_login(const Pages& pages, Request& request) {
  FormPage form = email_form(request);
  const std::string_view email = request.form("email").value_or("");
  auto asked = pages.identity().request_code(email, request.remote, request.lang);
  if (!asked.ok()) {
    const ErrorCode code = asked.error().code;
    if (code != ErrorCode::invalid_input && code != ErrorCode::rate_limited) return http::problem(asked.error(), request);
    form.error_field = "email";
    form.error_key = code == ErrorCode::rate_limited ? "login.error_too_many" : "login.error_email";
    form.status = asked.error().info().http_status;
    return pages.show_email(request, form, email);
  }
  Response r = http::see_other(with_next("/login/code", form.next));
  set_cookie(request, r, ticket_cookie(request), asked->ticket, std::to_string(pages.identity().options().code_minutes * 60));
  return r;
}

Response get_code(const Pages& pages, Request& request) {
  if (request.cookie(ticket_cookie(request)).empty()) return http::see_other(with_next("/login", next_of(request)));
  return pages.show_code(request, code_form(request));
}

Response post_code(const Pages& pages, Request& request) {
  FormPage form = code_form(request);
  if (request.form("action") == "back") return http::see_other(with_next("/login", form.next));
  auto opened = pages.identity().redeem_code(request.cookie(ticket_cookie(request)), request.form("code").value_or(""), principal_of(request),
                                             device_of(request.header("user-agent")));
  // The address is theirs, but they log in by passkey only: the ticket leads to the ways back in.
  if (!opened.ok() && opened.error().code == ErrorCode::precondition_failed) return http::see_other(with_next("/login/recover", form.next));
  if (!opened.ok()) {
    if (opened.error().code != ErrorCode::invalid_input) return http::problem(opened.error(), request);
    form.error_field = "code";
    form.error_key = "login.error_code";
    form.status = opened.error().info().http_status;
    return pages.show_code(request, form);
  }
  Response r = http::see_other(form.next);
  set_cookie(request, r, ticket_cookie(request), "", "0");
  set_session_cookie(request, r, *opened);
  return r;
}

Response get_kept(const Pages& pages, Request& request) {
  auto kept = pages.identity().parked_form(request.param("ticket"), principal_of(request));
  if (!kept.ok()) return http::problem(kept.error(), request);
  return pages.show_kept(request, *kept);
}

Response get_staff(const Pages& pages, Request& request) {
  if (principal_of(request).kind == PrincipalKind::staff) {
    const std::string next = next_of(request);
    return http::see_other(next == "/" ? "/staff" : next);
  }
  return pages.show_staff(request, staff_form(request), {});
}

Response post_staff(const Pages& pages, Request& request) {
  FormPage form = staff_form(request);
  const std::string_view name = request.form("name").value_or("");
  auto opened = pages.identity().staff_login(name, request.form("password").value_or(""), request.form("code").value_or(""), request.remote,
                                             principal_of(request), device_of(request.header("user-agent")));
  if (!opened.ok()) {
    const ErrorCode code = opened.error().code;
    const bool passkey_only = code == ErrorCode::precondition_failed;
    if (code != ErrorCode::invalid_input && code != ErrorCode::rate_limited && !passkey_only) return http::problem(opened.error(), request);
    form.error_field = "name";
    form.error_key = passkey_only ? "staff_login.error_passkey_only" : code == ErrorCode::rate_limited ? "staff_login.error_locked" : "staff_login.error";
    form.status = opened.error().info().http_status;
    return pages.show_staff(request, form, name);
  }
  Response r = http::see_other(form.next == "/" ? "/staff" : form.next);
  set_session_cookie(request, r, *opened);
  return r;
}

Response post_logout(const Pages& pages, Request& request, const char* to) {
  if (auto ended = pages.identity().logout(principal_of(request)); !ended.ok()) return http::problem(ended.error(), request);
  Response r = http::see_other(to);
  clear_session_cookie(request, r);
  return r;
}

http::RouteOptions form_options(std::string permission, std::string page_kind, std::string sample = {}) {
  http::RouteOptions o;
  o.permission = std::move(permission), o.object = "none";
  o.page_kind = std::move(page_kind);
  o.sample = std::move(sample);
  return o;
}
}  // namespace

void set_session_cookie(const Request& request, Response& response, std::string_view value) {
  set_cookie(request, response, session_cookie_name(request.secure), value, {});
}
void clear_session_cookie(const Request& request, Response& response) {
  set_cookie(request, response, session_cookie_name(request.secure), "", "0");
}

void add_routes(http::Router& router, Identity& identity, const pages::Templates& templates, const locale::Catalogue& texts, Frame frame,
                Frame staff_frame) {
  add_security_routes(router, identity, templates, texts, frame, staff_frame ? staff_frame : frame);
  auto pages = std::make_shared<const Pages>(identity, templates, texts, std::move(frame));
  auto limited = form_options("public", "");
  limited.rate_per_minute = identity.options().demonstration ? 0 : kFormsPerMinute;
  router.get("/login", form_options("public", "login-email"), [pages](Request& r) { return get_login(*pages, r); });
  router.post("/login", limited, [pages](Request& r) { return post_login(*pages, r); });
  router.get("/login/code", form_options("public", "login-code"), [pages](Request& r) { return get_code(*pages, r); });
  router.post("/login/code", limited, [pages](Request& r) { return post_code(*pages, r); });
  router.get("/login/continue/{ticket}", form_options("person|staff", "login-continue").on("kept-form"), [pages](Request& r) { return get_kept(*pages, r); });
  router.post("/logout", form_options("public", ""), [pages](Request& r) { return post_logout(*pages, r, "/"); });
  router.get("/staff/login", form_options("public", "staff-login"), [pages](Request& r) { return get_staff(*pages, r); });
  router.post("/staff/login", limited, [pages](Request& r) { return post_staff(*pages, r); });
  router.post("/staff/logout", form_options("public", ""), [pages](Request& r) { return post_logout(*pages, r, "/staff/login"); });
  router.finisher(identity.finisher());
}

}  // namespace machiya::identity
