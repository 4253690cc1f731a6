// The inbox of a department: filters, counts, pages by key, bulk decisions with a preview, live updates.
#include <algorithm>
#include <map>

#include "ask/cases/web.h"
#include "platform/identity/identity.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

std::string text_of(const Request& r, std::string_view name) { return std::string(r.query(name).value_or("")); }

InboxFilter filter_of(const Request& r) {
  const identity::Principal& who = identity::principal_of(r);
  InboxFilter f;
  f.lang = staff_language(r);
  f.department = text_of(r, "department");
  if (f.department.empty()) f.department = who.department;
  if (f.department == "*") f.department.clear();
  f.state = text_of(r, "state"), f.procedure = text_of(r, "procedure"), f.category = text_of(r, "category");
  f.assignee = text_of(r, "assignee");
  if (f.assignee == "-") f.assignee.clear(), f.unassigned = true;
  if (f.assignee == "me") f.assignee = who.name;
  const std::string show = text_of(r, "show");
  f.overdue = show == "overdue", f.proposals = show == "proposals", f.ended = show == "all";
  f.after = text_of(r, "after");
  return f;
}

struct Sums {
  std::map<std::string, std::int64_t> procedure, state, assignee;
  std::int64_t all = 0, overdue = 0, proposals = 0;
};

Sums sums_of(const std::vector<records::Count>& counts) {
  Sums s;
  for (const records::Count& c : counts) {
    s.procedure[c.type] += c.count, s.state[c.state] += c.count, s.assignee[c.assignee] += c.count;
    s.all += c.count, s.overdue += c.overdue, s.proposals += c.proposals;
  }
  return s;
}

std::string with_count(std::string label, std::int64_t n) { return label + " (" + std::to_string(n) + ")"; }

std::string procedure_name(const Web& web, const std::string& id, const std::string& lang) {
  auto rules = web.cases.definitions().current(id);
  return rules.ok() ? (*rules)->procedure->name.in(lang) : id;
}
/// States are named alike in most workflows: the first workflow that knows it gives the name.
std::string state_name(const Web& web, const std::string& state, const std::vector<records::Count>& counts, const std::string& lang) {
  for (const records::Count& c : counts) {
    if (c.state != state) continue;
    auto rules = web.cases.definitions().current(c.type);
    if (rules.ok())
      if (const State* s = (*rules)->workflow->state(state)) return s->name.in(lang);
  }
  return state;
}

Data filters(const Web& web, const Request& request, const InboxFilter& f, const Inbox& inbox) {
  const std::string lang = staff_language(request);
  auto t = [&](std::string_view key) { return web.texts.text(lang, key); };
  const Sums s = sums_of(inbox.counts);
  Data departments = Data(Data::List{}), states = Data(Data::List{}), procedures = Data(Data::List{}), people = Data(Data::List{}),
       show = Data(Data::List{});
  const identity::Principal& who = identity::principal_of(request);
  if (web.cases.ports().departments)
    for (const std::string& d : web.cases.ports().departments())
      if (web.cases.may(who, "case.list", d)) departments.push(option(d, department_name(web, d, lang), d == f.department));
  departments.push(option("*", t("staff_cases.all_departments"), f.department.empty()));
  for (const auto& [id, n] : s.state) states.push(option(id, with_count(state_name(web, id, inbox.counts, lang), n), id == f.state));
  for (const auto& [id, n] : s.procedure) procedures.push(option(id, with_count(procedure_name(web, id, lang), n), id == f.procedure));
  people.push(option("me", t("staff_cases.mine"), f.assignee == who.name && !who.name.empty()));
  for (const auto& [name, n] : s.assignee)
    people.push(name.empty() ? option("-", with_count(t("staff_cases.unassigned"), n), f.unassigned)
                             : option(name, with_count(name, n), f.assignee == name && name != who.name));
  show.push(option("overdue", with_count(t("staff_cases.overdue"), s.overdue), f.overdue));
  show.push(option("proposals", with_count(t("staff_cases.proposals"), s.proposals), f.proposals));
  show.push(option("all", t("staff_cases.with_ended"), f.ended));
  Data selects;
  selects.push(select("department", t("staff_cases.department"), std::move(departments)));
  selects.push(select("state", t("staff_cases.state"), std::move(states)));
  selects.push(select("procedure", t("staff_cases.procedure"), std::move(procedures)));
  selects.push(select("assignee", t("staff_cases.assignee"), std::move(people)));
  selects.push(select("show", t("staff_cases.show"), std::move(show)));
  return Data().set("action", "/staff/inbox").set("selects", std::move(selects));
}

