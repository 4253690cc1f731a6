// /trials: what is tried where, since when, by which section, how it stands; for everybody, in six languages, without personal data.
#include <algorithm>

#include "ask/cases/workflow.h"
#include "platform/locale/locale.h"
#include "platform/pages/charts.h"
#include "rooms/technology_trials/web.h"

namespace machiya::trials::detail {
using http::Request;
using http::Response;
using pages::Data;

namespace {

constexpr int kMost = 500;

/// The house reads the register for its public page: as a clerk of the section that keeps it would.
identity::Principal reader(const registers::Register& reg) {
  identity::Principal out;
  out.kind = identity::PrincipalKind::staff, out.public_id = "public-page", out.name = "public-page", out.roles = {"clerk"}, out.department = reg.owner;
  return out;
}

Data row_of(const Web& web, const registers::Register& reg, const Trial& t, const std::string& lang) {
  const auto city = web.city();
  const city::Department* section = city->department(reg.owner);
  Data out = Data().set("href", std::string("/trials?trial=") + http::url_encode(t.number)).set("name", t.name).set("technology", words(label_of(reg, "technology", t.technology, lang), lang));
  out.set("asset", words(label_of(reg, "asset", t.asset, lang), lang));
  out.set("state", web.texts.text(lang, "trials.state." + (t.state.empty() ? std::string("planned") : t.state))).set("section", section ? words(section->name.in(lang), lang) : Data(reg.owner));
  if (t.starts) out.set("starts", locale::format_date(*t.starts, lang));
  if (t.ends) out.set("ends", locale::format_date(*t.ends, lang));
  return out;
}

Data map_of(const Web& web, const std::vector<Trial>& trials, const std::string& lang) {
  std::vector<pages::MapPin> pins;
  for (const Trial& t : trials)
    if (t.at) pins.push_back({*t.at, t.name, std::string("/trials?trial=") + http::url_encode(t.number)});
  const auto city = web.city();
  const auto imported = web.boundaries ? web.boundaries() : nullptr;
  const auto approximate = imported ? std::vector<city::WardArea>() : city::approximate_areas(city->wards());
  std::vector<pages::MapArea> areas;
  for (const city::WardArea& area : imported ? imported->wards : approximate) {
    const city::Ward* ward = city->ward(area.code);
    if (!ward) continue;
    pages::MapArea shape;
    shape.name = ward->name.in(plain_language(lang)), shape.label = {ward->lat, ward->lon};
    for (const Polygon& part : area.parts) shape.rings.insert(shape.rings.end(), part.begin(), part.end());
    areas.push_back(std::move(shape));
  }
  return pages::ward_map("trials-map", web.texts.text(lang, "trials.map"), areas, pins, !imported);
}

Response list(const Web& web, Request& request, const registers::Register& reg, const std::vector<Trial>& trials) {
  Data data = web.site_frame(request), rows{Data::List{}};
  data.set("title", web.texts.text(request.lang, "trials.title"));
  for (const Trial& t : trials) rows.push(row_of(web, reg, t, request.lang));
  data.set("rows", std::move(rows));
  if (std::ranges::any_of(trials, [](const Trial& t) { return t.at.has_value(); })) data.set("map", map_of(web, trials, request.lang));
  return http::html(web.templates.render("trials/list", data, request.lang).html);
}

Response show(const Web& web, Request& request, const registers::Register& reg, const Trial& t) {
  Data data = web.site_frame(request);
  data.set("title", t.name).set("trial", row_of(web, reg, t, request.lang)).set("question", t.question).set("lang_query", "trial=" + http::url_encode(t.number));
  if (!t.lesson.empty()) data.set("lesson", t.lesson);
  if (t.saving && (t.state == "adopted" || t.state == "declined" || t.state == "evaluation")) data.set("saving", json::to_text(json::Value(*t.saving)) + "%");
  if (t.at) data.set("map", map_of(web, {t}, request.lang));
  const Shown shown{request.lang, {}};
  add_things(web, t, shown, data);
  add_results(web, t, shown, data);
  return http::html(web.templates.render("trials/trial", data, request.lang).html);
}

Response answer(const Web& web, Request& request) {
  const auto city = web.city();
  const auto* reg = city->get<registers::Register>("register", kRegister);
  if (reg == nullptr) return http::problem(Error(ErrorCode::not_found, "the city keeps no such register"), request);
  auto trials = all_trials(web, *reg, reader(*reg), request.id);
  if (!trials.ok()) return http::problem(trials.error(), request);
  std::erase_if(*trials, [](const Trial& t) { return !t.published; });
  const auto asked = request.query("trial");
  if (!asked) return list(web, request, *reg, *trials);
  const auto found = std::ranges::find(*trials, *asked, &Trial::number);
  if (found == trials->end()) return http::problem(Error(ErrorCode::not_found, "there is no such trial"), request);
  return show(web, request, *reg, *found);
}

}  // namespace

pages::Data words(const std::string& text, std::string_view lang) { return lang == "ja-easy" ? Data(pages::ruby(text)) : Data(text); }

Result<std::vector<Trial>> all_trials(const Web& web, const registers::Register& reg, const identity::Principal& who, const std::string& request) {
  registers::Query query;
  query.limit = kMost, query.request = request;
  MACHIYA_TRY(const auto rows, web.registers.list(reg, query, who));
  std::vector<Trial> out;
  for (const registers::Row& row : rows.rows) out.push_back(trial_of(row));
  std::ranges::stable_sort(out, [](const Trial& a, const Trial& b) { return a.starts.value_or(Date{}) > b.starts.value_or(Date{}); });
  return out;
}

std::string state_label(const city::City& city, const registers::Register& reg, const std::string& state, std::string_view lang) {
  const auto* workflow = city.get<cases::Workflow>("workflow", reg.workflow);
  const cases::State* found = workflow ? workflow->state(state) : nullptr;
  return found ? found->name.in(lang) : state;
}

void add_public_routes(http::Router& router, const Web& web) {
  http::RouteOptions options;
  options.permission = "public", options.object = "none", options.page_kind = "trials";
  router.get(std::string(kPublicBase), options, [web](Request& r) { return answer(web, r); });
}

}  // namespace machiya::trials::detail

namespace machiya::trials {

void add_routes(http::Router& router, const Web& web) {
  detail::add_public_routes(router, web);
  detail::add_staff_routes(router, web);
}

}  // namespace machiya::trials
