// Checks over a row, views and reminders of a register.
#include <algorithm>
#include <charconv>

#include "ask/registers/register_compiler.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

namespace {

std::pair<int, int> place_of(const std::string& where) {
  int line = 0, column = 0;
  const std::size_t colon = where.find(':');
  const char* end = where.data() + where.size();
  std::from_chars(where.data(), colon == std::string::npos ? end : where.data() + colon, line);
  if (colon != std::string::npos) std::from_chars(where.data() + colon + 1, end, column);
  return {line, column};
}

std::optional<ViewType> view_type(std::string_view name) {
  constexpr std::pair<std::string_view, ViewType> kTypes[] = {{"list", ViewType::list}, {"board", ViewType::board}, {"calendar", ViewType::calendar},
                                                              {"map", ViewType::map}, {"timeline", ViewType::timeline}, {"sheet", ViewType::sheet},
                                                              {"chart", ViewType::chart}};
  for (const auto& [known, type] : kTypes)
    if (known == name) return type;
  return std::nullopt;
}

bool is_number(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  const std::size_t dot = text.find('.');
  const auto digits = [](std::string_view s) { return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos; };
  return digits(text.substr(0, dot)) && (dot == std::string_view::npos || digits(text.substr(dot + 1)));
}

}  // namespace

feel::Expression RegisterCompiler::test(const std::string& source, const std::string& at) {
  auto compiled = feel::compile(source, row_scope(out_->columns));
  if (!compiled.ok()) {
    const auto [line, column] = place_of(compiled.error().where);
    faults_.error(at, "FEEL の式に誤りがあります：" + compiled.error().detail, compiled.error().detail, line, column);
    return {};
  }
  if (!may_meet(compiled->type(), feel::Type::boolean()))
    error(at, "式の型は boolean でなければなりません(" + compiled->type().to_string() + " です)", "the expression must give boolean, not " + compiled->type().to_string());
  return std::move(*compiled);
}

void RegisterCompiler::checks() {
  if (out_->form == nullptr) return;   // the types of the columns are not known
  const Value& list = in_["checks"];
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = child("/checks", i);
    RowCheck check;
    check.must = test(list[i].text("must"), list[i].has("must") ? child(at, "must") : at);
    check.message = interview::Texts(list[i]["message"]);
    if (check.message.in("ja").empty()) error(list[i].has("message") ? child(at, "message") : at, "message に日本語の文がありません", "message needs a Japanese text");
    const Value& names = list[i]["columns"];
    for (std::size_t j = 0; j < names.size(); ++j)
      if (const Column* column = need(names[j].as_string(), child(child(at, "columns"), j))) check.columns.push_back(column->name);
    if (names.size() == 0) error(at, "columns に、誤りを示す列を一つは書きます", "columns needs at least one column to show the message at");
    out_->checks.push_back(std::move(check));
  }
}

void RegisterCompiler::reminders() {
  const Value& list = in_["reminders"];
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = child("/reminders", i);
    Reminder out;
    out.id = list[i].text("reminder");
    for (const Reminder& other : out_->reminders)
      if (other.id == out.id) error(child(at, "reminder"), "知らせ「" + out.id + "」が二つあります", "the reminder '" + out.id + "' is there twice");
    const std::string date = list[i].has("date") ? child(at, "date") : at;
    if (Column* column = need(list[i].text("date"), date)) {
      out.date = column->name;
      if (column->type != AnswerType::date || column->personal || column->moves)
        error(date, "知らせの日付は、個人情報でなく今日で変わらない日付の列です", "a reminder needs a column of dates that is not personal and does not change with the day");
      else
        column->indexed = true;
    }
    const std::string before = list[i].text("before").empty() ? "P0D" : list[i].text("before");
    const auto period = cases::parse_period(before);
    if (!period || period->us != 0)
      error(child(at, "before"), "期間「" + before + "」を読み取れません(例 P14D、3 working days)", "cannot read the period '" + before + "' (for example P14D, 3 working days)");
    else
      out.before = *period;
    if (list[i].has("when") && out_->form != nullptr) {
      out.when = test(list[i].text("when"), child(at, "when"));
      reads_of_reminder(list[i].text("when"), out);
    }
    out.text = interview::Texts(list[i]["text"]);
    if (out.text.in("ja").empty()) error(list[i].has("text") ? child(at, "text") : at, "text に日本語の文がありません", "text needs a Japanese text");
    out_->reminders.push_back(std::move(out));
  }
}

/// What is told because of a column tells of it.
void RegisterCompiler::reads_of_reminder(const std::string& when, Reminder& out) const {
  out.moves = names_the_clock(when);
  if (!out.when) return;
  for (const std::string& name : out.when.uses()) {
    const Column* column = out_->column(name);
    if (column == nullptr) continue;
    out.reads.push_back(name);
    out.moves = out.moves || column->moves;
    if (column->kind == ColumnKind::formula) reads_of(*column, out.reads);
  }
}

void RegisterCompiler::views() {
  const Value& list = in_["views"];
  for (std::size_t i = 0; i < list.size(); ++i) view(list[i], child("/views", i));
  if (!out_->views.empty()) return;
  View all;
  all.id = "all";
  all.name = interview::Texts(Value::object({{"ja", "一覧"}, {"en", "All rows"}}));
  out_->views.push_back(std::move(all));
}