Data row_data(const Web& web, const CaseRow& row, const std::string& lang) {
  auto rules = web.cases.definitions().current(row.procedure);
  const State* state = rules.ok() ? (*rules)->workflow->state(row.state) : nullptr;
  Data out;
  out.set("number", row.number).set("href", "/staff/cases/" + row.number).set("title", row.title).set("id", "case-" + row.number);
  out.set("tag", tag_of(state, row.overdue, row.state_name));
  out.set("received", locale::format_date(date_in_japan(row.received), lang));
  if (row.due) out.set("due", locale::format_date(add_days(date_in_japan(*row.due), -1), lang));
  out.set("assignee", row.assignee).set("department", department_name(web, row.department, lang));
  if (row.overdue) out.set("overdue", true);
  if (!row.proposal.empty()) out.set("proposal", true);
  if (!row.applicant.empty()) out.set("applicant", row.applicant);
  return out;
}

Data bulk_actions(const Web& web, const Inbox& inbox, const identity::Principal& who, const std::string& lang) {
  // Actions that lead out of a state of some case on this page and that this person may take somewhere.
  std::map<std::string, std::string> names;
  for (const CaseRow& row : inbox.rows) {
    auto rules = web.cases.definitions().current(row.procedure);
    if (!rules.ok()) continue;
    for (const Action* a : (*rules)->workflow->from(row.state))
      if (a->by == By::staff && !a->needs_fields && web.cases.may(who, a->permission, row.department)) names[a->id] = a->name.in(lang);
  }
  Data out = Data(Data::List{});
  for (const auto& [id, name] : names) out.push(option(id, name, false));
  return out;
}

Response show_inbox(const Web& web, Request& request) {
  const std::string lang = staff_language(request);
  const InboxFilter f = filter_of(request);
  const identity::Principal& who = identity::principal_of(request);
  auto inbox = web.cases.inbox(f, who);
  if (!inbox.ok()) return http::problem(inbox.error(), request);
  Data data = staff_page(web, request, "staff_cases.inbox");
  data.set("filters", filters(web, request, f, *inbox));
  Data rows = Data(Data::List{});
  for (const CaseRow& row : inbox->rows) rows.push(row_data(web, row, lang));
  if (!inbox->rows.empty()) data.set("any", true);
  data.set("rows", std::move(rows));
  const Sums s = sums_of(inbox->counts);
  data.set("summary", web.texts.text(lang, "staff_cases.summary",
                                     {{"all", std::to_string(s.all)}, {"overdue", std::to_string(s.overdue)}, {"proposals", std::to_string(s.proposals)}}));
  Data actions = bulk_actions(web, *inbox, who, lang);
  if (const auto* list = std::get_if<Data::List>(&actions.get()); list && !list->empty()) data.set("bulk", std::move(actions)).set("has_bulk", true);
  std::vector<std::pair<std::string, std::string>> query = {{"department", text_of(request, "department")}, {"state", f.state},
                                                            {"procedure", f.procedure}, {"assignee", text_of(request, "assignee")},
                                                            {"show", text_of(request, "show")}};
  data.set("export_csv", "/staff/export.csv" + query_of(query)).set("export_json", "/staff/export.json" + query_of(query));
  if (inbox->more || !f.after.empty()) {
    Data pages;
    if (!f.after.empty()) pages.set("previous", "/staff/inbox" + query_of(query));
    query.emplace_back("after", inbox->more ? inbox->rows.back().number : "");
    if (inbox->more) pages.set("next", "/staff/inbox" + query_of(query));
    data.set("pagination", std::move(pages));
  }
  if (!web.registers.empty()) data.set("register", web.registers + (f.procedure.empty() ? "#cases" : "/" + f.procedure));
  data.set("live", "/staff/live" + query_of({{"department", f.department}}));
  return render(web, request, "cases/inbox", std::move(data), lang);
}

