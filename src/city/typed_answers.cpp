#include "city/typed_answers.h"

#include <cstdlib>
#include <set>

#include "city/near.h"

namespace machiya::city {
namespace {

json::Value as_number(const std::string& text) {
  std::string_view digits = text;
  if (!digits.empty() && digits[0] == '-') digits.remove_prefix(1);
  const std::size_t dot = digits.find('.');
  const auto all_digits = [](std::string_view s) { return !s.empty() && s.size() < 19 && s.find_first_not_of("0123456789") == std::string_view::npos; };
  const std::string_view whole = digits.substr(0, dot);
  const bool right = all_digits(whole) && (whole.size() == 1 || whole[0] != '0') && (dot == std::string_view::npos || all_digits(digits.substr(dot + 1)));
  if (!right) return text;
  if (dot != std::string_view::npos) return json::Value::number(text);
  return static_cast<std::int64_t>(std::strtoll(text.c_str(), nullptr, 10));
}

json::Value as_flag(const std::string& text) {
  if (text == "yes" || text == "true") return true;
  if (text == "no" || text == "false") return false;
  return text;
}

/// The values inside structured answers: coordinates and sizes are numbers.
void type_members(json::Value& value) {
  for (auto& [key, member] : value.members()) {
    if (member.is_string() && (key == "lat" || key == "lon" || key == "bytes")) member = as_number(member.as_string());
    if (member.is_object()) type_members(member);
  }
}

}  // namespace

void type_answer(json::Value& value, const std::string& type) {
  if (value.is_string()) {
    if (value.as_string() == "null") value = json::Value();
    else if (type == "money" || type == "number") value = as_number(value.as_string());
    else if (type == "yes-no" || type == "declaration" || type == "boolean") value = as_flag(value.as_string());
  } else if (value.is_array()) {
    for (json::Value& item : value.items())
      if (item.is_object()) type_members(item);
  } else if (value.is_object()) {
    type_members(value);
  }
}

namespace {

struct Names {
  std::vector<std::pair<std::string, std::string>> types;                ///< name -> type
  std::vector<std::pair<std::string, const json::Value*>> repeats;      ///< name -> page
  std::vector<std::string> all() const {
    std::vector<std::string> out;
    for (const auto& [name, type] : types) out.push_back(name);
    for (const auto& [name, page] : repeats) out.push_back(name);
    return out;
  }
};

void add_questions(const json::Value& page, Names& names) {
  for (const json::Value& question : page["ask"].items())
    if (question.has("name")) names.types.emplace_back(question.text("name"), question.text("type"));
}

Names names_of(const json::Value& procedure) {
  Names names;
  for (const json::Value& page : procedure["pages"].items()) {
    if (page.has("repeat")) names.repeats.emplace_back(page["repeat"].text("name"), &page);
    else add_questions(page, names);
  }
  for (const json::Value& calculated : procedure["calculate"].items()) names.types.emplace_back(calculated.text("name"), calculated.text("type"));
  return names;
}

void type_object(json::Value& answers, const Names& names, const std::string& pointer, Diagnostics& faults) {
  for (auto& [name, value] : answers.members()) {
    const std::string here = pointer + "/" + json::pointer_token(name);
    const std::string* type = nullptr;
    const json::Value* page = nullptr;
    for (const auto& [known, t] : names.types)
      if (known == name) type = &t;
    for (const auto& [known, p] : names.repeats)
      if (known == name) page = p;
    if (type) {
      type_answer(value, *type);
    } else if (page) {
      Names inner;
      add_questions(*page, inner);
      for (std::size_t i = 0; i < value.size() && value.is_array(); ++i) type_object(value.items()[i], inner, here + "/" + std::to_string(i), faults);
    } else {
      const std::string near = nearest(name, names.all());
      faults.error(here, "手続に「" + name + "」という質問はありません" + (near.empty() ? "" : "。「" + near + "」の誤りではありませんか"),
                   "the procedure has no question \"" + name + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
    }
  }
}

using FindProcedure = std::function<const json::Value*(const std::string&)>;

void visit(json::Value& value, const json::Value& body, const SchemaNode* schema, const std::string& pointer, const FindProcedure& find, Diagnostics& faults) {
  schema = variant_of(value, schema);
  if (!schema->answers.empty()) {
    const json::Value* id = body.at_pointer(schema->answers);
    const json::Value* procedure = id ? find(id->as_string()) : nullptr;
    if (procedure) type_answers(value, *procedure, pointer, faults);
    return;
  }
  if (value.is_object()) {
    for (auto& [key, member] : value.members())
      if (const auto* p = schema->property(key); p && p->schema) visit(member, body, p->schema, pointer + "/" + json::pointer_token(key), find, faults);
  } else if (value.is_array() && schema->items) {
    for (std::size_t i = 0; i < value.items().size(); ++i) visit(value.items()[i], body, schema->items, pointer + "/" + std::to_string(i), find, faults);
  }
}

bool search_answers(const SchemaNode& schema, std::set<const SchemaNode*>& seen) {
  if (!seen.insert(&schema).second) return false;
  if (!schema.answers.empty()) return true;
  for (const auto& p : schema.properties)
    if (p.schema && search_answers(*p.schema, seen)) return true;
  for (const SchemaNode* variant : schema.one_of)
    if (search_answers(*variant, seen)) return true;
  return (schema.items && search_answers(*schema.items, seen)) || (schema.additional && search_answers(*schema.additional, seen));
}

}  // namespace

void type_answers(json::Value& answers, const json::Value& procedure, const std::string& pointer, Diagnostics& faults) {
  type_object(answers, names_of(procedure), pointer, faults);
}

void type_all_answers(json::Value& body, const SchemaNode& schema, const FindProcedure& find, Diagnostics& faults) {
  const json::Value head = body;
  visit(body, head, &schema, "", find, faults);
}

bool has_answers(const SchemaNode& schema) {
  std::set<const SchemaNode*> seen;
  return search_answers(schema, seen);
}

}  // namespace machiya::city
