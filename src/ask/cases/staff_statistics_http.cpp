// Statistics for staff: cases per procedure, days per state, how far visitors come; charts drawn here, each with its table.
#include <algorithm>
#include <map>

#include "ask/cases/web.h"
#include "platform/identity/identity.h"
#include "platform/pages/charts.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

/// "2026-11" or the fallback.
std::string month_in(const Request& r, std::string_view name, const std::string& otherwise) {
  const std::string text(r.query(name).value_or(""));
  return parse_iso_date(text + "-01") ? text : otherwise;
}

std::string one_decimal(double v) {
  const long tenths = static_cast<long>(v * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::vector<std::string> procedures(const Web& web) { return web.cases.definitions().source().ids("procedure"); }

Data select_procedure(const Web& web, const std::string& chosen, const std::string& lang) {
  Data options = Data(Data::List{});
  for (const std::string& id : procedures(web)) {
    auto rules = web.cases.definitions().current(id);
    options.push(option(id, rules.ok() ? (*rules)->procedure->name.in(lang) : id, id == chosen));
  }
  return select("procedure", web.texts.text(lang, "staff_cases.procedure"), std::move(options));
}

Data select_month(const Web& web, const char* name, const std::string& chosen, Instant now, const std::string& lang) {
  Data options = Data(Data::List{});
  Date first = date_in_japan(now);
  for (int i = 0; i < 24; ++i, first = add_months(first, -1)) {
    const std::string month = to_iso(first).substr(0, 7);
    options.push(option(month, month, month == chosen));
  }
  return select(name, web.texts.text(lang, std::string("staff_cases.month_") + name), std::move(options));
}

Data counts_table(const Web& web, const std::vector<MonthCount>& counts, const std::string& lang) {
  std::map<std::string, std::map<std::string, std::int64_t>> sums;
  for (const MonthCount& c : counts) {
    auto& row = sums[c.procedure];
    if (c.what == "submitted") row["submitted"] += c.amount;
    else if (c.what == "withdrawn") row["withdrawn"] += c.amount;
    else if (c.what == "decided:refused") row["refused"] += c.amount, row["decided"] += c.amount;
    else if (c.what.rfind("decided:", 0) == 0) row["decided"] += c.amount;
  }
  auto t = [&](std::string_view key) { return web.texts.text(lang, key); };
  Data columns, rows = Data(Data::List{});
  columns.push(Data().set("label", t("staff_cases.procedure")));
  for (const char* key : {"submitted", "decided", "refused", "withdrawn"})
    columns.push(Data().set("label", t(std::string("staff_cases.count_") + key)).set("number", true));
  for (auto& [id, row] : sums) {
    auto rules = web.cases.definitions().current(id);
    Data cells;
    cells.push(Data().set("text", rules.ok() ? (*rules)->procedure->name.in(lang) : id).set("href", "/staff/statistics" + query_of({{"procedure", id}})).set("header", true));
    for (const char* key : {"submitted", "decided", "refused", "withdrawn"}) cells.push(Data().set("text", row[key]).set("number", true));
    rows.push(Data().set("cells", std::move(cells)));
  }
  return Data().set("id", "counts").set("caption", t("staff_cases.counts")).set("columns", std::move(columns)).set("rows", std::move(rows));
}

Response statistics(const Web& web, Request& request) {
  const std::string lang = staff_language(request);
  const Instant now = web.cases.platform().clock.now();
  const std::string this_month = month_of(now);
  const std::string from = month_in(request, "from", to_iso(add_months(date_in_japan(now), -11)).substr(0, 7));
  const std::string to = month_in(request, "to", this_month);
  const std::string procedure(request.query("procedure").value_or(""));
  auto counts = web.statistics.counts(from, to);
  if (!counts.ok()) return http::problem(counts.error(), request);
  Data data = staff_page(web, request, "staff_cases.statistics");
  data.set("filters", Data().set("action", "/staff/statistics").set("selects", Data(Data::List{select_procedure(web, procedure, lang),
                       select_month(web, "from", from, now, lang), select_month(web, "to", to, now, lang)})));
  std::map<std::string, std::int64_t> by_month;
  for (const MonthCount& c : *counts)
    if (c.what == "submitted" && (procedure.empty() || c.procedure == procedure)) by_month[c.month] += c.amount;
  std::vector<pages::ChartPoint> months;
  for (const auto& [month, n] : by_month) months.push_back({month, static_cast<double>(n), std::to_string(n)});
  if (!months.empty()) data.set("per_month", pages::bar_chart("per-month", web.texts.text(lang, "staff_cases.per_month"), months));
  data.set("table", counts_table(web, *counts, lang));
  auto rules = procedure.empty() ? Result<std::shared_ptr<const Rules>>(Error(ErrorCode::not_found)) : web.cases.definitions().current(procedure);
  if (rules.ok()) {
    auto days = web.statistics.state_days(procedure, from, to);
    auto steps = web.statistics.steps(procedure, from, to);
    if (!days.ok()) return http::problem(days.error(), request);
    if (!steps.ok()) return http::problem(steps.error(), request);
    std::vector<pages::ChartPoint> medians, pages_seen;
    for (const StateDays& d : *days) {
      const State* state = (*rules)->workflow->state(d.state);
      medians.push_back({state ? state->name.in(lang) : d.state, d.median,
                         web.texts.text(lang, "staff_cases.days", {{"median", one_decimal(d.median)}, {"ninety", std::to_string(d.ninetieth)}, {"n", std::to_string(d.cases)}})});
    }
    for (const PageStep& s : *steps) {
      std::string label = s.page;
      for (const PageInfo& page : (*rules)->procedure->pages)
        if (page.id == s.page) label = page.title.in(lang);
      if (s.page == "sent") label = web.texts.text(lang, "staff_cases.sent");
      pages_seen.push_back({label, static_cast<double>(s.visits), std::to_string(s.visits)});
    }
    if (!medians.empty()) data.set("medians", pages::bar_chart("medians", web.texts.text(lang, "staff_cases.medians"), medians));
    if (!pages_seen.empty()) data.set("steps", pages::bar_chart("steps", web.texts.text(lang, "staff_cases.drop_off"), pages_seen));
    data.set("heading", (*rules)->procedure->name.in(lang));
  }
  return render(web, request, "cases/statistics", std::move(data), lang);
}

}  // namespace

void add_statistics_routes(http::Router& router, const Web& web) {
  router.get("/staff/statistics", staff_route("statistics.read", "staff-statistics"), [web](Request& r) { return statistics(web, r); });
}

}  // namespace machiya::cases::detail
