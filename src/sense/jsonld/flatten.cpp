// Flattening and node map generation (JSON-LD API §7).
#include <algorithm>
#include <deque>
#include <unordered_map>

#include "sense/jsonld/inverse.h"
#include "sense/jsonld/run.h"

namespace machiya::sense::jsonld {
namespace {

/// A node while it is collected: its properties in the order in which they came.
struct Node {
  std::string_view id, index;
  bool has_index = false;
  std::vector<Value> types;
  std::vector<std::pair<std::string_view, std::vector<Value>>> properties;
  std::vector<Value>& at(std::string_view property) {
    const auto found = std::ranges::find(properties, property, [](const auto& p) { return p.first; });
    return found != properties.end() ? found->second : properties.emplace_back(property, std::vector<Value>()).second;
  }
};

struct Graph {
  std::string_view name;
  std::deque<Node> nodes;
  std::unordered_map<std::string_view, Node*> by_id;
  Node& at(std::string_view id) {
    Node*& known = by_id[id];
    if (known == nullptr) known = &nodes.emplace_back(), known->id = id;
    return *known;
  }
};

void add_new(std::vector<Value>& to, const Value& v) {
  if (std::ranges::none_of(to, [&](const Value& known) { return tree::equal(known, v); })) to.push_back(v);
}

class Flattener {
 public:
  Flattener(const Settings& s, Arena& arena) : run_(s, arena), arena_(arena) { graphs_.push_back(std::make_unique<Graph>()); }
  bool document(const Value& in, Value& out) {
    Place top{*graphs_.front(), nullptr, {}, {}, nullptr};
    if (!collect(in, top)) return false;
    for (std::size_t i = 1; i < graphs_.size(); ++i) graphs_.front()->at(graphs_[i]->name);
    return out = written(*graphs_.front(), true), true;
  }
  Error error() { return *run_.error; }

 private:
  /// Where what is found belongs: to a property of a node, to a list, or to a node that refers back.
  struct Place {
    Graph& graph;
    Node* subject;
    std::string_view property;
    Value back;                     ///< {"@id"} of the node that a reverse property speaks of
    std::vector<Value>* list;
  };
  Run run_;
  Arena& arena_;
  std::vector<std::unique_ptr<Graph>> graphs_;
  std::unordered_map<std::string_view, Graph*> by_name_;
  std::unordered_map<std::string_view, std::string_view> blanks_;

  Graph& graph(std::string_view name) {
    Graph*& known = by_name_[name];
    if (known == nullptr) known = graphs_.emplace_back(std::make_unique<Graph>()).get(), known->name = name;
    return *known;
  }
  std::string_view fresh() { return arena_.text("_:b" + std::to_string(made_++)); }
  int made_ = 0;
  std::string_view renamed(std::string_view id) {
    if (!is_blank_node(id)) return id;
    std::string_view& known = blanks_[id];
    if (known.empty()) known = fresh();
    return known;
  }

  bool collect(const Value& in, Place& place) {
    Run::Deeper deeper(run_);
    if (!deeper.ok()) return false;
    if (in.is_array()) {
      for (const Value& one : in.items())
        if (!collect(one, place)) return false;
      return true;
    }
    if (in.has("@value")) return value(in, place), true;
    if (in.has("@list")) return list(in, place);
    return !in.is_object() || node(in, place);
  }

  void value(const Value& in, Place& place) {
    Value v = in;
    if (const Value* type = in.find("@type"); type != nullptr && is_blank_node(type->text())) {
      std::vector<Member> members(in.members().begin(), in.members().end());
      for (Member& m : members)
        if (m.key == "@type") m.value = Value::string(renamed(type->text()));
      v = arena_.object(members);
    }
    if (place.list != nullptr) place.list->push_back(v);
    else if (place.subject != nullptr) add_new(place.subject->at(place.property), v);
  }

