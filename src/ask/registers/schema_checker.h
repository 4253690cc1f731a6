// For tests: the part of JSON Schema 2020-12 that our documents use, and OpenAPI documents checked by their structure.
#pragma once
#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace machiya::registers::testing {

/// Says what is wrong with a value, each fault with its pointer. A keyword that is not known here is a fault too: nothing is passed over.
class SchemaChecker {
 public:
  explicit SchemaChecker(const json::Value& document) : document_(document) {}

  std::vector<std::string> faults(const json::Value& schema, const json::Value& value) {
    out_.clear();
    check(schema, value, "");
    return out_;
  }

 private:
  using Value = json::Value;

  bool fits(const Value& schema, const Value& value, const std::string& at) {
    std::vector<std::string> kept;
    kept.swap(out_);
    check(schema, value, at);
    const bool good = out_.empty();
    out_ = std::move(kept);
    return good;
  }
  static bool is_of(const std::string& type, const Value& v) {
    if (type == "null") return v.is_null();
    if (type == "boolean") return v.is_bool();
    if (type == "integer") return v.kind() == json::Kind::integer;
    if (type == "number") return v.is_number();
    if (type == "string") return v.is_string();
    if (type == "array") return v.is_array();
    return type == "object" && v.is_object();
  }
  void fault(const std::string& at, const std::string& what) { out_.push_back(at + ": " + what); }

  void check(const Value& schema, const Value& v, const std::string& at) {
    for (const auto& [key, rule] : schema.members()) {
      if (key == "$ref") {
        const Value* target = document_.at_pointer(std::string_view(rule.as_string()).substr(1));
        target ? check(*target, v, at) : fault(at, "no " + rule.as_string());
      } else if (key == "type") {
        const Value list = rule.is_array() ? rule : Value(Value::Array{rule});
        if (std::none_of(list.items().begin(), list.items().end(), [&](const Value& type) { return is_of(type.as_string(), v); })) fault(at, "is no " + json::to_text(rule));
      } else if (key == "enum") {
        if (std::find(rule.items().begin(), rule.items().end(), v) == rule.items().end()) fault(at, json::to_text(v) + " is none of " + json::to_text(rule));
      } else if (key == "const") {
        if (!(rule == v)) fault(at, "is not " + json::to_text(rule));
      } else if (key == "allOf") {
        for (const Value& one : rule.items()) check(one, v, at);
      } else if (key == "anyOf" || key == "oneOf") {
        const auto good = std::count_if(rule.items().begin(), rule.items().end(), [&](const Value& one) { return fits(one, v, at); });
        if (good == 0 || (key == "oneOf" && good > 1)) fault(at, json::to_text(v) + " fits " + std::to_string(good) + " of " + json::to_text(rule));
      } else if (!bound(key, rule, v, at) && !inside(schema, key, rule, v, at)) {
        static const std::set<std::string> kSaid = {"title", "description", "format", "default", "$schema", "contentMediaType"};
        if (kSaid.count(key) == 0) fault(at, "the keyword " + key + " is not known");
      }
    }
  }
  bool bound(const std::string& key, const Value& rule, const Value& v, const std::string& at) {
    const auto length = static_cast<std::int64_t>(v.is_string() ? count_code_points(v.as_string()) : v.size());
    if (key == "pattern") {
      if (v.is_string() && !std::regex_search(v.as_string(), std::regex(rule.as_string()))) fault(at, "does not match " + rule.as_string());
    } else if (key == "maxLength" || key == "maxItems") {
      if ((v.is_string() || v.is_array()) && length > rule.as_int()) fault(at, "too long");
    } else if (key == "minLength" || key == "minItems") {
      if ((v.is_string() || v.is_array()) && length < rule.as_int()) fault(at, "too short");
    } else if (key == "maximum" || key == "minimum") {
      if (v.is_number() && (key == "maximum" ? v.as_double() > rule.as_double() : v.as_double() < rule.as_double())) fault(at, "out of range");
    } else {
      return key == "multipleOf" || key == "uniqueItems";
    }
    return true;
  }
  bool inside(const Value& schema, const std::string& key, const Value& rule, const Value& v, const std::string& at) {
    if (key == "items") {
      for (std::size_t i = 0; i < (v.is_array() ? v.size() : 0); ++i) check(rule, v[i], at + "/" + std::to_string(i));
    } else if (key == "required") {
      for (const Value& name : rule.items())
        if (v.is_object() && !v.has(name.as_string())) fault(at, "lacks " + name.as_string());
    } else if (key == "properties") {
      for (const auto& [name, one] : rule.members())
        if (v.is_object() && v.has(name)) check(one, v[name], at + "/" + name);
    } else if (key == "additionalProperties") {
      for (const auto& [name, one] : v.members()) {
        if (schema["properties"].has(name)) continue;
        if (rule.is_bool() && !rule.as_bool()) fault(at, "has the unknown member " + name);
        else if (rule.is_object()) check(rule, one, at + "/" + name);
      }
    } else {
      return false;
    }
    return true;
  }

