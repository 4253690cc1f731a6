// The form of a row: all sections on one page, with what the person saw (base), what they typed, and every error at its field.
// Nothing typed is ever lost: whatever comes back from the service, the same page shows it again.
#include <algorithm>

#include "ask/apply/fields.h"
#include "ask/interview/answer_types.h"
#include "ask/registers/pages.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using interview::AnswerType;
using pages::Data;

std::string column_of(std::string_view field) { return std::string(field.substr(0, field.find('.'))); }
bool has(const std::vector<std::string>& list, std::string_view name) { return std::find(list.begin(), list.end(), name) != list.end(); }

bool may_fill(const Web& web, const Register& reg, const Column& column, const identity::Principal& who) {
  return column.entered() && column.type != AnswerType::info && web.registers.may_read(reg, column, who) && web.registers.may_write(reg, column, who);
}

/// Of a row: what people enter. Formulas and deadlines follow from it.
Values entered(const Register& reg, const Values& values) {
  Values out = json::Value::object();
  for (const Column& column : reg.columns)
    if (column.entered() && !values[column.name].is_null()) out.set(column.name, values[column.name]);
  return out;
}

interview::Situation situation_of(const Web& web, const Request& request) {
  interview::Situation out;
  out.now = web.clock.now(), out.lang = staff_language(request);
  return out;
}

/// What the person saw, as an interview that is answered already.
Result<interview::Log> log_of(const Register& reg, const Values& base, interview::Situation situation) {
  interview::Log log;
  situation.now.us -= kSecond;   // older than everything typed
  if (base.size() == 0) return log;
  MACHIYA_TRY(auto answers, interview::read_values(*reg.form, base, situation, "row", {"base"}));
  for (auto& answer : answers) log.append(std::move(answer));
  return log;
}

std::string waiting_owner(const identity::Principal& who) { return std::string(blobs::kUnattached) + "register:" + who.public_id; }

std::string* pair_of(interview::Fields& fields, const std::string& name) {
  for (auto& [key, value] : fields.pairs)
    if (key == name) return &value;
  return nullptr;
}

/// Uploads that an earlier round of this form stored. Only this person's own: the form is not believed.
std::vector<json::Value> kept_files(const Web& web, const Request& request, const Column& column) {
  std::vector<json::Value> out;
  for (const auto& [name, value] : request.form_pairs) {
    if (name != column.name + ".kept" || out.size() >= 100) continue;
    auto item = json::parse(value);
    if (!item.ok() || !item->is_object()) continue;
    const auto blob = web.blobs.find(item->text("blob"));
    if (!blob.ok() || blob->owner != waiting_owner(identity::principal_of(request))) continue;
    item->set("type", blob->type).set("bytes", static_cast<std::int64_t>(blob->bytes));
    out.push_back(std::move(*item));
  }
  return out;
}

void take_files(const Web& web, const Request& request, const Column& column, Form& form, interview::Fields& fields) {
  const auto kept = kept_files(web, request, column);
  interview::QuestionState now;
  now.question = column.question;
  now.value = json::Value::array();
  for (const json::Value& item : form.now.values[column.name].items()) now.value.push(item);
  now.answered = now.value.size() > 0;
  for (const json::Value& item : kept) now.value.push(item);
  std::erase_if(fields.pairs, [&](const auto& pair) { return pair.first == column.name || starts_with(pair.first, column.name + "."); });
  apply::take_files(request, now, waiting_owner(identity::principal_of(request)), web.blobs, fields, form.trouble);
  if (kept.empty() || pair_of(fields, column.name + ".item")) return;
  fields.pairs.emplace_back(column.name + ".asked", "1");
  for (const json::Value& item : now.value.items()) fields.pairs.emplace_back(column.name + ".item", json::to_text(item));
}

/// Turns the typed title of a related row into its number; what means nothing or several rows stays as typed, with an error.
void take_relation(const Web& web, const Request& request, const Column& column, Form& form, interview::Fields& fields) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  std::string* typed = pair_of(fields, column.name);
  if (!typed) return;
  if (const std::string* chosen = pair_of(fields, column.name + ".choice"); chosen && !chosen->empty()) *typed = *chosen;
  if (trim(*typed).empty()) return;
  const auto title = form.now.titles.find(column.name);
  if (title != form.now.titles.end() && title->second == *typed && form.base[column.name] == form.now.values[column.name]) {
    *typed = form.base.text(column.name);
    return;
  }
  if (auto number = resolve(web, column.relation, *typed, who, lang)) {
    *typed = *number;
    return;
  }
  auto found = candidates(web, column.relation, *typed, who, lang);
  form.errors.push_back({column.name, "relation", text(web, request, found.empty() ? "staff_registers.relation_none" : "staff_registers.relation_several", {{"label", column.label.in(lang)}})});
  form.choose.emplace_back(column.name, std::move(found));
}

interview::Fields fields_of(const Web& web, const Request& request, Form& form) {
  const Register& reg = *form.reg;
  const identity::Principal& who = identity::principal_of(request);
  interview::Fields fields;
  for (const auto& [name, value] : request.form_pairs) {
    const Column* column = reg.column(column_of(name));
    const bool stored = name.size() > 5 && name.compare(name.size() - 5, 5, ".item") == 0;   // only the blob store says what it holds
    if (column && !stored && may_fill(web, reg, *column, who) && fields.pairs.size() < 4000) fields.pairs.emplace_back(name, value);
  }
  const std::string lookup = param_of(request, "lookup");
  for (const Column& column : reg.columns) {
    if (!column.question || !may_fill(web, reg, column, who)) continue;
    if (column.question->takes_files()) take_files(web, request, column, form, fields);
    if (column.kind == ColumnKind::relation) take_relation(web, request, column, form, fields);
    if (column.type == AnswerType::address) apply::complete_address(web.reference, column.name, lookup == column.name, fields);
    if (column.type == AnswerType::bank_account) apply::complete_bank(web.reference, column.name, fields);
  }
  return fields;
}

