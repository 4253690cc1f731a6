// Board (lanes of a choice or of the state, moving by a button) and calendar (one month as a table).
#include <algorithm>
#include <charconv>
#include <map>

#include "ask/registers/pages_list.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using pages::Data;

constexpr int kCards = 20;      ///< shown in a lane; all of them are a list away
constexpr std::size_t kMonthRows = 1000;

struct Lane {
  std::string value, label;
};

std::vector<Lane> lanes_of(const Web& web, const Register& reg, const View& view, std::string_view lang) {
  std::vector<Lane> out;
  const auto city = web.city();
  if (view.group == "state") {
    if (const cases::Workflow* workflow = workflow_of(city.get(), reg))
      for (const cases::State& s : workflow->states) out.push_back({s.id, s.name.in(lang)});
  } else if (const Column* column = reg.column(view.group); column && column->question) {
    for (const auto& option : column->question->options) out.push_back({option.value, option.label.in(lang)});
    if (column->question->optional) out.push_back({"", web.texts.text(lang, "staff_registers.no_value")});
  }
  return out;
}

/// Buttons that move a card: actions of the workflow, or the other values of the column.
Data moves_of(const Web& web, const Request& request, const Register& reg, const View& view, const Row& row, const std::vector<Lane>& lanes, const Lane& here) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  Data out{Data::List{}};
  if (view.group == "state") {
    for (const cases::Action* action : web.registers.actions(reg, row, who)) {
      Data one = Data().set("label", action->name.in(lang)).set("href", row_path(reg, row.number, "/actions/" + action->id));
      if (!action->needs_reason && !action->needs_note) one.set("direct", true);
      out.push(std::move(one));
    }
    return out;
  }
  const Column* column = reg.column(view.group);
  if (!column || !web.registers.may_write(reg, *column, who)) return out;
  for (const Lane& lane : lanes)
    if (lane.value != here.value) out.push(Data().set("value", lane.value).set("label", lane.label));
  return out;
}

std::optional<std::pair<int, int>> month_of(const std::string& text) {
  int year = 0, month = 0;
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  std::from_chars(text.data(), text.data() + 4, year);
  std::from_chars(text.data() + 5, text.data() + 7, month);
  if (year < 1900 || year > 2200 || month < 1 || month > 12) return std::nullopt;
  return std::pair{year, month};
}

Data day_data(const Web& web, const Request& request, const Register& reg, const View& view, Date day, const std::vector<const Row*>& rows) {
  const std::string lang = staff_language(request);
  Data out = Data().set("day", civil(day).day).set("date", locale::format_date(day, lang)).set("iso", to_iso(day));
  if (day == web.clock.today()) out.set("today", true);
  if (web.reference)
    if (auto holiday = web.reference->holiday_name(day, lang == "en")) out.set("holiday", *holiday);
  Data items{Data::List{}};
  for (std::size_t i = 0; i < rows.size() && i < 4; ++i) items.push(row_link(web, reg, *rows[i], lang));
  if (!rows.empty()) out.set("items", std::move(items));
  if (rows.size() > 4) {
    const http::Pairs one_day = {{"from." + view.date, to_iso(day)}, {"to." + view.date, to_iso(day)}};
    out.set("more", Data().set("href", address_of(reg, one_day)).set("label", text(web, request, "staff_registers.more", {{"rows", std::to_string(rows.size() - 4)}})));
  }
  return out;
}

}  // namespace

