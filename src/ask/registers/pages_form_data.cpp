// The form of a row as its template reads it.
#include <algorithm>

#include "ask/apply/fields.h"
#include "ask/interview/answer_types.h"
#include "ask/registers/pages.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using pages::Data;

/// The page as field_data() reads it: only the errors that this form tells.
interview::PageState told(const interview::PageState& page, const Form& form) {
  interview::PageState out = page;
  out.errors.clear();
  for (const CellError& error : form.errors) out.errors.push_back({error.column, error.code, error.message});
  return out;
}

void relation(const Web& web, const Request& request, const Form& form, const Column& column, const interview::QuestionState& now, Data& field) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  const std::string number = now.value.as_string();
  if (const auto rows = choices_of(web, column.relation, who, lang)) {
    Data options{Data::List{}};
    for (const Candidate& c : *rows) options.push(Data().set("value", c.number).set("label", c.title).set("checked", c.number == number));
    field.set("type", "select").set("options", std::move(options));
    return;
  }
  field.set("type", "relation");
  for (const auto& [name, found] : form.choose) {
    if (name != column.name) continue;
    Data options{Data::List{}};
    for (const Candidate& c : found) options.push(Data().set("value", c.number).set("label", c.title).set("id", "f-" + name + "-" + c.number));
    if (!found.empty()) field.set("choices", Data().set("options", std::move(options)));
    return;   // the box keeps what was typed
  }
  const auto title = form.now.titles.find(column.name);
  if (title != form.now.titles.end() && form.now.values.text(column.name) == number) field.set("value", title->second);
  else if (!number.empty())
    for (const Candidate& c : candidates(web, column.relation, number, who, lang)) field.set("value", c.title);
}

/// Uploads that no row holds yet go round with the form.
void keep_uploads(const Form& form, const Column& column, const interview::QuestionState& now, Data& kept) {
  const auto& saved = form.now.values[column.name].items();
  for (const json::Value& item : now.value.items()) {
    const bool in_row = std::any_of(saved.begin(), saved.end(), [&](const json::Value& v) { return v.text("blob") == item.text("blob"); });
    if (!in_row) kept.push(Data().set("name", column.name + ".kept").set("value", json::to_text(item)));
  }
}

Data error_summary(const Form& form) {
  Data items{Data::List{}};
  for (const CellError& error : form.errors) {
    const bool asked = form.reg->column(error.column) != nullptr;
    items.push(Data().set("href", asked ? "#f-" + error.column : "#main").set("text", error.message));
  }
  return Data().set("items", std::move(items));
}

Data buttons_of(const Web& web, const Request& request, const Form& form) {
  Data out{Data::List{}};
  out.push(Data().set("value", "next").set("label", text(web, request, form.is_new ? "staff_registers.save_new" : "staff_registers.save")).set("primary", true));
  out.push(Data().set("value", "look").set("label", text(web, request, "staff_registers.look_again")).set("skip_check", true));
  return out;
}

}  // namespace

http::Response show_form(const Web& web, const Request& request, const Form& form, int status) {
  const Register& reg = *form.reg;
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  const std::string name = form.is_new ? text(web, request, "staff_registers.add") : text(web, request, "staff_registers.change_of", {{"title", title_of(web, reg, form.now, lang)}});
  Data data = register_page(web, request, reg, name);
  data.set("heading", name).set("action", form.is_new ? path_of(reg, "/new") : row_path(reg, form.now.number, "/change"));
  data.set("cancel", form.is_new ? path_of(reg) : row_path(reg, form.now.number));
  Data sections{Data::List{}}, asked{Data::List{}}, kept{Data::List{}};
  bool upload = false, map = false;
  const std::string files = form.is_new ? path_of(reg, "/files/") : row_path(reg, form.now.number, "/files/");
  for (const auto& page : form.state.pages) {
    const interview::PageState shown_page = told(page, form);
    Data fields{Data::List{}}, fixed{Data::List{}};
    bool any = false;
    for (const auto& now : page.questions) {
      const Column* column = reg.column(now.question->name);
      const bool info = !now.question->asks();
      if (!info && (!column || !web.registers.may_read(reg, *column, who))) continue;
      any = true;
      if (!info && (!column->entered() || !web.registers.may_write(reg, *column, who))) {
        if (!form.is_new) fixed.push(Data().set("label", column->label.in(lang)).set("value", shown(web, reg, *column, form.now.values[column->name], &form.now, lang)));
        continue;
      }
      Data field = apply::field_data(*reg.form, shown_page, now, files, lang, web.texts, web.reference);
      if (column && column->kind == ColumnKind::relation) relation(web, request, form, *column, now, field);
      if (column && now.question->takes_files()) keep_uploads(form, *column, now, kept), upload = true;
      map = map || now.question->type == interview::AnswerType::place;
      if (column) asked.push(column->name);
      fields.push(std::move(field));
    }
    if (any) sections.push(Data().set("title", form.state.pages.size() > 1 ? page.page->title.in(lang) : "").set("id", "section-" + page.page->id).set("fields", std::move(fields)).set("fixed", std::move(fixed)));
  }
  data.set("sections", std::move(sections)).set("asked_columns", std::move(asked)).set("kept_files", std::move(kept)).set("upload", upload);
  if (map) data.set("needs_map", true);
  if (!form.is_new) data.set("base", json::to_text(form.base)).set("revision", static_cast<long long>(form.revision)).set("is_change", true);
  data.set("reason_value", form.reason).set("buttons", buttons_of(web, request, form));
  if (!form.errors.empty()) data.set("errors", error_summary(form));
  else if (!form.trouble.empty()) data.set("flash", Data().set("kind", "error").set("text", text(web, request, form.trouble)));
  else if (status == 200 && request.method == http::Method::post && !form.fresh.empty()) data.set("flash", Data().set("kind", "info").set("text", text(web, request, "staff_registers.fresh")));
  return render(web, request, "registers/form", std::move(data), status);
}

}  // namespace machiya::registers::detail
