// choice, choices, yes-no, declaration, info.
#include "ask/interview/answer_types.h"
#include "base/text.h"

namespace machiya::interview {
namespace {

using json::Value;

/// A person or program may send the value or a label of any language.
const Option* option_of(const Question& question, std::string_view text) {
  if (const auto* found = question.option(text)) return found;
  for (const auto& option : question.options)
    for (const auto& [lang, label] : option.label.all())
      if (label == text) return &option;
  return nullptr;
}

Reading choice_from_parts(const Question& question, const World& world, const Parts& parts) {
  const std::string text = clean(part(parts, ""));
  if (text.empty()) return nothing();
  Reading out;
  if (const auto* option = option_of(question, text)) out.value = option->value;
  else if (!question.options_from.empty() && !world.known) out.value = text;
  else return wrong(MessageCode::choice);
  return out;
}

Reading chosen(const Question& question, const World& world, const std::vector<std::string>& texts) {
  Reading out;
  Value list = Value::array();
  for (const auto& option : question.options) {   // in the order of the definition, each once
    for (const auto& text : texts)
      if (option_of(question, text) == &option) {
        list.push(option.value);
        break;
      }
  }
  for (const auto& text : texts)
    if (!text.empty() && option_of(question, text) == nullptr) {
      if (question.options_from.empty() || world.known) return wrong(MessageCode::choice);
      list.push(text);
    }
  const auto count = static_cast<int>(list.size());
  if (count == 0) return nothing();
  if (question.min_count > count) return wrong(MessageCode::count_min, {}, {{"min", std::to_string(question.min_count)}});
  if (question.max_count >= 0 && question.max_count < count) return wrong(MessageCode::count_max, {}, {{"max", std::to_string(question.max_count)}});
  out.value = std::move(list);
  return out;
}
Reading choices_from_parts(const Question& question, const World& world, const Parts& parts) {
  std::vector<std::string> texts;
  for (const auto& [name, text] : parts)
    if (name.empty() && texts.size() < static_cast<std::size_t>(kMaxOptions) && !trim(text).empty()) texts.push_back(clean(text));
  return chosen(question, world, texts);
}
Reading choices_from_json(const Question& question, const World& world, const Value& value) {
  if (value.is_null()) return nothing();
  if (!value.is_array()) return choices_from_parts(question, world, {{"", scalar_text(value)}});
  std::vector<std::string> texts;
  for (const auto& item : value.items()) {
    if (!item.is_string() || texts.size() >= static_cast<std::size_t>(kMaxOptions)) return wrong(MessageCode::choice);
    texts.push_back(clean(item.as_string()));
  }
  return chosen(question, world, texts);
}
Parts choices_to_parts(const Question&, const Value& value) {
  Parts out;
  for (const auto& item : value.items()) out.emplace_back("", item.as_string());
  return out;
}

Reading yes_no_from_parts(const Question&, const World&, const Parts& parts) {
  const std::string text = lower_ascii(fold_width(clean(part(parts, ""))));
  if (text.empty()) return nothing();
  Reading out;
  if (text == "yes" || text == "true" || text == "1" || text == "on" || text == "はい" || text == "有" || text == "あり") out.value = true;
  else if (text == "no" || text == "false" || text == "0" || text == "off" || text == "いいえ" || text == "無" || text == "なし") out.value = false;
  else return wrong(MessageCode::choice);
  return out;
}
Parts yes_no_to_parts(const Question&, const Value& value) {
  Parts out;
  if (value.is_bool()) out.emplace_back("", value.as_bool() ? "yes" : "no");
  return out;
}
Reading declaration_from_parts(const Question& question, const World& world, const Parts& parts) {
  Reading out = yes_no_from_parts(question, world, parts);
  if (out.value.is_bool() && !out.value.as_bool()) return nothing();
  return out;
}

Reading info_from_parts(const Question&, const World&, const Parts&) { return nothing(); }
Reading info_from_json(const Question&, const World&, const Value&) { return nothing(); }

feel::Type string_type(const Question&) { return feel::Type::string(); }
feel::Type strings_type(const Question&) { return feel::Type::list(feel::Type::string()); }
feel::Type boolean_type(const Question&) { return feel::Type::boolean(); }
feel::Type null_type(const Question&) { return feel::Type::null(); }

Value choice_schema(const Question& question) {
  Value list = Value::array();
  for (const auto& option : question.options) list.push(option.value);
  auto schema = Value::object({{"type", "string"}});
  if (list.size() > 0) schema.set("enum", std::move(list));
  return schema;
}
Value choices_schema(const Question& question) {
  auto schema = Value::object({{"type", "array"}, {"items", choice_schema(question)}, {"uniqueItems", true}});
  if (question.min_count >= 0) schema.set("minItems", question.min_count);
  if (question.max_count >= 0) schema.set("maxItems", question.max_count);
  return schema;
}
Value yes_no_schema(const Question&) { return Value::object({{"type", "boolean"}}); }
Value declaration_schema(const Question&) { return Value::object({{"const", true}}); }
Value info_schema(const Question&) { return Value::object({{"type", "null"}}); }

std::vector<PartInfo> choice_parts(const Question& question) { return {{"", "", question.autocomplete, "", "radio", true, 0}}; }
std::vector<PartInfo> choices_parts(const Question&) { return {{"", "", "", "", "checkbox", true, 0}}; }
std::vector<PartInfo> yes_no_parts(const Question&) { return {{"", "", "", "", "radio", true, 0}}; }
std::vector<PartInfo> declaration_parts(const Question&) { return {{"", "", "", "", "checkbox", true, 0}}; }
std::vector<PartInfo> info_parts(const Question&) { return {}; }

}  // namespace

const TypeUnit kChoiceUnit = {AnswerType::choice, "choice", choice_from_parts, scalar_through_parts, string_type, choice_schema, choice_parts, single_part};
const TypeUnit kChoicesUnit = {AnswerType::choices, "choices", choices_from_parts, choices_from_json, strings_type, choices_schema, choices_parts, choices_to_parts};
const TypeUnit kYesNoUnit = {AnswerType::yes_no, "yes-no", yes_no_from_parts, scalar_through_parts, boolean_type, yes_no_schema, yes_no_parts, yes_no_to_parts};
const TypeUnit kDeclarationUnit = {AnswerType::declaration, "declaration", declaration_from_parts, scalar_through_parts, boolean_type, declaration_schema, declaration_parts, yes_no_to_parts};
const TypeUnit kInfoUnit = {AnswerType::info, "info", info_from_parts, info_from_json, null_type, info_schema, info_parts, single_part};

}  // namespace machiya::interview
