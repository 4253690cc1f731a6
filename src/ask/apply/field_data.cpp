// Questions as the field templates read them (web/README.md).
#include "ask/apply/fields.h"
#include "ask/interview/answer_types.h"
#include "base/text.h"

namespace machiya::apply {
namespace {

using interview::AnswerType;
using pages::Data;

struct View {
  const interview::Question& question;
  const interview::QuestionState& now;
  std::string id, lang;
  interview::Parts parts;   ///< what the controls hold
};

std::string error_text(const interview::PageState& page, const interview::QuestionState& now) {
  std::string out;
  for (const auto& error : page.errors) {
    if (error.field != now.field && !starts_with(error.field, now.field + ".")) continue;
    if (!out.empty()) out += " ";
    out += error.message;
  }
  return out;
}

Data value_map(const View& view) {
  Data out{Data::Map{}};
  for (const auto& [name, text] : view.parts)
    if (!name.empty()) out.set(name, text);
  return out;
}

bool holds(const View& view, std::string_view value) {
  for (const auto& [name, text] : view.parts)
    if (name.empty() && text == value) return true;
  return false;
}

Data option_list(const View& view) {
  Data out{Data::List{}};
  bool first = true;
  for (const auto& option : view.question.options) {
    Data row;
    row.set("id", first ? view.id : view.id + "-" + std::to_string(&option - view.question.options.data())).set("value", option.value).set("label", rich(option.label.in(view.lang), view.lang));
    if (!option.hint.empty()) row.set("hint", rich(option.hint.in(view.lang), view.lang));
    row.set("checked", holds(view, option.value));
    out.push(std::move(row));
    first = false;
  }
  return out;
}

Data eras(const View& view) {
  const std::string chosen(interview::part(view.parts, "era"));
  Data out{Data::List{}};
  for (const char* era : {"western", "R", "H", "S", "T", "M"})
    out.push(Data().set("value", era).set("checked", chosen.empty() ? std::string_view(era) == "western" : chosen == era));
  return out;
}

Data wards(const View& view, const interview::World& world) {
  const auto chosen = interview::part(view.parts, "ward");
  Data out{Data::List{}};
  for (const auto& ward : world.wards) out.push(Data().set("value", ward.id).set("label", ward.name.in(view.lang)).set("checked", chosen == ward.id));
  return out;
}

Data kinds(const View& view) {
  const auto chosen = interview::part(view.parts, "kind");
  Data out{Data::List{}};
  for (const char* kind : {"ordinary", "current", "savings"}) out.push(Data().set("value", kind).set("checked", chosen.empty() ? std::string_view(kind) == "ordinary" : chosen == kind));
  return out;
}

/// Several towns of one postal code, while none is chosen.
void towns(Data& field, const View& view, const locale::ReferenceData* reference) {
  if (reference == nullptr || !interview::part(view.parts, "town").empty()) return;
  const std::string postal = digits_of(interview::part(view.parts, "postal_code"));
  if (postal.size() != 7) return;
  const auto found = reference->towns_of(postal);
  if (found.size() < 2) return;
  Data list{Data::List{}};
  for (std::size_t i = 0; i < found.size() && i < 30; ++i)
    list.push(Data().set("value", static_cast<int>(i)).set("label", found[i].prefecture + found[i].city + found[i].town).set("checked", false));
  field.set("towns", std::move(list));
}

void files(Data& field, const View& view, std::string_view path) {
  Data items{Data::List{}};
  for (const auto& item : view.now.value.items()) {
    Data row;
    const auto& blob = item.text("blob");
    row.set("blob", blob).set("filename", item.text("filename")).set("size", size_text(item["bytes"].as_int()));
    if (starts_with(item.text("type"), "image/")) row.set("thumbnail", std::string(path) + blob);
    items.push(std::move(row));
  }
  if (view.now.value.size() > 0) field.set("files", Data().set("items", std::move(items)));
  const bool photo = view.question.type == AnswerType::photo;
  field.set("accept", photo ? "image/jpeg,image/png,image/webp" : "image/jpeg,image/png,image/webp,application/pdf");
  field.set("photo", photo).set("multiple", view.question.max_count > 1);
}

void by_type(Data& field, const View& view, const interview::Procedure& procedure, std::string_view path, const locale::ReferenceData* reference) {
  const auto& question = view.question;
  switch (question.type) {
    case AnswerType::name:
      field.set("value", value_map(view)).set("other_person", question.autocomplete == "off");
      break;
    case AnswerType::organisation: field.set("value", value_map(view)); break;
    case AnswerType::address:
      field.set("value", value_map(view)).set("lookup_url", "/api/v1/towns/");
      towns(field, view, reference);
      break;
    case AnswerType::date:
      field.set("value", value_map(view)).set("eras", eras(view)).set("birthday", question.autocomplete == "bday" || question.prefill == "person.birth_date");
      break;
    case AnswerType::choice:
    case AnswerType::choices: field.set("options", option_list(view)); break;
    case AnswerType::yes_no: field.set("yes", holds(view, "yes")).set("no", holds(view, "no")); break;
    case AnswerType::photo:
    case AnswerType::file: files(field, view, path); break;
    case AnswerType::place:
      field.set("value", value_map(view)).set("wards", wards(view, procedure.world)).set("map_layers_url", "/api/v1/map/base");
      field.set("show_coordinates", !interview::part(view.parts, "lat").empty());
      break;
    case AnswerType::bank_account: field.set("value", value_map(view)).set("kinds", kinds(view)); break;
    case AnswerType::declaration: field.set("text", rich(question.text.in(view.lang), view.lang)).set("checked", holds(view, "yes")); break;
    case AnswerType::info: field.set("text", rich(question.text.in(view.lang), view.lang)); break;
    default: {
      field.set("value", std::string(interview::part(view.parts, "")));
      const auto parts = interview::unit_of(question.type).parts(question);
      if (!parts.empty()) field.set("autocomplete", parts[0].autocomplete).set("inputmode", parts[0].input_mode);
      if (question.max_length > 0) field.set("max_length", question.max_length);
      if (!question.unit.empty()) field.set("unit", question.unit.in(view.lang));
    }
  }
}

}  // namespace

Data field_data(const interview::Procedure& procedure, const interview::PageState& page, const interview::QuestionState& now, std::string_view path, std::string_view lang,
                const locale::Catalogue& texts, const locale::ReferenceData* reference) {
  const auto& question = *now.question;
  const std::string name = question.name.empty() ? "info-" + std::to_string(&question - page.page->questions.data()) : question.name;
  View view{question, now, "f-" + name, std::string(lang), {}};
  if (!now.value.is_null()) view.parts = interview::unit_of(question.type).to_parts(question, now.value);
  else if (!now.raw.is_null()) view.parts = interview::parts_of_raw(now.raw);
  Data field;
  field.set("type", interview::answer_type_name(question.type)).set("id", view.id).set("name", name);
  field.set("label", question.type == AnswerType::declaration && question.label.in("ja") == question.text.in("ja") ? pages::Data(texts.text(lang, "apply.declaration")) : rich(question.label.in(lang), lang));
  if (!question.hint.empty()) field.set("hint", rich(question.hint.in(lang), lang));
  field.set("required", !question.optional);
  if (const auto error = error_text(page, now); !error.empty()) field.set("error", rich(error, lang));
  if (!now.source.empty()) field.set("source", texts.text(lang, "apply.source." + now.source));
  const bool may_be_empty = question.type == AnswerType::choice || question.type == AnswerType::choices || question.type == AnswerType::yes_no || question.type == AnswerType::declaration;
  if (may_be_empty) field.set("asked", name + ".asked");
  by_type(field, view, procedure, path, reference);
  return field;
}

}  // namespace machiya::apply
