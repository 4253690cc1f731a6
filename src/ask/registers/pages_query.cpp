// The search of a list: from an address or a posted form to a Query, and back into controls and links.
#include <algorithm>
#include <array>
#include <iterator>

#include "ask/cases/web.h"
#include "ask/interview/answer_types.h"
#include "ask/interview/messages.h"
#include "ask/registers/pages.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using interview::AnswerType;
using pages::Data;

constexpr std::array<int, 3> kPageSizes{50, 200, 500};
constexpr std::string_view kEmpty = "-";   ///< of a filter: rows without a value

bool filters(const Web& web, const Register& reg, const Column& column, const Request& request) {
  return column.filter && !column.personal && web.registers.may_read(reg, column, identity::principal_of(request));
}
int page_size(const Request& request) {
  const std::string wanted = param_of(request, "rows");
  for (const int size : kPageSizes)
    if (wanted == std::to_string(size)) return size;
  return kPageSizes.front();
}
bool has_range(const Column& column) { return is_date(column) || is_number(column); }

interview::Reading read_as(const Column& column, const std::string& typed) { return interview::unit_of(column.type).from_json(*column.question, {}, json::Value(typed)); }

/// A typed bound or value in the canonical text of the index; "" when it says nothing.
std::string canonical(const Column& column, const std::string& typed) {
  if (trim(typed).empty()) return {};
  const auto reading = read_as(column, typed);
  if (!reading.value.is_null()) return interview::scalar_text(reading.value);
  return has_range(column) ? std::string() : std::string(trim(typed));   // no number, no date: it asks for nothing
}

/// A bound that is no date or no number of its column: it narrows nothing.
bool unreadable(const Column& column, const std::string& typed) { return has_range(column) && typed != kEmpty && !trim(typed).empty() && canonical(column, typed).empty(); }

/// A single character has no pair of letters to look for among the sealed words of cases.
bool too_short(const Register& reg, const Request& request) {
  return reg.of_cases && count_code_points(fold_for_search(trim(param_of(request, "q")))) == 1;
}

void add_condition(std::vector<Condition>& to, const Column& column, const std::string& value) {
  if (value.empty()) return;
  if (value == kEmpty) to.push_back({column.name, "empty", ""});
  else if (column.type == AnswerType::choices) to.push_back({column.name, "has", value});
  else if (column.type == AnswerType::choice || column.type == AnswerType::yes_no || column.kind == ColumnKind::relation) to.push_back({column.name, "is", value});
  else to.push_back({column.name, "is", canonical(column, value)});
}

std::string why_unread(const Column& column, const std::string& typed, std::string_view lang) {
  const auto reading = read_as(column, typed);
  if (reading.problems.empty()) return column.label.in(lang);
  auto args = reading.problems.front().args;
  args.emplace_back("label", column.label.in(lang));
  return interview::message_text(reading.problems.front().code, lang, args);
}

void select_options(const Web& web, const Request& request, const Column& column, const std::string& chosen, Data& options) {
  const std::string lang = staff_language(request);
  if (column.type == AnswerType::yes_no) {
    options.push(option("true", text(web, request, "field.yes"), chosen == "true"));
    options.push(option("false", text(web, request, "field.no"), chosen == "false"));
  } else {
    for (const auto& o : column.question->options) options.push(option(o.value, o.label.in(lang), chosen == o.value));
  }
  options.push(option(std::string(kEmpty), text(web, request, "staff_registers.no_value"), chosen == kEmpty));
}

Data filter_of(const Web& web, const Request& request, const Register& reg, const Column& column) {
  const std::string lang = staff_language(request), name = "f." + column.name, chosen = param_of(request, name);
  Data out = Data().set("id", "filter-" + column.name).set("name", name).set("label", column.label.in(lang));
  Data options{Data::List{}};
  if (has_range(column)) {
    Data range = Data().set("from_name", "from." + column.name).set("to_name", "to." + column.name);
    for (const char* bound : {"from", "to"}) {
      const std::string typed = param_of(request, std::string(bound) + "." + column.name);
      range.set(bound, typed);
      if (unreadable(column, typed)) range.set(std::string(bound) + "_error", true).set("error", why_unread(column, typed, lang));
    }
    range.set("mode", is_date(column) ? "text" : "decimal");
    return std::move(out.set("range", std::move(range)));
  }
  if (column.kind == ColumnKind::relation) {
    auto rows = choices_of(web, column.relation, identity::principal_of(request), lang);
    if (!rows) return std::move(out.set("box", Data().set("value", chosen)));
    for (const Candidate& c : *rows) options.push(option(c.number, c.title, chosen == c.number));
    options.push(option(std::string(kEmpty), text(web, request, "staff_registers.no_value"), chosen == kEmpty));
    return std::move(out.set("select", select(name, column.label.in(lang), std::move(options))));
  }
  const bool listed = column.type == AnswerType::choice || column.type == AnswerType::choices || column.type == AnswerType::yes_no;
  if (!listed) return std::move(out.set("box", Data().set("value", chosen)));
  (void)reg;
  select_options(web, request, column, chosen, options);
  return std::move(out.set("select", select(name, column.label.in(lang), std::move(options))));
}

