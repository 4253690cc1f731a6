// /staff/alarms/{alarm}: what it means, what to do, its series, its history; and what operators do with it.
#include <algorithm>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "sense/rules/series_view.h"
#include "sense/rules/web.h"

namespace machiya::sense::rules::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr int kEntries = 200, kParts = 48;
constexpr int kHours[] = {6, 24, 168, 720};
constexpr int kShelves[] = {15, 60, 240, 480, 1440, 4320, 10080};   // minutes; ISA-18.2 §11.6: never without an end

int chosen(std::string_view typed, std::span<const int> among, int otherwise) {
  for (const int one : among)
    if (typed == std::to_string(one)) return one;
  return otherwise;
}

Data options_of(const Web& web, const Request& request, std::span<const int> among, int now, const std::string& key) {
  Data out{Data::List{}};
  for (const int one : among) out.push(staff_pages::choice(std::to_string(one), text(web, request, "staff_alarms." + key + "." + std::to_string(one)), one == now));
  return out;
}

/// What of the entity the rule looks at, as it is now.
Data values_of(const Web& web, const Request& request, const AlarmRow& row, const Rule& rule) {
  const std::string lang(locale::staff_language(request.lang));
  Data out{Data::List{}};
  const EntityPtr entity = web.entities.get(row.tenant, row.entity);
  if (!entity) return out;
  for (const Attribute& attribute : entity->attributes) {
    if (!rule.reads(attribute.name)) continue;
    for (const Instance& one : attribute.instances) {
      if (!one.value.is_scalar()) continue;
      const std::int64_t at = one.observed_at.present() ? one.observed_at.us : one.modified_us;
      const std::string shown = one.value.is_bool() ? text(web, request, one.value.truth ? "staff_alarms.yes" : "staff_alarms.no") : std::string(one.value.text());
      out.push(Data().set("name", std::string(short_name(attribute.name))).set("value", shown).set("unit", std::string(unit_sign(one.unit_code))).set("at", locale::format_time(Instant{at}, lang)));
    }
  }
  return out;
}

Data history_of(const Web& web, const Request& request, const std::vector<Entry>& entries) {
  const std::string lang(locale::staff_language(request.lang));
  const auto t = [&](const std::string& key) { return text(web, request, "staff_alarms." + key); };
  Data columns{Data::List{}}, rows{Data::List{}};
  for (const char* key : {"at", "what", "state", "by", "note"}) columns.push(Data().set("label", t(key)));
  for (const Entry& e : entries) {
    const std::string state = e.step.mode == Mode::in_service ? t("state." + std::string(word(e.step.state))) : t("mode." + std::string(word(e.step.mode)));
    rows.push(Data().set("cells", Data(Data::List{Data().set("text", locale::format_time(Instant{e.step.at_us}, lang)).set("header", true), Data().set("text", t("what." + std::string(word(e.step.what)))), Data().set("text", state),
                                                  Data().set("text", e.actor.empty() ? t("by_rule") : e.actor_name.empty() ? e.actor : e.actor_name), Data().set("text", e.note)})));
  }
  return Data().set("id", "history").set("caption", t("history")).set("columns", std::move(columns)).set("rows", std::move(rows));
}

void add_series(const Web& web, const Request& request, const AlarmRow& row, const Rule& rule, int hours, Data& data) {
  if (rule.main_attribute().empty()) return;
  const std::int64_t now_us = web.clock.now().us;
  const auto periods = series_periods(web.history, web.numbers, row.tenant, row.entity, rule.main_attribute(), now_us - hours * kHour, now_us + 1, kParts);
  if (!periods.ok() || periods->empty()) return;
  data.set("chart", series_chart("series", text(web, request, "staff_alarms.series_of", {{"name", std::string(short_name(rule.main_attribute()))}}), *periods));
  const series::Aggregate all = whole(*periods);
  data.set("aggregates", text(web, request, "staff_alarms.aggregates", {{"count", std::to_string(all.count)}, {"min", number_text(all.min)}, {"avg", number_text(all.average())}, {"max", number_text(all.max)}}));
}

void add_acts(const Web& web, const Request& request, const AlarmRow& row, Data& data) {
  const Mode mode = row.alarm.mode();
  data.set("may_act", true);
  if (row.alarm.state == State::unacknowledged || row.alarm.state == State::returned || row.alarm.state == State::latched) data.set("acknowledge", true);
  if (row.alarm.state == State::latched_acknowledged) data.set("reset", true);
  if (row.alarm.shelved_until_us != 0) data.set("unshelve", true);
  if (mode == Mode::out_of_service) data.set("put_back", true);
  else data.set("shelve", Data().set("options", options_of(web, request, kShelves, chosen(field(request, "minutes"), kShelves, 60), "minutes"))).set("take_out", true);
}