void RegisterCompiler::view(const Value& in, const std::string& at) {
  View out;
  out.id = in.text("view");
  if (out_->view(out.id) != nullptr) error(in.has("view") ? child(at, "view") : at, "見方「" + out.id + "」が二つあります", "the view '" + out.id + "' is there twice");
  const auto type = view_type(in.text("type"));
  if (!type) error(in.has("type") ? child(at, "type") : at, "type は list、board、calendar、map、timeline、sheet、chart のどれかです", "type is list, board, calendar, map, timeline, sheet or chart");
  out.type = type.value_or(ViewType::list);
  out.name = interview::Texts(in["name"]);
  if (out.name.in("ja").empty()) error(in.has("name") ? child(at, "name") : at, "name に日本語の名前がありません", "name needs a Japanese text");
  for (std::size_t i = 0; i < in["columns"].size(); ++i) {
    const std::string& name = in["columns"][i].as_string();
    if (name == "state" && !out_->workflow.empty()) out.columns.push_back(name);
    else if (const Column* column = need(name, child(child(at, "columns"), i))) out.columns.push_back(column->name);
  }
  view_keys(in, at, out);
  for (std::size_t i = 0; i < in["where"].size(); ++i) condition(in["where"][i], child(child(at, "where"), i), out);
  sort(in["sort"], child(at, "sort"), out);
  out_->views.push_back(std::move(out));
}

/// What only one type of view has: lanes, dates, places.
void RegisterCompiler::view_keys(const Value& in, const std::string& at, View& out) {
  const auto missing = [&](const char* key) { error(at, std::string(key) + " がありません", std::string(key) + " is missing"); };
  const auto date = [&](const char* key, std::string& name) {
    const Column* column = need_filter(in.text(key), child(at, key));
    if (column == nullptr) return;
    name = column->name;
    if (column->type != AnswerType::date) error(child(at, key), "「" + name + "」は日付の列ではありません", "'" + name + "' is no column of dates");
  };
  if (out.type == ViewType::chart) return chart(in, at, out);
  const char* lanes = out.type == ViewType::board ? "by" : "group";
  if (in.has(lanes)) {
    out.group = in.text(lanes);
    const bool state = out.group == "state" && !out_->workflow.empty();
    const Column* column = state ? nullptr : need_filter(out.group, child(at, lanes));
    if (out.type == ViewType::board && column != nullptr && column->type != AnswerType::choice)
      error(child(at, lanes), "板は choice の列か state で分けます", "the lanes of a board are those of a choice or of state");
  } else if (out.type == ViewType::board) {
    missing("by");
  }
  const bool dated = out.type == ViewType::calendar || out.type == ViewType::timeline;
  if (dated && !in.has("date")) missing("date");
  if (in.has("date")) date("date", out.date);
  if (in.has("until")) date("until", out.until);
  if (out.type == ViewType::timeline && !in.has("until")) missing("until");
  if (out.type == ViewType::map && !in.has("place")) missing("place");
  if (!in.has("place")) return;
  const Column* column = need(in.text("place"), child(at, "place"));
  if (column == nullptr) return;
  out.place = column->name;
  if (column->type != AnswerType::place) error(child(at, "place"), "「" + out.place + "」は地点(place)の列ではありません", "'" + out.place + "' is no column of type place");
}

void RegisterCompiler::condition(const Value& in, const std::string& at, View& out) {
  const std::string& name = in.text("column");
  const bool state = name == "state" && !out_->workflow.empty();
  if (!state && need_filter(name, in.has("column") ? child(at, "column") : at) == nullptr) return;
  const std::size_t before = out.where.size();
  for (const char* op : {"is", "not", "from", "to", "has"}) {
    if (!in.has(op)) continue;
    const std::string& text = in.text(op);
    const Column* column = find(name);
    const bool flag = column != nullptr && column->type == AnswerType::yes_no;
    out.where.push_back({name, op, flag && text == "yes" ? "true" : flag && text == "no" ? "false" : text});
    check_value(out.where.back(), child(at, op));
  }
  for (const char* op : {"empty", "filled"})
    if (yes(in, op)) out.where.push_back({name, op, {}});
  if (out.where.size() == before) error(at, "条件は is、not、from、to、has、empty: yes、filled: yes のどれかで書きます", "a condition says is, not, from, to, has, empty: yes or filled: yes");
}

/// The value must be one that the column can have; which states there are is known when the city is linked.
void RegisterCompiler::check_value(const Condition& condition, const std::string& at) {
  const Column* column = find(condition.column);
  if (column == nullptr) return;
  const auto wrong = [&] {
    error(at, "「" + condition.value + "」は列「" + column->name + "」の値ではありません", "'" + condition.value + "' is no value of column '" + column->name + "'");
  };
  const bool ranged = column->type == AnswerType::date || column->type == AnswerType::number || column->type == AnswerType::money || column->type == AnswerType::digits;
  if ((condition.op == "from" || condition.op == "to") && !ranged)
    return error(at, "from と to は日付、数、数字の列で使えます", "from and to are for dates, numbers and digits");
  switch (column->type) {
    case AnswerType::date:
      if (!parse_iso_date(value_on(condition.value, make_date(2026, 4, 1)))) wrong();
      return;
    case AnswerType::number: case AnswerType::money:
      if (!is_number(condition.value)) wrong();
      return;
    case AnswerType::yes_no:
      if (condition.value != "true" && condition.value != "false") wrong();
      return;
    case AnswerType::choice: case AnswerType::choices:
      if (column->question != nullptr && !column->question->options.empty() && column->question->option(condition.value) == nullptr) wrong();
      return;
    default:
      return;
  }
}

void RegisterCompiler::sort(const Value& in, const std::string& at, View& out) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    std::string name = in[i].as_string();
    const bool descending = !name.empty() && name[0] == '-';
    if (descending) name.erase(0, 1);
    if (name == "state" && !out_->workflow.empty()) out.sort.push_back({name, descending});
    else if (const Column* column = need_filter(name, child(at, i))) out.sort.push_back({column->name, descending});
  }
}

}  // namespace machiya::registers