  bool list(const Value& in, Place& place) {
    std::vector<Value> inside;
    Place within{place.graph, place.subject, place.property, {}, &inside};
    if (!collect(in["@list"], within)) return false;
    std::vector<Member> members{{"@list", arena_.array(inside)}};
    if (const Value* index = in.find("@index")) members.push_back({"@index", *index});
    const Value made = arena_.object(members);
    if (place.list != nullptr) place.list->push_back(made);
    else if (place.subject != nullptr) place.subject->at(place.property).push_back(made);
    return true;
  }

  void refer(Node& node, Place& place) {
    if (place.back.is_object()) return add_new(node.at(place.property), place.back);
    const Value reference = arena_.object({{"@id", Value::string(node.id)}});
    if (place.list != nullptr) place.list->push_back(reference);
    else if (place.subject != nullptr) add_new(place.subject->at(place.property), reference);
  }

  bool node(const Value& in, Place& place) {
    const Value* id = in.find("@id");
    Node& node = place.graph.at(id != nullptr && id->is_string() ? renamed(id->text()) : fresh());
    refer(node, place);
    for (const Value& type : in["@type"].items()) add_new(node.types, Value::string(renamed(type.text())));
    if (const Value* index = in.find("@index")) {
      if (node.has_index && node.index != index->text()) return run_.fail(LdError::conflicting_indexes, std::string(node.id));
      node.has_index = true, node.index = index->text();
    }
    return reverse(in["@reverse"], node, place) && inside(in, node, place) && properties(in, node, place);
  }

  bool reverse(const Value& in, Node& node, Place& place) {
    const Value back = arena_.object({{"@id", Value::string(node.id)}});
    for (const Member& m : in.members()) {
      Place from{place.graph, nullptr, m.key, back, nullptr};
      if (!collect(m.value, from)) return false;
    }
    return true;
  }

  bool inside(const Value& in, Node& node, Place& place) {
    Place own{place.graph, nullptr, {}, {}, nullptr};
    if (const Value* g = in.find("@graph")) {
      Place named{graph(node.id), nullptr, {}, {}, nullptr};
      if (!collect(*g, named)) return false;
    }
    const Value* included = in.find("@included");
    return included == nullptr || collect(*included, own);
  }

  bool properties(const Value& in, Node& node, Place& place) {
    std::vector<const Member*> members;
    for (const Member& m : in.members())
      if (keyword_of(m.key) == Keyword::none) members.push_back(&m);
    std::ranges::sort(members, {}, [](const Member* m) { return m->key; });
    for (const Member* m : members) {
      const std::string_view property = renamed(m->key);
      node.at(property);
      Place of{place.graph, &node, property, {}, nullptr};
      if (!collect(m->value, of)) return false;
    }
    return true;
  }

  Value written(const Graph& graph, bool with_graphs) {
    std::vector<const Node*> nodes;
    for (const Node& n : graph.nodes) nodes.push_back(&n);
    std::ranges::sort(nodes, {}, [](const Node* n) { return n->id; });
    std::vector<Value> out;
    for (const Node* n : nodes) {
      std::vector<Member> members{{"@id", Value::string(n->id)}};
      if (!n->types.empty()) members.push_back({"@type", arena_.array(n->types)});
      if (n->has_index) members.push_back({"@index", Value::string(n->index)});
      for (const auto& [property, values] : n->properties) members.push_back({property, arena_.array(values)});
      const auto named = with_graphs ? by_name_.find(n->id) : by_name_.end();
      if (named != by_name_.end()) members.push_back({"@graph", written(*named->second, false)});
      if (members.size() > 1) out.push_back(arena_.object(members));
    }
    return arena_.array(out);
  }
};

}  // namespace

Result<Value> flatten(const Value& expanded, const Settings& settings, Arena& out) {
  Flattener flattener(settings, out);
  Value result;
  if (!flattener.document(expanded, result)) return flattener.error();
  return result;
}

}  // namespace machiya::sense::jsonld
