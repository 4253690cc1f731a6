// /staff/alarms/figures: the key figures of the alarm system (figures.h) as charts and tables.
#include <algorithm>
#include <cstdio>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/charts.h"
#include "sense/rules/figures.h"
#include "sense/rules/web.h"

namespace machiya::sense::rules::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr int kMostDays = 92, kUsualDays = 30, kMostPositions = 50;   // ISA-18.2: a month is what figures are judged by

std::string decimal(double value) {
  char out[40];
  std::snprintf(out, sizeof out, "%.1f", value);
  return out;
}
std::string percent(double share) { return decimal(share * 100) + "%"; }

struct Asked {
  Date from, to;   ///< both included
  int positions = 1;
};
Asked asked(const Web& web, const Request& request) {
  const Date today = web.clock.today();
  Asked out{add_days(today, 1 - kUsualDays), today, std::clamp(std::atoi(std::string(request.query("positions").value_or("1")).c_str()), 1, kMostPositions)};
  if (const auto from = parse_iso_date(request.query("from").value_or(""))) out.from = *from;
  if (const auto to = parse_iso_date(request.query("to").value_or(""))) out.to = *to;
  if (out.to < out.from) std::swap(out.from, out.to);
  if (out.to.days - out.from.days >= kMostDays) out.from = add_days(out.to, 1 - kMostDays);
  return out;
}

Data cell(std::string words, bool number = false) {
  Data out = Data().set("text", std::move(words));
  if (number) out.set("number", true);
  return out;
}

/// Each figure beside what the standard holds acceptable.
Data figure_table(const Web& web, const Request& request, const KeyFigures& f) {
  const auto t = [&](const std::string& key) { return text(web, request, "staff_alarms.figure." + key); };
  Data columns{Data::List{}}, rows{Data::List{}};
  columns.push(Data().set("label", t("figure")));
  columns.push(Data().set("label", t("value")).set("number", true));
  columns.push(Data().set("label", t("aim")));
  columns.push(Data().set("label", t("judged")));
  const auto row = [&](const char* key, std::string value, const char* aim, int good) {
    Data head = cell(t(key)).set("header", true), judged = Data().set("text", "");
    if (good >= 0) judged.set("tag", Data().set("kind", good == 2 ? "done" : good == 1 ? "waiting" : "late").set("label", t(good == 2 ? "good" : good == 1 ? "much" : "too_much")));
    rows.push(Data().set("cells", Data(Data::List{std::move(head), cell(std::move(value), true), cell(t(std::string(aim))), std::move(judged)})));
  };
  row("raised", std::to_string(f.raised), "none", -1);
  row("an_hour", decimal(f.an_hour), "an_hour_aim", f.an_hour <= kManyAnHour ? 2 : f.an_hour <= kMostAnHour ? 1 : 0);
  row("most_in_ten", std::to_string(f.most_in_ten_minutes), "most_in_ten_aim", f.most_in_ten_minutes <= kFlood ? 2 : 0);
  row("hours_with_many", percent(f.hours_with_many), "one_percent", f.hours_with_many < 0.01 ? 2 : 0);
  row("flood", percent(f.flood), "one_percent", f.flood < 0.01 ? 2 : 0);
  row("floods", std::to_string(f.floods), "none", -1);
  row("chattering", std::to_string(f.chattering), "zero", f.chattering == 0 ? 2 : 0);
  row("standing", std::to_string(f.standing), "standing_aim", f.standing < kMostStanding ? 2 : 0);
  row("share_of_top", percent(f.share_of_top), "share_aim", f.raised < 100 ? -1 : f.share_of_top <= 0.05 ? 2 : 1);
  return Data().set("id", "figures").set("caption", text(web, request, "staff_alarms.figures")).set("columns", std::move(columns)).set("rows", std::move(rows));
}

std::string bar_label(const KeyFigures& f, std::int64_t from_us) {
  const std::string iso = to_iso_japan(Instant{from_us});   // 2026-04-01T09:30:00+09:00
  return f.bar_us == kDay ? iso.substr(5, 5) : iso.substr(11, 5);
}

