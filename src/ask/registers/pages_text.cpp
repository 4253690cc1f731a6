// Values, states and rows as people read them.
#include "ask/cases/web.h"
#include "ask/interview/answer_types.h"
#include "ask/registers/pages.h"

namespace machiya::registers::detail {

using interview::AnswerType;

const cases::Workflow* workflow_of(const city::City* city, const Register& reg) {
  return city && !reg.workflow.empty() ? city->get<cases::Workflow>("workflow", reg.workflow) : nullptr;
}

std::string state_name(const Web& web, const Register& reg, std::string_view state, std::string_view lang) {
  const auto city = web.city();
  const cases::Workflow* workflow = workflow_of(city.get(), reg);
  const cases::State* found = workflow ? workflow->state(state) : nullptr;
  return found ? found->name.in(lang) : std::string(state);
}

pages::Data state_tag(const Web& web, const Register& reg, std::string_view state, std::string_view lang) {
  if (reg.workflow.empty() || state.empty()) return {};
  const auto city = web.city();
  const cases::Workflow* workflow = workflow_of(city.get(), reg);
  return cases::detail::tag_of(workflow ? workflow->state(state) : nullptr, false, state_name(web, reg, state, lang));
}

bool is_number(const Column& column) {
  return column.kind != ColumnKind::relation && (column.type == AnswerType::number || column.type == AnswerType::money);
}
bool is_date(const Column& column) { return column.kind != ColumnKind::relation && column.type == AnswerType::date; }

std::string shown(const Web&, const Register&, const Column& column, const json::Value& value, const Row* row, std::string_view lang) {
  if (value.is_null()) return {};
  if (column.kind == ColumnKind::relation) {
    if (row) {
      const auto title = row->titles.find(column.name);
      if (title != row->titles.end() && !title->second.empty()) return title->second;
    }
    return value.as_string();
  }
  return interview::display(*column.question, value, lang);
}

std::string typed(const Web& web, const Register& reg, const Column& column, const json::Value& value, const Row* row, std::string_view lang) {
  if (value.is_null()) return {};
  if (column.type == AnswerType::choice || column.type == AnswerType::yes_no || column.kind == ColumnKind::relation) return shown(web, reg, column, value, row, lang);
  return interview::scalar_text(value);
}

std::string title_of(const Web& web, const Register& reg, const Row& row, std::string_view lang) {
  const Column* title = reg.column(reg.title);
  const std::string text = title ? shown(web, reg, *title, row.values[title->name], &row, lang) : std::string();
  return text.empty() ? row.number : text;
}

namespace {

std::vector<const Column*> those_of(const Register& reg, const std::vector<std::string>& names, const std::function<bool(const Column&)>& may_read) {
  std::vector<const Column*> out;
  auto add = [&](const Column* column) {
    if (column && column->type != AnswerType::info && may_read(*column)) out.push_back(column);
  };
  for (const std::string& name : names) add(reg.column(name));
  if (names.empty())
    for (const Column& column : reg.columns) add(&column);
  return out;
}

}  // namespace

std::vector<const Column*> readable(const Web& web, const Register& reg, const std::vector<std::string>& names, const identity::Principal& who) {
  return those_of(reg, names, [&](const Column& column) { return web.registers.may_read(reg, column, who); });
}

std::vector<const Column*> readable(const Web& web, const Register& reg, const std::vector<std::string>& names, const Row& row, const identity::Principal& who) {
  return those_of(reg, names, [&](const Column& column) { return web.registers.may_read(reg, column, row, who); });
}

}  // namespace machiya::registers::detail
