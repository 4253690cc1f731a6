// Properties of an object under expansion, among them maps by language, index, id and type (JSON-LD API §5.1.2 steps 13.5 to 13.14).
#include <algorithm>

#include "sense/jsonld/expander.h"
#include "sense/jsonld/inverse.h"

namespace machiya::sense::jsonld {

bool Expander::property(Node& node, const Key& key) {
  const Value& in = key.member->value;
  const Term* term = key.term;
  const Containers c = term != nullptr ? term->containers : 0;
  Value out;
  if (term != nullptr && term->type_keyword == Keyword::json) {
    out = arena_.object({{"@value", in}, {"@type", Value::string("@json")}});
  } else if ((c & kLanguage) && in.is_object()) {
    if (!language_map(*node.active, *term, in, out)) return false;
  } else if ((c & (kIndex | kType | kId)) && in.is_object()) {
    if (!index_map(node, key, out)) return false;
  } else if (!element(node.active, {key.member->key, false}, term, in, false, out)) {
    return false;
  }
  if (out.is_null()) return true;
  if ((c & kList) && !is_list_object(out)) out = arena_.object({{"@list", array_of(out)}});
  if ((c & kGraph) && !(c & (kId | kIndex))) {
    const Value all = array_of(out);
    Value* to = arena_.room<Value>(all.count + 1);
    for (std::size_t i = 0; i < all.count; ++i) new (to + i) Value(arena_.object({{"@graph", array_of(all.elements[i])}}));
    out = Value::array({to, all.count});
  }
  if (term != nullptr && term->reverse) return add_reverse(node, key.to.iri, array_of(out));
  return node.result.add(key.to.iri, out, true, arena_), true;
}

bool Expander::language_map(const Context& active, const Term& term, const Value& in, Value& out) {
  const std::string_view way = direction_text(term.direction != Direction::absent ? term.direction : active.direction);
  std::vector<Value> made;
  std::vector<const Member*> members;
  for (const Member& m : in.members()) members.push_back(&m);
  if (run_.settings.ordered) std::ranges::sort(members, {}, [](const Member* m) { return m->key; });
  for (const Member* m : members) {
    const Value single = m->value;
    const auto values = m->value.is_array() ? m->value.items() : std::span<const Value>(&single, 1);
    const bool none = active.expand(m->key, true, false, arena_).keyword == Keyword::none_;
    for (const Value& v : values) {
      if (v.is_null()) continue;
      if (!v.is_string()) return run_.fail(LdError::invalid_language_map_value, std::string(m->key.substr(0, 100)));
      Member parts[3] = {{"@value", v}};
      std::size_t n = 1;
      if (!none) parts[n++] = {"@language", Value::string(m->key)};
      if (!way.empty()) parts[n++] = {"@direction", Value::string(way)};
      made.push_back(Value::object(arena_.list(std::span<const Member>(parts, n))));
    }
  }
  return out = arena_.array(made), true;
}

bool Expander::index_map(Node& node, const Key& key, Value& out) {
  const Term& term = *key.term;
  std::vector<Value> made;
  std::vector<const Member*> members;
  for (const Member& m : key.member->value.members()) members.push_back(&m);
  if (run_.settings.ordered) std::ranges::sort(members, {}, [](const Member* m) { return m->key; });
  for (const Member* m : members) {
    ContextPtr within = node.active;
    if ((term.containers & (kId | kType)) && within->previous != nullptr) within = within->previous;
    if (term.containers & kType) {
      const Term* type = within->find(m->key);
      if (type != nullptr && type->local_context != nullptr && !run_.apply_scoped(ContextPtr(within), *type, false, true, within)) return false;
    } else if (!(term.containers & kId)) {
      within = node.active;
    }
    const Expanded index = node.active->expand(m->key, true, false, arena_);
    Value values;
    if (!element(within, {key.member->key, false}, within->find(key.member->key), array_of(m->value), true, values)) return false;
    for (Value item : values.items()) {
      if ((term.containers & kGraph) && !is_graph_object(item)) item = arena_.object({{"@graph", array_of(item)}});
      if (!map_item(node, term, m->key, index, item)) return false;
      made.push_back(item);
    }
  }
  return out = arena_.array(made), true;
}

bool Expander::map_item(Node& node, const Term& term, std::string_view index, const Expanded& expanded, Value& item) {
  if (expanded.keyword == Keyword::none_) return true;
  if ((term.containers & kIndex) && !term.index.empty()) return property_index(node, term, index, item);
  if (term.containers & kIndex) {
    if (!item.has("@index")) item = with(item, "@index", Value::string(index));
  } else if (term.containers & kId) {
    if (item.has("@id")) return true;
    const Expanded id = node.active->expand(index, false, true, arena_);
    item = with(item, "@id", id.null ? Value::null() : Value::string(id.iri));
  } else if (term.containers & kType) {
    std::vector<Value> types{Value::string(expanded.iri)};
    const Value& before = item["@type"];
    if (before.is_array()) types.insert(types.end(), before.items().begin(), before.items().end());
    else if (!before.is_null()) types.push_back(before);
    item = with(item, "@type", arena_.array(types));
  }
  return true;
}

/// The index stands as a property of the item.
bool Expander::property_index(Node& node, const Term& term, std::string_view index, Value& item) {
  const Value re_expanded = value(*node.active, node.active->find(term.index), Value::string(index));
  const Expanded key = node.active->expand(term.index, true, false, arena_);
  std::vector<Value> values{re_expanded};
  const Value& before = item[key.iri];
  if (before.is_array()) values.insert(values.end(), before.items().begin(), before.items().end());
  item = with(item, key.iri, arena_.array(values));
  return !is_value_object(item) || run_.fail(LdError::invalid_value_object, "an index that is a property, on a value");
}

/// A copy of the object with this entry, which replaces one of its name.
Value Expander::with(const Value& object, std::string_view key, const Value& v) {
  std::vector<Member> members(object.members().begin(), object.members().end());
  const auto at = std::ranges::find(members, key, &Member::key);
  if (at != members.end()) at->value = v;
  else members.push_back({key, v});
  return arena_.object(members);
}

}  // namespace machiya::sense::jsonld