Data state_filter(const Web& web, const Request& request, const cases::Workflow& workflow) {
  const std::string chosen = param_of(request, "f.state");
  Data options{Data::List{}};
  for (const cases::State& s : workflow.states) options.push(option(s.id, s.name.in(staff_language(request)), s.id == chosen));
  return Data().set("select", select("f.state", text(web, request, "staff_registers.state"), std::move(options)));
}

/// What the person has narrowed the list by, each with the address of the list without it.
Data active_of(const Web& web, const Request& request, const Register& reg) {
  const http::Pairs search = search_of(request, reg);
  Data out{Data::List{}};
  for (const auto& [name, value] : search) {
    const std::size_t dot = name.find('.');
    const Column* column = dot == std::string::npos ? nullptr : reg.column(std::string_view(name).substr(dot + 1));
    if (dot == std::string::npos || (column && !filters(web, reg, *column, request))) continue;   // what is passed over narrows nothing
    const std::string op = value == kEmpty ? "empty" : name.substr(0, dot) == "f" ? "is" : name.substr(0, dot);
    http::Pairs others;
    std::copy_if(search.begin(), search.end(), std::back_inserter(others), [&](const auto& pair) { return pair.first != name; });
    out.push(Data().set("label", condition_text(web, reg, {name.substr(dot + 1), op, value == kEmpty ? "" : value}, staff_language(request))).set("href", address_of(reg, others)));
  }
  return out;
}

/// The first order of a view that this reader may see.
std::optional<Sort> first_sort(const Web& web, const Register& reg, const View& view, const Request& request) {
  for (const Sort& sort : view.sort) {
    const Column* column = reg.column(sort.column);
    if (column == nullptr || web.registers.may_read(reg, *column, identity::principal_of(request))) return sort;
  }
  return std::nullopt;
}

/// Does "f.species=oak" ask something of this register: a column to filter by, and a value that it can have?
bool asks_of_column(const Web& web, const Request& request, const Register& reg, std::string_view prefix, const Column& column, const std::string& value) {
  if (!filters(web, reg, column, request)) return false;
  if (value.empty() || (prefix == "f." && value == kEmpty)) return true;
  if (prefix != "f.") return has_range(column) && !canonical(column, value).empty();
  if (column.kind == ColumnKind::relation) return resolve(web, column.relation, value, identity::principal_of(request), staff_language(request)).has_value();
  if (column.type == AnswerType::yes_no) return value == "true" || value == "false";
  const bool listed = column.type == AnswerType::choice || column.type == AnswerType::choices;
  return listed ? column.question->option(value) != nullptr : !canonical(column, value).empty();
}

bool asks(const Web& web, const Request& request, const Register& reg, const std::string& name, const std::string& value) {
  if (name == "after" || name == "limit" || name == "lang" || name == "by") return true;
  if (name == "view") {
    const auto views = views_of(web, reg, identity::principal_of(request));
    return std::any_of(views.begin(), views.end(), [&](const View* view) { return view->id == value; });
  }
  if (name == "q") return request.method == http::Method::post || !searches_people(reg);
  if (name == "f.state") {
    const auto city = web.city();
    const cases::Workflow* workflow = workflow_of(city.get(), reg);
    return workflow && workflow->state(value);
  }
  if (name == "sort") {
    const Column* by = reg.column(starts_with(value, "-") ? value.substr(1) : value);
    return by && by->type != AnswerType::choices && filters(web, reg, *by, request);
  }
  for (const char* prefix : {"f.", "from.", "to."})
    if (starts_with(name, prefix))
      if (const Column* column = reg.column(std::string_view(name).substr(std::string_view(prefix).size()))) return asks_of_column(web, request, reg, prefix, *column, value);
  return false;
}

bool fixed_by(const View& view, std::string_view column) {
  return std::any_of(view.where.begin(), view.where.end(), [&](const Condition& c) { return c.column == column && c.op == "is"; });
}

}  // namespace

