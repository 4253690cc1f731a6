// Outlets on the staff's page: what became of a message there, what stands in the way, whom it is meant for.
#include <algorithm>
#include <cstdio>

#include "platform/locale/locale.h"
#include "platform/pages/charts.h"
#include "tell/outlets/area.h"
#include "tell/outlets/web.h"

namespace machiya::tell {
namespace {
using http::Request;
using pages::Data;

struct View {
  const OutletWeb& web;
  std::string lang;
  std::shared_ptr<const city::City> city;

  std::string t(const std::string& key, const locale::Args& args = {}) const { return web.texts.text(lang, "staff_alerts." + key, args); }
  std::string outlet_name(const std::string& id, const std::string& part) const {
    const auto* outlet = city->get<OutletDefinition>("outlet", id);
    std::string out = outlet ? outlet->name.in(lang) : id;
    if (!outlet || part.empty()) return out;
    const auto carrier = std::find_if(outlet->carriers.begin(), outlet->carriers.end(), [&](const auto& rule) { return rule.id == part; });
    return out + " · " + (carrier == outlet->carriers.end() ? part : carrier->name);
  }
};

std::string grouped(std::int64_t n) {
  std::string out = std::to_string(n);
  for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, ",");
  return out;
}

std::string times(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "× %.2f", ratio);
  return text;
}

Data cells(const std::vector<std::string>& texts, std::size_t numbers_from) {
  Data out{Data::List{}};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Data one = Data().set("text", texts[i]);
    if (i == 0) one.set("header", true);
    if (i >= numbers_from) one.set("number", true);
    out.push(std::move(one));
  }
  return Data().set("cells", std::move(out));
}

Data columns(const std::vector<std::string>& labels, std::size_t numbers_from) {
  Data out{Data::List{}};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    Data one = Data().set("label", labels[i]);
    if (i >= numbers_from) one.set("number", true);
    out.push(std::move(one));
  }
  return out;
}

void add_rows(const View& v, const std::vector<Publication>& rows, Data& out) {
  if (rows.empty()) return;
  Data table_rows{Data::List{}}, given_up{Data::List{}};
  bool any = false;
  for (const Publication& row : rows) {
    table_rows.push(cells({v.outlet_name(row.outlet, row.part), v.t("state." + std::string(name_of(row.state))), row.reason, locale::format_time(row.changed, v.lang), std::to_string(row.attempts)}, 4));
    if (row.state == PublicationState::given_up) given_up.push(Data().set("value", row.outlet + "/" + row.part).set("label", v.outlet_name(row.outlet, row.part))), any = true;
  }
  out.set("table", Data().set("id", "outlets-table").set("caption", v.t("outlets")).set("columns", columns({v.t("outlet"), v.t("state"), v.t("reason"), v.t("when"), v.t("attempts")}, 4)).set("rows", std::move(table_rows)));
  if (any) out.set("given_up", std::move(given_up));
}

void add_findings(const View& v, const Campaign& campaign, Data& out) {
  const auto found = v.web.outlets.findings(campaign);
  if (!found.ok() || found->empty()) return;
  Data items{Data::List{}};
  for (const OutletFinding& f : *found) {
    const std::string place = v.web.texts.has("ja", "staff_alerts.field." + f.problem.field) ? v.t("field." + f.problem.field) : f.problem.field;
    items.push(Data().set("text", v.t(f.stops ? "finding_stops" : "finding", {{"outlet", v.outlet_name(f.outlet, f.part)}, {"place", place}, {"at", std::to_string(f.problem.at + 1)}, {"problem", v.lang == "ja" ? f.problem.ja : f.problem.en}})));
  }
  out.set("findings", Data().set("items", std::move(items)));
}

Data map_of(const View& v, const AreaReach& reach) {
  const auto imported = v.web.boundaries ? v.web.boundaries() : nullptr;
  const auto approximate = imported ? std::vector<city::WardArea>() : city::approximate_areas(v.city->wards());
  std::vector<pages::MapArea> drawn;
  for (const city::WardArea& area : imported ? imported->wards : approximate) {
    const city::Ward* ward = v.city->ward(area.code);
    if (!ward) continue;
    const bool meant = reach.wards.empty() || std::find(reach.wards.begin(), reach.wards.end(), ward) != reach.wards.end();
    pages::MapArea shape;
    shape.name = ward->name.in(v.lang), shape.label = {ward->lat, ward->lon}, shape.shade = meant ? 4 : 0;
    if (meant) shape.text = v.t("meant_here");
    for (const Polygon& part : area.parts) shape.rings.insert(shape.rings.end(), part.begin(), part.end());
    drawn.push_back(std::move(shape));
  }
  return pages::ward_map("alert-area", v.t("map"), drawn, {}, !imported);
}

void add_area(const View& v, const Campaign& campaign, Data& data) {
  const AreaReach reach = area_reach(*v.city, campaign.draft, v.web.outlets.configured(), [&](std::string_view code) { return v.web.campaigns.towns_of(code).size(); });
  Data wards{Data::List{}}, outlets{Data::List{}};
  for (const city::Ward& ward : v.city->wards())
    if (reach.wards.empty() || std::find(reach.wards.begin(), reach.wards.end(), &ward) != reach.wards.end()) wards.push(cells({ward.name.in(v.lang), grouped(ward.population)}, 1));
  for (const AreaReach::Reached& one : reach.outlets)
    outlets.push(cells({one.outlet->name.in(v.lang), v.t(one.outlet->unit == OutletUnit::ward ? "unit.ward" : "unit.city"), grouped(one.people), times(one.ratio)}, 2));
  Data area;
  area.set("lead", v.t(reach.wards.empty() ? "meant_all" : "meant", {{"people", grouped(reach.meant)}, {"wards", std::to_string(reach.wards.size())}}) + (reach.estimated ? v.t("estimated") : std::string()));
  area.set("map", map_of(v, reach));
  Data tables{Data::List{}};
  tables.push(Data().set("table", Data().set("id", "alert-wards").set("caption", v.t("wards")).set("columns", columns({v.t("ward"), v.t("population")}, 1)).set("rows", std::move(wards))));
  tables.push(Data().set("table", Data().set("id", "alert-outlets").set("caption", v.t("ratio_caption")).set("columns", columns({v.t("outlet"), v.t("unit"), v.t("people"), v.t("ratio")}, 2)).set("rows", std::move(outlets))));
  area.set("tables", std::move(tables));
  data.set("area", std::move(area));
}

}  // namespace

void add_outlets(const OutletWeb& web, const Request& request, const Campaign& campaign, Data& data) {
  const View v{web, std::string(locale::staff_language(request.lang)), web.city()};
  if (campaign.cls == Class::emergency) add_area(v, campaign, data);
  Data out;
  if (campaign.state == CampaignState::draft || campaign.state == CampaignState::waiting) add_findings(v, campaign, out);
  if (const auto rows = web.outlets.of(campaign.public_id); rows.ok()) add_rows(v, *rows, out);
  data.set("outlets", std::move(out));
  const auto* its = campaign.draft.from_template.empty() ? nullptr : v.city->get<Template>("message", campaign.draft.from_template);
  if (campaign.state == CampaignState::released && its && !its->ended_by.empty()) {
    const auto* end = v.city->get<Template>("message", its->ended_by);
    if (end) data.set("may_end", v.t("end", {{"name", end->name.in(v.lang)}}));
  }
}

}  // namespace machiya::tell
