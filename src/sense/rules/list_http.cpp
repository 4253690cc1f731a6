// /staff/alarms: what stands now, by priority and state; it is fetched again when something changes.
#include <algorithm>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "sense/rules/series_view.h"
#include "sense/rules/web.h"

namespace machiya::sense::rules::detail {
using http::Request;
using http::Response;
using pages::Data;

const Rule* rule_of(const city::City& city, const std::string& rule) { return city.get<Rule>("alarm", rule); }

std::string rule_name(const city::City& city, const std::string& rule, std::string_view lang) {
  const Rule* found = rule_of(city, rule);
  return found ? found->name.in(lang) : rule;
}

bool may_read(const Web& web, const Request& request, const std::string& rule) {
  const auto city = web.city();
  const Rule* found = rule_of(*city, rule);
  return web.may(identity::principal_of(request), kRead, found ? found->owner : std::string());
}

std::optional<std::vector<std::string>> readable(const Web& web, const Request& request) {
  std::vector<std::string> out;
  const auto city = web.city();
  const auto all = rules_of(*city);
  for (const RulePtr& rule : all)
    if (web.may(identity::principal_of(request), kRead, rule->owner)) out.push_back(rule->id);
  if (out.size() == all.size()) return std::nullopt;
  return out;
}

Data state_tag(const Web& web, const Request& request, const AlarmRow& row) {
  static constexpr const char* kStates[] = {"done", "late", "running", "waiting", "waiting", "running"};
  const Mode mode = row.alarm.mode();
  const std::string key = mode == Mode::in_service ? "state." + std::string(word(row.alarm.state)) : "mode." + std::string(word(mode));
  return Data().set("kind", mode == Mode::in_service ? kStates[static_cast<std::size_t>(row.alarm.state)] : "stopped").set("label", text(web, request, "staff_alarms." + key));
}

Data priority_tag(const Web& web, const Request& request, Priority priority) {
  static constexpr const char* kLooks[] = {"refused", "waiting", "new"};
  return Data().set("kind", kLooks[static_cast<std::size_t>(priority)]).set("label", text(web, request, "staff_alarms.priority." + std::string(word(priority))));
}

namespace {

constexpr int kMost = 300;
constexpr std::pair<std::string_view, AlarmFilter::Show> kShows[] = {{"open", AlarmFilter::Show::open}, {"unacknowledged", AlarmFilter::Show::unacknowledged}, {"withheld", AlarmFilter::Show::withheld}};
constexpr Priority kPriorities[] = {Priority::high, Priority::medium, Priority::low};

AlarmFilter filter_of(const Request& request) {
  AlarmFilter out;
  for (const auto& [name, show] : kShows)
    if (request.query("show").value_or("") == name) out.show = show;
  for (const Priority one : kPriorities)
    if (request.query("priority").value_or("") == word(one)) out.priority = one;
  return out;
}

Data filters(const Web& web, const Request& request, const AlarmFilter& filter) {
  Data shows{Data::List{}}, priorities{Data::List{}};
  for (const auto& [name, show] : kShows) shows.push(staff_pages::choice(std::string(name), text(web, request, "staff_alarms.show." + std::string(name)), filter.show == show));
  for (const Priority one : kPriorities) priorities.push(staff_pages::choice(std::string(word(one)), text(web, request, "staff_alarms.priority." + std::string(word(one))), filter.priority == one));
  Data selects{Data::List{}};
  selects.push(Data().set("name", "show").set("label", text(web, request, "staff_alarms.show")).set("always", true).set("options", std::move(shows)));
  selects.push(Data().set("name", "priority").set("label", text(web, request, "staff_alarms.priority")).set("options", std::move(priorities)));
  return Data().set("action", path_of()).set("selects", std::move(selects));
}

Response list(const Web& web, Request& request) {
  AlarmFilter filter = filter_of(request);
  filter.rules = readable(web, request);
  const auto rows = web.alarms.list(filter, kMost);
  if (!rows.ok()) return http::problem(rows.error(), request);
  const auto counts = web.alarms.counts(filter.rules);
  if (!counts.ok()) return http::problem(counts.error(), request);
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  Data data = page(web, request, text(web, request, "staff_alarms.title")), out{Data::List{}};
  for (const AlarmRow& row : *rows) {
    const Rule* rule = rule_of(*city, row.rule);
    Data one = Data().set("href", path_of("/" + row.public_id)).set("name", rule_name(*city, row.rule, lang)).set("entity", row.entity).set("value", row.value);
    one.set("tag", state_tag(web, request, row)).set("priority", priority_tag(web, request, row.priority)).set("since", locale::format_time(Instant{row.raised_us ? row.raised_us : row.changed_us}, lang));
    if (row.alarm.mode() == Mode::shelved) one.set("until", locale::format_time(Instant{row.alarm.shelved_until_us}, lang));
    if (!row.reason.empty()) one.set("reason", row.reason);
    const bool waits = row.alarm.state == State::unacknowledged || row.alarm.state == State::returned || row.alarm.state == State::latched;
    if (waits && rule && web.may(identity::principal_of(request), kAct, rule->owner)) one.set("acknowledge", "acknowledge-" + row.public_id);
    out.push(std::move(one));
  }
  std::string query = "show=";
  for (const auto& [name, show] : kShows)
    if (filter.show == show) query += name;
  if (filter.priority) query += "&priority=" + std::string(word(*filter.priority));
  data.set("rows", std::move(out)).set("filters", filters(web, request, filter)).set("live", path_of("/events")).set("lang_query", query).set("figures", path_of("/figures"));
  data.set("back", path_of("?" + query));
  data.set("summary", text(web, request, "staff_alarms.summary", {{"unacknowledged", std::to_string(counts->unacknowledged)}, {"high", std::to_string(counts->open[0])},
                                                                 {"medium", std::to_string(counts->open[1])}, {"low", std::to_string(counts->open[2])}, {"withheld", std::to_string(counts->withheld)}}));
  if (rows->size() == static_cast<std::size_t>(kMost)) data.set("more", text(web, request, "staff_alarms.more", {{"most", std::to_string(kMost)}}));
  return render(web, request, "alarms/list", std::move(data));
}

Response live(const Web& web, Request&) {
  Response out;
  out.events = web.hub.subscribe({std::string(kHubTopic)});
  return out;
}

}  // namespace

void add_list_routes(http::Router& router, const Web& web) {
  http::RouteOptions options;
  options.permission = kMayRead, options.page_kind = "staff-alarms";
  router.get(path_of(), options.on("none"), [web](Request& r) { return list(web, r); });
  options.page_kind.clear();
  router.get(path_of("/events"), options.on("none"), [web](Request& r) { return live(web, r); });
}

}  // namespace machiya::sense::rules::detail

namespace machiya::sense::rules {

void add_routes(http::Router& router, const Web& web) {
  detail::add_list_routes(router, web);
  detail::add_figure_routes(router, web);
  detail::add_alarm_routes(router, web);
}

}  // namespace machiya::sense::rules
