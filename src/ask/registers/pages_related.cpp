// On the page of a row: the rows of other registers that point to it.
#include "ask/registers/pages_list.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using pages::Data;

/// The first columns of the other register's first view, beside its title: enough to tell one row from the next.
std::string summary_of(const Web& web, const Register& other, const Column& relation, const Row& row, const identity::Principal& who, std::string_view lang) {
  constexpr int kMost = 3;
  std::string out;
  int said = 0;
  for (const std::string& name : other.views.front().columns) {
    const Column* column = other.column(name);
    if (column == nullptr || name == other.title || name == relation.name || said >= kMost || !web.registers.may_read(other, *column, who)) continue;
    const std::string text = shown(web, other, *column, row.values[name], &row, lang);
    if (text.empty()) continue;
    out += (said++ > 0 ? " · " : "") + column->label.in(lang) + ": " + text;
  }
  return out;
}

Data one_relation(const Web& web, const Request& request, const Register& other, const Column& relation, const Listing& listing, const std::string& number) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  Data rows{Data::List{}};
  for (const Row& row : listing.rows) rows.push(row_link(web, other, row, lang).set("more", summary_of(web, other, relation, row, who, lang)));
  Data out = Data().set("title", other.name.in(lang) + " (" + relation.label.in(lang) + ")").set("rows", std::move(rows)).set("count", count_text(web, request, listing));
  if (!listing.rows.empty()) out.set("any", true).set("all", address_of(other, {}, "f." + relation.name, number));
  if (web.registers.may_write(other, relation, who)) out.set("add", path_of(other, "/new?" + relation.name + "=" + number));
  return out;
}

}  // namespace

Data related_of(const Web& web, const Request& request, const Register& reg, const std::string& number) {
  constexpr int kFirst = 10;
  const identity::Principal& who = identity::principal_of(request);
  Data out{Data::List{}};
  for (const auto& other : web.registers.all(who))
    for (const Column& column : other->columns) {
      if (column.kind != ColumnKind::relation || column.relation != reg.id || !column.filter || !web.registers.may_read(*other, column, who)) continue;
      Query query;
      query.where = {{column.name, "is", number}}, query.limit = kFirst, query.request = request.id;
      const auto listing = web.registers.list(*other, query, who);
      if (!listing.ok() || (listing->rows.empty() && !web.registers.may_write(*other, column, who))) continue;
      out.push(one_relation(web, request, *other, column, *listing, number));
    }
  return out;
}

}  // namespace machiya::registers::detail