bool searches_people(const Register& reg) {
  return reg.of_cases || std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.search && c.personal; });
}

std::vector<const View*> views_of(const Web& web, const Register& reg, const identity::Principal& who) {
  static const View everything = [] {
    View view;
    view.id = "all", view.name = interview::Texts(json::Value::object({{"ja", "一覧"}, {"en", "All rows"}}));
    return view;
  }();
  const auto may = [&](const std::string& name) {
    const Column* column = reg.column(name);
    return column == nullptr || web.registers.may_read(reg, *column, who);   // "state" and "" are everybody's
  };
  std::vector<const View*> out;
  for (const View& view : reg.views) {
    const bool shown = std::all_of(view.where.begin(), view.where.end(), [&](const Condition& c) { return may(c.column); });
    if (shown && may(view.chart.by) && may(view.chart.split) && may(view.chart.of) && may(view.date) && may(view.until) && may(view.place) && (view.type != ViewType::board || may(view.group))) out.push_back(&view);
  }
  if (out.empty()) out.push_back(&everything);
  return out;
}

const View& view_of(const Web& web, const Request& request, const Register& reg) {
  const auto views = views_of(web, reg, identity::principal_of(request));
  const std::string named = param_of(request, "view");
  for (const View* view : views)
    if (view->id == named) return *view;
  return *views.front();
}

namespace {

Query query_with(const Web& web, const Request& request, const Register& reg, const View* view) {
  Query query;
  query.request = request.id;
  if (view) {
    query.where = view->where, query.with_ended = !view->open_only || !param_of(request, "f.state").empty(), query.columns = view->columns;
    if (const std::string group = param_of(request, "group"); !group.empty() && !query.columns.empty()) query.columns.push_back(group);
  }
  for (const Column& column : reg.columns) {
    if (!filters(web, reg, column, request)) continue;
    std::string value = param_of(request, "f." + column.name);
    if (column.kind == ColumnKind::relation && !value.empty() && value != kEmpty)
      value = resolve(web, column.relation, value, identity::principal_of(request), staff_language(request)).value_or(value);
    if (!has_range(column) || value == kEmpty) add_condition(query.where, column, value);
    else if (const auto exact = canonical(column, value); !exact.empty()) query.where.push_back({column.name, "is", exact});
    if (const auto from = canonical(column, param_of(request, "from." + column.name)); !from.empty()) query.where.push_back({column.name, "from", from});
    if (const auto to = canonical(column, param_of(request, "to." + column.name)); !to.empty()) query.where.push_back({column.name, "to", to});
  }
  if (const auto state = param_of(request, "f.state"); !state.empty() && !reg.workflow.empty()) query.where.push_back({"state", "is", state});
  if (!searches_people(reg) || request.method == http::Method::post) query.search = std::string(trim(param_of(request, "q")));
  std::string sort = param_of(request, "sort");
  const bool down = starts_with(sort, "-");
  if (down) sort.erase(0, 1);
  const Column* by = reg.column(sort);
  if (by && filters(web, reg, *by, request)) query.sort = Sort{sort, down};
  else if (view) query.sort = first_sort(web, reg, *view, request);
  query.after = param_of(request, "after");
  query.limit = view && view->type == ViewType::sheet ? kPageSizes.back() : page_size(request);
  return query;
}

}  // namespace

Query query_of_request(const Web& web, const Request& request, const Register& reg) { return query_with(web, request, reg, &view_of(web, request, reg)); }

Result<Query> strict_query(const Web& web, const Request& request, const Register& reg) {
  for (const auto& [name, value] : request.method == http::Method::post ? request.form_pairs : request.query_pairs)
    if (!asks(web, request, reg, name, value)) return Error(ErrorCode::invalid_input, "this cannot be asked of the register", name);
  const View* view = nullptr;
  const std::string named = param_of(request, "view");
  for (const View* one : views_of(web, reg, identity::principal_of(request)))
    if (one->id == named) view = one;
  Query query = query_with(web, request, reg, view);
  query.columns.clear();   // a program is given the whole row
  return query;
}

std::string bound_of(const Request& request, const Column& column, std::string_view name) { return canonical(column, param_of(request, name)); }

http::Pairs search_of(const Request& request, const Register& reg) {
  http::Pairs out;
  auto add = [&](const std::string& name) {
    if (const std::string value = param_of(request, name); !value.empty()) out.emplace_back(name, value);
  };
  add("view");
  for (const Column& column : reg.columns)
    if (column.filter && !column.personal)
      for (const char* prefix : {"f.", "from.", "to."})
        if (!unreadable(column, param_of(request, prefix + column.name))) add(prefix + column.name);
  add("f.state");
  if (!searches_people(reg)) add("q");
  add("sort"), add("group"), add("rows");
  for (const char* name : kChartNames) add(name);
  return out;
}

