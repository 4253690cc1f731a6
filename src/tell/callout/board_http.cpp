// /staff/callouts: all call-outs, a new one, the strength board of one, and the people behind its numbers.
#include "platform/audit/audit.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/charts.h"
#include "tell/callout/web.h"
#include "tell/messages/definitions.h"

namespace machiya::callout::detail {
using http::Request;
using http::Response;
using pages::Data;

std::string department_name(const Web& web, const std::string& id, std::string_view lang) {
  const auto city = web.city();
  const city::Department* found = city->department(id);
  return found ? found->name.in(lang) : id;
}

namespace {

constexpr int kMostPeople = 500;
std::string path_of(const Callout& c, std::string_view rest = {}) { return std::string(kStaffBase) + "/" + c.public_id + std::string(rest); }

Data tag_of(const Web& web, const Request& request, const Callout& c) {
  static constexpr std::pair<const char*, const char*> kLooks[] = {{"waiting", "waiting"}, {"running", "running"}, {"over", "done"}, {"dropped", "stopped"}};
  const auto& [word, kind] = kLooks[static_cast<std::size_t>(c.state)];
  return Data().set("kind", kind).set("label", text(web, request, std::string("staff_callout.state.") + word));
}

Response list(const Web& web, Request& request) {
  const auto all = web.callouts.list(identity::principal_of(request));
  if (!all.ok()) return http::problem(all.error(), request);
  const std::string lang(locale::staff_language(request.lang));
  Data data = page(web, request, text(web, request, "staff_callout.title")), rows{Data::List{}};
  for (const Callout& c : *all) {
    Data row = Data().set("href", path_of(c)).set("title", c.title.in(lang)).set("tag", tag_of(web, request, c)).set("author", c.author_name).set("when", locale::format_time(c.started.value_or(c.created), lang));
    if (c.drill) row.set("drill", true);
    rows.push(std::move(row));
  }
  data.set("rows", std::move(rows));
  if (web.may(identity::principal_of(request), kStart, "")) data.set("may_start", true);
  return render(web, request, "callout/list", std::move(data));
}

Response form(const Web& web, const Request& request, const Error* wrong) {
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  Data data = page(web, request, text(web, request, "staff_callout.new")), templates{Data::List{}}, departments{Data::List{}};
  const std::string chosen = field(request, "template");
  for (const city::Loaded* loaded : city->all("callout")) {
    const auto& t = static_cast<const Template&>(*loaded->definition);
    Data one = Data().set("value", t.id).set("label", t.name.in(lang));
    if (t.id == chosen || (chosen.empty() && loaded == city->all("callout").front())) one.set("checked", true);
    templates.push(std::move(one));
  }
  const auto sizes = web.callouts.sizes(identity::principal_of(request));
  if (!sizes.ok()) return http::problem(sizes.error(), request);
  for (const Callouts::Size& size : *sizes) departments.push(Data().set("value", size.department).set("label", department_name(web, size.department, lang)).set("members", std::to_string(size.members)));
  data.set("templates", std::move(templates)).set("departments", std::move(departments)).set("note", field(request, "note"));
  if (sizes->empty()) data.set("nobody", true);
  if (wrong) data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#" + (wrong->where.empty() ? std::string("template") : wrong->where)).set("text", text(web, request, "staff_callout.wrong." + (wrong->where.empty() ? std::string("template") : wrong->where)))})));
  return render(web, request, "callout/new", std::move(data), wrong ? 422 : 200);
}

Response create(const Web& web, Request& request) {
  std::vector<std::string> departments;
  for (const auto& [key, value] : request.form_pairs)
    if (key == "department" && !value.empty()) departments.push_back(value);
  const auto made = web.callouts.create(field(request, "template"), departments, field(request, "note"), !field(request, "drill").empty(), identity::principal_of(request), request.id);
  if (!made.ok() && made.error().code == ErrorCode::invalid_input) return form(web, request, &made.error());
  if (!made.ok()) return http::problem(made.error(), request);
  return http::see_other(std::string(kStaffBase) + "/" + *made);
}

Data stages_of(const Web& web, const Request& request, const Callout& c, const Board& board) {
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  const auto channel_name = [&](const std::string& id) {
    if (id == kDeputy) return text(web, request, "staff_callout.deputy");
    const auto* found = city->get<tell::ChannelDefinition>("channel", id);
    return found ? found->name.in(lang) : web.texts.has("ja", "staff_callout.channel." + id) ? text(web, request, "staff_callout.channel." + id) : id;
  };
  Data rows{Data::List{}};
  for (std::size_t i = 0; i < c.stages.size(); ++i) {
    const Stage& stage = c.stages[i];
    bool any = false;
    for (const Entered& e : board.stages) {
      if (e.number != static_cast<int>(i)) continue;
      any = true;
      const std::string name = channel_name(stage.by) + (stage.by == kDeputy && !e.channel.empty() ? " (" + channel_name(e.channel) + ")" : "");
      rows.push(Data().set("name", name).set("minutes", stage.minutes).set("when", locale::format_time(e.at, lang)).set("people", std::to_string(e.people)).set("state", text(web, request, e.reason == "not-configured" ? "staff_callout.skipped" : !e.released ? "staff_callout.placing" : e.people == 0 ? "staff_callout.nobody" : "staff_callout.sent")));
    }
    if (!any) rows.push(Data().set("name", channel_name(stage.by)).set("minutes", stage.minutes).set("state", text(web, request, "staff_callout.to_come")));
  }
  return rows;
}

void add_numbers(const Web& web, const Request& request, const Callout& c, const Board& board, Data& data) {
  const std::string lang(locale::staff_language(request.lang));
  const auto t = [&](const char* key) { return text(web, request, std::string("staff_callout.") + key); };
  Data columns{Data::List{Data().set("label", t("department"))}}, rows{Data::List{}};
  for (const char* key : {"called", "asked", "reached", "answered", "comes", "within30", "within60", "within180", "later", "cannot", "hurt", "family"}) columns.push(Data().set("label", t(key)).set("number", true));
  std::vector<pages::StackBar> bars;
  const auto row = [&](const std::string& label, const std::string& href, const Strength& s) {
    Data head = Data().set("text", label).set("header", true);
    if (!href.empty()) head.set("href", href);
    Data cells{Data::List{std::move(head)}};
    for (const std::int64_t n : {s.called, s.asked, s.reached, s.answered, s.comes, s.within30, s.within60, s.within180, s.later, s.cannot, s.hurt, s.family}) cells.push(Data().set("text", std::to_string(n)).set("number", true));
    rows.push(Data().set("cells", std::move(cells)));
  };
  for (const auto& [id, s] : board.departments) {
    const std::string name = department_name(web, id, lang), href = path_of(c, "/people?department=" + http::url_encode(id));
    row(name, href, s);
    const std::int64_t silent = s.reached - s.answered, away = s.called - s.reached;
    pages::StackBar bar{name, std::to_string(s.comes) + " / " + std::to_string(s.called), href, {}};
    for (const std::int64_t n : {s.comes, s.cannot, silent, away}) bar.parts.push_back({static_cast<double>(n), std::to_string(n), ""});
    bars.push_back(std::move(bar));
  }
  row(t("sum"), "", board.all);
  if (!bars.empty()) data.set("chart", pages::stack_chart("strength", t("board"), {t("comes"), t("cannot"), t("silent"), t("away")}, bars, false));
  data.set("table", Data().set("id", "strength-table").set("caption", t("board")).set("columns", std::move(columns)).set("rows", std::move(rows)));
}

Response show(const Web& web, Request& request, const Error* wrong = nullptr) {
  const identity::Principal& who = identity::principal_of(request);
  const auto c = web.callouts.find(request.param("callout"), who);
  if (!c.ok()) return http::problem(c.error(), request);
  const auto board = web.callouts.board(*c);
  if (!board.ok()) return http::problem(board.error(), request);
  const std::string lang(locale::staff_language(request.lang));
  Data data = page(web, request, c->title.in(lang));
  data.set("action", path_of(*c)).set("live", path_of(*c, "/events")).set("tag", tag_of(web, request, *c)).set("author", c->author_name).set("body", c->body.in(lang));
  if (c->drill) data.set("drill", true);
  if (c->started) data.set("started", locale::format_time(*c->started, lang));
  if (c->state == State::running && c->listed && c->stage >= 0) data.set("due", locale::format_time(c->due, lang));
  data.set("stages", stages_of(web, request, *c, **board));
  if (c->started) add_numbers(web, request, *c, **board, data);
  const bool starts = web.may(who, kStart, "");
  if (c->state == State::waiting && starts && who.actor() != c->author) data.set("may_start", true);
  if (c->state == State::waiting && who.actor() == c->author) data.set("waits_for_other", true);
  if (c->state <= State::running && starts) data.set("may_end", true);
  if (wrong) data.set("flash", Data().set("kind", "error").set("text", text(web, request, wrong->where == "start" ? "staff_callout.needs_other" : "staff_callout.conflict")));
  return render(web, request, "callout/board", std::move(data), wrong ? wrong->info().http_status : 200);
}

Response act(const Web& web, Request& request) {
  const std::string id(request.param("callout")), what = field(request, "act");
  const identity::Principal& who = identity::principal_of(request);
  Result<void> done = Error(ErrorCode::invalid_input, "no such action", "act");
  if (what == "start") done = web.callouts.start(id, who, request.id);
  if (what == "end") done = web.callouts.end(id, who, request.id);
  if (!done.ok()) return show(web, request, &done.error());
  return http::see_other(std::string(kStaffBase) + "/" + id);
}

Response live(const Web& web, Request& request) {
  const auto c = web.callouts.find(request.param("callout"), identity::principal_of(request));
  if (!c.ok()) return http::problem(c.error(), request);
  Response out;
  out.events = web.hub.subscribe({"callout/" + c->public_id});
  return out;
}

/// Names, for telephoning: every look is an audit row.
Response people(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  if (web.audit.backlogged()) return http::problem(Error(ErrorCode::unavailable, "reads cannot be recorded"), request);
  const auto c = web.callouts.find(request.param("callout"), who);
  if (!c.ok()) return http::problem(c.error(), request);
  const std::string department(request.query("department").value_or("")), lang(locale::staff_language(request.lang));
  const auto all = web.callouts.people(*c, department, kMostPeople);
  if (!all.ok()) return http::problem(all.error(), request);
  web.audit.append_later({who.actor(), "callout.people", "callout:" + c->public_id, web.purpose(who, kRead), request.id, json::Value::object({{"department", department}, {"people", all->size()}})});
  Data data = page(web, request, text(web, request, "staff_callout.people")), rows{Data::List{}};
  for (const Called& one : *all) {
    const char* state = one.answered ? one.answer.duty == Duty::comes ? "comes" : "cannot" : one.reached ? "silent" : one.asked ? "away" : "not_asked";
    Data row = Data().set("name", one.member.name).set("role", one.member.role).set("department", department_name(web, one.member.department, lang)).set("state", text(web, request, std::string("staff_callout.") + state));
    if (one.answer.arrives) row.set("arrives", locale::format_time(*one.answer.arrives, lang));
    if (one.answer.self == Health::hurt) row.set("hurt", true);
    if (one.answer.family == Health::hurt || one.answer.family == Health::unknown) row.set("family", true);
    if (one.deputy) row.set("deputy", true);
    rows.push(std::move(row));
  }
  data.set("rows", std::move(rows)).set("back", path_of(*c)).set("heading", c->title.in(lang));
  if (all->size() == static_cast<std::size_t>(kMostPeople)) data.set("more", true);
  if (!department.empty()) data.set("department", department_name(web, department, lang)).set("lang_query", "department=" + http::url_encode(department));
  return render(web, request, "callout/people", std::move(data));
}

}  // namespace

void add_board_routes(http::Router& router, const Web& web) {
  const auto route = [](std::string_view permission, std::string page_kind) {
    http::RouteOptions out;
    out.permission = "staff:" + std::string(permission), out.page_kind = std::move(page_kind);
    return out;
  };
  const std::string base(kStaffBase), one = base + "/{callout}";
  router.get(base, route(kRead, "staff-callouts").on("none"), [web](Request& r) { return list(web, r); });
  router.post(base, route(kStart, "").on("none"), [web](Request& r) { return create(web, r); });
  router.get(base + "/new", route(kStart, "staff-callout-new").on("none"), [web](Request& r) { return form(web, r, nullptr); });
  router.get(one, route(kRead, "staff-callout").on("callout"), [web](Request& r) { return show(web, r); });
  router.post(one, route(kStart, "").on("callout"), [web](Request& r) { return act(web, r); });
  router.get(one + "/events", route(kRead, "").on("callout"), [web](Request& r) { return live(web, r); });
  http::RouteOptions names = route(kRead, "staff-callout-people");
  names.reads_personal_data = true;
  router.get(one + "/people", names.on("callout"), [web](Request& r) { return people(web, r); });
}

}  // namespace machiya::callout::detail

namespace machiya::callout {
void add_routes(http::Router& router, const Web& web) {
  detail::add_board_routes(router, web);
  detail::add_list_routes(router, web);
  detail::add_answer_routes(router, web);
}
}  // namespace machiya::callout
