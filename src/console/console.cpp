#include "console/console.h"

#include "console/page.h"
#include "platform/identity/emergencies.h"

namespace machiya::console {
namespace {

using http::Request;
using http::Response;
using pages::Data;

http::RouteOptions route(std::string permission, std::string page_kind) {
  http::RouteOptions o;
  o.permission = permission.empty() ? "staff" : "staff:" + permission;
  o.object = "none";
  o.page_kind = std::move(page_kind);
  return o;
}
/// Who may log in is changed only by somebody who has just shown who they are.
http::RouteOptions sensitive(std::string permission, std::string page_kind = {}) {
  http::RouteOptions o = route(std::move(permission), std::move(page_kind));
  o.step_up_minutes = identity::kStepUpMinutes;
  return o;
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
    if (item.count)
      if (std::string waiting = item.count(who); !waiting.empty()) entry.set("count", std::move(waiting));
    items.push(std::move(entry));
    any = true;
  }
  close();
  data.set("side", Data().set("groups", std::move(groups)));
  return data;
}

Response Console::render(const Request& request, std::string_view name, std::string_view title_key, Data data, int status) const {
  data.set("title", text(request, title_key)).set("csrf", identity::principal_of(request).csrf);
  Response r = http::html(p_.templates.render(name, data, language(request)).html, status);
  r.header("Cache-Control", "no-store");
  return r;
}

Response Console::home(Request& request) const {
  // Who reviews emergency access meets what waits for them first, after each log-in.
  const identity::Principal& who = identity::principal_of(request);
  const auto policy = p_.identity.policy();
  const auto waiting = p_.store.read([&](store::ReadTx& tx) { return p_.identity.emergencies().waiting(tx, who, *policy); });
  if (waiting.ok() && *waiting > 0) return http::see_other("/staff/emergencies?waits=1");
  for (const NavItem& item : items_)
    if (p_.identity.allowed(identity::principal_of(request), item.permission)) return http::see_other(item.href);
  return http::see_other("/staff/purpose");   // the page of everybody who works here
}

void Console::add_routes(http::Router& router) const {
  router.get("/staff", route("", ""), [this](Request& r) { return home(r); });
  router.get("/staff/dead-letters", route("admin.jobs", "staff-dead-letters"), [this](Request& r) { return dead_letters(r); });
  router.post("/staff/dead-letters", route("admin.jobs", ""), [this](Request& r) { return change_dead_letter(r); });
  router.get("/staff/accounts", route("admin.staff", "staff-accounts"), [this](Request& r) { return accounts(r); });
  router.post("/staff/accounts", sensitive("admin.staff"), [this](Request& r) { return change_account(r); });
  router.get("/staff/clients", route("admin.clients", "staff-clients"), [this](Request& r) { return clients(r); });
  http::RouteOptions review = route("breakglass.review", "staff-emergencies");
  review.reads_personal_data = true;   // reasons may name people
  router.get("/staff/emergencies", review, [this](Request& r) { return emergencies(r); });
  review.page_kind.clear();
  router.post("/staff/emergencies/{emergency}", review.on("emergency"), [this](Request& r) { return review_emergency(r); });
  router.get("/staff/purpose", route("", "staff-purpose"), [this](Request& r) { return purpose(r); });
  router.post("/staff/purpose", route("", ""), [this](Request& r) { return change_purpose(r); });
  router.post("/staff/clients", sensitive("admin.clients"), [this](Request& r) { return change_client(r); });
  router.get("/staff/password", sensitive("", "staff-password"), [this](Request& r) { return password(r); });
  router.post("/staff/password", sensitive(""), [this](Request& r) { return change_password(r); });
}

}  // namespace machiya::console
