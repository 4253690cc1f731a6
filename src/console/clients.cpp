// /staff/clients: the programs that may use the API. A token is shown once, when it is made.
#include <algorithm>
#include <charconv>

#include "city/city.h"
#include "console/console.h"
#include "console/page.h"

namespace machiya::console {

using http::Request;
using http::Response;
using pages::Data;

namespace {

/// running, over or revoked: what the row says and whether it can still be revoked.
std::string_view state_of(const identity::Identity::ApiClient& client, Instant now) {
  if (client.revoked) return "revoked";
  return client.expires && client.expires->us <= now.us ? "over" : "running";
}

}  // namespace

Data Console::client_row(const identity::Identity::ApiClient& client, const Request& request) const {
  const std::string lang = language(request);
  const auto time = [&](const std::optional<Instant>& t, std::string_view otherwise) {
    return t ? locale::format_time(*t, lang) : text(request, otherwise);
  };
  const std::string state(state_of(client, p_.clock.now()));
  Data row;
  std::string seat;
  const auto city = p_.city();
  for (const std::string& role : client.seat.roles) seat += (seat.empty() ? "" : ", ") + role_name(city.get(), role, lang);
  const city::Department* department = city ? city->department(client.seat.department) : nullptr;
  if (!seat.empty()) seat += " · " + (department ? department->name.in(lang) : client.seat.department);
  row.set("name", client.name).set("scopes", joined(client.scopes)).set("seat", seat).set("created", time(client.created, ""));
  row.set("used", time(client.last_used, "staff_console.never_used")).set("expires", time(client.expires, "staff_console.no_end"));
  std::string label = text(request, "staff_console.client_" + state);
  if (client.revoked) label += " · " + locale::format_time(*client.revoked, lang);
  row.set("tag", Data().set("kind", state == "running" ? "running" : "stopped").set("label", label));
  if (state != "revoked") row.set("revocable", true);
  return row;
}

Response Console::clients(Request& request, const std::string& token, const Error* refused) const {
  auto listed = p_.store.read([&](store::ReadTx& tx) { return p_.identity.clients(tx); });
  if (!listed.ok()) return http::problem(listed.error(), request);
  Data rows = Data(Data::List{});
  for (const auto& client : *listed) rows.push(client_row(client, request));
  Data data = frame(request);
  if (!listed->empty()) data.set("any", true);
  data.set("rows", std::move(rows));
  if (!token.empty()) data.set("token", token);
  if (refused) {
    const std::string id = refused->code == ErrorCode::conflict ? "name" : refused->where;
    const std::string why = text(request, refused->code == ErrorCode::conflict ? "staff_console.client_exists" : "staff_console.client_invalid." + id);
    data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#" + id).set("text", why)})));
    data.set(id + "_error", Data().set("id", id).set("error", why)).set("name_value", field(request, "name"));
  }
  const auto typed = [&](std::string_view name) { return refused ? field(request, name) : std::string(); };
  data.set("scopes_value", refused ? field(request, "scopes") : std::string("applications"));
  Data days{Data::List{}};
  const std::string chosen = refused ? field(request, "days") : std::string("365");
  for (const auto& [value, label] : {std::pair("90", "staff_console.days_90"), std::pair("365", "staff_console.days_365"), std::pair("0", "staff_console.no_end")})
    days.push(Data().set("value", value).set("label", text(request, label)).set("checked", chosen == value));
  data.set("days", std::move(days));
  if (const auto city = p_.city()) {
    data.set("departments", department_options(*city, typed("department"), language(request)));
    data.set("roles", role_options(*city, typed("role"), language(request)));
  }
  return render(request, "console/clients", "staff_console.clients", std::move(data), refused ? error_info(refused->code).http_status : 200);
}

Response Console::change_client(Request& request) const {
  const identity::Principal& who = identity::principal_of(request);
  const std::string name = field(request, "name");
  if (field(request, "action") == "revoke") {
    auto done = p_.identity.revoke_client(name, who);
    if (!done.ok()) return http::problem(done.error(), request);
    return http::see_other("/staff/clients");
  }
  std::vector<std::string> scopes;
  const std::string listed = field(request, "scopes"), days_text = field(request, "days");
  for (std::string_view part : split(listed, ' '))
    if (!trim(part).empty()) scopes.emplace_back(trim(part));
  identity::Identity::Seat seat{{}, field(request, "department")};
  if (const std::string role = field(request, "role"); !role.empty()) seat.roles.push_back(role);
  const auto city = p_.city();
  for (const std::string& scope : scopes)
    if (std::find(p_.scopes.begin(), p_.scopes.end(), scope) == p_.scopes.end()) {
      const Error unknown(ErrorCode::invalid_input, "nothing asks for this scope", "scopes");
      return clients(request, {}, &unknown);
    }
  if (!seat.department.empty() && (!city || !city->department(seat.department))) {
    const Error unknown(ErrorCode::invalid_input, "no such department", "department");
    return clients(request, {}, &unknown);
  }
  int days = -1;
  std::from_chars(days_text.data(), days_text.data() + days_text.size(), days);
  auto token = p_.identity.create_client(name, scopes, who, days, seat);
  if (token.ok()) return clients(request, *token);   // shown once, never stored
  if (token.error().code == ErrorCode::conflict || token.error().code == ErrorCode::invalid_input) return clients(request, {}, &token.error());
  return http::problem(token.error(), request);
}

}  // namespace machiya::console
