// Single cells: what the grid saves (several cells of one row at once, or a new row) and what moves a card of a board. The same
// checks, rights and conflicts as the form, the same reading of cells as an import; the script only asks.
#include "ask/interview/answer_types.h"
#include "ask/interview/messages.h"
#include "ask/registers/import_cell.h"
#include "ask/registers/pages.h"
#include "ask/registers/row_values.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;

json::Value cell_json(const Web& web, const Register& reg, const Column& column, const Row& row, std::string_view lang) {
  const json::Value& value = row.values[column.name];
  return json::Value::object({{"text", shown(web, reg, column, value, &row, lang)}, {"typed", typed(web, reg, column, value, &row, lang)}});
}

json::Value row_json(const Web& web, const Register& reg, const Row& row, const identity::Principal& who, std::string_view lang) {
  json::Value cells = json::Value::object();
  for (const Column* column : readable(web, reg, {}, who)) cells.set(column->name, cell_json(web, reg, *column, row, lang));
  return json::Value::object({{"number", row.number}, {"href", row_path(reg, row.number)}, {"revision", row.revision}, {"state", reg.workflow.empty() ? "" : state_name(web, reg, row.state, lang)}, {"cells", std::move(cells)}});
}

json::Value errors_json(const std::vector<CellError>& errors) {
  json::Value out = json::Value::array();
  for (const CellError& e : errors) out.push(json::Value::object({{"column", e.column}, {"code", e.code}, {"message", e.message}}));
  return out;
}

json::Value conflicts_json(const Web& web, const Register& reg, const Saved& saved, const identity::Principal& who, std::string_view lang) {
  json::Value out = json::Value::array();
  for (const Conflict& c : saved.conflicts) {
    const Column* column = reg.column(c.column);
    if (!column || !web.registers.may_read(reg, *column, who)) continue;
    auto value = [&](const json::Value& v, const Row* row) { return shown(web, reg, *column, v, row, lang); };
    out.push(json::Value::object({{"column", c.column}, {"label", column->label.in(lang)}, {"before", value(c.before, nullptr)}, {"theirs", value(c.theirs, saved.now ? &*saved.now : nullptr)},
                                  {"mine", value(c.mine, nullptr)}, {"who", c.who}, {"when", locale::format_time(c.when, lang)}}));
  }
  return out;
}

/// Pairs "c.<column>" as values; errors of what cannot be read.
Values cells_of(const Web& web, const Request& request, const Register& reg, std::vector<CellError>& errors) {
  Values out = json::Value::object();
  for (const auto& [name, value] : request.form_pairs) {
    if (name.rfind("c.", 0) != 0) continue;
    const Column* column = reg.column(name.substr(2));
    if (!column || !web.registers.may_read(reg, *column, identity::principal_of(request))) {
      errors.push_back(fault_at(reg, name.substr(2), "unknown", staff_language(request)));
      continue;
    }
    if (!column->entered()) continue;
    auto [read, error] = read_cell(web, reg, *column, value, identity::principal_of(request), staff_language(request));
    if (error) errors.push_back(std::move(*error));
    else out.set(column->name, std::move(read));
  }
  return out;
}

Response answer(const Web& web, const Request& request, const Register& reg, const Result<Saved>& saved) {
  const identity::Principal& who = identity::principal_of(request);
  const std::string lang = staff_language(request);
  if (!saved.ok()) return http::problem(saved.error(), request);
  if (!saved->errors.empty()) return http::json(json::Value::object({{"errors", errors_json(saved->errors)}}), 422);
  if (!saved->conflicts.empty()) {
    json::Value body = json::Value::object({{"conflicts", conflicts_json(web, reg, *saved, who, lang)}});
    if (saved->now) body.set("row", row_json(web, reg, *saved->now, who, lang));
    return http::json(body, 409);
  }
  if (!saved->row) return http::problem(Error(ErrorCode::internal, "saved nothing"), request);
  return http::json(json::Value::object({{"row", row_json(web, reg, *saved->row, who, lang)}}));
}

/// Cells of the row {number}; without a number they are a new row.
Response post_cells(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const identity::Principal& who = identity::principal_of(request);
  const std::string lang = staff_language(request), reason(trim(param_of(request, "reason")));
  std::vector<CellError> errors;
  const Values cells = cells_of(web, request, **reg, errors);
  if (!errors.empty()) return http::json(json::Value::object({{"errors", errors_json(errors)}}), 422);
  const std::string_view number = request.param("number");
  if (number.empty()) return answer(web, request, **reg, web.registers.add(**reg, cells, reason, who, lang, request.id));
  const std::int64_t revision = std::atoll(param_of(request, "revision").c_str());
  return answer(web, request, **reg, web.registers.change(**reg, number, revision, cells, {}, reason, who, lang, request.id));
}

