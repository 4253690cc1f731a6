#include "sense/models/model_check.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "sense/entities/read.h"
#include "sense/entities/stamp.h"

namespace machiya::sense {
namespace {
using tree::Value;

std::string short_number(double d) {
  tree::Arena arena(64);
  return std::string(arena.number(d).text());
}

/// {"@type": …, "@value": v} says v.
const Value& plain(const Value& value) {
  const Value* inside = value.find("@value");
  return inside ? *inside : value;
}

bool is_whole(const Value& v) {
  const double d = v.number();
  return std::isfinite(d) && d == std::trunc(d);
}

class Checker {
 public:
  Checker(const EntityType& type, std::vector<Misfit>& out) : type_(type), out_(out) {}

  void instance(const AttributeType& a, const Instance& one) {
    if (!kind_fits(a, one)) return;
    if (!a.unit.empty() && !one.unit_code.empty() && one.unit_code != a.unit)
      add("wrong-unit", a, "単位は" + a.unit + "です", "the unit is " + a.unit);
    if (a.unit.empty() && !one.unit_code.empty()) add("wrong-unit", a, "単位のない項目です", "it has no unit");
    values(a, one);
  }
  void missing(const AttributeType& a) { add("missing", a, "必須ですが、ありません", "it is required and not there"); }
  void unknown(std::string_view iri) {
    const std::string name(iri);
    out_.push_back({"unknown-attribute", name, name + ": 「" + type_.term + "」にない項目です", name + ": the type " + type_.term + " has no such attribute"});
  }

 private:
  void add(std::string code, const AttributeType& a, const std::string& ja, const std::string& en) {
    const std::string& label = a.label.in("ja");
    out_.push_back({std::move(code), a.name, (label.empty() ? a.name : label + "(" + a.name + ")") + ": " + ja, a.name + ": " + en});
  }

  bool kind_fits(const AttributeType& a, const Instance& one) {
    using K = AttributeKind;
    bool fits = false;
    std::string_view right = "Property";
    switch (a.kind) {
      case ValueKind::geo: right = "GeoProperty", fits = one.kind == K::geo_property; break;
      case ValueKind::relation: right = "Relationship", fits = one.kind == K::relationship || (a.list && one.kind == K::list_relationship); break;
      case ValueKind::language_map: right = "LanguageProperty", fits = one.kind == K::language_property; break;
      case ValueKind::json: right = "JsonProperty", fits = one.kind == K::json_property || one.kind == K::property || one.kind == K::list_property; break;
      default: fits = one.kind == K::property || (a.list && one.kind == K::list_property);
    }
    if (!fits) add("wrong-kind", a, std::string(right) + "として送ってください", "a " + std::string(right) + " is expected, this is a " + std::string(kind_name(one.kind)));
    return fits;
  }

  void values(const AttributeType& a, const Instance& one) {
    const bool several = one.value.is_array() && a.kind != ValueKind::json && a.kind != ValueKind::language_map;
    if (several && !a.list) return add("not-one-value", a, "値は1つだけです", "one value is expected, not several");
    if (!several) return value(a, plain(one.value), one);
    for (const Value& v : one.value.items()) value(a, plain(v), one);
  }

  void value(const AttributeType& a, const Value& v, const Instance& one) {
    switch (a.kind) {
      case ValueKind::number:
      case ValueKind::integer: return number(a, v);
      case ValueKind::text: return text(a, v);
      case ValueKind::boolean:
        if (!v.is_bool()) add("not-a-boolean", a, "true か false です", "true or false is expected");
        return;
      case ValueKind::date_time:
        if (!v.is_string() || !parse_stamp(v.text())) add("not-a-date-time", a, "UTCの日時です(例: 2026-04-01T09:00:00Z)", "a date-time in UTC is expected, e.g. 2026-04-01T09:00:00Z");
        return;
      case ValueKind::geo:
        if (!is_geometry(v)) add("not-a-geometry", a, "GeoJSONの図形です", "a GeoJSON geometry is expected");
        return;
      case ValueKind::relation: return relation(a, v, one);
      case ValueKind::language_map: return;   // the information model has seen to its form
      case ValueKind::json: return;
    }
  }

