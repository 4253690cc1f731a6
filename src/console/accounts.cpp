// /staff/accounts: who works here.
#include "city/city.h"
#include "console/console.h"
#include "console/page.h"
#include "platform/identity/staff_accounts.h"

namespace machiya::console {

using http::Request;
using http::Response;
using pages::Data;

std::string role_name(const city::City* city, const std::string& id, std::string_view lang) {
  const city::Text name(city ? city->policy()["roles"][id]["name"] : json::Value());
  return name.empty() ? id : name.in(lang);
}

Data role_options(const city::City& city, const std::string& chosen, std::string_view lang) {
  Data out = Data(Data::List{});
  for (const auto& [id, role] : city.policy()["roles"].members())
    out.push(Data().set("value", id).set("label", role_name(&city, id, lang)).set("checked", id == chosen));
  return out;
}

Data department_options(const city::City& city, const std::string& chosen, std::string_view lang) {
  Data out = Data(Data::List{});
  for (const city::Department& d : city.departments())
    out.push(Data().set("value", d.id).set("label", d.name.in(lang)).set("checked", d.id == chosen));
  return out;
}

Data Console::account_row(const identity::Identity::StaffMember& member, const city::City* city, const Request& request) const {
  const std::string lang = language(request);
  const city::Department* department = city ? city->department(member.department) : nullptr;
  std::vector<std::string> roles;
  for (const std::string& id : member.roles) roles.push_back(role_name(city, id, lang));
  Data row;
  row.set("name", member.name).set("display", member.display).set("roles", joined(roles));
  row.set("department", department ? department->name.in(lang) : member.department);
  row.set("tag", Data().set("kind", member.active ? "running" : "stopped").set("label", text(request, member.active ? "staff_console.account_open" : "staff_console.account_closed")));
  row.set(member.active ? "active" : "closed", true);
  return row;
}

/// By Outcome.
constexpr const char* kOutcomeText[] = {"", "staff_console.saved", "staff_console.account_refused"};

Response Console::accounts(Request& request, Outcome outcome, const identity::StaffSecrets* secrets) const {
  auto staff = p_.store.read([&](store::ReadTx& tx) { return p_.identity.staff(tx); });
  if (!staff.ok()) return http::problem(staff.error(), request);
  const auto city = p_.city();
  Data rows = Data(Data::List{});
  for (const auto& member : *staff) rows.push(account_row(member, city.get(), request));
  Data data = frame(request);
  const bool refused = outcome == Outcome::refused;   // what was typed stays
  const auto typed = [&](std::string_view name) { return refused ? field(request, name) : std::string(); };
  data.set("rows", std::move(rows)).set("typed_name", typed("name")).set("typed_display", typed("display"));
  if (city) {
    data.set("departments", department_options(*city, typed("department"), language(request)));
    data.set("roles", role_options(*city, typed("role"), language(request)));
  }
  if (secrets != nullptr) data.set("secrets", Data().set("name", field(request, "name")).set("password", secrets->password).set("totp", secrets->totp));
  else if (outcome != Outcome::none)
    data.set("flash", Data().set("kind", refused ? "error" : "success").set("text", text(request, kOutcomeText[static_cast<std::size_t>(outcome)])));
  return render(request, "console/accounts", "staff_console.accounts", std::move(data), refused ? 422 : 200);
}

Response Console::change_account(Request& request) const {
  const identity::Principal& who = identity::principal_of(request);
  const std::string name = field(request, "name"), action = field(request, "action");
  if (action == "close" || action == "open") {
    auto done = p_.store.write([&](store::Tx& tx) { return p_.identity.set_staff_active(tx, name, action == "open", who); });
    if (!done.ok()) return http::problem(done.error(), request);
    return http::see_other("/staff/accounts");
  }
  identity::StaffAccounts::Account wanted{name, field(request, "display"), field(request, "department"), {}};
  for (const auto& [key, value] : request.form_pairs)
    if (key == "role") wanted.roles.push_back(value);
  auto& accounts_of = p_.identity.staff_accounts();
  using Made = std::optional<identity::StaffSecrets>;   // nothing: the account was there
  auto done = p_.store.write([&](store::Tx& tx) -> Result<Made> {
    auto made = accounts_of.create(tx, wanted, who, request.id);
    if (made.ok()) return Made(std::move(*made));
    if (made.error().code != ErrorCode::conflict) return made.error();
    MACHIYA_CHECK(accounts_of.change(tx, wanted, who, request.id));
    return Made();
  });
  if (!done.ok() && done.error().code == ErrorCode::invalid_input) return accounts(request, Outcome::refused);
  if (!done.ok()) return http::problem(done.error(), request);
  return accounts(request, Outcome::saved, *done ? &**done : nullptr);
}

}  // namespace machiya::console