/// Moves a card: one column, one value, from a button of the board.
Response post_move(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const Column* column = (*reg)->column(param_of(request, "column"));
  const identity::Principal& who = identity::principal_of(request);
  if (!web.registers.may_add(**reg, who)) return http::problem(Error(ErrorCode::forbidden, "no right to change rows"), request);
  if (!column || !column->entered() || !web.registers.may_read(**reg, *column, who)) return http::problem(Error(ErrorCode::malformed_request, "column"), request);
  auto [value, error] = read_cell(web, **reg, *column, param_of(request, "value"), who, staff_language(request));
  if (error) return http::problem(Error(ErrorCode::invalid_input, error->message, column->name), request);
  auto saved = web.registers.change(**reg, request.param("number"), std::atoll(param_of(request, "revision").c_str()), json::Value::object({{column->name, std::move(value)}}), {}, "", who,
                                    staff_language(request), request.id);
  if (!saved.ok()) return http::problem(saved.error(), request);
  const std::string form = row_path(**reg, request.param("number"), "/change");
  if (!saved->errors.empty() || !saved->conflicts.empty()) return http::see_other(form);   // the form tells why, at its fields
  const std::string back = param_of(request, "back");
  return http::see_other(starts_with(back, path_of(**reg, "?")) ? back : path_of(**reg));
}

}  // namespace

std::pair<json::Value, std::optional<CellError>> read_cell(const Web& web, const Register& reg, const Column& column, std::string_view typed_text, const identity::Principal& who,
                                                           std::string_view lang) {
  const std::string_view text = trim(typed_text);
  if (text.empty() || !column.question) return {};
  if (column.kind == ColumnKind::relation) return read_value(web, reg, column, json::Value(text), who, lang);
  tables::Info typed_by_hand;
  typed_by_hand.format = tables::Format::xlsx;   // nothing guards a cell that no spreadsheet could run as a formula
  std::optional<CellFault> fault;
  std::string part;
  json::Value value = CellReader(reg, std::string(lang), typed_by_hand).read(column, {{"", tables::Cell{std::string(text), tables::CellKind::text}}}, fault, part);
  if (!fault) return {std::move(value), std::nullopt};
  return {nullptr, CellError{column.name, std::move(fault->code), std::move(fault->message)}};
}

std::pair<json::Value, std::optional<CellError>> read_value(const Web& web, const Register& reg, const Column& column, const json::Value& given, const identity::Principal& who,
                                                            std::string_view lang) {
  if (given.is_null() || !column.question) return {};
  if (column.kind == ColumnKind::relation) {
    const std::string text = interview::scalar_text(given);
    if (trim(text).empty() && given.is_string()) return {};
    if (auto number = resolve(web, column.relation, text, who, lang)) return {json::Value(*number), std::nullopt};
    const bool none = candidates(web, column.relation, text, who, lang).empty();
    return {nullptr, CellError{column.name, "relation", web.texts.text(lang, none ? "staff_registers.relation_none" : "staff_registers.relation_several", {{"label", column.label.in(lang)}})}};
  }
  const auto reading = interview::unit_of(column.type).from_json(*column.question, reg.form->world, given);
  if (reading.problems.empty()) return {reading.value, std::nullopt};
  const auto& problem = reading.problems.front();
  auto args = problem.args;
  args.emplace_back("label", column.label.in(lang));
  return {nullptr, CellError{column.name, std::string(interview::message_code(problem.code)), interview::message_text(problem.code, lang, args)}};
}

void add_cell_routes(http::Router& router, const Web& web) {
  const std::string row = std::string(kBase) + "/{register}/rows/{number}";
  router.post(std::string(kBase) + "/{register}/cells", staff_route("").on("register", "write"), [web](Request& r) { return post_cells(web, r); });
  router.post(row + "/cells", staff_route("").on("row", "write"), [web](Request& r) { return post_cells(web, r); });
  router.post(row + "/move", staff_route("").on("row", "write"), [web](Request& r) { return post_move(web, r); });
}

}  // namespace machiya::registers::detail
