// A register as a program meets it: only the columns, views and actions of the caller, with JSON Schema 2020-12 of what it may send.
#include <algorithm>

#include "ask/interview/answer_types.h"
#include "ask/registers/api.h"

namespace machiya::registers::detail {
namespace {

using json::Value;

const char* kind_name(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::relation: return "relation";
    case ColumnKind::formula: return "formula";
    case ColumnKind::deadline: return "deadline";
    case ColumnKind::rollup: return "rollup";
    case ColumnKind::answer: break;
  }
  return "answer";
}

const char* view_name(ViewType type) {
  switch (type) {
    case ViewType::board: return "board";
    case ViewType::calendar: return "calendar";
    case ViewType::map: return "map";
    case ViewType::timeline: return "timeline";
    case ViewType::sheet: return "sheet";
    case ViewType::chart: return "chart";
    case ViewType::list: break;
  }
  return "list";
}

/// Of a value that is there.
Value value_schema(const Column& column, std::string_view lang) {
  Value out = column.kind == ColumnKind::relation ? Value::object({{"type", "string"}}) : interview::unit_of(column.type).schema(*column.question);
  out.set("title", column.label.in(lang));
  if (const std::string hint = column.question->hint.in(lang); !hint.empty()) out.set("description", hint);
  return out;
}

Value or_null(Value schema) { return Value::object({{"anyOf", Value(Value::Array{std::move(schema), Value::object({{"type", "null"}})})}}); }

bool may_send(const Web& web, const Register& reg, const Column& column, const identity::Principal& who) {
  return web.registers.may_write(reg, column, who) && !column.question->takes_files();
}

Value column_json(const Web& web, const Register& reg, const Column& column, const identity::Principal& who, std::string_view lang) {
  const interview::Question& question = *column.question;
  Value out = Value::object({{"column", column.name}, {"kind", kind_name(column.kind)}, {"type", std::string(interview::answer_type_name(column.type))}, {"label", column.label.in(lang)}});
  if (!question.hint.empty()) out.set("hint", question.hint.in(lang));
  out.set("required", column.always_required()).set("writable", may_send(web, reg, column, who)).set("personal", column.personal);
  out.set("filter", column.filter && !column.personal).set("search", column.search).set("unique", column.unique);
  if (!column.relation.empty()) out.set("relation", column.relation);
  if (!question.unit.empty()) out.set("unit", question.unit.in(lang));
  if (question.options.empty()) return out;
  Value options = Value::array();
  for (const auto& option : question.options) options.push(Value::object({{"value", option.value}, {"label", option.label.in(lang)}}));
  return std::move(out.set("options", std::move(options)));
}

Value view_json(const Web& web, const Register& reg, const View& view, const identity::Principal& who, std::string_view lang) {
  Value columns = Value::array(), where = Value::array();
  for (const Column* column : readable(web, reg, view.columns, who)) columns.push(column->name);
  for (const Condition& c : view.where) where.push(Value::object({{"column", c.column}, {"op", c.op}, {"value", c.value}}));
  Value out = Value::object({{"view", view.id}, {"type", view_name(view.type)}, {"name", view.name.in(lang)}, {"columns", std::move(columns)}, {"where", std::move(where)},
                             {"page", path_of(reg, "?view=" + http::url_encode(view.id))}});
  if (reg.view(view.id)) out.set("rows", api_path(reg, "/rows?view=" + http::url_encode(view.id)));
  return out;
}

Value workflow_json(const Web& web, const city::City* city, const Register& reg, const cases::Workflow& workflow, const identity::Principal& who, std::string_view lang) {
  Value states = Value::array(), actions = Value::array();
  for (const cases::State& s : workflow.states) states.push(Value::object({{"state", s.id}, {"name", s.name.in(lang)}, {"ends", !s.end.empty()}}));
  for (const cases::Action* a : actions_for(web, city, reg, who))
    actions.push(Value::object({{"action", a->id}, {"name", a->name.in(lang)}, {"to", a->to}, {"needs_reason", a->needs_reason || a->needs_note}}));
  return Value::object({{"start", workflow.start}, {"states", std::move(states)}, {"actions", std::move(actions)}});
}

}  // namespace

std::vector<const cases::Action*> actions_for(const Web& web, const city::City* city, const Register& reg, const identity::Principal& who) {
  std::vector<const cases::Action*> out;
  const cases::Workflow* workflow = workflow_of(city, reg);
  for (const auto& action : workflow ? workflow->actions : std::vector<cases::Action>())
    if (web.registers.may_act(reg, action, who)) out.push_back(workflow->action(action.id));
  return out;
}

Value sent_schema(const Web& web, const Register& reg, const identity::Principal& who, std::string_view lang, Sent sent) {
  Value properties = Value::object(), required = Value::array();
  for (const Column* column : readable(web, reg, {}, who)) {
    if (!may_send(web, reg, *column, who)) continue;
    const bool must = sent == Sent::whole && column->always_required();
    Value one = value_schema(*column, lang);
    if (column->kind == ColumnKind::relation) one.set("description", "number of a row of " + column->relation + ", or its title");
    if (must) required.push(column->name);
    properties.set(column->name, must ? std::move(one) : or_null(std::move(one)));
  }
  Value out = Value::object({{"type", "object"}, {"properties", std::move(properties)}});
  if (required.size() > 0) out.set("required", std::move(required));
  return std::move(out.set("additionalProperties", false));
}

Value answered_schema(const Web& web, const Register& reg, const identity::Principal& who, std::string_view lang) {
  Value properties = Value::object(), required = Value::array();
  for (const Column* column : readable(web, reg, {}, who)) properties.set(column->name, or_null(value_schema(*column, lang))), required.push(column->name);
  return Value::object({{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}, {"additionalProperties", false}});
}

Value definition_json(const Web& web, const Register& reg, const identity::Principal& who, std::string_view lang, bool whole) {
  Value out = Value::object({{"id", reg.id}, {"version", reg.version}, {"name", reg.name.in(lang)}, {"summary", reg.summary.in(lang)}, {"owner", reg.owner}, {"page", path_of(reg)},
                             {"self", api_path(reg)}, {"rows", api_path(reg, "/rows")},
                             {"rights", Value::object({{"add", web.registers.may_add(reg, who)}, {"bulk", web.registers.may_bulk(reg, who)}, {"import", web.registers.may_import(reg, who)}})}});
  if (!whole) return out;
  const Column* title = reg.column(reg.title);
  if (title && web.registers.may_read(reg, *title, who)) out.set("title", reg.title);
  Value columns = Value::array(), views = Value::array();
  for (const Column* column : readable(web, reg, {}, who)) columns.push(column_json(web, reg, *column, who, lang));
  for (const View* view : views_of(web, reg, who)) views.push(view_json(web, reg, *view, who, lang));
  out.set("columns", std::move(columns)).set("views", std::move(views));
  const auto city = web.city();
  if (const cases::Workflow* workflow = workflow_of(city.get(), reg)) out.set("workflow", workflow_json(web, city.get(), reg, *workflow, who, lang));
  return std::move(out.set("schema", sent_schema(web, reg, who, lang, Sent::whole).set("$schema", "https://json-schema.org/draft/2020-12/schema")));
}

}  // namespace machiya::registers::detail
