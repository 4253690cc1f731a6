#include "ask/cases/web.h"

#include "city/boundaries.h"
#include "platform/identity/identity.h"

namespace machiya::cases {

void add_staff_routes(http::Router& router, const Web& web) {
  detail::add_inbox_routes(router, web);
  detail::add_case_routes(router, web);
  detail::add_person_routes(router, web);
  detail::add_emergency_routes(router, web);
  detail::add_guardian_routes(router, web);
  detail::add_statistics_routes(router, web);
  detail::add_export_routes(router, web);
  detail::add_moderation_routes(router, web);
}

namespace detail {

using pages::Data;

std::string staff_language(const http::Request& request) { return std::string(locale::staff_language(request.lang)); }

http::RouteOptions staff_route(std::string permission, std::string page_kind, std::string sample) {
  http::RouteOptions o;
  o.permission = "staff:" + permission, o.object = "none";
  o.page_kind = std::move(page_kind);
  o.sample = std::move(sample);
  o.rate_per_minute = 1200;
  return o;
}

http::Response render(const pages::Templates& templates, const http::Request& request, std::string_view name, Data data, std::string_view lang, int status) {
  data.set("csrf", identity::principal_of(request).csrf);
  http::Response r = http::html(templates.render(name, data, lang).html, status);
  r.header("Cache-Control", "no-store");
  return r;
}
http::Response render(const Web& web, const http::Request& request, std::string_view name, Data data, std::string_view lang, int status) {
  return render(web.templates, request, name, std::move(data), lang, status);
}

Data staff_page(const Web& web, const http::Request& request, std::string_view title_key) {
  Data data = web.staff_frame(request);
  data.set("title", web.texts.text(staff_language(request), title_key));
  return data;
}

void flash(Data& data, std::string_view kind, std::string text) { data.set("flash", Data().set("kind", kind).set("text", std::move(text))); }

Data tag_of(const State* state, bool overdue, std::string label) {
  std::string kind = "running";
  if (overdue) kind = "late";
  else if (state && !state->end.empty())
    kind = state->end == "withdrawn" ? "stopped" : state->outcome == "refused" ? "refused" : "done";
  else if (state && state->clock == ClockRule::stopped) kind = "waiting";
  return Data().set("kind", kind).set("label", std::move(label));
}

std::string department_name(const Web& web, std::string_view id, std::string_view lang) {
  auto city = web.city();
  const city::Department* d = city ? city->department(id) : nullptr;
  return d ? d->name.in(lang) : std::string(id);
}

std::string date_time_text(Instant t, std::string_view lang) {
  return locale::format_date(date_in_japan(t), lang) + " " + to_iso_japan(t).substr(11, 5);
}

std::string query_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (value.empty()) continue;
    out += out.empty() ? "?" : "&";
    out += name + "=" + http::url_encode(value);
  }
  return out;
}

std::vector<pages::MapArea> ward_areas(const city::City* city, std::string_view lang) {
  std::vector<pages::MapArea> areas;
  if (!city) return areas;
  for (const city::WardArea& shape : city::approximate_areas(city->wards())) {
    const city::Ward* ward = city->ward(shape.code);
    if (!ward) continue;
    pages::MapArea area;
    area.name = ward->name.in(lang), area.label = {ward->lat, ward->lon};
    for (const Polygon& part : shape.parts) area.rings.insert(area.rings.end(), part.begin(), part.end());
    areas.push_back(std::move(area));
  }
  return areas;
}

Data cell(std::string text, std::string href) {
  Data out = Data().set("text", std::move(text));
  if (!href.empty()) out.set("href", std::move(href));
  return out;
}

Data option(std::string value, std::string label, bool checked) {
  return Data().set("value", std::move(value)).set("label", std::move(label)).set("checked", checked);
}

Data select(std::string name, std::string label, Data options) {
  return Data().set("name", std::move(name)).set("label", std::move(label)).set("options", std::move(options));
}

}  // namespace detail
}  // namespace machiya::cases