void show_board(const Web& web, const Request& request, const Register& reg, const View& view, Data& data) {
  const std::string lang = staff_language(request);
  const auto lanes = lanes_of(web, reg, view, lang);
  Data out{Data::List{}};
  int index = 0;
  for (const Lane& lane : lanes) {
    Query query = query_of_request(web, request, reg);
    query.where.push_back(lane.value.empty() ? Condition{view.group, "empty", ""} : Condition{view.group, "is", lane.value});
    query.limit = kCards;
    auto listing = web.registers.list(reg, query, identity::principal_of(request));
    Data one = Data().set("label", lane.label).set("id", "lane-" + std::to_string(++index));
    if (listing.ok()) {
      one.set("count", listing->more_than_counted ? std::to_string(listing->total) + "+" : std::to_string(listing->total));
      Data cards{Data::List{}};
      for (const Row& row : listing->rows) {
        Data card = row_link(web, reg, row, lang);
        Data facts{Data::List{}};
        for (const Column* column : readable(web, reg, view.columns, identity::principal_of(request)))
          if (column->name != reg.title && column->name != view.group && !view.columns.empty())
            if (const std::string value = shown(web, reg, *column, row.values[column->name], &row, lang); !value.empty())
              facts.push(Data().set("label", column->label.in(lang)).set("value", value));
        card.set("facts", std::move(facts));
        Data moves = moves_of(web, request, reg, view, row, lanes, lane);
        if (!std::get<Data::List>(moves.get()).empty()) card.set(view.group == "state" ? "actions" : "moves", Data().set("items", std::move(moves)).set("href", row_path(reg, row.number)));
        cards.push(std::move(card));
      }
      one.set("cards", std::move(cards));
      if (!listing->next.empty()) one.set("all", address_of(reg, {}, "f." + view.group, lane.value.empty() ? "-" : lane.value));
    }
    out.push(std::move(one));
  }
  data.set("lanes", std::move(out)).set("lane_column", view.group).set("back", address_of(reg, search_of(request, reg), "view", view.id));
}

void show_calendar(const Web& web, const Request& request, const Register& reg, const View& view, Data& data) {
  const std::string lang = staff_language(request);
  const YearMonthDay today = civil(web.clock.today());
  const auto [year, month] = month_of(param_of(request, "month")).value_or(std::pair{today.year, today.month});
  const Date first = make_date(year, month, 1), last = add_days(first, days_in_month(year, month) - 1);
  Query query = query_of_request(web, request, reg);
  query.where.push_back({view.date, "from", to_iso(first)});
  query.where.push_back({view.date, "to", to_iso(last)});
  query.sort = Sort{view.date, false};
  bool more = false;
  const auto rows = rows_of(web, reg, query, identity::principal_of(request), kMonthRows, more);
  std::map<Date, std::vector<const Row*>> by_day;
  std::size_t count = 0;
  if (rows.ok())
    for (const Row& row : *rows)
      if (const auto date = parse_iso_date(row.values.text(view.date))) by_day[*date].push_back(&row), ++count;
  Data weeks{Data::List{}}, names{Data::List{}};
  for (int i = 0; i < 7; ++i) names.push(text(web, request, "staff_registers.weekday." + std::to_string(i)));
  for (Date day = add_days(first, -weekday(first)); day <= last; day = add_days(day, 7)) {
    Data week{Data::List{}};
    for (int i = 0; i < 7; ++i) {
      const Date here = add_days(day, i);
      week.push(here < first || here > last ? Data().set("outside", true) : day_data(web, request, reg, view, here, by_day[here]));
    }
    weeks.push(Data().set("days", std::move(week)));
  }
  http::Pairs search = search_of(request, reg);
  if (param_of(request, "view").empty()) search.insert(search.begin(), {"view", view.id});
  auto link = [&](Date to) {
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "%04d-%02d", civil(to).year, civil(to).month);
    return address_of(reg, search, "month", buffer);
  };
  data.set("weekdays", std::move(names)).set("weeks", std::move(weeks)).set("month", text(web, request, "staff_registers.month", {{"year", std::to_string(year)}, {"month", std::to_string(month)}}));
  data.set("previous_month", link(add_months(first, -1))).set("next_month", link(add_months(first, 1))).set("this_month", link(web.clock.today()));
  data.set("count", text(web, request, more ? "staff_registers.count_more" : "staff_registers.count", {{"rows", std::to_string(count)}}));
}

}  // namespace machiya::registers::detail