Response show(const Web& web, Request& request, const Error* wrong = nullptr) {
  const auto row = web.alarms.find(request.param("alarm"));
  if (!row.ok()) return http::problem(row.error(), request);
  if (!may_read(web, request, row->rule)) return http::problem(Error(ErrorCode::forbidden), request);
  const auto entries = web.alarms.history(*row, kEntries);
  if (!entries.ok()) return http::problem(entries.error(), request);
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  const Rule* rule = rule_of(*city, row->rule);
  const int hours = chosen(request.query("hours").value_or(""), kHours, 24);
  Data data = page(web, request, rule_name(*city, row->rule, lang));
  data.set("entity", row->entity).set("tag", state_tag(web, request, *row)).set("priority", priority_tag(web, request, row->priority)).set("action", path_of("/" + row->public_id));
  data.set("live", path_of("/events")).set("lang_query", "hours=" + std::to_string(hours)).set("value", row->value).set("list", path_of());
  if (row->raised_us != 0) data.set("raised", locale::format_time(Instant{row->raised_us}, lang));
  if (row->alarm.shelved_until_us != 0) data.set("until", locale::format_time(Instant{row->alarm.shelved_until_us}, lang));
  if (!row->reason.empty()) data.set("withheld", Data().set("reason", row->reason).set("by", row->actor_name));
  if (!row->tenant.empty()) data.set("tenant", row->tenant);
  if (rule) {
    data.set("cause", rule->cause.in(lang)).set("consequence", rule->consequence.in(lang)).set("act_text", rule->action.in(lang)).set("values", values_of(web, request, *row, *rule));
    if (rule->respond_us > 0) data.set("respond", text(web, request, "staff_alarms.within", {{"minutes", std::to_string((rule->respond_us + kMinute - 1) / kMinute)}}));
    data.set("hours", Data().set("name", "hours").set("label", text(web, request, "staff_alarms.series_time")).set("always", true).set("options", options_of(web, request, kHours, hours, "hours")));
    add_series(web, request, *row, *rule, hours, data);
    if (web.may(identity::principal_of(request), kAct, rule->owner)) add_acts(web, request, *row, data);
  }
  data.set("table", history_of(web, request, *entries)).set("reason_typed", field(request, "reason")).set("comment_typed", field(request, "comment"));
  if (wrong && wrong->code == ErrorCode::invalid_input) {
    const std::string at = wrong->where.empty() ? "reason" : wrong->where;
    data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#" + (field(request, "act") == "take-out" ? "take-out-" + at : at)).set("text", text(web, request, "staff_alarms.wrong." + at))})));
  } else if (wrong) {
    data.set("flash", Data().set("kind", "error").set("text", text(web, request, "staff_alarms.conflict")));
  }
  return render(web, request, "alarms/alarm", std::move(data), wrong ? (wrong->code == ErrorCode::invalid_input ? 422 : wrong->info().http_status) : 200);
}

Result<void> do_it(const Web& web, const Request& request) {
  const std::string id(request.param("alarm")), what = field(request, "act");
  const Deed deed{identity::principal_of(request), request.id};
  if (what == "acknowledge") return web.alarms.acknowledge(id, deed);
  if (what == "reset") return web.alarms.reset(id, deed);
  if (what == "shelve") return web.alarms.shelve(id, Instant{web.clock.now().us + chosen(field(request, "minutes"), kShelves, 0) * kMinute}, field(request, "reason"), deed);
  if (what == "unshelve") return web.alarms.unshelve(id, deed);
  if (what == "take-out") return web.alarms.take_out(id, field(request, "reason"), deed);
  if (what == "put-back") return web.alarms.put_back(id, deed);
  if (what == "comment") return web.alarms.comment(id, field(request, "comment"), deed);
  return Error(ErrorCode::invalid_input, "no such act", "act");
}

Response act(const Web& web, Request& request) {
  const auto row = web.alarms.find(request.param("alarm"));
  if (!row.ok()) return http::problem(row.error(), request);
  const auto city = web.city();
  const Rule* rule = rule_of(*city, row->rule);
  if (rule == nullptr || !web.may(identity::principal_of(request), kAct, rule->owner)) return http::problem(Error(ErrorCode::forbidden), request);
  const auto done = do_it(web, request);
  const bool from_list = field(request, "from") == "list";
  if (!done.ok() && done.error().code != ErrorCode::invalid_input && done.error().code != ErrorCode::conflict) return http::problem(done.error(), request);
  if (!done.ok() && !from_list) return show(web, request, &done.error());
  // In the list somebody else was faster: the list shows what is now.
  return http::see_other(from_list ? path_of() : path_of("/" + std::string(request.param("alarm"))));
}

}  // namespace

void add_alarm_routes(http::Router& router, const Web& web) {
  http::RouteOptions options;
  options.permission = kMayRead, options.page_kind = "staff-alarm";
  const std::string one = path_of("/{alarm}");
  router.get(one, options.on("alarm"), [web](Request& r) { return show(web, r); });
  http::RouteOptions acts;
  acts.permission = kMayAct;
  router.post(one, acts.on("alarm"), [web](Request& r) { return act(web, r); });
}

}  // namespace machiya::sense::rules::detail
