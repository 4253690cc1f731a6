// The public map and list of reports, the status of one, and the page on which clerks release photos.
#include "ask/cases/reports.h"
#include "ask/cases/web.h"
#include "platform/identity/identity.h"
#include "platform/pages/charts.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

http::RouteOptions public_route(std::string page_kind, std::string sample = {}) {
  http::RouteOptions o;
  o.permission = "public", o.object = "none";
  o.page_kind = std::move(page_kind);
  o.sample = std::move(sample);
  return o;
}

Data tag_of_report(const PublicReport& r) {
  const std::string kind = r.status == "open" ? (r.changed == r.received ? "new" : "running") : r.ended_well ? "done" : "stopped";
  return Data().set("kind", kind).set("label", r.state_label);
}

Data report_data(const PublicReport& r, const std::string& lang) {
  Data out = Data().set("number", r.number).set("href", "/reports/" + r.number).set("category", r.category_label).set("tag", tag_of_report(r));
  return out.set("received", locale::format_date(date_in_japan(r.received), lang)).set("changed", locale::format_date(date_in_japan(r.changed), lang));
}

ReportFilter filter_of(const Request& r) {
  ReportFilter f;
  f.lang = r.lang;
  f.category = std::string(r.query("category").value_or(""));
  f.open_only = r.query("show") != "all";
  f.after = std::string(r.query("after").value_or(""));
  f.limit = 50;
  return f;
}

Data filters(const Web& web, const Request& request, const ReportFilter& f, Reports& reports) {
  Data categories = Data(Data::List{}), show = Data(Data::List{});
  for (const auto& rules : reports.procedures())
    if (const FieldInfo* field = rules->procedure->field(rules->procedure->map.category))
      for (const auto& [value, label] : field->options)
        categories.push(option(value, label.in(request.lang), value == f.category));
  show.push(option("all", web.texts.text(request.lang, "reports.with_closed"), !f.open_only));
  return Data().set("action", "/reports").set("selects", Data(Data::List{
      select("category", web.texts.text(request.lang, "reports.category"), std::move(categories)),
      select("show", web.texts.text(request.lang, "reports.show"), std::move(show))}));
}

/// The wards with the reports in them; `linked` makes each pin lead to its report.
Data map_of(const Web& web, const Request& request, const std::vector<PublicReport>& reports, bool linked) {
  std::vector<pages::MapPin> pins;
  for (const PublicReport& r : reports) pins.push_back({{r.lat, r.lon}, r.category_label + " " + r.state_label, linked ? "/reports/" + r.number : ""});
  return pages::ward_map("reports-map", web.texts.text(request.lang, "reports.map"), ward_areas(web.city().get(), request.lang), pins, true);
}

Response list(const Web& web, Request& request) {
  Reports reports(web.cases);
  const ReportFilter f = filter_of(request);
  auto found = reports.list(f);
  if (!found.ok()) return http::problem(found.error(), request);
  Data data = web.site_frame(request);
  data.set("title", web.texts.text(request.lang, "reports.title"));
  data.set("filters", filters(web, request, f, reports));
  Data rows = Data(Data::List{});
  for (const PublicReport& r : *found) rows.push(report_data(r, request.lang));
  if (!found->empty()) data.set("any", true).set("map", map_of(web, request, *found, true));
  data.set("rows", std::move(rows));
  Data start = Data(Data::List{});
  for (const auto& rules : reports.procedures())
    start.push(Data().set("href", "/procedures/" + rules->procedure->id).set("label", rules->procedure->name.in(request.lang)));
  data.set("start", std::move(start));
  if (static_cast<int>(found->size()) == f.limit)
    data.set("pagination", Data().set("next", "/reports" + query_of({{"category", f.category}, {"show", f.open_only ? "" : "all"}, {"after", found->back().number}})));
  return render(web, request, "reports/list", std::move(data), request.lang);
}

Response show(const Web& web, Request& request) {
  Reports reports(web.cases);
  auto r = reports.find(request.param("number"), request.lang);
  if (!r.ok()) return http::problem(r.error(), request);
  Data data = web.site_frame(request);
  const std::string title = r->category_label.empty() ? r->number : r->category_label;
  data.set("title", title).set("number", r->number).set("tag", tag_of_report(*r));
  data.set("received", locale::format_date(date_in_japan(r->received), request.lang));
  data.set("changed", locale::format_date(date_in_japan(r->changed), request.lang));
  data.set("department", department_name(web, r->department, request.lang));
  data.set("breadcrumbs", Data().set("items", Data(Data::List{Data().set("href", "/reports").set("label", web.texts.text(request.lang, "reports.title"))})));
  if (!r->photo.empty()) data.set("photo", "/reports/" + r->number + "/photo");
  data.set("map", map_of(web, request, {*r}, false));
  return render(web, request, "reports/show", std::move(data), request.lang);
}

Response photo(const Web& web, Request& request) {
  Reports reports(web.cases);
  auto r = reports.find(request.param("number"), request.lang);
  if (!r.ok() || r->photo.empty()) return http::problem(Error(ErrorCode::not_found), request);
  auto file = web.file(r->photo, request.query("size") == "thumb" ? "thumb" : "");
  if (!file.ok()) return http::problem(file.error(), request);
  Response out = http::text(std::move(file->content), file->type);
  // Short: a clerk may hide it again.
  out.header("Cache-Control", "public, max-age=60");
  return out;
}

