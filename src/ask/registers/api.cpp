// What the handlers of the JSON API share: routes, faults, rows, bodies.
#include "ask/registers/api.h"

#include <algorithm>
#include <charconv>

#include "ask/interview/answer_types.h"
#include "ask/registers/export_row.h"
#include "ask/registers/rights.h"
#include "ask/registers/row_values.h"
#include "base/text.h"

namespace machiya::registers {

void add_api_routes(http::Router& router, const Web& web) {
  detail::add_api_document_routes(router, web);   // "/openapi.json" before "/{register}"
  detail::add_api_read_routes(router, web);
  detail::add_api_save_routes(router, web);
  detail::add_api_bulk_routes(router, web);
}

namespace detail {

using http::Request;
using http::Response;
using json::Value;

namespace {

http::RouteOptions api_route(const std::string& permission) {
  http::RouteOptions out;
  out.permission = permission + "|staff:" + std::string(kPermission);
  out.csrf = false;   // without the token a browser's cookies count for nothing
  out.body_limit = 1u << 20;
  out.rate_per_minute = 1200;
  out.reads_personal_data = true, out.object = "register", out.action = "read";
  return out;
}

bool is_json(const Request& request) {
  const std::string_view type = request.header("content-type");
  const std::string kind = lower_ascii(trim(type.substr(0, type.find(';'))));
  return kind == "application/json" || kind == "application/merge-patch+json";
}

/// RFC 7396 within one value: a place of which only the address is sent keeps its point.
Value merged(Value into, const Value& patch) {
  if (!patch.is_object() || !into.is_object()) return patch;
  for (const auto& [name, value] : patch.members())
    value.is_null() ? void(into.erase(name)) : void(into.set(name, merged(into[name], value)));
  return into;
}

}  // namespace

http::RouteOptions api_reading() { return api_route("client:" + std::string(kReadScope) + "|client:" + std::string(kWriteScope)); }
http::RouteOptions without_rows(http::RouteOptions options) {
  options.reads_personal_data = false;
  return options;
}
http::RouteOptions api_writing() { return api_route("client:" + std::string(kWriteScope)); }

http::Handler api_handler(const Web& web, ApiHandler handler) {
  return [web, handler = std::move(handler)](Request& request) {
    if (const auto lang = request.query("lang"); lang && locale::is_language(*lang)) request.lang = *lang;
    Response out = handler(web, request);
    const bool said = std::any_of(out.headers.begin(), out.headers.end(), [](const auto& header) { return lower_ascii(header.first) == "cache-control"; });
    if (!said) out.header("Cache-Control", "private, no-store");
    return out;
  };
}

Response with_members(Response problem, Value::Object members) {
  if (auto body = json::parse(problem.body); body.ok()) {
    for (auto& [name, value] : members) body->set(name, std::move(value));
    problem.body = json::to_text(*body);
  }
  return problem;
}

Response api_problem(const Web& web, const Request& request, const Error& error) {
  Error plain = error;
  plain.where.clear();
  Response out = http::problem(plain, request);
  if (error.where.empty() || error.info().http_status >= 500) return out;
  const bool reused = error.where == kOnceReused, get = request.method == http::Method::get;
  const std::string code = reused ? "idempotency-key-reused" : error.code == ErrorCode::forbidden ? "forbidden" : error.where == "reason" ? "required" : "unknown";
  const std::string key = reused ? "staff_registers.api.reused" : code == "required" ? "staff_registers.needs_reason" : code == "forbidden" ? "staff_registers.api.forbidden" : "staff_registers.api.unknown";
  Value fault = Value::object({{get ? "parameter" : "pointer", get ? error.where : reused ? std::string() : "/" + json::pointer_token(error.where)}, {"code", code},
                               {"message", text(web, request, key, {{"name", error.where}})}});
  return with_members(std::move(out), {{"errors", Value(Value::Array{std::move(fault)})}});
}

Value faults_json(const Web& web, const Request& request, const Register& reg, const std::vector<CellError>& errors) {
  const identity::Principal& who = identity::principal_of(request);
  Value out = Value::array();
  for (const CellError& e : errors) {
    const Column* column = reg.column(e.column);
    const bool hidden = column == nullptr || !web.registers.may_read(reg, *column, who);
    const CellError told = hidden && e.code == "forbidden" ? fault_at(reg, e.column, "unknown", staff_language(request)) : e;
    out.push(Value::object({{"pointer", "/values/" + json::pointer_token(told.column)}, {"code", told.code},
                            {"message", hidden ? text(web, request, "staff_registers.api.unknown", {{"name", e.column}}) : told.message}}));
  }
  return out;
}

Response api_faults(const Web& web, const Request& request, const Register& reg, const std::vector<CellError>& errors) {
  return with_members(http::problem(Error(ErrorCode::invalid_input), request), {{"errors", faults_json(web, request, reg, errors)}});
}

std::string api_path(const Register& reg, std::string_view rest) { return std::string(kApi) + "/" + reg.id + std::string(rest); }
std::string api_row_path(const Register& reg, std::string_view number, std::string_view rest) { return api_path(reg, "/rows/" + std::string(number)) + std::string(rest); }

std::vector<Target> api_columns(const Web& web, const Request& request, const Register& reg) {
  std::vector<Target> out;
  for (const Column* column : readable(web, reg, {}, identity::principal_of(request))) out.push_back({column->name, column, ""});
  return out;
}

Value api_row(const Web& web, const Request& request, const Register& reg, const Row& row) {
  std::string text;
  write_api_row(reg, row, api_columns(web, request, reg), text);
  auto out = json::parse(text);
  MACHIYA_ASSERT(out.ok());
  return std::move(*out);
}

void write_api_row(const Register& reg, const Row& row, const std::vector<Target>& columns, std::string& out) {
  out += '{';
  write_members(reg, row, columns, out);
  out += ",\"revision\":" + std::to_string(row.revision);
  if (!reg.workflow.empty()) out += row.ended ? ",\"ended\":true" : ",\"ended\":false";
  out += ",\"self\":";
  json::write_string(api_row_path(reg, row.number), out);
  out += '}';
}

Response api_whole_row(const Web& web, const Request& request, const Register& reg, const Row& row, int status) {
  Value out = api_row(web, request, reg, row), actions = Value::array();
  const auto city = web.city();
  for (const cases::Action* action : web.registers.actions(reg, row, identity::principal_of(request)))
    actions.push(Value::object({{"action", action->id}, {"name", action->name.in(staff_language(request))}, {"needs_reason", action->needs_reason || action->needs_note},
                                {"href", api_row_path(reg, row.number, "/actions/" + action->id)}}));
  if (!reg.workflow.empty()) out.set("actions", std::move(actions));
  Response r = http::json(out, status);
  r.header("ETag", "\"" + std::to_string(row.revision) + "\"");
  return r;
}

Result<Value> api_body(const Request& request, std::initializer_list<std::string_view> known) {
  if (!is_json(request)) return Error(ErrorCode::unsupported_type, "send application/json");
  MACHIYA_TRY(Value body, json::parse(request.body, {32, 50'000}));
  if (!body.is_object()) return Error(ErrorCode::malformed_request, "the body is no JSON object");
  for (const auto& [name, value] : body.members())
    if (std::find(known.begin(), known.end(), name) == known.end()) return Error(ErrorCode::invalid_input, "the body has a member that is not known here", name);
  return body;
}

Values api_values(const Web& web, const Request& request, const Register& reg, const Value& given, const Row* now, std::vector<CellError>& errors) {
  const identity::Principal& who = identity::principal_of(request);
  const std::string lang = staff_language(request);
  Values out = Value::object();
  for (const auto& [name, value] : given.members()) {
    const Column* column = reg.column(name);
    if (!column || !web.registers.may_read(reg, *column, who)) {
      errors.push_back(fault_at(reg, name, "unknown", lang));
    } else if (!web.registers.may_write(reg, *column, who) || column->question->takes_files()) {   // files are attached on the page
      errors.push_back(fault_at(reg, name, "forbidden", lang));
    } else if (now && value == now->values[name]) {
      out.set(name, value);   // nothing new: a relation stays for those who may not read where it leads
    } else {
      auto [read, error] = read_value(web, reg, *column, now ? merged(now->values[name], value) : value, who, lang);
      if (error) errors.push_back(std::move(*error));
      else out.set(name, std::move(read));
    }
  }
  return out;
}

Result<int> rows_asked(std::string_view text) {
  int out = kUsualPage;
  if (text.empty()) return out;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end != text.data() + text.size() || out < 1 || out > kMaxPage) return Error(ErrorCode::invalid_input, "1 to " + std::to_string(kMaxPage), "limit");
  return out;
}

Result<Query> api_query(const Web& web, const Request& request, const Register& reg, const Value& body) {
  Request asked;
  asked.method = http::Method::post, asked.lang = request.lang, asked.id = request.id, asked.principal = request.principal;
  for (const auto& [name, value] : body.members()) {
    if (value.is_object() || value.is_array()) return Error(ErrorCode::invalid_input, "no text, number or boolean", name);
    if (!value.is_null()) asked.form_pairs.emplace_back(name, interview::scalar_text(value));
  }
  MACHIYA_TRY(Query out, strict_query(web, asked, reg));
  MACHIYA_TRY(out.limit, rows_asked(param_of(asked, "limit")));
  return out;
}

}  // namespace detail
}  // namespace machiya::registers
