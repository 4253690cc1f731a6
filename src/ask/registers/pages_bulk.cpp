// One change for many rows: choose a column and a value, see what would become of the rows, do it, undo it.
#include "ask/cases/web.h"
#include "ask/interview/answer_types.h"
#include "ask/registers/pages_list.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

/// Columns that a bulk edit may set: one box each.
std::vector<const Column*> settable(const Web& web, const Register& reg, const identity::Principal& who) {
  std::vector<const Column*> out;
  for (const Column* column : readable(web, reg, {}, who)) {
    const bool several = !column->question || column->question->takes_files() || interview::unit_of(column->type).parts(*column->question).size() > 1;
    const bool date = is_date(*column);
    if (column->entered() && (!several || date) && web.registers.may_write(reg, *column, who)) out.push_back(column);
  }
  return out;
}

Query all_of(const Web& web, const Request& request, const Register& reg) {
  Query query = query_of_request(web, request, reg);
  query.after.clear(), query.limit = 50;
  return query;
}

Data page_of(const Web& web, const Request& request, const Register& reg, std::string_view title_key) {
  const std::string lang = staff_language(request);
  Data data = register_page(web, request, reg, text(web, request, title_key));
  data.set("heading", text(web, request, title_key)).set("action", path_of(reg, "/bulk")).set("indexing", indexing_of(web, request, reg));
  Data pairs{Data::List{}}, where{Data::List{}};
  for (const auto& [name, value] : search_of(request, reg)) pairs.push(Data().set("name", name).set("value", value));
  const Query query = all_of(web, request, reg);
  for (const Condition& c : query.where) where.push(condition_text(web, reg, c, lang));
  if (!query.search.empty()) where.push(text(web, request, "staff_registers.where.search", {{"value", query.search}}));
  data.set("pairs", std::move(pairs)).set("where", std::move(where)).set("list", address_of(reg, search_of(request, reg)));
  return data;
}

Response choose(const Web& web, const Request& request, const Register& reg, const std::optional<CellError>& error) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  Data data = page_of(web, request, reg, "staff_registers.bulk");
  data.set("choosing", true).set("filters", filters_of(web, request, reg));
  const auto listing = web.registers.list(reg, all_of(web, request, reg), who);
  if (!listing.ok()) return http::problem(listing.error(), request);
  data.set("count", count_text(web, request, *listing));
  Data columns{Data::List{}};
  const std::string chosen = param_of(request, "column");
  const Column* column = nullptr;
  for (const Column* c : settable(web, reg, who)) {
    columns.push(option(c->name, c->label.in(lang), c->name == chosen));
    if (c->name == chosen) column = c;
  }
  data.set("columns", std::move(columns));
  if (column) {
    Data field = Data().set("id", "value").set("name", "value").set("label", text(web, request, "staff_registers.new_value", {{"column", column->label.in(lang)}})).set("hint", text(web, request, "staff_registers.new_value_hint"));
    Data options{Data::List{}};
    const std::string value = param_of(request, "value");
    bool listed = false;
    auto add = [&](const std::string& v, const std::string& label) { options.push(option(v, label, v == value)), listed = true; };
    if (column->type == interview::AnswerType::yes_no) add("yes", text(web, request, "field.yes")), add("no", text(web, request, "field.no"));
    for (const auto& o : column->question->options) add(o.value, o.label.in(lang));
    if (column->kind == ColumnKind::relation)
      if (auto rows = choices_of(web, column->relation, who, lang))
        for (const Candidate& c : *rows) add(c.number, c.title);
    field.set("type", listed ? "select" : "text").set("value", value);
    if (listed) field.set("options", std::move(options));
    if (error) field.set("error", error->message);
    data.set("column", Data().set("name", column->name).set("fields", Data(Data::List{std::move(field)}))).set("reason_value", param_of(request, "reason"));
  }
  if (error) data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#value").set("text", error->message)})));
  return render(web, request, "registers/bulk", std::move(data), error ? 422 : 200);
}

