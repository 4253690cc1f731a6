// The table of a list or sheet: headings that sort, one row for each row, groups, and what the grid needs for editing.
#include <algorithm>

#include "ask/registers/pages_list.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using interview::AnswerType;
using pages::Data;

/// How the grid edits a cell: "choice" from a list, "text" as typed; "" not at all (several boxes, files, worked out).
std::string editor_of(const Column& column) {
  if (!column.entered()) return {};
  if (column.kind == ColumnKind::relation) return "text";
  switch (column.type) {
    case AnswerType::choice:
    case AnswerType::yes_no: return "choice";
    case AnswerType::text:
    case AnswerType::long_text:
    case AnswerType::date:
    case AnswerType::money:
    case AnswerType::number:
    case AnswerType::digits:
    case AnswerType::email:
    case AnswerType::phone: return "text";
    default: return {};
  }
}

json::Value options_of(const Web& web, const Request& request, const Column& column) {
  json::Value out = json::Value::array();
  auto add = [&](std::string label) { out.push(json::Value(std::move(label))); };
  if (column.type == AnswerType::yes_no) add(text(web, request, "field.yes")), add(text(web, request, "field.no"));
  else if (column.question)
    for (const auto& o : column.question->options) add(o.label.in(staff_language(request)));
  return out;
}

Data heading_of(const Web& web, const Request& request, const Register& reg, const Column& column, const Query& query, bool sheet) {
  const std::string lang = staff_language(request);
  Data out = Data().set("label", column.label.in(lang)).set("column", column.name);
  if (is_number(column)) out.set("number", true);
  const bool sorted = query.sort && query.sort->column == column.name;
  if (sorted) out.set("sorted", query.sort->descending ? "descending" : "ascending");
  const bool sorts = column.filter && !column.personal && !sheet && request.method != http::Method::post;
  if (sorts) out.set("href", address_of(reg, search_of(request, reg), "sort", sorted && !query.sort->descending ? "-" + column.name : column.name));
  const std::string editor = web.registers.may_write(reg, column, identity::principal_of(request)) ? editor_of(column) : std::string();
  if (!sheet && !editor.empty()) out.set("edit", editor);
  if (!sheet && editor == "choice") out.set("options", json::to_text(options_of(web, request, column)));
  return out;
}

Data cells_of(const Web& web, const Request& request, const Register& reg, const std::vector<const Column*>& columns, const Row& row) {
  const std::string lang = staff_language(request);
  Data cells{Data::List{}};
  bool named = false;
  for (const Column* column : columns) {
    const json::Value& value = row.values[column->name];
    const std::string text = shown(web, reg, *column, value, &row, lang);
    Data cell = Data().set("text", text).set("column", column->name);
    if (is_number(*column)) cell.set("number", true);
    if (column->name == reg.title) {
      const bool filled = !value.is_null();
      cell.set("header", true).set("href", row_path(reg, row.number));
      if (!filled) cell.set("text", row.number);
      named = true;
    }
    if (const std::string as_typed = typed(web, reg, *column, value, &row, lang); as_typed != text) cell.set("typed", as_typed);
    cells.push(std::move(cell));
  }
  if (named) return cells;
  Data with_key{Data::List{Data().set("text", row.number).set("header", true).set("href", row_path(reg, row.number))}};
  for (const Data& cell : std::get<Data::List>(cells.get())) with_key.push(cell);
  return with_key;
}

/// A row can be typed into the table when everything that every row must have stands in it.
bool takes_new_rows(const Web& web, const Register& reg, const std::vector<const Column*>& columns, const identity::Principal& who) {
  if (!web.registers.may_add(reg, who)) return false;
  return std::all_of(reg.columns.begin(), reg.columns.end(), [&](const Column& c) {
    return !c.always_required() || !web.registers.may_write(reg, c, who) || (!editor_of(c).empty() && std::find(columns.begin(), columns.end(), &c) != columns.end());
  });
}

}  // namespace

Data table_of(const Web& web, const Request& request, const Register& reg, const View& view, const Listing& listing, const Query& query, const std::string& group) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  const bool sheet = view.type == ViewType::sheet;
  const auto columns = readable(web, reg, view.columns, who);
  Data heads{Data::List{}};
  bool named = false, editable = false;
  for (const Column* column : columns) {
    named = named || column->name == reg.title;
    heads.push(heading_of(web, request, reg, *column, query, sheet));
    editable = editable || (!editor_of(*column).empty() && web.registers.may_write(reg, *column, who));
  }
  Data table = Data().set("id", "rows").set("caption", view.name.in(lang)).set("columns", std::move(heads));
  if (!named) table.set("number_column", true);
  if (!reg.workflow.empty()) table.set("states", true);
  if (editable && !sheet) table.set("grid", path_of(reg, "/rows/"));
  if (editable && !sheet && takes_new_rows(web, reg, columns, who)) table.set("add", path_of(reg, "/cells"));
  const Column* by = reg.column(group);
  Data bodies{Data::List{}}, rows{Data::List{}};
  std::string open;
  bool any = false;
  auto close = [&] {
    if (!any) return;
    Data body = Data().set("rows", std::move(rows));
    if (by) body.set("group", open).set("group_column", by->label.in(lang));
    bodies.push(std::move(body));
    rows = Data(Data::List{});
  };
  for (const Row& row : listing.rows) {
    std::string here = by ? shown(web, reg, *by, row.values[by->name], &row, lang) : std::string();
    if (by && here.empty()) here = text(web, request, "staff_registers.no_value");
    if (any && here != open) close();
    open = here, any = true;
    Data one = row_link(web, reg, row, lang);
    rows.push(std::move(one.set("cells", cells_of(web, request, reg, columns, row))));
  }
  close();
  const auto width = static_cast<int>(columns.size()) + (named ? 0 : 1) + (reg.workflow.empty() ? 0 : 1);
  return std::move(table.set("bodies", std::move(bodies)).set("width", width).set("any", any));
}

}  // namespace machiya::registers::detail
