// The JSON API: reading registers, rows, their history and counts.
#include <algorithm>

#include "ask/registers/api.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using json::Value;

Response registers_list(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  Value list = Value::array();
  for (const auto& reg : web.registers.all(who)) list.push(definition_json(web, *reg, who, staff_language(request), false));
  return http::json(Value::object({{"registers", std::move(list)}}));
}

Response one_register(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  return http::json(definition_json(web, **reg, identity::principal_of(request), staff_language(request), true));
}

/// While rows may be missing an answer says so; asked before they are read.
void tell(Value& out, const std::optional<IndexProgress>& indexing) {
  if (indexing) out.set("indexing", Value::object({{"done", indexing->done}, {"total", indexing->total}}));
}

/// A page of rows, and where the next one stands when that has an address. Written without a tree of values in between: no other answer of the API
/// is as long.
Response page_of_rows(const Web& web, const Request& request, const Register& reg, const Listing& listing, const std::string& next, const std::optional<IndexProgress>& indexing) {
  const auto columns = api_columns(web, request, reg);
  std::string out = "{\"rows\":[";
  out.reserve(1024 + listing.rows.size() * 640);
  for (const Row& row : listing.rows) {
    if (&row != listing.rows.data()) out += ',';
    write_api_row(reg, row, columns, out);
  }
  out += "],\"total\":" + std::to_string(listing.total) + ",\"total_is_exact\":" + (listing.more_than_counted ? "false" : "true") + ",\"more\":" +
         (listing.next.empty() ? "false" : "true");
  for (const auto& [name, value] : {std::pair{"after", &listing.next}, std::pair{"next", &next}})
    if (!value->empty()) {
      out += std::string(",\"") + name + "\":";
      json::write_string(*value, out);
    }
  if (indexing) out += ",\"indexing\":{\"done\":" + std::to_string(indexing->done) + ",\"total\":" + std::to_string(indexing->total) + "}";
  return http::text(out + "}", "application/json");
}

/// The same question, one page on.
std::string next_of(const Request& request, const Register& reg, const std::string& after) {
  std::string out = api_path(reg, "/rows?");
  for (const auto& [name, value] : request.query_pairs)
    if (name != "after") out += http::url_encode(name) + "=" + http::url_encode(value) + "&";
  return out + "after=" + http::url_encode(after);
}

Response rows(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  auto query = strict_query(web, request, **reg);
  const auto limit = rows_asked(param_of(request, "limit"));
  if (!query.ok() || !limit.ok()) return api_problem(web, request, query.ok() ? limit.error() : query.error());
  query->limit = *limit;
  const auto indexing = web.registers.index_progress(**reg);
  if (!indexing.ok()) return api_problem(web, request, indexing.error());
  const auto listing = web.registers.list(**reg, *query, identity::principal_of(request));
  if (!listing.ok()) return api_problem(web, request, listing.error());
  return page_of_rows(web, request, **reg, *listing, listing->next.empty() ? "" : next_of(request, **reg, listing->next), *indexing);
}

/// The search of a register whose rows name people: in the body, never in an address.
Response search(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const auto body = json::parse(request.body, {8, 1000});
  if (!body.ok() || !body->is_object()) return api_problem(web, request, Error(ErrorCode::malformed_request, "the body is no JSON object"));
  const auto query = api_query(web, request, **reg, *body);
  if (!query.ok()) return api_problem(web, request, query.error());
  const auto indexing = web.registers.index_progress(**reg);
  if (!indexing.ok()) return api_problem(web, request, indexing.error());
  const auto listing = web.registers.list(**reg, *query, identity::principal_of(request));
  return listing.ok() ? page_of_rows(web, request, **reg, *listing, "", *indexing) : api_problem(web, request, listing.error());
}