Response preview(const Web& web, const Request& request, const Register& reg, const Column& column, const Values& changes, const BulkPlan& plan) {
  const std::string lang = staff_language(request);
  Data data = page_of(web, request, reg, "staff_registers.bulk_preview");
  const std::string value = shown(web, reg, column, changes[column.name], nullptr, lang);
  data.set("previewing", true).set("column_name", column.name).set("value", param_of(request, "value")).set("reason_value", param_of(request, "reason")).set("expected", static_cast<long long>(plan.rows));
  data.set("says", text(web, request, "staff_registers.bulk_says", {{"rows", std::to_string(plan.rows)}, {"column", column.label.in(lang)}, {"value", value.empty() ? text(web, request, "staff_registers.no_value") : value}}));
  Data rows{Data::List{}};
  for (const auto& [row, errors] : plan.sample) {
    Data one = row_link(web, reg, row, lang);
    one.set("after", shown(web, reg, column, row.values[column.name], &row, lang));
    std::string told;
    for (const CellError& e : errors) told += (told.empty() ? "" : " ") + e.message;
    rows.push(std::move(one.set("error", told)));
  }
  data.set("rows", std::move(rows)).set("column_label", column.label.in(lang));
  if (plan.faulty > 0) data.set("faulty", text(web, request, "staff_registers.bulk_faulty", {{"rows", std::to_string(plan.faulty)}}));
  else if (plan.rows > 0) data.set("possible", true);
  return render(web, request, "registers/bulk", std::move(data), 200);
}

Response done(const Web& web, const Request& request, const Register& reg, const BulkDone& result) {
  Data data = page_of(web, request, reg, "staff_registers.bulk_done");
  data.set("finished", Data().set("text", text(web, request, "staff_registers.bulk_done_rows", {{"rows", std::to_string(result.rows)}})).set("undo", path_of(reg, "/bulk/" + result.batch + "/undo")));
  return render(web, request, "registers/bulk", std::move(data), 200);
}

Response bulk(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const identity::Principal& who = identity::principal_of(request);
  if (!web.registers.may_bulk(**reg, who)) return http::problem(Error(ErrorCode::forbidden, "bulk"), request);
  const std::string step = param_of(request, "action"), wanted = param_of(request, "column");
  const Column* column = nullptr;
  for (const Column* c : settable(web, **reg, who))
    if (c->name == wanted) column = c;
  if (!column || request.method == http::Method::get || step == "back" || step == "column") return choose(web, request, **reg, std::nullopt);
  auto [value, error] = read_cell(web, **reg, *column, param_of(request, "value"), who, staff_language(request));
  if (error) return choose(web, request, **reg, error);
  const Values changes = json::Value::object({{column->name, std::move(value)}});
  const Query query = all_of(web, request, **reg);
  if (step == "do") {
    auto result = web.registers.do_bulk(**reg, query, changes, std::atoll(param_of(request, "expected").c_str()), trim(param_of(request, "reason")), who, request.id);
    if (result.ok()) return done(web, request, **reg, *result);
    if (result.error().code != ErrorCode::conflict) return http::problem(result.error(), request);   // conflict: what was shown is no more; shown again
  }
  auto plan = web.registers.plan_bulk(**reg, query, changes, who, staff_language(request));
  return plan.ok() ? preview(web, request, **reg, *column, changes, *plan) : http::problem(plan.error(), request);
}

Response undo(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  auto result = web.registers.undo_bulk(**reg, request.param("batch"), identity::principal_of(request), request.id);
  return result.ok() ? http::see_other(path_of(**reg, "?done=undone")) : http::problem(result.error(), request);
}

}  // namespace

void add_bulk_routes(http::Router& router, const Web& web) {
  const std::string one = std::string(kBase) + "/{register}";
  router.get(one + "/bulk", staff_route("staff-register-bulk", one + "/bulk").on("register", "bulk"), [web](Request& r) { return bulk(web, r); });
  router.post(one + "/bulk", staff_route("").on("register", "bulk"), [web](Request& r) { return bulk(web, r); });
  router.post(one + "/bulk/{batch}/undo", staff_route("").on("batch", "bulk"), [web](Request& r) { return undo(web, r); });
}

}  // namespace machiya::registers::detail
