// Compaction Algorithm (JSON-LD API §6). For compact.cpp, compact_items.cpp.
#pragma once
#include "sense/jsonld/growing.h"
#include "sense/jsonld/inverse.h"
#include "sense/jsonld/run.h"

namespace machiya::sense::jsonld {

class Compactor {
 public:
  Compactor(const Settings& s, Arena& arena) : run_(s, arena), arena_(arena) {}
  bool document(const Value& in, const ContextPtr& active, const Value& context_member, Value& out);
  Error error() { return *run_.error; }

 private:
  /// One item of a property and where it goes.
  struct Item {
    const ContextPtr& active;
    std::string_view property;     ///< as compacted
    const Term* term;              ///< of `property`
    Containers containers;
    bool as_array;
    Growing& into;                 ///< the object, or what is nested in it
    const Value& expanded;
    Value compacted;
  };

  Run run_;
  Arena& arena_;
  Growings pool_;
  std::vector<Value> items_;       ///< of all arrays that are open

  bool element(const ContextPtr& active, std::string_view property, const Value& in, Value& out);
  bool array(const ContextPtr& active, std::string_view property, const Value& in, Value& out);
  bool object(ContextPtr active, std::string_view property, const Value& in, Value& out);
  bool type_contexts(ContextPtr& active, const ContextPtr& type_scoped, const Value& in);
  bool members(const ContextPtr& active, const Context& type_scoped, std::string_view property, const Value& in, Growing& result);
  bool member(const ContextPtr& active, const Context& type_scoped, std::string_view property, const Member& m, Growing& result, bool& done);
  bool set_id(const Context& active, const Value& in, Growing& result);
  bool set_types(const Context& active, const Context& type_scoped, const Value& in, Growing& result);
  bool set_reverse(const ContextPtr& active, const Value& in, Growing& result);
  bool items(const ContextPtr& active, std::string_view property, const Member& m, Growing& result);
  bool item(const ContextPtr& active, const Member& m, bool inside_reverse, const Value& expanded, Growing& result);
  bool nest(const Context& active, const Term* term, Growing& result, Growing*& into);
  bool list_item(Item& it);
  bool graph_item(Item& it);
  bool map_item(Item& it);
  bool index_key(Item& it, std::string_view& key);
  bool type_key(Item& it, std::string_view container_key, std::string_view& key);
  void take_first(Item& it, std::string_view name, std::string_view& key);
  bool value(const Context& active, std::string_view property, const Value& in, Value& out);
  bool compact_id_value(const Context& active, const Term* term, const Value& in, Value& out, bool& done);

  /// IRI compaction with vocab, and without.
  bool iri(const Context& active, std::string_view iri, const Value* value, bool reverse, std::string_view& out);
  bool id(const Context& active, std::string_view iri, std::string_view& out);
  std::string_view alias(const Context& active, Keyword k) { return active.inverse().alias(k); }
  Value array_of(const Value& v) { return v.is_array() ? v : Value::array(arena_.list(std::span<const Value>(&v, 1))); }
  Value without(const Value& object, std::string_view key);
};

}  // namespace machiya::sense::jsonld
