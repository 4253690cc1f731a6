// /staff/accounts: who works here.
#include "city/city.h"
#include "console/console.h"
#include "console/page.h"

namespace machiya::console {

using http::Request;
using http::Response;
using pages::Data;

Response Console::accounts(Request& request, std::string_view flash) const {
  auto staff = p_.store.read([&](store::ReadTx& tx) { return p_.identity.staff(tx); });
  if (!staff.ok()) return http::problem(staff.error(), request);
  Data rows = Data(Data::List{}), departments = Data(Data::List{});
  auto city = p_.city();
  const std::string lang = language(request);
  for (const auto& s : *staff) {
    const city::Department* d = city ? city->department(s.department) : nullptr;
    Data row = Data().set("name", s.name).set("display", s.display).set("roles", joined(s.roles)).set("department", d ? d->name.in(lang) : s.department);
    row.set(s.active ? "active" : "closed", true);
    rows.push(std::move(row));
  }
  if (city)
    for (const city::Department& d : city->departments()) departments.push(Data().set("value", d.id).set("label", d.name.in(lang)));
  Data data = frame(request);
  data.set("rows", std::move(rows)).set("departments", std::move(departments));
  if (city) {
    Data roles = Data(Data::List{});
    for (const auto& [id, role] : city->policy()["roles"].members()) roles.push(Data().set("value", id).set("label", role.text("name").empty() ? id : role.text("name")));
    data.set("roles", std::move(roles));
  }
  if (!flash.empty()) data.set("flash", Data().set("kind", "success").set("text", flash));
  return render(request, "console/accounts", "staff_console.accounts", std::move(data));
}

Response Console::change_account(Request& request) const {
  const identity::Principal& who = identity::principal_of(request);
  const std::string name = field(request, "name");
  if (field(request, "action") == "close" || field(request, "action") == "open") {
    auto done = p_.store.write([&](store::Tx& tx) { return p_.identity.set_staff_active(tx, name, field(request, "action") == "open", who); });
    if (!done.ok()) return http::problem(done.error(), request);
    return http::see_other("/staff/accounts");
  }
  const std::string password = field(request, "password"), secret = field(request, "totp");
  // NIST SP 800-63B §5.1.1.2 asks for eight; an office account gets twelve.
  if (name.empty() || password.size() < 12 || secret.size() < 16)
    return http::problem(Error(ErrorCode::invalid_input, "name, password of 12 characters, TOTP secret of 16"), request);
  std::vector<std::string> roles;
  for (const auto& [key, value] : request.form_pairs)
    if (key == "role") roles.push_back(value);
  auto done = p_.store.write([&](store::Tx& tx) {
    return p_.identity.put_staff(tx, name, field(request, "display"), password, secret, roles, field(request, "department"));
  });
  if (!done.ok()) return http::problem(done.error(), request);
  return accounts(request, text(request, "staff_console.saved"));
}

}  // namespace machiya::console