/// The valid answers among what was typed that differ from what the person saw; null: emptied.
void keep_changes(Form& form, const std::vector<interview::Answer>& typed) {
  for (const interview::Answer& answer : typed) {
    const Column* column = form.reg->column(answer.field);
    if (!column || answer.value.has("raw")) continue;
    const json::Value& saw = column->question && column->question->takes_files() ? form.now.values[column->name] : form.base[column->name];
    if (!(answer.value == saw)) form.changes.set(column->name, answer.value);
  }
}

void keep_errors(const Web& web, const Request& request, Form& form) {
  const identity::Principal& who = identity::principal_of(request);
  for (const auto& page : form.state.pages) {
    for (const auto& error : page.errors) {
      const std::string name = column_of(error.field);
      const bool told = std::any_of(form.errors.begin(), form.errors.end(), [&](const CellError& e) { return e.column == name; });
      if (!told && has(form.asked, name)) form.errors.push_back({name, error.code, error.message});
    }
    for (const auto& now : page.questions) {
      const Column* column = form.reg->column(now.question->name);
      if (column && may_fill(web, *form.reg, *column, who) && !has(form.asked, column->name)) form.fresh.push_back(column->name);
    }
  }
}

Form blank(const Register& reg, const Row* row) {
  Form form;
  form.reg = &reg;
  form.is_new = row == nullptr;
  if (row) form.now = *row, form.revision = row->revision, form.base = entered(reg, row->values);
  return form;
}

Result<std::vector<interview::Answer>> typed_answers(const Register& reg, const interview::State& before, const interview::Fields& fields, const interview::Situation& situation) {
  std::vector<interview::Answer> out;
  int round = 0;
  for (const interview::Page& page : reg.form->pages) {
    interview::PageState shown;
    shown.page = &page, shown.key = page.id;
    if (const auto* known = before.page(page.id)) shown = *known;
    for (auto& answer : interview::read_fields(*reg.form, shown, fields, situation, "staff", {"typed" + std::to_string(++round)})) out.push_back(std::move(answer));
  }
  return out;
}

}  // namespace

namespace {

/// What the address of an empty form fills in: relations to rows that this person may read ("add one" on the page of such a row).
Values filled_in(const Web& web, const Request& request, const Register& reg) {
  Values out = json::Value::object();
  const identity::Principal& who = identity::principal_of(request);
  for (const Column& column : reg.columns) {
    const auto number = column.kind == ColumnKind::relation && may_fill(web, reg, column, who) ? request.query(column.name) : std::nullopt;
    const auto other = number ? web.registers.find(column.relation, who) : Error(ErrorCode::not_found);
    if (other.ok() && web.registers.open(**other, *number, who, request.id).ok()) out.set(column.name, std::string(*number));
  }
  return out;
}

}  // namespace

Result<Form> open_form(const Web& web, const Request& request, const Register& reg, const Row* row) {
  Form form = blank(reg, row);
  const auto situation = situation_of(web, request);
  MACHIYA_TRY(const auto log, log_of(reg, row ? form.base : filled_in(web, request, reg), situation));
  MACHIYA_TRY(form.state, interview::evaluate(*reg.form, log, situation));
  return form;
}

Result<Form> read_form(const Web& web, Request& request, const Register& reg, const Row* row) {
  Form form = blank(reg, row);
  const auto situation = situation_of(web, request);
  if (row) {
    MACHIYA_TRY(auto base, json::parse(param_of(request, "base")));
    form.base = entered(reg, base);
    for (const Column& column : reg.columns) {   // files merge by themselves: they are compared with what the row holds now
      if (!column.entered() || !web.registers.may_read(reg, column, identity::principal_of(request))) form.base.erase(column.name);
      else if (column.question && column.question->takes_files()) {
        form.base.erase(column.name);
        if (!row->values[column.name].is_null()) form.base.set(column.name, row->values[column.name]);
      }
    }
    form.revision = std::atoll(param_of(request, "revision").c_str());
  }
  form.reason = std::string(trim(param_of(request, "reason")));
  for (const auto& [name, value] : request.form_pairs)
    if (name == "asked" && reg.column(value)) form.asked.push_back(value);
  MACHIYA_TRY(auto log, log_of(reg, form.base, situation));
  MACHIYA_TRY(const auto before, interview::evaluate(*reg.form, log, situation));
  const interview::Fields fields = fields_of(web, request, form);
  MACHIYA_TRY(const auto typed, typed_answers(reg, before, fields, situation));
  for (const auto& answer : typed) log.append(answer);
  MACHIYA_TRY(form.state, interview::evaluate(*reg.form, log, situation));
  keep_changes(form, typed);
  keep_errors(web, request, form);
  return form;
}

void attach_files(const Web& web, const identity::Principal& who, const Register& reg, const std::string& number, const Values& changes) {
  std::vector<std::string> ids;
  for (const Column& column : reg.columns)
    if (column.question && column.question->takes_files())
      for (const json::Value& item : changes[column.name].items()) ids.push_back(item.text("blob"));
  // Refused (the store is full): the files are erased after a day and the row names files that are gone; the save itself stands.
  if (!ids.empty()) (void)web.blobs.hand_over(ids, waiting_owner(who), file_owner_of(reg, number));
}

bool waits_for(const Web& web, const identity::Principal& who, std::string_view blob) {
  const auto found = web.blobs.find(blob);
  return found.ok() && found->owner == waiting_owner(who);
}

}  // namespace machiya::registers::detail