void add_bars(const Web& web, const Request& request, const KeyFigures& f, Data& data) {
  const auto t = [&](const std::string& key) { return text(web, request, "staff_alarms." + key); };
  std::vector<pages::StackBar> bars;
  Data columns{Data::List{}}, rows{Data::List{}};
  columns.push(Data().set("label", t("at")));
  for (const char* key : {"high", "medium", "low"}) columns.push(Data().set("label", t(std::string("priority.") + key)).set("number", true));
  for (const KeyFigures::Bar& one : f.bars) {
    pages::StackBar bar{bar_label(f, one.from_us), "", "", {}};
    Data cells{Data::List{cell(bar.label).set("header", true)}};
    for (const std::int64_t n : one.raised) bar.parts.push_back({static_cast<double>(n), std::to_string(n), ""}), cells.push(cell(std::to_string(n), true));
    bars.push_back(std::move(bar));
    rows.push(Data().set("cells", std::move(cells)));
  }
  data.set("chart", pages::stack_chart("raised", t("raised_over_time"), {t("priority.high"), t("priority.medium"), t("priority.low")}, bars, true));
  data.set("bars", Data().set("table", Data().set("id", "raised-table").set("caption", t("raised_over_time")).set("columns", std::move(columns)).set("rows", std::move(rows))));
}

Result<void> add_top(const Web& web, const Request& request, const KeyFigures& f, Data& data) {
  std::vector<std::int64_t> keys;
  for (const KeyFigures::Often& one : f.top) keys.push_back(one.alarm);
  MACHIYA_TRY(const auto rows, web.alarms.by_keys(keys));
  const auto city = web.city();
  const std::string lang(locale::staff_language(request.lang));
  Data out{Data::List{}};
  for (const KeyFigures::Often& one : f.top) {
    const auto found = std::ranges::find(rows, one.alarm, &AlarmRow::id);
    if (found == rows.end() || !may_read(web, request, found->rule)) continue;
    Data row = Data().set("href", path_of("/" + found->public_id)).set("name", rule_name(*city, found->rule, lang)).set("entity", found->entity).set("times", std::to_string(one.times));
    row.set("priority", priority_tag(web, request, found->priority));
    if (one.chattering) row.set("chattering", true);
    out.push(std::move(row));
  }
  data.set("top", std::move(out));
  return {};
}

Response figures(const Web& web, Request& request) {
  const Asked a = asked(web, request);
  const std::int64_t from_us = start_of_day_in_japan(a.from).us, end_us = std::min(start_of_day_in_japan(add_days(a.to, 1)).us, web.clock.now().us + 1);
  const std::int64_t to_us = std::max(end_us, from_us + 1);
  const auto raised = web.alarms.raised(from_us, to_us);
  if (!raised.ok()) return http::problem(raised.error(), request);
  const KeyFigures f = key_figures(*raised, from_us, to_us, a.positions);
  Data data = page(web, request, text(web, request, "staff_alarms.figures"));
  data.set("action", path_of("/figures")).set("from", to_iso(a.from)).set("to", to_iso(a.to)).set("positions", std::to_string(a.positions)).set("list", path_of());
  data.set("lang_query", "from=" + to_iso(a.from) + "&to=" + to_iso(a.to) + "&positions=" + std::to_string(a.positions));
  data.set("table", figure_table(web, request, f));
  add_bars(web, request, f, data);
  if (const auto added = add_top(web, request, f, data); !added.ok()) return http::problem(added.error(), request);
  return render(web, request, "alarms/figures", std::move(data));
}

}  // namespace

void add_figure_routes(http::Router& router, const Web& web) {
  http::RouteOptions options;
  options.permission = kMayRead, options.page_kind = "staff-alarm-figures";
  router.get(path_of("/figures"), options.on("none"), [web](Request& r) { return figures(web, r); });
}

}  // namespace machiya::sense::rules::detail
