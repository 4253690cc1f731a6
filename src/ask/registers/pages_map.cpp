// Map (a server-made picture, the same as a list, and a live map where script runs) and timeline (bars over twelve months).
#include <algorithm>
#include <cstdio>

#include "ask/cases/web.h"
#include "ask/registers/pages_list.h"
#include "platform/pages/charts.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

constexpr std::size_t kPins = 1000, kBars = 100;
constexpr int kMonths = 12;

Result<std::vector<Row>> placed(const Web& web, const Request& request, const Register& reg, const View& view, bool& more) {
  MACHIYA_TRY(auto rows, rows_of(web, reg, query_of_request(web, request, reg), identity::principal_of(request), kPins, more));
  std::erase_if(rows, [&](const Row& row) { return !row.values[view.place]["lat"].is_number() || !row.values[view.place]["lon"].is_number(); });
  return rows;
}

GeoPoint point_of(const Row& row, const View& view) { return {row.values[view.place]["lat"].as_double(), row.values[view.place]["lon"].as_double()}; }

/// {"points": [{lat, lon, label, href}]} for the live map.
Response points(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const View& view = view_of(web, request, **reg);
  if (view.type != ViewType::map) return http::problem(Error(ErrorCode::not_found, "no map"), request);
  bool more = false;
  const auto rows = placed(web, request, **reg, view, more);
  if (!rows.ok()) return http::problem(rows.error(), request);
  json::Value list = json::Value::array();
  for (const Row& row : *rows) {
    const GeoPoint at = point_of(row, view);
    list.push(json::Value::object({{"lat", at.lat}, {"lon", at.lon}, {"label", title_of(web, **reg, row, staff_language(request))}, {"href", row_path(**reg, row.number)}}));
  }
  Response out = http::json(json::Value::object({{"points", std::move(list)}}));
  out.header("Cache-Control", "private, no-store");
  return out;
}

struct Window {
  int year, month;   ///< the first of kMonths months
  Date from() const { return make_date(year, month, 1); }
  Date to() const { return add_days(add_months(from(), kMonths), -1); }
  /// 0 to 1000 over the window; every month has the same width.
  double at(Date date) const {
    const YearMonthDay d = civil(std::clamp(date, from(), add_days(to(), 1)));
    const int months = (d.year - year) * 12 + d.month - month;
    return 1000.0 / kMonths * (months + (d.day - 1) / static_cast<double>(days_in_month(d.year, d.month)));
  }
};

std::string number(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", v);
  return buffer;
}

Window window_of(const Web& web, const Request& request) {
  const std::string asked = param_of(request, "from");
  const auto date = parse_iso_date(asked + "-01");
  const YearMonthDay d = civil(date ? *date : add_months(web.clock.today(), -3));
  return {d.year, d.month};
}

Data bar_of(const Web& web, const Request& request, const Register& reg, const View& view, const Row& row, const Window& window, Date starts, std::optional<Date> ends) {
  const std::string lang = staff_language(request);
  const double x = window.at(starts), right = window.at(add_days(ends.value_or(starts), 1));
  Data bar = row_link(web, reg, row, lang);
  bar.set("x", number(x)).set("width", number(std::max(6.0, right - x))).set("starts", locale::format_date(starts, lang));
  if (ends) bar.set("ends", locale::format_date(*ends, lang));
  if (starts < window.from()) bar.set("earlier", true);
  if (ends && *ends > window.to()) bar.set("later", true);
  (void)view;
  return bar;
}

}  // namespace

