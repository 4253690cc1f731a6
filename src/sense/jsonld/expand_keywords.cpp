// Keywords of an object under expansion (JSON-LD API §5.1.2 step 13.4).
#include <algorithm>

#include "sense/jsonld/expander.h"
#include "sense/jsonld/inverse.h"

namespace machiya::sense::jsonld {

bool Expander::keyword(Node& node, const Key& key) {
  const Value& in = key.member->value;
  const Keyword k = key.to.keyword;
  if (node.property.name == "@reverse") return run_.fail(LdError::invalid_reverse_property_map, std::string(key.member->key));
  if (k != Keyword::included && k != Keyword::type && (node.result.has(keyword_text(k)) || (k == Keyword::reverse && node.reverse != nullptr)))
    return run_.fail(LdError::colliding_keywords, std::string(key.member->key));
  switch (k) {
    case Keyword::id: return set_id(node, in);
    case Keyword::type: return set_type(node, in);
    case Keyword::graph: {
      Value out;
      if (!element(node.active, {"@graph", true}, nullptr, in, false, out)) return false;
      return node.result.set("@graph", out.is_null() ? Value::array({}) : array_of(out)), true;
    }
    case Keyword::included: return set_included(node, in);
    case Keyword::value: return set_value(node, in);
    case Keyword::language: case Keyword::direction: case Keyword::index: return set_text(node, k, in);
    case Keyword::list: return set_list(node, in);
    case Keyword::set: return set_set(node, in);
    case Keyword::reverse: return set_reverse(node, in);
    default: return true;   // @nest comes after all others; the rest mean nothing in a document
  }
}

bool Expander::set_id(Node& node, const Value& in) {
  if (!in.is_string()) return run_.fail(LdError::invalid_id_value);
  const Expanded e = node.active->expand(in.text(), false, true, arena_);
  return node.result.set("@id", e.null ? Value::null() : Value::string(e.iri)), true;
}

bool Expander::set_type(Node& node, const Value& in) {
  auto one = [&](const Value& v) {
    const Expanded e = node.type_scoped.expand(v.text(), true, true, arena_);
    return e.null ? Value::null() : Value::string(e.iri);
  };
  Value out;
  if (in.is_string()) {
    out = one(in);
  } else {
    const bool words = in.is_array() && std::ranges::all_of(in.items(), &Value::is_string);
    if (!words) return run_.fail(LdError::invalid_type_value);
    Value* to = arena_.room<Value>(in.count + 1);
    for (std::size_t i = 0; i < in.count; ++i) new (to + i) Value(one(in.elements[i]));
    out = Value::array({to, in.count});
  }
  if (node.result.has("@type")) node.result.add("@type", out, true, arena_);
  else node.result.set("@type", out);
  return true;
}

bool Expander::set_value(Node& node, const Value& in) {
  if (node.json) {
    if (run_.settings.mode_1_0) return run_.fail(LdError::invalid_value_object_value);
  } else if (!in.is_scalar()) {
    return run_.fail(LdError::invalid_value_object_value);
  }
  return node.result.set("@value", in), true;
}

bool Expander::set_text(Node& node, Keyword k, const Value& in) {
  if (k == Keyword::language && !in.is_string()) return run_.fail(LdError::invalid_language_tagged_string);
  if (k == Keyword::index && !in.is_string()) return run_.fail(LdError::invalid_index_value);
  if (k == Keyword::direction) {
    if (run_.settings.mode_1_0) return true;
    if (!in.is_string() || (in.text() != "ltr" && in.text() != "rtl")) return run_.fail(LdError::invalid_base_direction);
  }
  return node.result.set(keyword_text(k), in), true;
}

bool Expander::set_included(Node& node, const Value& in) {
  if (run_.settings.mode_1_0) return true;
  Value out;
  if (!element(node.active, {{}, true}, nullptr, in, false, out)) return false;
  out = out.is_null() ? Value::array({}) : array_of(out);
  for (const Value& one : out.items())
    if (!one.is_object() || one.has("@value") || one.has("@list") || one.has("@set")) return run_.fail(LdError::invalid_included_value);
  // A scalar was dropped on the way, but it is no node object either.
  const Value given = array_of(in);
  if (std::ranges::any_of(given.items(), [](const Value& v) { return !v.is_object() || v.has("@value") || v.has("@list"); }))
    return run_.fail(LdError::invalid_included_value);
  return node.result.add("@included", out, true, arena_), true;
}

bool Expander::set_list(Node& node, const Value& in) {
  if (node.property.top) return true;
  Value out;
  const Term* term = node.active->find(node.property.name);
  if (!element(node.active, node.property, term, in, false, out)) return false;
  return node.result.set("@list", out.is_null() ? Value::array({}) : array_of(out)), true;
}

bool Expander::set_set(Node& node, const Value& in) {
  Value out;
  const Term* term = node.property.top ? nullptr : node.active->find(node.property.name);
  if (!element(node.active, node.property, term, in, false, out)) return false;
  return out.is_null() || (node.result.set("@set", out), true);
}

bool Expander::add_reverse(Node& node, std::string_view property, const Value& items) {
  if (node.reverse == nullptr) node.reverse = &pool_.take();
  for (const Value& item : items.items()) {
    if (is_value_object(item) || is_list_object(item)) return run_.fail(LdError::invalid_reverse_property_value);
    node.reverse->add(property, item, true, arena_);
  }
  return true;
}

bool Expander::set_reverse(Node& node, const Value& in) {
  if (!in.is_object()) return run_.fail(LdError::invalid_reverse_value);
  Value out;
  if (!element(node.active, {"@reverse", false}, nullptr, in, false, out)) return false;
  for (const Member& m : out.members()) {
    if (m.key != "@reverse") {
      if (!add_reverse(node, m.key, m.value)) return false;
      continue;
    }
    for (const Member& twice : m.value.members()) node.result.add(twice.key, twice.value, true, arena_);
  }
  return true;
}

}  // namespace machiya::sense::jsonld
