// Between FEEL values and JSON.
#include "feel/value.h"

namespace machiya::feel {
namespace {

Error wrong(const std::string& where, const Type& type) {
  return Error(ErrorCode::invalid_input, "expected " + type.to_string(), where);
}

template <class T, class F>
Result<Value> parsed(const json::Value& j, const Type& type, const std::string& where, T parse, F make) {
  if (!j.is_string()) return wrong(where, type);
  auto v = parse(j.as_string());
  if (!v) return wrong(where, type);
  return make(*v);
}

Result<Value> number_of(const json::Value& j, const Type& type, const std::string& where) {
  if (j.kind() == json::Kind::integer) return Value::number(j.as_int());
  if (!j.is_number()) return wrong(where, type);
  auto d = Decimal::parse(j.number_text());
  if (!d || d->is_nan()) return wrong(where, type);
  return Value::number(*d);
}

Result<Value> convert(const json::Value& j, const Type& type, const std::string& where);

Result<Value> list_of(const json::Value& j, const Type& type, const std::string& where) {
  if (!j.is_array()) return wrong(where, type);
  std::vector<Value> items;
  items.reserve(j.size());
  for (std::size_t i = 0; i < j.size(); ++i) {
    MACHIYA_TRY(Value v, convert(j[i], type.element(), where + "/" + std::to_string(i)));
    items.push_back(std::move(v));
  }
  return Value::list(std::move(items));
}

Result<Value> context_of(const json::Value& j, const Type& type, const std::string& where) {
  if (!j.is_object()) return wrong(where, type);
  std::vector<Value::Member> members;
  for (const auto& m : j.members()) {
    const Type* t = type.member(m.first);
    MACHIYA_TRY(Value v, convert(m.second, t ? *t : Type(), where + "/" + json::pointer_token(m.first)));
    members.emplace_back(m.first, std::move(v));
  }
  return Value::context(std::move(members));
}

Result<Value> any_of(const json::Value& j, const std::string& where) {
  switch (j.kind()) {
    case json::Kind::null: return Value();
    case json::Kind::boolean: return Value::boolean(j.as_bool());
    case json::Kind::integer:
    case json::Kind::decimal: return number_of(j, Type::number(), where);
    case json::Kind::string: return Value::string(j.as_string());
    case json::Kind::array: return list_of(j, Type::list(), where);
    case json::Kind::object: break;
  }
  return context_of(j, Type::context({}), where);
}

Result<Value> convert(const json::Value& j, const Type& type, const std::string& where) {
  if (j.is_null()) return Value();
  switch (type.kind()) {
    case TypeKind::any: return any_of(j, where);
    case TypeKind::number: return number_of(j, type, where);
    case TypeKind::string: return j.is_string() ? Result<Value>(Value::string(j.as_string())) : wrong(where, type);
    case TypeKind::boolean: return j.is_bool() ? Result<Value>(Value::boolean(j.as_bool())) : wrong(where, type);
    case TypeKind::date: return parsed(j, type, where, parse_date, [](auto& v) { return Value::date(v); });
    case TypeKind::time: return parsed(j, type, where, parse_time, [](auto& v) { return Value::time(v); });
    case TypeKind::date_time: return parsed(j, type, where, parse_date_time, [](auto& v) { return Value::date_time(v); });
    case TypeKind::month_duration:
      return parsed(j, type, where, parse_month_duration, [](auto& v) { return Value::duration(v); });
    case TypeKind::time_duration:
      return parsed(j, type, where, parse_time_duration, [](auto& v) { return Value::duration(v); });
    case TypeKind::list: return list_of(j, type, where);
    case TypeKind::context: return context_of(j, type, where);
    case TypeKind::null:
    case TypeKind::range:
    case TypeKind::function: break;
  }
  return wrong(where, type);
}

json::Value number_to_json(const Decimal& d) {
  if (auto n = d.to_int64()) return json::Value(static_cast<long long>(*n));
  Decimal r = d.reduced();
  if (r.exponent() <= 0 && r.exponent() > -100) return json::Value::number(r.to_string());
  std::string s = Decimal::make(r.is_negative(), r.coefficient(), 0).to_string();
  return json::Value::number(s + "e" + std::to_string(r.exponent()));
}

}  // namespace

Result<Value> from_json(const json::Value& json, const Type& type) { return convert(json, type, {}); }

json::Value to_json(const Value& value) {
  switch (value.kind()) {
    case TypeKind::boolean: return *value.boolean();
    case TypeKind::number: return number_to_json(*value.number());
    case TypeKind::list: {
      json::Value::Array items;
      items.reserve(value.items().size());
      for (const auto& v : value.items()) items.push_back(to_json(v));
      return items;
    }
    case TypeKind::context: {
      json::Value object = json::Value::object();
      for (const auto& m : value.context()->members) object.members().emplace_back(m.first, to_json(m.second));
      return object;
    }
    case TypeKind::any:
    case TypeKind::null:
    case TypeKind::function: return nullptr;
    default: return to_text(value);
  }
}

}  // namespace machiya::feel
