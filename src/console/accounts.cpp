// /staff/accounts: who works here.
#include "city/city.h"
#include "console/console.h"
#include "console/page.h"
#include "platform/audit/audit.h"

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
constexpr const char* kOutcomeText[] = {"", "staff_console.saved", "staff_console.account_refused", "staff_console.account_weak_password"};

Response Console::accounts(Request& request, Outcome outcome) const {
  auto staff = p_.store.read([&](store::ReadTx& tx) { return p_.identity.staff(tx); });
  if (!staff.ok()) return http::problem(staff.error(), request);
  const auto city = p_.city();
  Data rows = Data(Data::List{});
  for (const auto& member : *staff) rows.push(account_row(member, city.get(), request));
  Data data = frame(request);
  const bool refused = outcome != Outcome::none && outcome != Outcome::saved;   // what was typed stays, but for the secrets
  const auto typed = [&](std::string_view name) { return refused ? field(request, name) : std::string(); };
  data.set("rows", std::move(rows)).set("typed_name", typed("name")).set("typed_display", typed("display"));
  if (city) {
    data.set("departments", department_options(*city, typed("department"), language(request)));
    data.set("roles", role_options(*city, typed("role"), language(request)));
  }
  if (outcome != Outcome::none)
    data.set("flash", Data().set("kind", refused ? "error" : "success").set("text", text(request, kOutcomeText[static_cast<std::size_t>(outcome)])));
  return render(request, "console/accounts", "staff_console.accounts", std::move(data), refused ? 422 : 200);
}

Result<void> Console::save_account(store::Tx& tx, const Request& request, const std::vector<std::string>& roles) const {
  const std::string name = field(request, "name"), department = field(request, "department");
  MACHIYA_TRY(const std::int64_t id, p_.identity.put_staff(tx, name, field(request, "display"), std::string(request.form("password").value_or("")), field(request, "totp"), roles, department));
  MACHIYA_TRY(const auto all, p_.identity.staff(tx));
  audit::Entry entry;
  entry.actor = identity::principal_of(request).actor();
  entry.action = "staff.save";
  entry.request = request.id;
  for (const auto& member : all)
    if (member.id == id) entry.object = "staff:" + member.public_id;
  json::Value list = json::Value::array();
  for (const std::string& role : roles) list.push(role);
  entry.facts = json::Value::object({{"roles", std::move(list)}, {"department", department}});
  return p_.audit.append(tx, entry);
}

Response Console::change_account(Request& request) const {
  const identity::Principal& who = identity::principal_of(request);
  const std::string name = field(request, "name"), action = field(request, "action");
  if (action == "close" || action == "open") {
    auto done = p_.store.write([&](store::Tx& tx) { return p_.identity.set_staff_active(tx, name, action == "open", who); });
    if (!done.ok()) return http::problem(done.error(), request);
    return http::see_other("/staff/accounts");
  }
  std::vector<std::string> roles;
  for (const auto& [key, value] : request.form_pairs)
    if (key == "role") roles.push_back(value);
  if (name.empty() || field(request, "totp").size() < 16) return accounts(request, Outcome::refused);
  const auto fit = p_.passwords->check(request.form("password").value_or(""), {name, field(request, "display")});
  if (!fit.ok()) return accounts(request, Outcome::weak_password);
  auto done = p_.store.write([&](store::Tx& tx) { return save_account(tx, request, roles); });
  if (!done.ok() && done.error().code == ErrorCode::invalid_input) return accounts(request, Outcome::refused);
  if (!done.ok()) return http::problem(done.error(), request);
  return accounts(request, Outcome::saved);
}

}  // namespace machiya::console