Response row(const Web& web, Request& request) {
  const auto reg = register_of_row(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const auto row = web.registers.open(**reg, request.param("number"), identity::principal_of(request), request.id);
  return row.ok() ? api_whole_row(web, request, **reg, *row) : api_problem(web, request, row.error());
}

Value entry_json(const Register& reg, const HistoryEntry& entry) {
  Value out = Value::object({{"sequence", entry.sequence}, {"at", to_iso_japan(entry.at)}, {"action", entry.action}, {"by", entry.actor_name.empty() ? entry.actor : entry.actor_name}});
  for (const auto& [name, value] : {std::pair{"reason", &entry.reason}, std::pair{"comment", &entry.comment}})
    if (!value->empty()) out.set(name, *value);
  if (!reg.workflow.empty()) out.set("state", entry.state);
  Value changes = Value::array();
  for (const auto& [column, change] : entry.changes) changes.push(Value::object({{"column", column}, {"before", change.first}, {"after", change.second}}));
  return std::move(out.set("changes", std::move(changes)));
}

Response history(const Web& web, Request& request) {
  const auto reg = register_of_row(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const identity::Principal& who = identity::principal_of(request);
  const auto row = web.registers.open(**reg, request.param("number"), who, request.id);   // the look is an audit row
  if (!row.ok()) return api_problem(web, request, row.error());
  const auto told = web.registers.history(**reg, row->number, who);
  if (!told.ok()) return api_problem(web, request, told.error());
  Value list = Value::array();
  for (const HistoryEntry& entry : *told) list.push(entry_json(**reg, entry));
  return http::json(Value::object({{"number", row->number}, {"revision", row->revision}, {"history", std::move(list)}}));
}

Response counts(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return api_problem(web, request, reg.error());
  const identity::Principal& who = identity::principal_of(request);
  const auto query = strict_query(web, request, **reg);
  if (!query.ok()) return api_problem(web, request, query.error());
  const std::string by = param_of(request, "by");
  const Column* column = (*reg)->column(by);
  const bool counts = column ? column->filter && !column->personal && web.registers.may_read(**reg, *column, who) : by == "state" && !(*reg)->workflow.empty();
  if (!counts) return api_problem(web, request, Error(ErrorCode::invalid_input, "not a column to count by", "by"));
  ChartRule rule{.by = by};
  if (column != nullptr && is_date(*column)) rule.bucket = Bucket::day;
  const auto indexing = web.registers.index_progress(**reg);
  if (!indexing.ok()) return api_problem(web, request, indexing.error());
  const auto chart = web.registers.chart(**reg, rule, *query, who, staff_language(request));
  if (!chart.ok()) return api_problem(web, request, chart.error());
  std::vector<std::size_t> order;   // the most first
  for (std::size_t i = 0; i < chart->bars.size(); ++i)
    if (chart->bar_sums[i].rows > 0) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const std::int64_t x = chart->bar_sums[a].rows, y = chart->bar_sums[b].rows;
    return x != y ? x > y : chart->bars[a].value < chart->bars[b].value;
  });
  Value list = Value::array();
  for (const std::size_t i : order) {
    const ChartValue& v = chart->bars[i];
    list.push(Value::object({{"value", v.value.empty() ? Value() : Value(v.value)}, {"label", v.label}, {"rows", chart->bar_sums[i].rows}}));
  }
  Value out = Value::object({{"by", by}, {"counts", std::move(list)}});
  tell(out, *indexing);
  return http::json(out);
}

}  // namespace

void add_api_read_routes(http::Router& router, const Web& web) {
  const std::string base(kApi), one = base + "/{register}", row_path = one + "/rows/{number}";
  const http::RouteOptions quiet = without_rows(api_reading());
  router.get(base, quiet.on("none"), api_handler(web, registers_list));
  router.get(one, quiet, api_handler(web, one_register));
  router.get(one + "/rows", api_reading(), api_handler(web, rows));
  router.post(one + "/search", api_reading(), api_handler(web, search));
  router.get(one + "/counts", quiet, api_handler(web, counts));
  router.get(row_path, api_reading().on("row", "read"), api_handler(web, row));
  router.get(row_path + "/history", api_reading().on("row", "read"), api_handler(web, history));
}

}  // namespace machiya::registers::detail
