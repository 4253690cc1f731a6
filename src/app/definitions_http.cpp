#include "app/definitions_http.h"

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"

namespace machiya::app {
namespace {

/// Staff pages have two languages.
std::string staff_language(const http::Request& request) { return std::string(locale::staff_language(request.lang)); }

http::Response show(const DefinitionsPage& page, const http::Request& request, const city::LoadReport* report) {
  const std::string lang = staff_language(request);
  pages::Data data = page.frame(request);
  data.set("title", page.texts.text(lang, "staff_definitions.title"));
  pages::Data rows{pages::Data::List{}};
  const auto city = page.city();
  for (const city::Loaded* procedure : city->all("procedure")) {
    pages::Data row;
    row.set("id", procedure->source.id).set("version", procedure->source.version).set("file", procedure->source.file);
    row.set("href", "/procedures/" + procedure->source.id);
    rows.push(std::move(row));
  }
  data.set("rows", std::move(rows));
  if (report) {
    data.set(report->city ? "loaded" : "refused", true);
    pages::Data faults{pages::Data::List{}};
    for (const city::Fault& fault : report->faults) {
      if (fault.severity != Severity::error) continue;
      pages::Data one;
      one.set("place", fault.file + ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column)).set("text", lang == "ja" ? fault.ja : fault.en);
      faults.push(std::move(one));
    }
    data.set("faults", std::move(faults));
  }
  return http::html(page.templates.render("staff-definitions/show", data, lang).html);
}

}  // namespace

void add_definitions_routes(http::Router& router, const DefinitionsPage& page) {
  http::RouteOptions options;
  options.permission = "staff:admin.definitions", options.object = "none";
  options.page_kind = "staff-definitions";
  router.get("/staff/definitions", options, [page](http::Request& request) { return show(page, request, nullptr); });
  options.page_kind.clear();
  options.rate_per_minute = 12;
  options.step_up_minutes = identity::kStepUpMinutes;   // rights, forms and decisions of the whole city change with it
  router.post("/staff/definitions", options, [page](http::Request& request) {
    const city::LoadReport report = page.reload();
    return show(page, request, &report);
  });
}

}  // namespace machiya::app
