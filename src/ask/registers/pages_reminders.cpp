// The inbox of reminders: grouped by how near the date is, the load of the weeks as a picture and a table, settled one by one or many at once.
#include <algorithm>
#include <map>

#include "ask/cases/web.h"
#include "ask/registers/pages_list.h"
#include "base/text.h"
#include "platform/pages/charts.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

constexpr std::string_view kReminders = "/staff/reminders";
constexpr int kWeeks = 10;   ///< drawn one by one, from this week; later dates are one bar
const char* const kParts[] = {"overdue", "today", "week", "later"};

/// A stretch of days; an open end has no date.
struct Span {
  std::optional<Date> from, to;
  bool holds(Date d) const { return (!from || d >= *from) && (!to || d <= *to); }
};
/// Weeks begin on Monday.
Date monday_of(Date d) { return add_days(d, -((weekday(d) + 6) % 7)); }
Span part_span(std::string_view part, Date today) {
  const Date sunday = add_days(monday_of(today), 6);
  if (part == "overdue") return {{}, add_days(today, -1)};
  if (part == "today") return {today, today};
  if (part == "week") return {add_days(today, 1), std::max(sunday, today)};
  if (part == "later") return {add_days(sunday, 1), {}};
  return {};
}
std::string part_of(Date date, Date today) {
  for (const char* part : {"overdue", "today", "later"})
    if (part_span(part, today).holds(date)) return part;
  return "week";
}

/// What the address asks for.
struct Asked {
  std::string which, part, week;   ///< register, "all" or ""; "overdue" …; Monday of a week
  bool settled = false;
  Inbox inbox;
};
Asked asked_of(const Web& web, const Request& request) {
  Asked out;
  out.which = param_of(request, "register");
  out.inbox.everything = out.which == "all";
  if (!out.inbox.everything) out.inbox.register_id = out.which;
  out.settled = out.inbox.settled = param_of(request, "show") == "settled";
  out.inbox.after = param_of(request, "after");
  if (out.settled) return out;
  const std::string part = param_of(request, "part");
  Span span;
  if (std::find(std::begin(kParts), std::end(kParts), part) != std::end(kParts)) out.part = part, span = part_span(part, web.clock.today());
  if (const auto monday = parse_iso_date(param_of(request, "week"))) out.week = to_iso(*monday), span = {*monday, add_days(*monday, 6)};
  out.inbox.from = span.from, out.inbox.to = span.to;
  return out;
}
std::string address(const Asked& a, std::string_view name = {}, std::string_view value = {}) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const bool place = name == "part" || name == "week";   // one of the two
  const auto keep = [&](const char* key, const std::string& text) {
    if (!text.empty() && name != key && !(place && (std::string_view(key) == "part" || std::string_view(key) == "week"))) pairs.emplace_back(key, text);
  };
  keep("register", a.which), keep("part", a.part), keep("week", a.week);
  if (a.settled) keep("show", "settled");
  if (!value.empty()) pairs.emplace_back(name, value);
  return std::string(kReminders) + cases::detail::query_of(pairs);
}

Data choices(const Web& web, const Request& request, const Asked& a) {
  const identity::Principal& who = identity::principal_of(request);
  const std::string lang = staff_language(request);
  Data options{Data::List{}};
  options.push(option("", text(web, request, "staff_reminders.own"), a.which.empty()));
  bool others = false;
  for (const auto& reg : web.registers.reminding(who)) {
    options.push(option(reg->id, reg->name.in(lang), a.which == reg->id));
    others = others || reg->owner != who.department;
  }
  if (others) options.push(option("all", text(web, request, "staff_reminders.everything"), a.which == "all"));
  return select("register", text(web, request, "staff_registers.register"), std::move(options)).set("always", true);
}

Data counts_data(const Web& web, const Request& request, const Asked& a, const std::vector<ReminderLoad>& load) {
  const Date today = web.clock.today();
  std::map<std::string, std::int64_t> counts;
  std::int64_t all = 0;
  for (const ReminderLoad& l : load) counts[part_of(l.date, today)] += l.rows, all += l.rows;
  Data out{Data::List{}};
  const auto one = [&](const std::string& part, std::int64_t rows) {
    Data tab = Data().set("label", text(web, request, "staff_reminders.part." + (part.empty() ? std::string("all") : part))).set("count", static_cast<long long>(rows)).set("href", address(a, "part", part));
    if (!a.settled && a.week.empty() && a.part == part) tab.set("current", true);
    out.push(std::move(tab));
  };
  one("", all);
  for (const char* part : kParts) one(part, counts[part]);
  return out;
}