std::string address_of(const Register& reg, const http::Pairs& search, std::string_view name, std::string_view value) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [n, v] : search)
    if (n != name) pairs.emplace_back(n, v);
  if (!name.empty()) pairs.emplace_back(name, value);
  return path_of(reg, cases::detail::query_of(pairs));
}

Data unread_of(const Web& web, const Request& request, const Register& reg) {
  const std::string lang = staff_language(request);
  Data items{Data::List{}};
  for (const Column& column : reg.columns) {
    if (!filters(web, reg, column, request)) continue;
    for (const auto& [prefix, end] : {std::pair("f.", ""), std::pair("from.", ""), std::pair("to.", "-to")})
      if (const std::string typed = param_of(request, prefix + column.name); unreadable(column, typed))
        items.push(Data().set("href", "#filter-" + column.name + end).set("text", text(web, request, "staff_registers.filter_unread", {{"problem", why_unread(column, typed, lang)}})));
  }
  if (too_short(reg, request)) items.push(Data().set("href", "#filter-q").set("text", text(web, request, "staff_registers.search_short")));
  return items;
}

Data filters_of(const Web& web, const Request& request, const Register& reg) {
  const View& view = view_of(web, request, reg);
  const std::string lang = staff_language(request);
  Data items{Data::List{}}, groups{Data::List{}};
  const auto city = web.city();
  if (const cases::Workflow* workflow = workflow_of(city.get(), reg); workflow && !fixed_by(view, "state")) items.push(state_filter(web, request, *workflow));
  bool searchable = reg.of_cases;
  for (const Column& column : reg.columns) {
    searchable = searchable || column.search;
    if (!filters(web, reg, column, request)) continue;
    if (!fixed_by(view, column.name)) items.push(filter_of(web, request, reg, column));
    groups.push(option(column.name, column.label.in(lang), param_of(request, "group") == column.name));
  }
  Data out = Data().set("action", path_of(reg)).set("view", view.id).set("sort", param_of(request, "sort"));
  Data active = active_of(web, request, reg);
  const bool any = !std::get<Data::List>(active.get()).empty();
  if (any) out.set("active", Data().set("items", std::move(active)));
  constexpr std::size_t kShown = 3;   // more of them would push the rows off the screen
  const bool unread = !std::get<Data::List>(unread_of(web, request, reg).get()).empty();
  if (std::get<Data::List>(items.get()).size() > kShown) out.set("more", Data().set("items", std::move(items)).set("open", any || unread));
  else out.set("items", std::move(items));
  if (view.type == ViewType::list) {
    Data sizes{Data::List{}};
    for (const int size : kPageSizes) sizes.push(option(std::to_string(size), std::to_string(size), size == page_size(request)));
    out.set("shape", Data(Data::List{select("group", text(web, request, "staff_registers.group"), std::move(groups)).set("none", text(web, request, "staff_registers.no_group")),
                                     select("rows", text(web, request, "staff_registers.page_rows"), std::move(sizes)).set("always", true)}));
  }
  Data kept{Data::List{}};   // who filters a chart goes on looking at it
  for (const char* name : kChartNames)
    if (const std::string value = param_of(request, name); !value.empty()) kept.push(Data().set("name", name).set("value", value));
  out.set("kept", std::move(kept));
  if (searchable) {
    Data search = Data().set("id", "filter-q").set("value", param_of(request, "q"));
    if (too_short(reg, request)) search.set("error", text(web, request, "staff_registers.search_short"));
    out.set("search", std::move(search));
  }
  if (searches_people(reg)) out.set("posted", true);
  return out;
}

std::string condition_text(const Web& web, const Register& reg, const Condition& condition, std::string_view lang) {
  const Column* column = reg.column(condition.column);
  const std::string label = column ? column->label.in(lang) : web.texts.text(lang, "staff_registers.state");
  std::string value = value_on(condition.value, web.clock.today());
  if (!column) value = state_name(web, reg, value, lang);
  else if (column->type == AnswerType::yes_no) value = shown(web, reg, *column, json::Value(value == "true"), nullptr, lang);
  else if (!is_number(*column) && !value.empty()) value = shown(web, reg, *column, json::Value(value), nullptr, lang);
  return web.texts.text(lang, "staff_registers.where." + condition.op, {{"column", label}, {"value", value}});
}

}  // namespace machiya::registers::detail
