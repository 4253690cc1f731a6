// The small parts that OpenAPI documents are put together from.
#pragma once
#include <initializer_list>
#include <string>
#include <utility>

#include "base/json.h"

namespace machiya::apply::openapi {

using json::Value;

inline Value ref_to(const std::string& name) { return Value::object({{"$ref", "#/components/" + name}}); }
inline Value content(Value schema, const char* type = "application/json") { return Value::object({{type, Value::object({{"schema", std::move(schema)}})}}); }
inline Value text_type(const char* format = nullptr) {
  Value out = Value::object({{"type", "string"}});
  if (format != nullptr) out.set("format", format);
  return out;
}
inline Value answer(const std::string& what, Value schema) { return Value::object({{"description", what}, {"content", content(std::move(schema))}}); }
inline Value problem() { return ref_to("responses/Problem"); }
inline Value object(std::initializer_list<Value::Member> properties, Value required) {
  return Value::object({{"type", "object"}, {"properties", Value::object(properties)}, {"required", std::move(required)}});
}
inline Value names(std::initializer_list<const char*> list) {
  Value out = Value::array();
  for (const char* name : list) out.push(name);
  return out;
}
inline Value parameter(const char* name, const char* in, bool required, Value schema, const char* what) {
  return Value::object({{"name", name}, {"in", in}, {"required", required}, {"schema", std::move(schema)}, {"description", what}});
}

}  // namespace machiya::apply::openapi
