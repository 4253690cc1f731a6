// Terms asked of an entity (§4.9). Nothing here allocates, but for linked entities, which a callback brings.
#include <algorithm>
#include <array>
#include <span>

#include "sense/query/ast.h"
#include "sense/query/literal.h"

namespace machiya::sense::detail {

/// What a path leads to.
struct Given {
  enum class Kind : std::uint8_t { json, text, texts, moment } kind = Kind::json;
  AttributeKind attribute = AttributeKind::property;   ///< how json is to be understood
  const tree::Value* json = nullptr;
  std::string_view text;
  std::span<const std::string_view> texts;
  std::int64_t us = kNoTime;
};

namespace {

constexpr std::string_view kNgsiNamespace = "https://uri.etsi.org/ngsi-ld/";
constexpr std::array<std::pair<std::string_view, Core>, 14> kCoreNames = {{{"id", Core::id}, {"type", Core::type}, {"scope", Core::scope},
  {"createdAt", Core::created_at}, {"modifiedAt", Core::modified_at}, {"expiresAt", Core::expires_at}, {"observedAt", Core::observed_at},
  {"unitCode", Core::unit_code}, {"datasetId", Core::dataset_id}, {"instanceId", Core::instance_id}, {"objectType", Core::object_type},
  {"valueType", Core::value_type}, {"@id", Core::id}, {"@type", Core::type}}};

Given of_text(std::string_view text) { return {.kind = Given::Kind::text, .text = text}; }
Given of_moment(std::int64_t us) { return {.kind = Given::Kind::moment, .us = us}; }
Given of_json(const tree::Value& value, AttributeKind kind = AttributeKind::property) { return {.attribute = kind, .json = &value}; }

bool same_tag(std::string_view a, std::string_view b) {   // language tags are ASCII and know no case (RFC 5646 §2.1.1)
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// {"@type": …, "@value": …}: a typed value counts as its value.
const tree::Value& plain(const tree::Value& value) {
  const tree::Value* inner = value.find("@value");
  return inner ? *inner : value;
}

bool narrow(Given& given, const std::vector<std::string>& trail) {
  if (trail.empty()) return true;
  if (given.kind != Given::Kind::json) return false;
  if (given.attribute == AttributeKind::language_property) {
    if (trail.size() > 1) return false;
    if (trail[0] == "*") return true;
    for (const tree::Member& m : given.json->members()) {
      if (!same_tag(m.key, trail[0])) continue;
      given = of_json(m.value);
      return true;
    }
    return false;
  }
  if (given.attribute != AttributeKind::property && given.attribute != AttributeKind::json_property && given.attribute != AttributeKind::geo_property) return false;
  for (const std::string& member : trail) {
    given.json = given.json->find(member);
    if (!given.json) return false;
  }
  return true;
}

template <class F> bool core_of_instance(const Instance& i, Core core, F&& f) {
  const auto text = [&](std::string_view t) { return !t.empty() && f(of_text(t)); };
  const auto moment = [&](std::int64_t us) { return us != kNoTime && f(of_moment(us)); };
  switch (core) {
    case Core::type: return f(of_text(kind_name(i.kind)));
    case Core::observed_at: return moment(i.observed_at.us);
    case Core::expires_at: return moment(i.expires_at.us);
    case Core::created_at: return moment(i.created_us);
    case Core::modified_at: return moment(i.modified_us);
    case Core::unit_code: return text(i.unit_code);
    case Core::dataset_id: return text(i.dataset_id);
    case Core::instance_id: return text(i.instance_id);
    case Core::object_type: return !i.object_type.is_null() && f(of_json(i.object_type));
    case Core::value_type: return !i.value_type.is_null() && f(of_json(i.value_type));
    default: return false;
  }
}

template <class F> bool core_of_entity(const Entity& e, Core core, F&& f) {
  const auto moment = [&](std::int64_t us) { return us != kNoTime && f(of_moment(us)); };
  switch (core) {
    case Core::id: return f(of_text(e.id));
    case Core::type: return f(Given{.kind = Given::Kind::texts, .texts = e.types});
    case Core::scope: return !e.scopes.empty() && f(Given{.kind = Given::Kind::texts, .texts = e.scopes});
    case Core::created_at: return moment(e.created_us);
    case Core::modified_at: return moment(e.modified_us);
    case Core::expires_at: return moment(e.expires_at.us);
    default: return false;
  }
}

// Any instance will do (§4.9: "any value of such instances").
template <class F> bool any_instance(const Attribute& attribute, std::span<const Step> rest, F&& f) {
  for (const Instance& i : attribute.instances) {
    if (rest.empty()) {
      if (f(of_json(i.value, i.kind))) return true;
    } else if (rest[0].core != Core::none) {
      if (rest.size() == 1 && core_of_instance(i, rest[0].core, f)) return true;
    } else if (const Attribute* sub = find_attribute(i.sub, rest[0].name)) {
      if (any_instance(*sub, rest.subspan(1), f)) return true;
    }
  }
  return false;
}

template <class F> bool any_given(const Entity& entity, const Path& path, F&& f) {
  const auto narrowed = [&](Given given) { return narrow(given, path.trail) && f(given); };
  const Step& first = path.steps[0];
  if (first.core != Core::none) return path.steps.size() == 1 && core_of_entity(entity, first.core, narrowed);
  const Attribute* attribute = entity.attribute(first.name);
  return attribute && any_instance(*attribute, std::span(path.steps).subspan(1), narrowed);
}

// Less than 0, 0, more than 0; nothing when the two are of different types.
std::optional<int> order(std::int64_t a, std::int64_t b) { return a < b ? -1 : a > b ? 1 : 0; }
std::optional<int> order(std::optional<std::int64_t> a, std::int64_t b) { return a ? order(*a, b) : std::nullopt; }

std::optional<int> order(std::string_view text, const Literal& literal) {
  switch (literal.kind) {
    case Literal::Kind::text: return text.compare(literal.text) < 0 ? -1 : text == literal.text ? 0 : 1;
    case Literal::Kind::instant: return order(instant_of(text), literal.us);
    case Literal::Kind::date: return order(day_of(text), literal.us);
    case Literal::Kind::time: return order(time_of_day(text), literal.us);
    default: return std::nullopt;
  }
}

std::optional<int> order(const tree::Value& value, const Literal& literal) {
  const tree::Value& v = plain(value);
  if (v.is_string()) return order(v.text(), literal);
  if (!v.is_number() || literal.kind != Literal::Kind::number) return std::nullopt;
  const double d = v.number();
  return d < literal.number ? -1 : d > literal.number ? 1 : 0;
}

std::optional<int> order_moment(std::int64_t us, const Literal& literal) {
  const bool comparable = literal.us != kNoTime && literal.kind != Literal::Kind::time;
  return comparable ? order(us, literal.us) : std::nullopt;
}

bool equals(const tree::Value& value, const Literal& literal) {
  const tree::Value& v = plain(value);
  if (literal.kind == Literal::Kind::truth) return v.is_bool() && v.truth == literal.truth;
  if (literal.kind == Literal::Kind::null) return v.is_null();
  return order(v, literal) == 0;
}

// One scalar against the list or the range of a term; `compare` orders it to a literal.
template <class Compare> bool meets(const Term& term, Compare&& compare) {
  if (!term.range) return std::any_of(term.values.begin(), term.values.end(), [&](const Literal& l) { return compare(l) == 0; });
  const std::optional<int> low = compare(term.values[0]), high = compare(term.values[1]);
  return low && high && *low >= 0 && *high <= 0;
}

bool meets_json(const Term& term, const tree::Value& value) {
  if (value.is_array()) return std::any_of(value.items().begin(), value.items().end(), [&](const tree::Value& v) { return meets_json(term, v); });
  return meets(term, [&](const Literal& l) -> std::optional<int> { return equals(value, l) ? 0 : term.range ? order(value, l) : std::nullopt; });
}

bool holds_equal(const Term& term, const Given& given) {
  switch (given.kind) {
    case Given::Kind::moment: return meets(term, [&](const Literal& l) { return order_moment(given.us, l); });
    case Given::Kind::text: return meets(term, [&](const Literal& l) { return order(given.text, l); });
    case Given::Kind::texts:
      return std::any_of(given.texts.begin(), given.texts.end(), [&](std::string_view t) { return meets(term, [&](const Literal& l) { return order(t, l); }); });
    case Given::Kind::json: break;
  }
  const tree::Value& value = *given.json;
  if (given.attribute == AttributeKind::language_property) {
    return std::any_of(value.members().begin(), value.members().end(), [&](const tree::Member& m) { return meets_json(term, m.value); });
  }
  if (given.attribute != AttributeKind::list_relationship) return meets_json(term, value);
  const auto items = value.items();
  return std::any_of(items.begin(), items.end(), [&](const tree::Value& v) { return meets_json(term, v.is_object() ? v["object"] : v); });
}

bool fits(Op op, std::optional<int> order) {
  if (!order) return false;
  switch (op) {
    case Op::greater: return *order > 0;
    case Op::greater_equal: return *order >= 0;
    case Op::less: return *order < 0;
    case Op::less_equal: return *order <= 0;
    default: return false;
  }
}

bool is_relationship(AttributeKind kind) { return kind == AttributeKind::relationship || kind == AttributeKind::list_relationship; }

bool holds_ordered(const Term& term, const Given& given) {
  const Literal& literal = term.values[0];
  switch (given.kind) {
    case Given::Kind::moment: return fits(term.op, order_moment(given.us, literal));
    case Given::Kind::text: return fits(term.op, order(given.text, literal));
    case Given::Kind::texts: return std::any_of(given.texts.begin(), given.texts.end(), [&](std::string_view t) { return fits(term.op, order(t, literal)); });
    case Given::Kind::json: break;
  }
  if (is_relationship(given.attribute)) return false;   // "any operator different than equal or unequal shall result in not matching"
  if (given.attribute != AttributeKind::language_property) return fits(term.op, order(*given.json, literal));
  const auto members = given.json->members();
  return std::any_of(members.begin(), members.end(), [&](const tree::Member& m) { return fits(term.op, order(m.value, literal)); });
}

// Every text that a pattern may look at; f says whether to go on.
template <class F> void each_text(const Given& given, F&& f) {
  if (given.kind == Given::Kind::text) f(given.text);
  for (const std::string_view t : given.texts) f(t);
  if (given.kind != Given::Kind::json || is_relationship(given.attribute)) return;
  if (given.attribute != AttributeKind::language_property) {
    if (plain(*given.json).is_string()) f(plain(*given.json).text());
    return;
  }
  for (const tree::Member& m : given.json->members()) {
    if (m.value.is_string()) f(m.value.text());
    for (const tree::Value& v : m.value.items()) f(v.text());
  }
}

bool holds_pattern(const Term& term, const Given& given) {
  bool any = false, found = false;
  each_text(given, [&](std::string_view t) { any = true, found = found || term.pattern->found_in(t); });
  return any && found == (term.op == Op::like);
}

bool holds(const Term& term, const Given& given) {
  switch (term.op) {
    case Op::exists: return true;
    case Op::absent: return true;   // its caller turns it round
    case Op::equal: return holds_equal(term, given);
    case Op::unequal: return !holds_equal(term, given);   // other types are unequal, too; the target is there
    case Op::like:
    case Op::unlike: return holds_pattern(term, given);
    default: return holds_ordered(term, given);
  }
}

bool path_holds(const Term& term, const Entity& entity) {
  const bool any = any_given(entity, term.path, [&](const Given& given) { return holds(term, given); });
  return any != (term.op == Op::absent);
}

bool linked_holds(const Term& term, std::size_t link, const Entity& entity, const EntityLookup* lookup) {
  if (link == term.links.size()) return path_holds(term, entity);
  if (!lookup || !*lookup) return false;
  const Link& l = term.links[link];
  const auto follow = [&](const tree::Value& id) {
    if (!id.is_string()) return false;
    const EntityPtr other = (*lookup)(id.text());
    if (!other) return false;
    const bool typed = l.types.empty() || std::any_of(l.types.begin(), l.types.end(), [&](const std::string& t) { return other->has_type(t); });
    return typed && linked_holds(term, link + 1, *other, lookup);
  };
  return any_given(entity, l.path, [&](const Given& given) {
    if (given.kind != Given::Kind::json || !is_relationship(given.attribute)) return false;
    if (given.json->is_string()) return follow(*given.json);
    const auto items = given.json->items();
    return std::any_of(items.begin(), items.end(), [&](const tree::Value& v) { return follow(v.is_object() ? v["object"] : v); });
  });
}

const tree::Value* member_of(const tree::Value& object, const Step& step) {
  const tree::Value* found = object.find(step.term);
  return found || step.name.empty() ? found : object.find(step.name);
}

std::string shortened(std::string text) {
  constexpr std::size_t kMost = 80;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

Core core_member(std::string_view name) {
  if (name.starts_with(kNgsiNamespace)) name.remove_prefix(kNgsiNamespace.size());
  for (const auto& [text, core] : kCoreNames) {
    if (text == name) return core;
  }
  return Core::none;
}

std::string_view core_name(Core core) {
  for (const auto& [text, c] : kCoreNames) {
    if (c == core) return text;
  }
  return {};
}

std::optional<Found> first_at(const Path& path, const Entity& entity) {
  std::optional<Found> out;
  const Attribute* attribute = path.steps[0].core == Core::none ? entity.attribute(path.steps[0].name) : nullptr;
  const Instance* preferred = attribute ? attribute->instance("") : nullptr;
  const auto take = [&](const Given& given) {
    out = Found{given.json, given.attribute, given.us, std::nullopt};
    if (given.kind == Given::Kind::text) out->text = given.text;
    if (given.kind == Given::Kind::texts) out->text = given.texts[0];
    return true;
  };
  if (!preferred) return any_given(entity, path, take), out;
  const Attribute only{attribute->name, std::span(preferred, 1)};
  any_instance(only, std::span(path.steps).subspan(1), [&](Given given) { return narrow(given, path.trail) && take(given); });
  return out;
}

bool term_matches(const Term& term, const Entity& entity, const EntityLookup* lookup) {
  return term.links.empty() ? path_holds(term, entity) : linked_holds(term, 0, entity, lookup);
}

bool term_matches(const Term& term, const tree::Value& object) {
  const tree::Value* at = &object;
  for (const Step& step : term.path.steps) {
    at = at ? member_of(*at, step) : nullptr;
  }
  bool any = false;
  if (at && term.links.empty()) {
    const tree::Value* inner = at->find("value");
    Given given = of_json(inner && at->has("type") ? *inner : *at);
    any = narrow(given, term.path.trail) && holds(term, given);
  }
  return any != (term.op == Op::absent);
}

std::string found_at(const Term& term, const Entity& entity) {
  const Path& path = term.links.empty() ? term.path : term.links[0].path;
  std::string out;
  any_given(entity, path, [&](const Given& given) {
    if (!out.empty()) out += ", ";
    if (given.kind == Given::Kind::json) out += tree::to_text(*given.json);
    if (given.kind == Given::Kind::text) out += given.text;
    if (given.kind == Given::Kind::moment) out += literal_text({.kind = Literal::Kind::instant, .us = given.us});
    for (const std::string_view t : given.texts) out.append(out.empty() ? "" : " ").append(t);
    return false;   // go on: every instance is told
  });
  if (out.empty()) return path.steps[0].core == Core::none && !entity.attribute(path.steps[0].name) ? "no such attribute" : "nothing at this path";
  return shortened(std::move(out));
}

}  // namespace machiya::sense::detail