  const Value& document_;
  std::vector<std::string> out_;
};

/// The operation of an OpenAPI document for a method and a path without its query; null when there is none.
inline const json::Value* operation_of(const json::Value& document, std::string_view method, std::string_view path) {
  const auto wanted = split(path, '/');
  const json::Value* found = nullptr;
  for (const auto& [pattern, item] : document["paths"].members()) {
    const auto parts = split(pattern, '/');
    bool same = parts.size() == wanted.size(), literal = true;
    for (std::size_t i = 0; same && i < parts.size(); ++i) {
      const bool hole = !parts[i].empty() && parts[i].front() == '{';
      literal = literal && !hole;
      same = hole || parts[i] == wanted[i];
    }
    if (same && item.has(method) && (!found || literal)) found = item.find(method);
  }
  return found;
}

/// What an OpenAPI 3.1 document must have: its version, operations with their own ids and answers, parameters for every hole of a path,
/// references that lead somewhere.
inline std::vector<std::string> openapi_faults(const json::Value& document) {
  std::vector<std::string> out;
  if (document.text("openapi").rfind("3.1.", 0) != 0) out.push_back("openapi is not 3.1");
  if (document["info"].text("title").empty() || document["info"].text("version").empty()) out.push_back("info lacks title or version");
  std::set<std::string> ids;
  for (const auto& [path, item] : document["paths"].members()) {
    std::set<std::string> holes, named;
    for (std::string_view part : split(path, '/'))
      if (!part.empty() && part.front() == '{') holes.emplace(part.substr(1, part.size() - 2));
    const auto take = [&](const json::Value& parameters) {
      for (const json::Value& p : parameters.items()) {
        if (p.text("name").empty() || p.text("in").empty() || !p["schema"].is_object()) out.push_back(path + ": a parameter lacks name, in or schema");
        if (p.text("in") == "path") named.insert(p.text("name"));
      }
    };
    take(item["parameters"]);
    for (const auto& [method, operation] : item.members()) {
      if (method == "parameters") continue;
      if (!ids.insert(operation.text("operationId")).second) out.push_back(path + ": the operationId " + operation.text("operationId") + " is there twice");
      if (operation["responses"].size() == 0) out.push_back(path + " " + method + ": no responses");
      take(operation["parameters"]);
    }
    if (holes != named) out.push_back(path + ": its parameters are others than those declared");
  }
  const auto walk = [&](const auto& self, const json::Value& v) -> void {
    for (const auto& [name, one] : v.members()) {
      if (name == "$ref" && !document.at_pointer(std::string_view(one.as_string()).substr(1))) out.push_back("no " + one.as_string());
      self(self, one);
    }
    for (const json::Value& one : v.items()) self(self, one);
  };
  walk(walk, document);
  return out;
}

}  // namespace machiya::registers::testing
