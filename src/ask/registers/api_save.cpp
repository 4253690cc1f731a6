// The JSON API: adding and changing a row, actions of its workflow, comments.
#include <charconv>

#include "ask/registers/api.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using json::Value;

constexpr std::size_t kMaxKey = 200;

/// 428 (RFC 6585): whoever changes a row says which one they saw.
Response revision_needed(const Web& web, const Request& request) {
  Response out = with_members(http::problem(Error(ErrorCode::precondition_failed), request),
                              {{"type", "urn:machiya:error:precondition-required"}, {"status", 428}, {"title", text(web, request, "staff_registers.api.match")}});
  out.status = 428;
  return out;
}

/// The revision of If-Match: one strong tag, as the row gave it. precondition_failed when nothing is sent.
Result<std::int64_t> seen_revision(const Request& request) {
  if (request.header("if-match").empty()) return Error(ErrorCode::precondition_failed, "no If-Match");
  const Error unreadable(ErrorCode::malformed_request, "If-Match holds the ETag of the row: one number in quotes");
  const std::string_view tag = trim(request.header("if-match"));
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return unreadable;
  std::int64_t out = 0;
  const char* end = tag.data() + tag.size() - 1;
  const auto [at, failed] = std::from_chars(tag.data() + 1, end, out);
  if (failed != std::errc() || at != end || out < 0) return unreadable;
  return out;
}
Response revision_refused(const Web& web, const Request& request, const Error& error) {
  return error.code == ErrorCode::precondition_failed ? revision_needed(web, request) : api_problem(web, request, error);
}

/// What of a body is read as values; a fault when it is no object.
Result<Value> values_in(const Value& body) {
  if (!body["values"].is_object()) return Error(ErrorCode::invalid_input, "values is no object", "values");
  return body["values"];
}

Response added(const Web& web, const Request& request, const Register& reg, const Saved& saved) {
  const identity::Principal& who = identity::principal_of(request);
  // A repeat gives the row as it is now, and leaves its audit row.
  const auto row = saved.repeated ? web.registers.open(reg, saved.row->number, who, request.id) : Result<Row>(*saved.row);
  if (!row.ok()) return api_problem(web, request, row.error());
  Response out = api_whole_row(web, request, reg, *row, saved.repeated ? 200 : 201);
  out.header("Location", api_row_path(reg, row->number));
  return out;
}

Response add(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const identity::Principal& who = identity::principal_of(request);
  if (!web.registers.may_add(**reg, who)) return api_problem(web, request, Error(ErrorCode::forbidden, "no right to add rows"));
  if (request.header("idempotency-key").size() > kMaxKey) return api_problem(web, request, Error(ErrorCode::malformed_request, "an Idempotency-Key has at most 200 characters"));
  const auto body = api_body(request, {"values", "reason"});
  if (!body.ok()) return api_problem(web, request, body.error());
  const auto given = values_in(*body);
  if (!given.ok()) return api_problem(web, request, given.error());
  std::vector<CellError> errors;
  const Values values = api_values(web, request, **reg, *given, nullptr, errors);
  if (!errors.empty()) return api_faults(web, request, **reg, errors);
  const Once once{std::string(request.header("idempotency-key")), json::to_text(*body)};
  const auto saved = web.registers.add(**reg, values, body->text("reason"), who, staff_language(request), request.id, once.key.empty() ? nullptr : &once);
  if (!saved.ok()) return api_problem(web, request, saved.error());
  if (!saved->errors.empty()) return api_faults(web, request, **reg, saved->errors);
  return added(web, request, **reg, *saved);
}

Response conflicts(const Web& web, const Request& request, const Register& reg, const Saved& saved) {
  const identity::Principal& who = identity::principal_of(request);
  Value list = Value::array();
  for (const Conflict& c : saved.conflicts) {
    const Column* column = reg.column(c.column);
    if (!column || !web.registers.may_read(reg, *column, who)) continue;
    list.push(Value::object({{"pointer", "/values/" + json::pointer_token(c.column)}, {"column", c.column}, {"before", c.before}, {"theirs", c.theirs}, {"mine", c.mine}, {"who", c.who},
                             {"when", to_iso_japan(c.when)}}));
  }
  Response out = with_members(http::problem(Error(ErrorCode::conflict, "the same columns were changed meanwhile; nothing was written"), request),
                              {{"conflicts", std::move(list)}, {"row", saved.now ? api_row(web, request, reg, *saved.now) : Value()}});
  if (saved.now) out.header("ETag", "\"" + std::to_string(saved.now->revision) + "\"");
  return out;
}

Response change(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const identity::Principal& who = identity::principal_of(request);
  if (!web.registers.may_add(**reg, who)) return api_problem(web, request, Error(ErrorCode::forbidden, "no right to change rows"));
  const auto body = api_body(request, {"values", "reason"});
  if (!body.ok()) return api_problem(web, request, body.error());
  const auto given = values_in(*body);
  if (!given.ok()) return api_problem(web, request, given.error());
  const auto row = web.registers.open(**reg, request.param("number"), who, request.id);
  if (!row.ok()) return api_problem(web, request, row.error());
  const auto seen = seen_revision(request);
  if (!seen.ok()) return revision_refused(web, request, seen.error());
  std::vector<CellError> errors;
  const Values changes = api_values(web, request, **reg, *given, &*row, errors);
  if (!errors.empty()) return api_faults(web, request, **reg, errors);
  const auto saved = web.registers.change(**reg, row->number, *seen, changes, {}, body->text("reason"), who, staff_language(request), request.id);
  if (!saved.ok()) return api_problem(web, request, saved.error());
  if (!saved->errors.empty()) return api_faults(web, request, **reg, saved->errors);
  if (!saved->conflicts.empty()) return conflicts(web, request, **reg, *saved);
  return api_whole_row(web, request, **reg, *saved->row);
}

Response act(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const auto body = api_body(request, {"reason"});
  if (!body.ok()) return api_problem(web, request, body.error());
  const auto seen = seen_revision(request);
  if (!seen.ok()) return revision_refused(web, request, seen.error());
  const auto saved = web.registers.act(**reg, request.param("number"), *seen, request.param("action"), body->text("reason"), identity::principal_of(request), staff_language(request), request.id);
  if (!saved.ok()) return api_problem(web, request, saved.error());
  return api_whole_row(web, request, **reg, *saved->row);
}

Response comment(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const auto body = api_body(request, {"comment"});
  if (!body.ok()) return api_problem(web, request, body.error());
  const identity::Principal& who = identity::principal_of(request);
  const auto done = web.registers.comment(**reg, request.param("number"), body->text("comment"), who, request.id);
  if (!done.ok()) return api_problem(web, request, done.error());
  const auto row = web.registers.open(**reg, request.param("number"), who, request.id);
  return row.ok() ? api_whole_row(web, request, **reg, *row, 201) : api_problem(web, request, row.error());
}

}  // namespace

void add_api_save_routes(http::Router& router, const Web& web) {
  const std::string one = std::string(kApi) + "/{register}", row = one + "/rows/{number}";
  router.post(one + "/rows", api_writing().on("register", "write"), api_handler(web, add));
  router.add(http::Method::patch, row, api_writing().on("row", "write"), api_handler(web, change));
  router.post(row + "/actions/{action}", api_writing().on("row", "act"), api_handler(web, act));
  router.post(row + "/comments", api_writing().on("row", "write"), api_handler(web, comment));
}

}  // namespace machiya::registers::detail