void show_map(const Web& web, const Request& request, const Register& reg, const View& view, Data& data) {
  const std::string lang = staff_language(request);
  bool more = false;
  auto rows = placed(web, request, reg, view, more);
  if (!rows.ok()) return;
  std::vector<pages::MapPin> pins;
  Data list{Data::List{}};
  const Column* place = reg.column(view.place);
  for (const Row& row : *rows) {
    pins.push_back({point_of(row, view), title_of(web, reg, row, lang), ""});   // the list leads to the rows: a thousand pins are no way by keyboard
    Data name = cases::detail::cell(title_of(web, reg, row, lang), row_path(reg, row.number)).set("header", true);
    list.push(Data().set("cells", Data(Data::List{std::move(name), cases::detail::cell(place ? shown(web, reg, *place, row.values[view.place], &row, lang) : std::string())})));
  }
  const auto city = web.city();
  data.set("map", pages::ward_map("register-map", view.name.in(lang), cases::detail::ward_areas(city.get(), lang), pins, true));
  http::Pairs search = search_of(request, reg);
  std::erase_if(search, [](const auto& pair) { return pair.first == "view"; });
  search.emplace_back("view", view.id);
  data.set("points_url", path_of(reg, "/points.json") + address_of(reg, search).substr(path_of(reg).size())).set("needs_map", true);
  Data columns{Data::List{Data().set("label", text(web, request, "staff_registers.row")), Data().set("label", place ? place->label.in(lang) : "")}};
  data.set("table", Data().set("id", "map-rows").set("caption", view.name.in(lang)).set("columns", std::move(columns)).set("rows", std::move(list)));
  data.set("count", text(web, request, more ? "staff_registers.map_more" : "staff_registers.count", {{"rows", std::to_string(rows->size())}}));
}

void show_timeline(const Web& web, const Request& request, const Register& reg, const View& view, Data& data) {
  const std::string lang = staff_language(request);
  const Window window = window_of(web, request);
  Query query = query_of_request(web, request, reg);
  const Column* starts = reg.column(view.date);
  const Column* ends = reg.column(view.until);
  if (starts && starts->filter) query.where.push_back({view.date, "to", to_iso(window.to())}), query.sort = Sort{view.date, false};
  if (ends && ends->filter) query.where.push_back({view.until, "from", to_iso(window.from())});
  bool more = false;
  auto rows = rows_of(web, reg, query, identity::principal_of(request), kBars, more);
  Data bars{Data::List{}}, months{Data::List{}}, lines{Data::List{}};
  int count = 0;
  if (rows.ok())
    for (const Row& row : *rows) {
      const auto from = parse_iso_date(row.values.text(view.date)), until = parse_iso_date(row.values.text(view.until));
      if (!from || *from > window.to() || until.value_or(*from) < window.from()) continue;
      bars.push(bar_of(web, request, reg, view, row, window, *from, until));
      ++count;
    }
  for (int i = 0; i < kMonths; ++i) {
    const YearMonthDay d = civil(add_months(window.from(), i));
    months.push(Data().set("label", std::to_string(d.month)).set("year", i == 0 || d.month == 1 ? std::to_string(d.year) : ""));
    lines.push(Data().set("x", number(1000.0 / kMonths * i)));
  }
  const Date today = web.clock.today();
  if (today >= window.from() && today <= window.to()) data.set("today_x", number(window.at(today)));
  http::Pairs search = search_of(request, reg);
  if (param_of(request, "view").empty()) search.insert(search.begin(), {"view", view.id});
  auto link = [&](int by) { return address_of(reg, search, "from", to_iso(add_months(window.from(), by)).substr(0, 7)); };
  data.set("previous_window", link(-6)).set("next_window", link(6));
  if (count > 0) data.set("any", true);
  data.set("bars", std::move(bars)).set("months", std::move(months)).set("lines", std::move(lines));
  data.set("starts_label", starts ? starts->label.in(lang) : "").set("ends_label", ends ? ends->label.in(lang) : "");
  data.set("span", locale::format_date(window.from(), lang) + " – " + locale::format_date(window.to(), lang));
  data.set("count", text(web, request, more ? "staff_registers.count_more" : "staff_registers.count", {{"rows", std::to_string(count)}}));
}

void add_map_routes(http::Router& router, const Web& web) {
  router.get(std::string(kBase) + "/{register}/points.json", staff_route(""), [web](Request& r) { return points(web, r); });
}

}  // namespace machiya::registers::detail
