#include "console/console.h"

#include "base/text.h"
#include "city/city.h"
#include "platform/jobs/jobs.h"
#include "platform/locale/locale.h"

namespace machiya::console {
namespace {

using http::Request;
using http::Response;
using pages::Data;

std::string language(const Request& r) { return r.lang == "ja" || r.lang == "ja-easy" ? "ja" : "en"; }

http::RouteOptions route(std::string permission, std::string page_kind) {
  http::RouteOptions o;
  o.permission = permission.empty() ? "staff" : "staff:" + permission;
  o.page_kind = std::move(page_kind);
  return o;
}

std::string field(const Request& r, std::string_view name) { return std::string(trim(r.form(name).value_or(""))); }

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& s : list) out += (out.empty() ? "" : ", ") + s;
  return out;
}

}  // namespace

std::vector<NavItem> case_pages() {
  return {{"staff_console.work", "staff_cases.inbox", "/staff/inbox", "case.list"},
          {"staff_console.work", "staff_cases.search", "/staff/search", "case.list"},
          {"staff_console.work", "staff_cases.moderation", "/staff/reports", "report.release"},
          {"staff_console.work", "staff_cases.persons", "/staff/persons", "person.search"},
          {"staff_console.work", "staff_cases.statistics", "/staff/statistics", "statistics.read"}};
}

std::vector<NavItem> system_pages() {
  return {{"staff_console.system", "staff_console.dead_letters", "/staff/dead-letters", "admin.jobs"},
          {"staff_console.system", "staff_console.accounts", "/staff/accounts", "admin.staff"},
          {"staff_console.system", "staff_console.clients", "/staff/clients", "admin.clients"}};
}

std::string Console::text(const Request& request, std::string_view key) const { return p_.texts.text(language(request), key); }

Data Console::frame(const Request& request) const {
  const identity::Principal& who = identity::principal_of(request);
  Data data = p_.frame(request);
  Data groups = Data(Data::List{});
  std::string open;
  Data items = Data(Data::List{});
  bool any = false;
  auto close = [&] {
    if (any) groups.push(Data().set("title", text(request, open)).set("items", std::move(items)));
    items = Data(Data::List{}), any = false;
  };
  for (const NavItem& item : items_) {
    if (!p_.identity.allowed(who, item.permission)) continue;
    if (item.group != open) close(), open = item.group;
    Data entry = Data().set("href", item.href).set("label", text(request, item.label));
    if (request.path == item.href) entry.set("current", true);
    items.push(std::move(entry));
    any = true;
  }
  close();
  data.set("side", Data().set("groups", std::move(groups)));
  return data;
}

Response Console::render(const Request& request, std::string_view name, std::string_view title_key, Data data) const {
  data.set("title", text(request, title_key)).set("csrf", identity::principal_of(request).csrf);
  Response r = http::html(p_.templates.render(name, data, language(request)).html);
  r.header("Cache-Control", "no-store");
  return r;
}

Response Console::home(Request& request) const {
  for (const NavItem& item : items_)
    if (p_.identity.allowed(identity::principal_of(request), item.permission)) return http::see_other(item.href);
  return http::problem(Error(ErrorCode::forbidden, "no page"), request);
}

Response Console::dead_letters(Request& request) const {
  auto dead = p_.jobs.dead(200);
  if (!dead.ok()) return http::problem(dead.error(), request);
  Data rows = Data(Data::List{});
  for (const jobs::DeadJob& d : *dead)
    rows.push(Data().set("id", d.id).set("kind", d.kind).set("error", d.error).set("attempts", d.attempts).set("died", to_iso_japan(d.died)));
  Data data = frame(request);
  if (!dead->empty()) data.set("any", true);
  data.set("rows", std::move(rows));
  return render(request, "console/dead_letters", "staff_console.dead_letters", std::move(data));
}

Response Console::revive(Request& request) const {
  auto done = p_.jobs.revive(std::atoll(field(request, "id").c_str()));
  if (!done.ok()) return http::problem(done.error(), request);
  return http::see_other("/staff/dead-letters");
}

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

Response Console::clients(Request& request, const std::string& token) const {
  Data data = frame(request);
  if (!token.empty()) data.set("token", token);
  return render(request, "console/clients", "staff_console.clients", std::move(data));
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
  const std::string text = field(request, "scopes");
  for (std::string_view part : split(text, ' '))
    if (!trim(part).empty()) scopes.emplace_back(trim(part));
  auto token = p_.identity.create_client(name, scopes, who);
  if (!token.ok()) return http::problem(token.error(), request);
  return clients(request, *token);   // shown once, never stored
}

void Console::add_routes(http::Router& router) const {
  router.get("/staff", route("", ""), [this](Request& r) { return home(r); });
  router.get("/staff/dead-letters", route("admin.jobs", "staff-dead-letters"), [this](Request& r) { return dead_letters(r); });
  router.post("/staff/dead-letters", route("admin.jobs", ""), [this](Request& r) { return revive(r); });
  router.get("/staff/accounts", route("admin.staff", "staff-accounts"), [this](Request& r) { return accounts(r); });
  router.post("/staff/accounts", route("admin.staff", ""), [this](Request& r) { return change_account(r); });
  router.get("/staff/clients", route("admin.clients", "staff-clients"), [this](Request& r) { return clients(r); });
  router.post("/staff/clients", route("admin.clients", ""), [this](Request& r) { return change_client(r); });
}

}  // namespace machiya::console
