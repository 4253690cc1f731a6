// Expansion Algorithm (JSON-LD API §5). For expand.cpp, expand_keywords.cpp, expand_maps.cpp.
#pragma once
#include "sense/jsonld/growing.h"
#include "sense/jsonld/run.h"

namespace machiya::sense::jsonld {

class Expander {
 public:
  Expander(const Settings& s, Arena& arena) : run_(s, arena), arena_(arena) {}
  bool document(const Value& in, const ContextPtr& active, Value& out);
  Error error() { return *run_.error; }

 private:
  /// The active property: its name as written; no name at the top and in @included.
  struct Property {
    std::string_view name;
    bool top = false;      ///< null or "@graph": free-floating values are dropped
  };
  /// A key of an object with what it expands to.
  struct Key {
    const Member* member;
    const Term* term;
    Expanded to;
  };
  /// What is carried through the members of one object.
  struct Node {
    const ContextPtr& active;
    const Context& type_scoped;
    const Property& property;
    Growing& result;
    Growing* reverse = nullptr;    ///< the @reverse entry
    bool json = false;             ///< its @type is @json
  };

  Run run_;
  Arena& arena_;
  Growings pool_;
  std::vector<Key> keys_;                     ///< of all objects that are open
  std::vector<Value> items_;                  ///< of all arrays that are open

  bool element(const ContextPtr& active, const Property& property, const Term* term, const Value& in, bool from_map, Value& out);
  bool array(const ContextPtr& active, const Property& property, const Term* term, const Value& in, bool from_map, Value& out);
  bool object(ContextPtr active, const Property& property, const Term* term, const Value& in, bool from_map, Value& out);
  bool scalar(const ContextPtr& active, const Property& property, const Term* term, const Value& in, Value& out);
  Value value(const Context& active, const Term* term, const Value& in);
  bool keeps_context(const Context& active, const Value& in);
  void read_keys(const Context& active, const Value& in);
  bool type_contexts(ContextPtr& active, const Context& type_scoped, std::size_t first);
  bool is_json(const Context& active, std::size_t first) const;
  bool members(Node& node, std::size_t first, std::size_t last);
  bool nests(Node& node, std::size_t first, std::size_t last);
  bool nested(Node& node, const Key& key);
  bool keyword(Node& node, const Key& key);
  bool finish(Node& node, Value& out);
  bool finish_value(Growing& result, bool& null);

  bool set_id(Node& node, const Value& in);
  bool set_type(Node& node, const Value& in);
  bool set_value(Node& node, const Value& in);
  bool set_included(Node& node, const Value& in);
  bool set_list(Node& node, const Value& in);
  bool set_set(Node& node, const Value& in);
  bool set_reverse(Node& node, const Value& in);
  bool set_text(Node& node, Keyword k, const Value& in);
  bool add_reverse(Node& node, std::string_view property, const Value& items);

  bool property(Node& node, const Key& key);
  bool language_map(const Context& active, const Term& term, const Value& in, Value& out);
  bool index_map(Node& node, const Key& key, Value& out);
  bool map_items(Node& node, const Key& key, std::string_view index, Value& values, std::size_t& first);
  bool map_item(Node& node, const Term& term, std::string_view index, const Expanded& expanded_index, Value& item);
  bool property_index(Node& node, const Term& term, std::string_view index, Value& item);

  Value array_of(const Value& v) { return v.is_array() ? v : Value::array(arena_.list(std::span<const Value>(&v, 1))); }
  Value with(const Value& object, std::string_view key, const Value& v);
};

}  // namespace machiya::sense::jsonld
