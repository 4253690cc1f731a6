#include "feel/tck/expectation.h"

#include <cstdlib>

#include "base/text.h"

namespace machiya::feel {
namespace {

Value simple(const std::string& type, const std::string& text) {
  std::string_view t = trim(text);
  std::string_view kind = type;
  if (std::size_t colon = kind.find(':'); colon != std::string_view::npos) kind = kind.substr(colon + 1);
  if (kind == "string") return Value::string(text);
  if (kind == "boolean") return Value::boolean(t == "true" || t == "1");
  if (kind == "decimal" || kind == "double" || kind == "integer" || kind == "float" || kind == "int" || kind == "long") {
    auto d = Decimal::parse(t);
    return d ? Value::number(*d) : Value();
  }
  if (kind == "date") {
    auto d = parse_date(t);
    return d ? Value::date(*d) : Value();
  }
  if (kind == "time") {
    auto d = parse_time(t);
    return d ? Value::time(*d) : Value();
  }
  if (kind == "dateTime") {
    auto d = parse_date_time(t);
    return d ? Value::date_time(*d) : Value();
  }
  if (kind == "duration" || kind == "dayTimeDuration" || kind == "yearMonthDuration") {
    if (auto m = parse_month_duration(t)) return Value::duration(*m);
    auto d = parse_time_duration(t);
    return d ? Value::duration(*d) : Value();
  }
  return Value::string(text);
}

bool close(const Decimal& want, const Decimal& got) {
  if (want == got) return true;
  if (want.exponent() > -8) return false;
  Decimal difference = (want - got).abs();
  return !(want.abs() * Decimal::make(false, 1, -12) < difference) || got.rounded(-want.exponent(), Rounding::down) == want;
}

}  // namespace

Value tck_value(const xml::Element& e) {
  if (e.attribute("nil") == "true") return Value();
  std::vector<Value::Member> members;
  for (const auto& c : e.children) {
    if (c.name == "value") return c.attribute("nil") == "true" ? Value() : simple(c.attribute("type"), c.text);
    if (c.name == "list") {
      std::vector<Value> items;
      if (c.attribute("nil") == "true") return Value();
      for (const auto& i : c.children)
        if (i.name == "item") items.push_back(tck_value(i));
      return Value::list(std::move(items));
    }
    if (c.name == "component") members.emplace_back(c.attribute("name"), tck_value(c));
  }
  return members.empty() ? Value() : Value::context(std::move(members));
}

bool tck_same(const Value& want, const Value& got) {
  if (want.kind() != got.kind()) return false;
  if (want.number()) return close(*want.number(), *got.number());
  if (want.list()) {
    if (want.items().size() != got.items().size()) return false;
    for (std::size_t i = 0; i < want.items().size(); ++i)
      if (!tck_same(want.items()[i], got.items()[i])) return false;
    return true;
  }
  if (want.context()) {
    if (want.context()->members.size() != got.context()->members.size()) return false;
    for (const auto& m : want.context()->members) {
      const Value* other = got.find(m.first);
      if (!other || !tck_same(m.second, *other)) return false;
    }
    return true;
  }
  return same_value(want, got);
}

}  // namespace machiya::feel