  void number(const AttributeType& a, const Value& v) {
    if (!v.is_number()) return add("not-a-number", a, "数です", "a number is expected");
    if (a.kind == ValueKind::integer && !is_whole(v)) return add("not-an-integer", a, "整数です", "a whole number is expected");
    const double d = v.number();
    if (a.min && d < *a.min) add("too-small", a, short_number(*a.min) + "以上です", "at least " + short_number(*a.min));
    if (a.max && d > *a.max) add("too-large", a, short_number(*a.max) + "以下です", "at most " + short_number(*a.max));
    const auto same = [&](const Choice& c) { return Value::number(c.value).number() == d; };
    if (!a.choices.empty() && std::ranges::none_of(a.choices, same)) not_a_choice(a);
  }

  void text(const AttributeType& a, const Value& v) {
    if (!v.is_string()) return add("not-text", a, "文字列です", "text is expected");
    const double length = static_cast<double>(count_code_points(v.text()));
    if (a.min && length < *a.min) add("too-short", a, short_number(*a.min) + "文字以上です", "at least " + short_number(*a.min) + " characters");
    if (a.max && length > *a.max) add("too-long", a, short_number(*a.max) + "文字以下です", "at most " + short_number(*a.max) + " characters");
    if (!a.choices.empty() && std::ranges::find(a.choices, v.text(), &Choice::value) == a.choices.end()) not_a_choice(a);
  }

  void relation(const AttributeType& a, const Value& v, const Instance& one) {
    const Value& uri = v.is_object() ? v["object"] : v;
    if (!uri.is_string()) return add("not-a-relation", a, "相手のidです", "the id of another entity is expected");
    if (a.target.empty() || one.object_type.is_null()) return;
    const bool named = one.object_type.text() == a.target || std::ranges::any_of(one.object_type.items(), [&](const Value& t) { return t.text() == a.target; });
    if (!named) add("wrong-target", a, "別の型への関係です", "it leads to another type");
  }

  void not_a_choice(const AttributeType& a) {
    std::string list;
    for (std::size_t i = 0; i < a.choices.size() && i < 12; ++i) list += (i ? ", " : "") + a.choices[i].value;
    if (a.choices.size() > 12) list += " …";
    add("not-a-choice", a, "次のどれかです: " + list, "one of these is expected: " + list);
  }

  const EntityType& type_;
  std::vector<Misfit>& out_;
};

template <class Attributes>
std::vector<Misfit> check_all(const EntityType& type, const Attributes& attributes) {
  std::vector<Misfit> out;
  Checker checker(type, out);
  for (const AttributeType& a : type.attributes) {
    const auto found = std::ranges::find_if(attributes, [&](const auto& there) { return there.name == a.iri; });
    if (found == attributes.end()) {
      if (a.required) checker.missing(a);
      continue;
    }
    for (const Instance& one : found->instances) checker.instance(a, one);
  }
  if (type.check == ModelCheck::strict)
    for (const auto& there : attributes)
      if (!type.attribute(there.name)) checker.unknown(there.name);
  return out;
}

}  // namespace

std::vector<Misfit> check(const EntityType& type, const Entity& entity) { return check_all(type, entity.attributes); }
std::vector<Misfit> check(const EntityType& type, const Draft& draft) { return check_all(type, draft.attributes); }

std::string to_text(const std::vector<Misfit>& misfits, bool japanese) {
  std::string out;
  for (const Misfit& m : misfits) out += (out.empty() ? "" : japanese ? "、" : "; ") + (japanese ? m.ja : m.en);
  return out;
}

}  // namespace machiya::sense
