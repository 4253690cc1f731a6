// Items of a property under compaction (JSON-LD API §6.1.2 steps 12.7 and 12.8).
#include <algorithm>

#include "sense/jsonld/compactor.h"

namespace machiya::sense::jsonld {

bool Compactor::items(const ContextPtr& active, std::string_view property, const Member& m, Growing& result) {
  const bool reverse = property == "@reverse";
  const Value all = array_of(m.value);
  if (all.count == 0) {
    std::string_view name;
    Growing* into = nullptr;
    if (!iri(*active, m.key, &all, reverse, name) || !nest(*active, active->find(name), result, into)) return false;
    return into->add(name, all, true, arena_), true;
  }
  for (const Value& one : all.items())
    if (!item(active, m, reverse, one, result)) return false;
  return true;
}

/// The object that takes the term's values: the result, or what @nest names in it.
bool Compactor::nest(const Context& active, const Term* term, Growing& result, Growing*& into) {
  into = &result;
  if (term == nullptr || term->nest.empty()) return true;
  if (active.expand(term->nest, true, false, arena_).keyword != Keyword::nest) return run_.fail(LdError::invalid_nest_value, std::string(term->nest));
  return into = &result.map(term->nest), true;
}

bool Compactor::item(const ContextPtr& active, const Member& m, bool inside_reverse, const Value& expanded, Growing& result) {
  std::string_view name;
  if (!iri(*active, m.key, &expanded, inside_reverse, name)) return false;
  const Term* term = active->find(name);
  Growing* into = nullptr;
  if (!nest(*active, term, result, into)) return false;
  const Containers c = term != nullptr ? term->containers : 0;
  const bool as_array = (c & kSet) || name == "@graph" || name == "@list" || !run_.settings.compact_arrays;
  Item it{active, name, term, c, as_array, *into, expanded, {}};
  const bool list = is_list_object(expanded), graph = !list && is_graph_object(expanded);
  if (!element(active, name, list ? expanded["@list"] : graph ? expanded["@graph"] : expanded, it.compacted)) return false;
  if (list) return list_item(it);
  if (graph) return graph_item(it);
  if ((c & (kLanguage | kIndex | kId | kType)) && !(c & kGraph)) return map_item(it);
  // A JSON literal that is an array is one value; as one of a set it is written as the set itself (test js07 of the W3C).
  const bool literal = !as_array && it.compacted.is_array() && expanded["@type"].text() == "@json" && expanded.has("@value");
  if (literal && !into->has(name)) return into->set(name, it.compacted), true;
  return into->add(name, it.compacted, as_array, arena_), true;
}

bool Compactor::list_item(Item& it) {
  Value list = array_of(it.compacted);
  if (it.containers & kList) return it.into.set(it.property, list), true;
  std::vector<Member> made{{alias(*it.active, Keyword::list), list}};
  if (const Value* index = it.expanded.find("@index")) made.push_back({alias(*it.active, Keyword::index), *index});
  return it.into.add(it.property, arena_.object(made), it.as_array, arena_), true;
}

bool Compactor::graph_item(Item& it) {
  const Value* of = it.expanded.find("@id");
  const Value* index = it.expanded.find("@index");
  const bool simple = of == nullptr;
  if ((it.containers & kGraph) && ((it.containers & kId) || ((it.containers & kIndex) && simple))) {
    std::string_view key = alias(*it.active, Keyword::none_);
    if (it.containers & kId) {
      if (of != nullptr && !id(*it.active, of->text(), key)) return false;
    } else if (index != nullptr) {
      key = index->text();
    }
    return it.into.map(it.property).add(key, it.compacted, it.as_array, arena_), true;
  }
  if ((it.containers & kGraph) && simple) {
    if (it.compacted.is_array() && it.compacted.count > 1) it.compacted = arena_.object({{alias(*it.active, Keyword::included), it.compacted}});
    return it.into.add(it.property, it.compacted, it.as_array, arena_), true;
  }
  std::vector<Member> made{{alias(*it.active, Keyword::graph), it.compacted}};
  if (of != nullptr) {
    std::string_view text;
    if (!id(*it.active, of->text(), text)) return false;
    made.push_back({alias(*it.active, Keyword::id), Value::string(text)});
  }
  if (index != nullptr) made.push_back({alias(*it.active, Keyword::index), *index});
  return it.into.add(it.property, arena_.object(made), it.as_array, arena_), true;
}

bool Compactor::map_item(Item& it) {
  std::string_view key;
  if ((it.containers & kLanguage) && it.expanded.has("@value")) {
    it.compacted = it.expanded["@value"];
    key = it.expanded["@language"].text();
  } else if (it.containers & kIndex) {
    if (!index_key(it, key)) return false;
  } else if (it.containers & kId) {
    const std::string_view name = alias(*it.active, Keyword::id);
    key = it.compacted[name].text();
    it.compacted = without(it.compacted, name);
  } else if (it.containers & kType) {
    if (!type_key(it, alias(*it.active, Keyword::type), key)) return false;
  }
  if (key.empty()) key = alias(*it.active, Keyword::none_);
  return it.into.map(it.property).add(key, it.compacted, it.as_array, arena_), true;
}

bool Compactor::index_key(Item& it, std::string_view& key) {
  if (it.term->index.empty()) return key = it.expanded["@index"].text(), true;
  // The index stands in the item under the name that its own value chose.
  const Expanded property = it.active->expand(it.term->index, true, false, arena_);
  const Value values = it.expanded[property.iri];
  std::string_view name;
  if (!iri(*it.active, property.iri, values.is_array() && values.count > 0 ? values.elements : nullptr, false, name)) return false;
  return take_first(it, name, key), true;
}

bool Compactor::type_key(Item& it, std::string_view name, std::string_view& key) {
  take_first(it, name, key);
  if (!it.compacted.is_object() || it.compacted.count != 1) return true;
  const Member& only = it.compacted.entries[0];
  if (it.active->expand(only.key, true, false, arena_).keyword != Keyword::id) return true;
  return element(it.active, it.property, arena_.object({{"@id", it.expanded["@id"]}}), it.compacted);
}

/// The first value of the entry becomes the key of the map; the others stay.
void Compactor::take_first(Item& it, std::string_view name, std::string_view& key) {
  const Value* entry = it.compacted.find(name);
  if (entry == nullptr) return;
  const Value all = array_of(*entry);
  if (all.count == 0 || !all.elements[0].is_string()) return;
  key = all.elements[0].text();
  const Value rest = Value::array(all.items().subspan(1));
  if (rest.count == 0) {
    it.compacted = without(it.compacted, name);
    return;
  }
  std::vector<Member> members(it.compacted.members().begin(), it.compacted.members().end());
  for (Member& m : members)
    if (m.key == name) m.value = rest.count == 1 ? rest.elements[0] : rest;
  it.compacted = arena_.object(members);
}

Value Compactor::without(const Value& object, std::string_view key) {
  if (!object.is_object()) return object;
  std::vector<Member> members;
  for (const Member& m : object.members())
    if (m.key != key) members.push_back(m);
  return arena_.object(members);
}

}  // namespace machiya::sense::jsonld
