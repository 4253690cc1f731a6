// /staff/trials: trials with what their devices say now, their alarms, their silence, and the results so far.
#include <algorithm>

#include "ask/registers/web.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/staff_pages/staff_pages.h"
#include "rooms/technology_trials/web.h"

namespace machiya::trials::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

Response list(const Web& web, Request& request, const registers::Register& reg, const std::vector<Trial>& trials) {
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  Data data = staff_pages::page(web, request, staff_pages::text(web, request, "staff_trials.title")), rows{Data::List{}};
  for (const Trial& t : trials) {
    std::int64_t open = 0;
    for (const std::string& id : t.things)
      if (const auto alarms = web.alarms.of_entity("", id); alarms.ok()) open += std::ranges::count_if(*alarms, [](const auto& a) { return a.alarm.state != sense::rules::State::normal; });
    Data row = Data().set("href", std::string("/staff/trials?trial=") + http::url_encode(t.number)).set("number", t.number).set("name", t.name).set("technology", label_of(reg, "technology", t.technology, lang));
    row.set("state", state_label(*city, reg, t.state, lang)).set("things", std::to_string(t.things.size())).set("alarms", std::to_string(open));
    if (t.starts) row.set("starts", locale::format_date(*t.starts, lang));
    if (t.published) row.set("published", true);
    rows.push(std::move(row));
  }
  data.set("rows", std::move(rows)).set("ledger", std::string(registers::kBase) + "/" + std::string(kRegister));
  return staff_pages::render(web, request, "trials/staff_list", std::move(data));
}

Response show(const Web& web, Request& request, const registers::Register& reg, const Trial& t) {
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  Data data = staff_pages::page(web, request, t.name);
  data.set("number", t.number).set("state", state_label(*city, reg, t.state, lang)).set("question", t.question).set("partner", t.partner).set("stop_rule", t.stop_rule).set("lesson", t.lesson);
  if (t.starts) data.set("starts", locale::format_date(*t.starts, lang));
  if (t.ends) data.set("ends", locale::format_date(*t.ends, lang));
  if (t.saving) data.set("saving", json::to_text(json::Value(*t.saving)) + "%");
  if (t.published) data.set("public_page", std::string("/trials?trial=") + http::url_encode(t.number));
  data.set("row", std::string(registers::kBase) + "/" + std::string(kRegister) + "/" + t.row).set("list", std::string(kStaffBase)).set("lang_query", "trial=" + http::url_encode(t.number));
  const Shown shown{lang, [&](const std::string& owner) { return web.may(identity::principal_of(request), sense::rules::kRead, owner); }};
  add_things(web, t, shown, data);
  add_results(web, t, shown, data);
  return staff_pages::render(web, request, "trials/staff_trial", std::move(data));
}

Response none(const Web& web, Request& request) {
  Data data = staff_pages::page(web, request, staff_pages::text(web, request, "staff_trials.title"));
  return staff_pages::render(web, request, "trials/staff_list", std::move(data.set("rows", Data{Data::List{}})));
}

Response answer(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  const auto reg = web.registers.find(kRegister, who);
  // Whose section keeps no trials sees none.
  if (!reg.ok() && reg.error().code == ErrorCode::not_found && !request.query("trial")) return none(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const auto trials = all_trials(web, **reg, who, request.id);
  if (!trials.ok()) return http::problem(trials.error(), request);
  const auto asked = request.query("trial");
  if (!asked) return list(web, request, **reg, *trials);
  const auto found = std::ranges::find(*trials, *asked, &Trial::number);
  if (found == trials->end()) return http::problem(Error(ErrorCode::not_found, "there is no such trial"), request);
  return show(web, request, **reg, *found);
}

}  // namespace

void add_staff_routes(http::Router& router, const Web& web) {
  http::RouteOptions options;
  options.permission = "staff:" + std::string(registers::kPermission), options.page_kind = "staff-trials";
  router.get(std::string(kStaffBase), options.on("none"), [web](Request& r) { return answer(web, r); });
}

}  // namespace machiya::trials::detail
