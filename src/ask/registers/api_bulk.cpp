// The JSON API: one change for many rows, shown first and then done, and undone as a whole.
#include "ask/registers/api.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using json::Value;

Value plan_json(const Web& web, const Request& request, const Register& reg, const BulkPlan& plan) {
  Value sample = Value::array();
  for (const auto& [row, errors] : plan.sample) {
    Value one = Value::object({{"row", api_row(web, request, reg, row)}});
    if (!errors.empty()) one.set("errors", faults_json(web, request, reg, errors));
    sample.push(std::move(one));
  }
  return Value::object({{"done", false}, {"rows", plan.rows}, {"faulty", plan.faulty}, {"sample", std::move(sample)}});
}

Response bulk(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const identity::Principal& who = identity::principal_of(request);
  if (!web.registers.may_bulk(**reg, who)) return api_problem(web, request, Error(ErrorCode::forbidden, "no right to bulk edits"));
  const auto body = api_body(request, {"query", "values", "reason", "expected"});
  if (!body.ok()) return api_problem(web, request, body.error());
  // Without a query nothing is meant: every row is "query": {}.
  for (const char* name : {"query", "values"})
    if (!(*body)[name].is_object()) return api_problem(web, request, Error(ErrorCode::invalid_input, std::string(name) + " is no object", name));
  const auto query = api_query(web, request, **reg, (*body)["query"]);
  if (!query.ok()) return api_problem(web, request, query.error());
  std::vector<CellError> errors;
  const Values changes = api_values(web, request, **reg, (*body)["values"], nullptr, errors);
  if (!errors.empty()) return api_faults(web, request, **reg, errors);
  if (!body->has("expected")) {
    const auto plan = web.registers.plan_bulk(**reg, *query, changes, who, staff_language(request));
    return plan.ok() ? http::json(plan_json(web, request, **reg, *plan)) : api_problem(web, request, plan.error());
  }
  if (!(*body)["expected"].is_number()) return api_problem(web, request, Error(ErrorCode::invalid_input, "expected is no number", "expected"));
  const auto done = web.registers.do_bulk(**reg, *query, changes, (*body)["expected"].as_int(-1), body->text("reason"), who, request.id);
  if (!done.ok()) return api_problem(web, request, done.error());
  return http::json(Value::object({{"done", true}, {"rows", done->rows}, {"batch", done->batch}, {"undo", api_path(**reg, "/bulk/" + done->batch + "/undo")}}));
}

Response undo(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const auto rows = web.registers.undo_bulk(**reg, request.param("batch"), identity::principal_of(request), request.id);
  return rows.ok() ? http::json(Value::object({{"rows", *rows}})) : api_problem(web, request, rows.error());
}

}  // namespace

void add_api_bulk_routes(http::Router& router, const Web& web) {
  const std::string one = std::string(kApi) + "/{register}";
  router.post(one + "/rows/bulk", without_rows(api_writing()).on("register", "bulk"), api_handler(web, bulk));
  router.post(one + "/bulk/{batch}/undo", without_rows(api_writing()).on("batch", "bulk"), api_handler(web, undo));
}

}  // namespace machiya::registers::detail
