// The pages for people who lost their passkeys: recovery at the log-in, opening a re-enrolment at the counter, resets of staff by two.
#include "base/text.h"
#include "platform/identity/recovery.h"
#include "platform/identity/security_side.h"

namespace machiya::identity {
namespace {
using http::Request;
using http::Response;
using pages::Data;

Recovery& recovery(const Side& side) { return side.forms.identity().recovery(); }

FormPage form_of(std::string title_key) {
  FormPage form;
  form.title_key = std::move(title_key);
  return form;
}

Response show_recover(const Side& side, const Request& request, FormPage form) {
  form.next = next_of(request);
  Data fields;
  fields.push(side.forms.field(request, form, "text", "code", "security.recovery_code", "security.recovery_code_hint").set("autocomplete", "off").set("max_length", 40));
  Data data = side.forms.begin(request, form);
  data.set("nav_login", true).set("fields", std::move(fields));
  offer_passkey(side.forms, side.login, request, data);
  return side.forms.render(request, form, "login/recover", std::move(data));
}

Response post_recover(const Side& side, Request& request) {
  FormPage form = form_of("security.recover_title");
  const bool by_code = request.form("way") != "counter";
  const std::string code(trim(request.form("code").value_or("")));
  if (by_code && code.empty()) {
    form.error_field = "code", form.error_key = "security.recovery_code_error", form.status = 422;
    return show_recover(side, request, form);
  }
  auto opened = recovery(side).log_in(request.cookie(ticket_cookie(request)), by_code ? code : std::string(), principal_of(request), device_of(request.header("user-agent")), request.lang);
  if (!opened.ok()) {
    switch (opened.error().code) {
      case ErrorCode::forbidden: return http::see_other(with_next("/login", next_of(request)));   // the mailed code is too old: from the beginning
      case ErrorCode::invalid_input: form.error_key = "security.recovery_code_error"; break;
      case ErrorCode::precondition_failed: form.error_key = "security.recovery_not_open"; break;
      default: return http::problem(opened.error(), request);
    }
    form.error_field = "code", form.status = 422;
    return show_recover(side, request, form);
  }
  Response r = http::see_other("/my/security");   // where a new passkey is added
  set_cookie(request, r, ticket_cookie(request), "", "0");
  set_session_cookie(request, r, *opened);
  return r;
}

Response post_reenrol(const Side& side, Request& request) {
  const std::string evidence = lower_ascii(trim(fold_width(request.form("evidence").value_or(""))));
  auto opened = recovery(side).open_for(request.param("person"), principal_of(request), evidence, "ja");   // their own language is not known here
  if (!opened.ok()) return http::problem(opened.error(), request);
  FormPage form = form_of("staff_login.reenrol_title");
  return side.forms.render(request, form, "staff-login/reenrolled", side.forms.begin(request, form));
}

Response show_resets(const Side& side, const Request& request) {
  auto states = recovery(side).staff_states(principal_of(request));
  if (!states.ok()) return http::problem(states.error(), request);
  FormPage form = form_of("staff_login.resets_title");
  Data data = side.forms.begin(request, form);
  Data rows = Data(Data::List{});
  for (const auto& s : *states) {
    Data row = Data().set("name", s.name).set("display", s.display).set("passkeys", std::to_string(s.passkeys));
    if (s.required) row.set("required", true);
    if (!s.proposed_by.empty()) row.set("proposed_by", s.proposed_by).set("proposed_what", text_of(side, request, s.what == Reset::secrets ? "staff_login.reset_secrets" : s.what == Reset::password ? "staff_login.reset_password" : "staff_login.reset_passkeys"));
    if (!s.mine && s.proposed_by.empty()) row.set("proposable", true).set("passkeys_too", s.passkeys > 0 || s.required);
    if (!s.mine && !s.proposed_by.empty()) row.set("confirmable", true);
    rows.push(std::move(row));
  }
  data.set("any", !states->empty()).set("rows", std::move(rows));
  if (const auto done = request.query("done"); done == "proposed" || done == "confirmed")
    data.set("flash", Data().set("kind", "success").set("text", text_of(side, request, "staff_login.reset_" + std::string(*done))));
  return side.forms.render(request, form, "staff-login/resets", std::move(data));
}

/// Password and secret are on this answer and nowhere else afterwards.
Response show_secrets(const Side& side, const Request& request, const std::string& name, const StaffSecrets& secrets) {
  FormPage form = form_of("staff_login.secrets_title");
  Data data = side.forms.begin(request, form);
  data.set("secrets", Data().set("name", name).set("password", secrets.password).set("totp", secrets.totp));
  return side.forms.render(request, form, "staff-login/secrets", std::move(data));
}

Response post_resets(const Side& side, Request& request) {
  const std::string name(request.form("name").value_or(""));
  if (name.empty()) return http::problem(Error(ErrorCode::invalid_input, "which account?", "name"), request);
  const auto action = request.form("action").value_or("");
  if (action == "confirm") {
    auto done = recovery(side).confirm_reset(name, principal_of(request));
    if (!done.ok()) return http::problem(done.error(), request);
    return *done ? show_secrets(side, request, name, **done) : http::see_other("/staff/resets?done=confirmed");
  }
  auto state = recovery(side).propose_reset(name, action == "propose-secrets" ? Reset::secrets : action == "propose-password" ? Reset::password : Reset::passkeys, principal_of(request));
  return state.ok() ? http::see_other("/staff/resets?done=proposed") : http::problem(state.error(), request);
}
}  // namespace

void add_recovery_routes(http::Router& router, const Sides& citizen, const Sides& staff) {
  router.get("/login/recover", security_route("public", "login-recover"), [citizen](Request& r) { return show_recover(*citizen, r, form_of("security.recover_title")); });
  router.post("/login/recover", security_route("public"), [citizen](Request& r) { return post_recover(*citizen, r); });
  router.post("/staff/persons/{person}/reenrol", security_route("staff:person.verify", {}, Care::sensitive).on("person"), [staff](Request& r) { return post_reenrol(*staff, r); });
  router.get("/staff/resets", security_route("staff:admin.staff", "staff-resets"), [staff](Request& r) { return show_resets(*staff, r); });
  router.post("/staff/resets", security_route("staff:admin.staff", {}, Care::sensitive), [staff](Request& r) { return post_resets(*staff, r); });
}

}  // namespace machiya::identity