/// The weeks as a picture and as the rows of its table.
void load_data(const Web& web, const Request& request, const Asked& a, const std::vector<ReminderLoad>& load, Data& data) {
  struct Week {
    std::string label, href;
    Span span;
    std::int64_t free = 0, taken = 0;
  };
  const Date today = web.clock.today(), monday = monday_of(today);
  std::vector<Week> weeks;
  weeks.push_back({text(web, request, "staff_reminders.earlier_weeks"), "", {{}, add_days(monday, -1)}});
  for (int i = 0; i < kWeeks; ++i) {
    const Date from = add_days(monday, 7 * i);
    const YearMonthDay d = civil(from);
    weeks.push_back({std::to_string(d.month) + "/" + std::to_string(d.day), address(a, "week", to_iso(from)), {from, add_days(from, 6)}});
  }
  weeks.push_back({text(web, request, "staff_reminders.later_weeks"), "", {add_days(monday, 7 * kWeeks), {}}});
  std::int64_t all = 0;
  for (const ReminderLoad& l : load)
    for (Week& w : weeks)
      if (w.span.holds(l.date)) (l.taken ? w.taken : w.free) += l.rows, all += l.rows;
  if (all == 0) return;
  std::vector<pages::StackBar> bars;
  const auto t = [&](const char* key) { return text(web, request, std::string("staff_reminders.") + key); };
  Data rows{Data::List{}}, columns{Data::List{}};
  columns.push(Data().set("label", t("week")));
  for (const char* key : {"free", "taken", "sum"}) columns.push(Data().set("label", t(key)).set("number", true));
  for (const Week& w : weeks) {
    const std::string free = std::to_string(w.free), taken = std::to_string(w.taken), sum = std::to_string(w.free + w.taken);
    bars.push_back({w.label, sum, w.href, {{static_cast<double>(w.free), free, w.href}, {static_cast<double>(w.taken), taken, w.href}}});
    Data cells{Data::List{}};
    cells.push(cases::detail::cell(w.label, w.free + w.taken > 0 ? w.href : "").set("header", true));
    for (const std::string& number : {free, taken, sum}) cells.push(Data().set("text", number).set("number", true));
    rows.push(Data().set("cells", std::move(cells)));
  }
  data.set("load", Data().set("chart", pages::stack_chart("load", t("load"), {t("free"), t("taken")}, bars, true))
                       .set("table", Data().set("id", "weeks").set("caption", t("load")).set("columns", std::move(columns)).set("rows", std::move(rows))));
}

Data item_data(const Web& web, const Request& request, const Told& one, const std::vector<std::string>& ticked) {
  const std::string lang = staff_language(request);
  Data out = Data().set("id", one.id).set("title", title_of(web, *one.reg, one.row, lang)).set("href", row_path(*one.reg, one.row.number));
  out.set("register", one.reg->name.in(lang)).set("text", one.text.in(lang)).set("date", locale::format_date(one.date, lang)).set("iso", to_iso(one.date));
  const int days = one.date.days - web.clock.today().days;
  if (one.state == "open" && days != 0)
    out.set("near", text(web, request, days < 0 ? "staff_reminders.days_ago" : "staff_reminders.days_ahead", {{"days", std::to_string(days < 0 ? -days : days)}}));
  if (one.state == "open" && days < 0) out.set("late", true);
  if (!one.taken_name.empty()) out.set("taken", one.taken_name);
  if (one.mine) out.set("mine", true);
  if (one.may_settle && one.state != "closed") out.set("may", true);
  if (std::find(ticked.begin(), ticked.end(), one.id) != ticked.end()) out.set("ticked", true);
  if (one.state != "open") {
    out.set("outcome", text(web, request, "staff_reminders.state." + one.state)).set("by", one.settled_name).set("why", one.why);
    if (one.settled) out.set("at", locale::format_time(*one.settled, lang));
  }
  return out;
}

