// Proof of play: what a screen showed, how often and how long, as a table and as CSV.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/charts.h"
#include "tell/signage/playlist.h"
#include "tell/signage/web.h"

namespace machiya::signage::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr int kMostDays = 400, kUsualDays = 7;
constexpr std::size_t kMostBars = 20;

struct Span {
  Date from, to;   ///< both included
};
Span span_of(const Web& web, const Request& request) {
  const Date today = web.clock.today();
  Span out{add_days(today, 1 - kUsualDays), today};
  if (const auto from = parse_iso_date(request.query("from").value_or(""))) out.from = *from;
  if (const auto to = parse_iso_date(request.query("to").value_or(""))) out.to = *to;
  if (out.to < out.from) std::swap(out.from, out.to);
  if (out.to.days - out.from.days > kMostDays) out.from = add_days(out.to, -kMostDays);
  return out;
}

struct Report {
  Screen screen;
  Span span;
  std::vector<ReportLine> lines;
  std::map<std::string, std::string> names;
};
Result<Report> report(const Web& web, const Request& request) {
  Report out;
  MACHIYA_TRY(out.screen, web.signage.find(request.param("screen"), identity::principal_of(request)));
  out.span = span_of(web, request);
  MACHIYA_TRY(out.lines, web.signage.report(out.screen, start_of_day_in_japan(out.span.from), start_of_day_in_japan(add_days(out.span.to, 1))));
  MACHIYA_TRY(const auto air, web.signage.air());
  out.names = programme(out.screen, *air, web.clock.now()).names;
  out.names.insert(air->names.begin(), air->names.end());
  for (const Playlist* list : playlists_of(*air->city))   // of playlists that it does not run any more
    for (const Slide& slide : list->slides) out.names.emplace(list->id + "/" + slide.id, bulletins::plain(slide.title.in("ja"), "ja"));
  return out;
}

/// What it is called now; what is gone keeps its id.
std::string name_of(const Report& report, const std::string& item) {
  const auto found = report.names.find(item);
  return found == report.names.end() ? item : found->second;
}

/// "1:02:03"
std::string duration(std::int64_t ms) {
  const std::int64_t s = (ms + 500) / 1000;
  char out[48];
  std::snprintf(out, sizeof out, "%lld:%02lld:%02lld", static_cast<long long>(s / 3600), static_cast<long long>(s / 60 % 60), static_cast<long long>(s % 60));
  return out;
}

Data table_of(const Web& web, const Request& request, const Report& made) {
  const std::string lang(locale::staff_language(request.lang));
  const auto t = [&](const char* key) { return text(web, request, std::string("staff_signage.") + key); };
  Data columns{Data::List{}}, rows{Data::List{}};
  for (const char* key : {"item", "language", "first", "last"}) columns.push(Data().set("label", t(key)));
  for (const char* key : {"times", "duration"}) columns.push(Data().set("label", t(key)).set("number", true));
  std::int64_t times = 0, whole = 0;
  const auto cell = [](std::string words, bool number) {
    Data out = Data().set("text", std::move(words));
    if (number) out.set("number", true);
    return out;
  };
  for (const ReportLine& line : made.lines) {
    times += line.times, whole += line.shown_ms;
    rows.push(Data().set("cells", Data(Data::List{Data().set("text", name_of(made, line.item)).set("header", true), cell(std::string(locale::language_name(line.lang)), false), cell(locale::format_time(line.first, lang), false),
                                                  cell(locale::format_time(line.last, lang), false), cell(std::to_string(line.times), true), cell(duration(line.shown_ms), true)})));
  }
  rows.push(Data().set("cells", Data(Data::List{Data().set("text", t("sum")).set("header", true), cell("", false), cell("", false), cell("", false), cell(std::to_string(times), true), cell(duration(whole), true)})));
  return Data().set("id", "report-table").set("caption", t("report")).set("columns", std::move(columns)).set("rows", std::move(rows));
}

/// Minutes by what was shown, the longest first.
Data chart_of(const Web& web, const Request& request, const Report& made) {
  std::map<std::string, std::int64_t> by_item;
  for (const ReportLine& line : made.lines) by_item[line.item] += line.shown_ms;
  std::vector<std::pair<std::string, std::int64_t>> sorted(by_item.begin(), by_item.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (sorted.size() > kMostBars) sorted.resize(kMostBars);
  std::vector<pages::ChartPoint> points;
  for (const auto& [item, shown] : sorted) points.push_back({name_of(made, item), static_cast<double>(shown) / 60'000, duration(shown)});
  return pages::bar_chart("report-chart", text(web, request, "staff_signage.report_chart"), points);
}

Response page(const Web& web, Request& request) {
  const auto made = report(web, request);
  if (!made.ok()) return http::problem(made.error(), request);
  Data data = web.staff_frame(request);
  const std::string back = std::string(kStaffBase) + "/" + made->screen.public_id;
  const std::string query = "from=" + to_iso(made->span.from) + "&to=" + to_iso(made->span.to);
  data.set("title", text(web, request, "staff_signage.report_of", {{"name", made->screen.settings.name}})).set("back", back).set("from", to_iso(made->span.from)).set("to", to_iso(made->span.to));
  data.set("action", back + "/report").set("csv", back + "/report.csv?" + query).set("lang_query", query).set("table", table_of(web, request, *made));
  if (!made->lines.empty()) data.set("chart", chart_of(web, request, *made));
  return render(web, request, "signage/report", std::move(data));
}

std::string quoted(const std::string& cell) {
  // A cell that a spreadsheet would take for a formula is given as text.
  std::string out = !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos ? "'" + cell : cell;
  if (out.find_first_of("\",\r\n") == std::string::npos) return out;
  for (std::size_t at = 0; (at = out.find('"', at)) != std::string::npos; at += 2) out.insert(at, 1, '"');
  return "\"" + out + "\"";
}

Response csv(const Web& web, Request& request) {
  const auto made = report(web, request);
  if (!made.ok()) return http::problem(made.error(), request);
  std::string out = "\xEF\xBB\xBFscreen,item,title,language,times,seconds,first,last\r\n";
  for (const ReportLine& line : made->lines)
    out += quoted(made->screen.settings.name) + "," + quoted(line.item) + "," + quoted(name_of(*made, line.item)) + "," + line.lang + "," + std::to_string(line.times) + "," + std::to_string((line.shown_ms + 500) / 1000) + "," +
           to_iso_japan(line.first) + "," + to_iso_japan(line.last) + "\r\n";
  Response r = http::text(std::move(out), "text/csv; charset=utf-8");
  r.header("Content-Disposition", "attachment; filename=\"signage-" + to_iso(made->span.from) + "-" + to_iso(made->span.to) + ".csv\"").header("Cache-Control", "private, no-store");
  return r;
}

}  // namespace

void add_report_routes(http::Router& router, const Web& web) {
  http::RouteOptions o;
  o.permission = "staff:" + std::string(kManage), o.object = "screen";
  const std::string one = std::string(kStaffBase) + "/{screen}";
  http::RouteOptions shown = o;
  shown.page_kind = "staff-signage-report";
  router.get(one + "/report", shown, [web](Request& r) { return page(web, r); });
  router.get(one + "/report.csv", o, [web](Request& r) { return csv(web, r); });
}

}  // namespace machiya::signage::detail