std::vector<std::string> numbers_of(const Request& request) {
  std::vector<std::string> out;
  for (const auto& [name, value] : request.form_pairs)
    if (name == "number" && out.size() < 500) out.push_back(value);
  return out;
}

/// First post: the preview; the second, with "confirmed": done.
Response bulk(const Web& web, Request& request) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  Act act;
  act.action = std::string(request.form("act").value_or(""));
  act.reason = std::string(request.form("reason").value_or(""));
  act.note = std::string(request.form("note").value_or(""));
  act.request = request.id;
  const std::vector<std::string> numbers = numbers_of(request);
  if (numbers.empty() || act.action.empty() || request.form("action") == "back") return http::see_other("/staff/inbox");
  const bool confirmed = request.form("action") == "next" && request.form("confirmed").has_value();
  auto lines = confirmed ? web.cases.act_on_many(numbers, act, who) : web.cases.preview(numbers, act, who);
  if (!lines.ok()) return http::problem(lines.error(), request);
  Data data = staff_page(web, request, confirmed ? "staff_cases.bulk_done" : "staff_cases.bulk_preview");
  Data rows;
  int possible = 0;
  for (const BulkLine& line : *lines) {
    if (line.possible) ++possible;
    Data row = Data().set("number", line.number).set("title", line.title).set("href", "/staff/cases/" + line.number);
    row.set("result", line.possible ? line.result : web.texts.text(lang, "staff_cases.problem." + line.problem));
    row.set("possible", line.possible);
    rows.push(std::move(row));
  }
  data.set("rows", std::move(rows)).set("act", act.action).set("reason", act.reason).set("note", act.note);
  data.set("count", web.texts.text(lang, confirmed ? "staff_cases.bulk_count_done" : "staff_cases.bulk_count",
                                   {{"possible", std::to_string(possible)}, {"all", std::to_string(lines->size())}}));
  if (!confirmed) {
    data.set("confirm", true);
    data.set("buttons", Data(Data::List{Data().set("value", "next").set("label", web.texts.text(lang, "staff_cases.bulk_do")).set("primary", true),
                                        Data().set("value", "back").set("label", web.texts.text(lang, "staff_cases.cancel")).set("skip_check", true)}));
  }
  return render(web, request, "cases/bulk", std::move(data), lang);
}

Response live(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  const std::string department(request.query("department").value_or(who.department));
  if (!web.cases.may(who, "case.list", department)) return http::problem(Error(ErrorCode::forbidden, "case.list"), request);
  Response r;
  r.events = web.hub.subscribe({"inbox/" + department});
  return r;
}

}  // namespace

void add_inbox_routes(http::Router& router, const Web& web) {
  router.get("/staff/inbox", staff_route("case.list", "staff-inbox"), [web](Request& r) { return show_inbox(web, r); });
  http::RouteOptions bulk_route = staff_route("case.list", "");
  bulk_route.body_limit = 256 * 1024;
  router.post("/staff/bulk", bulk_route, [web](Request& r) { return bulk(web, r); });
  router.get("/staff/live", staff_route("case.list", ""), [web](Request& r) { return live(web, r); });
}

}  // namespace machiya::cases::detail
