// A new row and a changed one: the posts of the form, and the page where two people's changes meet.
#include <algorithm>

#include "ask/cases/web.h"
#include "ask/registers/pages.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

Result<Row> row_of(const Web& web, const Request& request, const Register& reg) {
  return web.registers.open(reg, request.param("number"), identity::principal_of(request), request.id);
}

Response get_new(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  if (!web.registers.may_add(**reg, identity::principal_of(request))) return http::problem(Error(ErrorCode::forbidden, "add"), request);
  auto form = open_form(web, request, **reg, nullptr);
  return form.ok() ? show_form(web, request, *form, 200) : http::problem(form.error(), request);
}

Response get_change(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  if (!web.registers.may_add(**reg, identity::principal_of(request))) return http::problem(Error(ErrorCode::forbidden, "no right to change rows"), request);
  const auto row = row_of(web, request, **reg);
  if (!row.ok()) return http::problem(row.error(), request);
  auto form = open_form(web, request, **reg, &*row);
  return form.ok() ? show_form(web, request, *form, 200) : http::problem(form.error(), request);
}

/// True when the form is shown again before anything is saved: an address was looked up, a file refused, new questions appeared.
bool only_looks(const Request& request, const Form& form) {
  return request.form("lookup") || request.form("action") == "look" || !form.trouble.empty() || !form.fresh.empty();
}

/// Everything typed goes round with the choice; stored uploads by their names.
Data typed_pairs(const Request& request, const Form& form) {
  Data out{Data::List{}};
  const auto ours = [](const std::string& name) { return name == "csrf" || name == "revision" || name == "action" || name.rfind("over.", 0) == 0; };
  for (const auto& [name, value] : request.form_pairs)
    if (!ours(name) && !(name.size() > 5 && name.compare(name.size() - 5, 5, ".kept") == 0)) out.push(Data().set("name", name).set("value", value));
  for (const auto& page : form.state.pages)
    for (const auto& now : page.questions) {
      if (!now.question->takes_files()) continue;
      for (const json::Value& item : now.value.items()) {
        const auto& saved = form.now.values[now.question->name].items();
        if (std::none_of(saved.begin(), saved.end(), [&](const json::Value& v) { return v.text("blob") == item.text("blob"); }))
          out.push(Data().set("name", now.question->name + ".kept").set("value", json::to_text(item)));
      }
    }
  return out;
}

Response show_conflicts(const Web& web, const Request& request, const Form& form, const Saved& saved) {
  const Register& reg = *form.reg;
  const std::string lang = staff_language(request);
  const Row& now = saved.now ? *saved.now : form.now;
  Data data = register_page(web, request, reg, text(web, request, "staff_registers.conflict"));
  data.set("heading", title_of(web, reg, now, lang)).set("action", row_path(reg, now.number, "/change")).set("revision", static_cast<long long>(now.revision));
  Data rows{Data::List{}};
  for (const Conflict& c : saved.conflicts) {
    const Column* column = reg.column(c.column);
    if (!column || !web.registers.may_read(reg, *column, identity::principal_of(request))) continue;
    auto value = [&](const json::Value& v, const Row* row) {
      std::string out = shown(web, reg, *column, v, row, lang);
      if (column->kind == ColumnKind::relation && out == v.as_string())
        for (const Candidate& found : candidates(web, column->relation, out, identity::principal_of(request), lang)) out = found.title;
      return out.empty() ? text(web, request, "staff_registers.no_value") : out;
    };
    Data one = Data().set("column", c.column).set("label", column->label.in(lang)).set("before", value(c.before, nullptr)).set("theirs", value(c.theirs, &now)).set("mine", value(c.mine, nullptr));
    rows.push(std::move(one.set("who", c.who).set("when", locale::format_time(c.when, lang))));
  }
  data.set("rows", std::move(rows)).set("typed", typed_pairs(request, form));
  return render(web, request, "registers/conflict", std::move(data), 409);
}

/// The person has chosen theirs: their own change of that cell is taken back.
void give_way(const Request& request, Form& form) {
  for (const auto& [name, value] : request.form_pairs)
    if (name.rfind("over.", 0) == 0 && value == "theirs") form.changes.erase(name.substr(5));
}

Response finish(const Web& web, const Request& request, Form& form, Result<Saved>& saved) {
  if (!saved.ok() && saved.error().code == ErrorCode::conflict) {   // many people at once: the same form again, to be sent again
    form.errors = {{"", "conflict", text(web, request, "staff_registers.changed_meanwhile")}};
    return show_form(web, request, form, 409);
  }
  if (!saved.ok()) return http::problem(saved.error(), request);
  if (!saved->errors.empty()) {
    form.errors = saved->errors;
    return show_form(web, request, form, 422);
  }
  if (!saved->conflicts.empty()) return show_conflicts(web, request, form, *saved);
  const std::string number = saved->row ? saved->row->number : form.now.number;
  attach_files(web, identity::principal_of(request), *form.reg, number, form.changes);
  return http::see_other(row_path(*form.reg, number, form.is_new ? "?done=add" : "?done=change"));
}

/// A posted form, of a new row when `row` is null: shown again until it holds what can be saved, then saved.
Response save(const Web& web, Request& request, const Register& reg, const Row* row) {
  auto form = read_form(web, request, reg, row);
  if (!form.ok()) return http::problem(form.error(), request);
  if (only_looks(request, *form)) {
    form->errors.clear();
    return show_form(web, request, *form, 200);
  }
  if (!form->errors.empty()) return show_form(web, request, *form, 422);
  if (row != nullptr) {
    give_way(request, *form);
    if (form->changes.size() == 0) return http::see_other(row_path(reg, row->number, "?done=same"));
  }
  const identity::Principal& who = identity::principal_of(request);
  const std::string lang = staff_language(request);
  auto saved = row == nullptr ? web.registers.add(reg, form->changes, form->reason, who, lang, request.id)
                              : web.registers.change(reg, row->number, form->revision, form->changes, {}, form->reason, who, lang, request.id);
  return finish(web, request, *form, saved);
}

Response post_new(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  return reg.ok() ? save(web, request, **reg, nullptr) : http::problem(reg.error(), request);
}

Response post_change(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  if (!web.registers.may_add(**reg, identity::principal_of(request))) return http::problem(Error(ErrorCode::forbidden, "no right to change rows"), request);
  const auto row = row_of(web, request, **reg);
  return row.ok() ? save(web, request, **reg, &*row) : http::problem(row.error(), request);
}

}  // namespace

void add_form_routes(http::Router& router, const Web& web) {
  const std::string one = std::string(kBase) + "/{register}";
  http::RouteOptions form = staff_route("staff-register-form", one + "/new").on("register", "write");
  http::RouteOptions post = staff_route("").on("register", "write");
  post.body_limit = 64u << 20, post.file_limit = 20u << 20, post.timeout_s = 300;
  router.get(one + "/new", form, [web](Request& r) { return get_new(web, r); });
  router.post(one + "/new", post, [web](Request& r) { return post_new(web, r); });
  http::RouteOptions change = staff_route("staff-register-change", one + "/rows/{number}/change").on("row", "write");
  change.reads_personal_data = true;
  router.get(one + "/rows/{number}/change", change, [web](Request& r) { return get_change(web, r); });
  router.post(one + "/rows/{number}/change", post.on("row", "write"), [web](Request& r) { return post_change(web, r); });
}

}  // namespace machiya::registers::detail
