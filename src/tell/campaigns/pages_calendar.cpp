// The calendar of messages: what begins and what went, one month as a table.
#include <charconv>
#include <map>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "tell/campaigns/web.h"

namespace machiya::tell::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr int kMost = 1'000;          ///< of a month
constexpr int kFirstYear = 2000, kLastYear = 2999;

/// "2026-11"; nothing for what is no month.
std::optional<Date> month_in(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return {};
  int year = 0, month = 0;
  const auto y = std::from_chars(text.data(), text.data() + 4, year), m = std::from_chars(text.data() + 5, text.data() + 7, month);
  if (y.ptr != text.data() + 4 || m.ptr != text.data() + 7 || year < kFirstYear || year > kLastYear) return {};
  return checked_date(year, month, 1);
}

std::string link_to(Date month) { return std::string(kMessagesBase) + "/calendar?month=" + to_iso(month).substr(0, 7); }

Instant start_of(const Campaign& c) { return c.released && (!c.draft.start || *c.draft.start < *c.released) ? *c.released : c.draft.start.value_or(c.changed); }

Data entry(const CampaignWeb& web, const Request& request, const Campaign& campaign) {
  const std::string lang(locale::staff_language(request.lang));
  Data out = Data().set("href", path_of(campaign)).set("title", campaign.draft.title.in("ja")).set("time", to_iso_japan(start_of(campaign)).substr(11, 5));
  out.set("tag", state_tag(web, request, campaign, message_of(web, campaign)));
  if (campaign.cls == Class::emergency) out.set("emergency", true);
  if (campaign.draft.drill) out.set("drill", true);
  return out;
}

Data day_cell(const CampaignWeb& web, const Request& request, Date day, const std::vector<const Campaign*>& campaigns) {
  const std::string lang(locale::staff_language(request.lang));
  Data out = Data().set("day", std::to_string(civil(day).day)).set("iso", to_iso(day)).set("date", locale::format_date(day, lang));
  if (day == web.clock.today()) out.set("today", true);
  Data items{Data::List{}};
  for (const Campaign* one : campaigns) items.push(entry(web, request, *one));
  return out.set("items", std::move(items));
}

}  // namespace

Response calendar(const CampaignWeb& web, Request& request) {
  const YearMonthDay today = civil(web.clock.today());
  const std::string_view asked = request.query("month").value_or("");
  const auto chosen = asked.empty() ? std::optional(make_date(today.year, today.month, 1)) : month_in(asked);
  if (!chosen) return http::problem(Error(ErrorCode::not_found, "no month"), request);
  const Date first = *chosen, end = add_months(first, 1);
  const auto all = web.campaigns.starting(start_of_day_in_japan(first), start_of_day_in_japan(end), kMost, {identity::principal_of(request), request.id});
  if (!all.ok()) return http::problem(all.error(), request);
  std::map<Date, std::vector<const Campaign*>> by_day;
  for (const Campaign& one : *all) by_day[date_in_japan(start_of(one))].push_back(&one);
  Data weeks{Data::List{}}, names{Data::List{}};
  for (int i = 0; i < 7; ++i) names.push(text(web, request, "staff_messages.weekday." + std::to_string(i)));
  for (Date day = add_days(first, -weekday(first)); day < end; day = add_days(day, 7)) {
    Data week{Data::List{}};
    for (int i = 0; i < 7; ++i) {
      const Date here = add_days(day, i);
      week.push(here < first || here >= end ? Data().set("outside", true) : day_cell(web, request, here, by_day[here]));
    }
    weeks.push(Data().set("days", std::move(week)));
  }
  const YearMonthDay shown = civil(first);
  const std::string month = text(web, request, "staff_messages.month", {{"year", std::to_string(shown.year)}, {"month", std::to_string(shown.month)}});
  Data data = page(web, request, text(web, request, "staff_messages.calendar_of", {{"month", month}}));
  data.set("weekdays", std::move(names)).set("weeks", std::move(weeks)).set("month", month).set("list", std::string(kMessagesBase));
  data.set("previous_month", link_to(add_months(first, -1))).set("next_month", link_to(end)).set("this_month", std::string(kMessagesBase) + "/calendar");
  data.set("count", text(web, request, all->size() == static_cast<std::size_t>(kMost) ? "staff_messages.month_count_more" : "staff_messages.month_count", {{"count", std::to_string(all->size())}}));
  return render(web, request, "staff-messages/calendar", std::move(data));
}

}  // namespace machiya::tell::detail