Response geojson(const Web& web, Request& request) {
  Reports reports(web.cases);
  ReportFilter f = filter_of(request);
  f.limit = 1000;
  auto found = reports.list(f);
  if (!found.ok()) return http::problem(found.error(), request);
  json::Value features = json::Value::array();
  for (const PublicReport& r : *found) {
    json::Value point = json::Value::array();
    point.push(r.lon);
    point.push(r.lat);
    features.push(json::Value::object({{"type", "Feature"},
                                       {"geometry", json::Value::object({{"type", "Point"}, {"coordinates", point}})},
                                       {"properties", json::Value::object({{"number", r.number}, {"category", r.category}, {"category_label", r.category_label},
                                                                           {"state", r.state_label}, {"status", r.status},
                                                                           {"received", to_iso_japan(r.received)}, {"url", "/reports/" + r.number}})}}));
  }
  Response out = http::json(json::Value::object({{"type", "FeatureCollection"}, {"features", features}}));
  out.header("Content-Type", "application/geo+json");
  return out;
}

// Moderation

Response moderation(const Web& web, Request& request) {
  const std::string lang = staff_language(request);
  Reports reports(web.cases);
  ReportFilter f;
  f.lang = lang, f.open_only = true, f.limit = 100;
  auto found = reports.list(f);
  if (!found.ok()) return http::problem(found.error(), request);
  Data data = staff_page(web, request, "staff_cases.moderation");
  Data rows = Data(Data::List{});
  for (const PublicReport& r : *found) {
    Data row = report_data(r, lang);
    row.set("href", "/staff/reports/" + r.number).set("department", department_name(web, r.department, lang));
    rows.push(std::move(row));
  }
  if (!found->empty()) data.set("any", true);
  data.set("rows", std::move(rows));
  return render(web, request, "reports/moderation", std::move(data), lang);
}

Response moderate_page(const Web& web, Request& request) {
  const std::string lang = staff_language(request);
  auto view = web.cases.view_staff(request.param("number"), identity::principal_of(request), request.id);
  if (!view.ok()) return http::problem(view.error(), request);
  if (view->publicity == records::Publicity::closed) return http::problem(Error(ErrorCode::not_found), request);
  Data data = staff_page(web, request, "staff_cases.moderation");
  data.set("number", view->number).set("title", web.texts.text(lang, "staff_cases.moderation") + " " + view->number);
  data.set("publicity", web.texts.text(lang, "staff_cases.publicity." + std::to_string(static_cast<int>(view->publicity))));
  Data photos = Data(Data::List{});
  for (const std::string& blob : view->blobs)
    photos.push(Data().set("href", "/staff/cases/" + view->number + "/files/" + blob).set("src", "/staff/cases/" + view->number + "/files/" + blob + "?size=thumb")
                    .set("alt", web.texts.text(lang, "staff_cases.photo_of", {{"number", view->number}})));
  if (!view->blobs.empty()) data.set("photos", std::move(photos)).set("any", true);
  const auto done = request.query("done");
  if (done) flash(data, "success", web.texts.text(lang, "staff_cases.done.act"));
  return render(web, request, "reports/moderate", std::move(data), lang);
}

Response post_moderate(const Web& web, Request& request) {
  const auto action = request.form("action");
  const records::Publicity to = action == "release" ? records::Publicity::released : action == "hide" ? records::Publicity::hidden : records::Publicity::listed;
  if (action != "release" && action != "hide" && action != "list") return http::problem(Error(ErrorCode::malformed_request, "action"), request);
  Reports reports(web.cases);
  auto done = reports.moderate(request.param("number"), to, identity::principal_of(request), request.id);
  if (!done.ok()) return http::problem(done.error(), request);
  return http::see_other("/staff/reports/" + std::string(request.param("number")) + "?done=1");
}

}  // namespace

void add_moderation_routes(http::Router& router, const Web& web) {
  router.get("/staff/reports", staff_route("report.release", "staff-reports"), [web](Request& r) { return moderation(web, r); });
  http::RouteOptions o = staff_route("report.release", "staff-report", "/staff/reports/{sample-report}").on("report-case", "case.read");
  o.reads_personal_data = true;
  router.get("/staff/reports/{number}", o, [web](Request& r) { return moderate_page(web, r); });
  router.post("/staff/reports/{number}", staff_route("report.release", "").on("report-case", "report.release"), [web](Request& r) { return post_moderate(web, r); });
}

}  // namespace machiya::cases::detail

namespace machiya::cases {

void add_report_routes(http::Router& router, const Web& web) {
  using namespace detail;
  router.get("/reports", public_route("reports"), [web](http::Request& r) { return list(web, r); });
  router.get("/reports/map.geojson", public_route(""), [web](http::Request& r) { return geojson(web, r); });
  router.get("/reports/{number}", public_route("report", "/reports/{sample-report}").on("report"), [web](http::Request& r) { return show(web, r); });
  router.get("/reports/{number}/photo", public_route("").on("report"), [web](http::Request& r) { return photo(web, r); });
  add_open311_routes(router, web);
}

}  // namespace machiya::cases
