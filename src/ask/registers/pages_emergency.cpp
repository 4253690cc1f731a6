// Emergency access to a row of a register: the form that stands where the row is refused.
#include "ask/cases/web.h"
#include "ask/registers/pages.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

Response form(const Web& web, Request& request, const Register& reg, int status, const std::string& wrong) {
  const std::string lang = staff_language(request), here = row_path(reg, request.param("number"));
  Data data = register_page(web, request, reg, text(web, request, "staff_emergency.title"));
  data.set("number", reg.name.in(lang) + " " + std::string(request.param("number"))).set("action", here + "/emergency");
  data.set("refused", text(web, request, "staff_emergency.refused_row")).set("lead", text(web, request, "staff_emergency.lead_row"));
  const auto city = web.city();
  const auto policy = web.registers.policy();
  cases::detail::add_emergency_fields(data, request, {policy.get(), city.get(), web.texts, "register.read", "staff_emergency.reason_hint_row"}, wrong);
  return render(web, request, "cases/emergency", std::move(data), status);
}

}  // namespace

Response row_refused(const Web& web, Request& request, const Error& error) {
  if (error.code != ErrorCode::not_found || request.wants_json()) return http::problem(error, request);
  const auto reg = web.registers.find_closed(request.param("register"), request.param("number"), identity::principal_of(request));
  return reg.ok() ? form(web, request, **reg, 403, "") : http::problem(error, request);
}

Response open_row_in_emergency(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  const std::string id(request.param("register")), number(request.param("number"));
  const auto here = [&](const Register& reg) { return http::see_other(row_path(reg, number)); };
  if (const auto open = web.registers.find_of_row(id, number, who); open.ok()) return here(**open);   // they may read it: nothing is to be opened
  const auto reg = web.registers.find_closed(id, number, who);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const auto done = web.registers.open_in_emergency(id, number, who, request.form("purpose").value_or(""), request.form("reason").value_or(""), request.id);
  if (done.ok()) return here(**reg);
  if (done.error().code == ErrorCode::invalid_input || done.error().code == ErrorCode::too_large) return form(web, request, **reg, 422, done.error().where);
  return http::problem(done.error(), request);
}

}  // namespace machiya::registers::detail
