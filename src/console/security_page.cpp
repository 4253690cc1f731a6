#include "console/security_page.h"

#include "base/log.h"
#include "console/guideline.h"
#include "console/page.h"
#include "platform/audit/audit.h"

namespace machiya::console {
namespace {

using http::Request;
using http::Response;
using pages::Data;

/// Name of the tag that shows a light, and key of its word: colour alone says nothing.
struct Shown {
  const char* tag;
  const char* word;
};
Shown shown(Light light) {
  switch (light) {
    case Light::green: return {"done", "staff_protection.green"};
    case Light::yellow: return {"waiting", "staff_protection.yellow"};
    case Light::red: return {"refused", "staff_protection.red"};
    case Light::grey: break;
  }
  return {"stopped", "staff_protection.grey"};
}

struct Counts {
  int green = 0, red = 0, grey = 0;
};

class Pages {
 public:
  explicit Pages(SecurityPage parts) : p_(std::move(parts)) {}

  Response show(Request& request) const {
    const PanelQuery query{identity::principal_of(request), language(request), [&](std::string_view key) { return text(request, key); }};
    Data panels = Data(Data::List{});
    for (const Panel& panel : p_.panels) panels.push(panel_data(request, panel, query));
    Data data = p_.frame(request);
    data.set("panels", std::move(panels)).set("title", text(request, "staff_protection.title")).set("csrf", query.who.csrf);
    const auto city = p_.city();
    Data guidelines = Data(Data::List{});
    if (city)
      for (const city::Loaded* loaded : city->all("guideline"))
        if (const auto* guideline = city->get<Guideline>("guideline", loaded->source.id)) guidelines.push(guideline_data(request, *guideline));
    data.set("guidelines", std::move(guidelines));
    p_.audit.append_later({query.who.actor(), "security.read", "security:overview", "audit", request.id, {}});
    Response r = http::html(p_.templates.render("console/security", data, query.lang).html);
    r.header("Cache-Control", "no-store");
    return r;
  }

 private:
  std::string text(const Request& request, std::string_view key) const { return p_.texts.text(language(request), key); }
  Data tag(const Request& request, Light light) const {
    const Shown how = shown(light);
    return Data().set("kind", how.tag).set("label", text(request, how.word));
  }

  Data panel_data(const Request& request, const Panel& panel, const PanelQuery& query) const {
    Data out;
    out.set("title", text(request, panel.title));
    auto lines = panel.lines(query);
    if (!lines.ok()) {
      log(LogLevel::error, "security-panel-failed", {{"panel", panel.title}, {"error", lines.error().to_string()}});
      return out.set("failed", true);
    }
    Data rows = Data(Data::List{});
    for (const PanelLine& line : *lines) {
      Data row;
      row.set("label", line.label).set("value", line.value).set("tag", tag(request, line.light));
      if (!line.href.empty()) row.set("href", line.href);
      rows.push(std::move(row));
    }
    return out.set("rows", std::move(rows)).set("nothing", lines->empty());
  }

  /// Green only with something that shows it: a test of the house, a setting asked now, a register that the city keeps.
  Light light_of(const GuidelineLine& line) const {
    if (!line.setting.empty()) {
      const auto found = p_.settings.find(line.setting);
      if (found == p_.settings.end()) return Light::grey;
      if (!found->second()) return Light::red;
    }
    return line.setting.empty() && line.tests.empty() && line.register_id.empty() ? Light::grey : Light::green;
  }

  Data line_data(const Request& request, const Clause& clause, const GuidelineLine& line, Counts& counts) const {
    const Light light = light_of(line);
    (light == Light::green ? counts.green : light == Light::red ? counts.red : counts.grey) += 1;
    Data evidence = Data(Data::List{});
    if (!line.setting.empty()) evidence.push(Data().set("text", text(request, "staff_protection.setting." + line.setting)));
    for (const std::string& test : line.tests) evidence.push(Data().set("test", test));
    if (!line.register_id.empty()) evidence.push(Data().set("href", "/staff/registers/" + line.register_id).set("label", text(request, "staff_protection.register")));
    Data row;
    row.set("clause", clause.number).set("title", clause.title.in(language(request))).set("line", line.text.in(language(request)));
    return row.set("tag", tag(request, light)).set("evidence", std::move(evidence));
  }

  Data guideline_data(const Request& request, const Guideline& guideline) const {
    Counts counts;
    Data rows = Data(Data::List{});
    for (const Clause& clause : guideline.clauses)
      for (const GuidelineLine& line : clause.lines) rows.push(line_data(request, clause, line, counts));
    Data out;
    out.set("name", guideline.name.in(language(request))).set("law", guideline.law.in(language(request))).set("rows", std::move(rows));
    return out.set("green", counts.green).set("red", counts.red).set("grey", counts.grey);
  }

  SecurityPage p_;
};

}  // namespace

void add_security_routes(http::Router& router, SecurityPage page) {
  const auto pages = std::make_shared<Pages>(std::move(page));
  http::RouteOptions o;
  o.permission = "staff:" + std::string(kSecurityPermission), o.object = "none";
  o.page_kind = "staff-protection";
  router.get("/staff/protection", o, [pages](Request& r) { return pages->show(r); });
}

}  // namespace machiya::console