Response show(const Web& web, const Request& request, const Error* refused = nullptr) {
  const Asked a = asked_of(web, request);
  const identity::Principal& who = identity::principal_of(request);
  Inbox whole = a.inbox;
  whole.from.reset(), whole.to.reset(), whole.settled = false;
  const auto page = web.registers.reminders(a.inbox, who);
  if (!page.ok()) return http::problem(page.error(), request);
  const auto load = web.registers.reminder_load(whole, who);
  if (!load.ok()) return http::problem(load.error(), request);
  Data data = web.staff_frame(request);
  data.set("title", text(web, request, "staff_reminders.title")).set("action", std::string(kReminders)).set("back", address(a));
  data.set("registers", choices(web, request, a)).set("part", a.part).set("week", a.week);
  data.set("tabs", Data().set("items", counts_data(web, request, a, *load)).set("settled", address({a.which, "", "", true, {}})));
  if (a.settled) data.set("shows_settled", true);
  else load_data(web, request, a, *load, data);
  std::vector<std::string> ticked;
  for (const auto& [name, value] : request.form_pairs)
    if (name == "pick") ticked.push_back(value);
  Data groups{Data::List{}}, rows{Data::List{}};
  std::string open;
  bool any = false, may = false;
  const auto close = [&] {
    if (any) groups.push(Data().set("title", a.settled ? std::string() : text(web, request, "staff_reminders.part." + open)).set("rows", std::move(rows)));
    rows = Data(Data::List{});
  };
  for (const Told& one : page->items) {
    const std::string here = a.settled ? "settled" : part_of(one.date, web.clock.today());
    if (here != open) close();
    open = here, any = true, may = may || one.may_settle;
    rows.push(item_data(web, request, one, ticked));
  }
  close();
  data.set("groups", std::move(groups));
  if (any) data.set("any", true);
  if (may) data.set("may_settle", true);
  if (!page->next.empty() || !a.inbox.after.empty()) {
    Data turn;
    if (!a.inbox.after.empty()) turn.set("previous", address(a));
    if (!page->next.empty()) turn.set("next", address(a, "after", page->next));
    data.set("pagination", std::move(turn));
  }
  Data rules{Data::List{}};   // what there is to be reminded of, also while nothing is
  for (const auto& reg : web.registers.reminding(who)) {
    if (a.inbox.register_id.empty() ? !a.inbox.everything && reg->owner != who.department : reg->id != a.inbox.register_id) continue;
    for (const Reminder& reminder : reg->reminders) rules.push(Data().set("register", reg->name.in(staff_language(request))).set("href", path_of(*reg)).set("text", reminder.text.in(staff_language(request))));
  }
  data.set("rules", std::move(rules));
  if (refused != nullptr) {
    const std::string why = text(web, request, refused->code == ErrorCode::invalid_input ? "staff_reminders.needs_reason" : "staff_reminders.reason_long");
    data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#reason").set("text", why)}))).set("reason_error", Data().set("id", "reason").set("error", why)).set("reason", param_of(request, "reason"));
  } else if (const std::string done = param_of(request, "done"); !done.empty() && done.find_first_not_of("0123456789") == std::string::npos) {
    data.set("flash", Data().set("kind", done == "0" ? "warning" : "success").set("text", text(web, request, done == "0" ? "staff_reminders.none_settled" : "staff_reminders.settled_count", {{"rows", done}})));
  }
  return render(web, request, "registers/reminders", std::move(data), refused != nullptr ? 422 : 200);
}

std::optional<Settle> wish_of(std::string_view name) {
  constexpr std::pair<std::string_view, Settle> kWishes[] = {{"take", Settle::take}, {"give_back", Settle::give_back}, {"done", Settle::done}, {"dismiss", Settle::dismiss}, {"reopen", Settle::reopen}};
  for (const auto& [known, wish] : kWishes)
    if (known == name) return wish;
  return std::nullopt;
}

/// "done" with the ticked ones, or "done:<id>" of one row's own button.
Response post(const Web& web, const Request& request) {
  const std::string act = param_of(request, "act");
  const std::size_t colon = act.find(':');
  const auto wish = wish_of(std::string_view(act).substr(0, colon));
  if (!wish) return http::problem(Error(ErrorCode::invalid_input, "no such action", "act"), request);
  std::vector<std::string> ids;
  if (colon != std::string::npos) ids.push_back(act.substr(colon + 1));
  else
    for (const auto& [name, value] : request.form_pairs)
      if (name == "pick") ids.push_back(value);
  const auto done = web.registers.settle(ids, *wish, param_of(request, "reason"), identity::principal_of(request), request.id);
  if (!done.ok() && done.error().where == "reason") {
    const Error refused = done.error();
    return show(web, request, &refused);
  }
  if (!done.ok()) return http::problem(done.error(), request);
  std::string back = param_of(request, "back");
  const auto within = [&](std::string_view path) { return starts_with(back, path) && (back.size() == path.size() || back[path.size()] == '?' || back[path.size()] == '/'); };
  if (!within(kReminders) && !within(kBase)) back = kReminders;
  return http::see_other(back + (back.find('?') == std::string::npos ? "?" : "&") + "done=" + std::to_string(*done));
}

}  // namespace

Data reminders_of_row(const Web& web, const Request& request, const Register& reg, const Row& row) {
  Data out{Data::List{}};
  const auto told = web.registers.reminders_of(reg, row, identity::principal_of(request));
  if (told.ok())
    for (const Told& one : *told) out.push(item_data(web, request, one, {}));
  return out;
}

void add_reminder_routes(http::Router& router, const Web& web) {
  router.get(std::string(kReminders), staff_route("staff-reminders").on("none"), [web](Request& r) { return show(web, r); });
  router.post(std::string(kReminders), staff_route("").on("none"), [web](Request& r) { return post(web, r); });
}

}  // namespace machiya::registers::detail
