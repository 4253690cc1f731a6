// The inverse context and IRI compaction (JSON-LD API §4.3, §4.4, §6.2). For the .cpp files of this module.
#pragma once
#include <array>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sense/jsonld/context.h"

namespace machiya::sense::jsonld {

/// What compaction of one IRI gave: a text, or the error "IRI confused with prefix".
struct Compacted {
  std::string_view text;
  bool confused = false;
};

/// Reverse look-up of one context. Immutable once made.
class Inverse {
 public:
  explicit Inverse(const Context& context);

  /// IRI Compaction Algorithm with vocab; `value` may be nullptr. New text lies in `arena`. `ten`: as JSON-LD 1.0 chose.
  Compacted compact(std::string_view iri, const Value* value, bool reverse, Arena& arena, bool ten = false) const;
  /// Without vocab: for values of @id. `relative`: against the context's base.
  Compacted compact_id(std::string_view iri, bool relative, Arena& arena) const;
  /// What stands for a keyword: its shortest alias.
  std::string_view alias(Keyword k) const { return aliases_[static_cast<std::size_t>(k)]; }

 private:
  struct Choice {
    std::string_view key, term;
  };
  struct Group {
    Containers containers;
    std::string_view any;                   ///< "@any" → "@none"
    std::vector<Choice> language, type;     ///< by key, once all terms are in
  };
  struct Entry {
    std::string_view simple;                ///< the one term, when it fits every value that is not reversed
    std::vector<Group> groups;
  };
  struct Wanted;
  struct Hash {
    std::size_t operator()(std::string_view s) const { return hash_of(s); }
  };

  const Context& context_;
  Arena arena_{1024};
  std::unordered_map<std::string_view, Entry, Hash> entries_;
  /// Terms that may stand before a colon, by their IRI, the best first; and how long these IRIs are.
  std::unordered_map<std::string_view, std::vector<const Term*>, Hash> prefixes_;
  std::vector<std::size_t> prefix_lengths_;
  std::array<std::string_view, kKeywords> aliases_;
  std::string_view default_language_;       ///< of terms that say nothing; "@none", "en", "en_ltr", "_rtl"

  std::string_view lower(std::string_view s);
  std::string_view tag(std::string_view language, Direction d);
  void add(const Term& term);
  void file(Group& group, const Term& term);
  void sort_all();
  void want(Wanted& w, const Value* value, bool reverse, bool ten, Arena& arena) const;
  void want_list(Wanted& w, const Value& value, Arena& arena) const;
  void want_graph(Wanted& w, const Value& value) const;
  void want_value(Wanted& w, const Value* value, Arena& arena) const;
  void prefer(Wanted& w, const Value* value, Arena& arena) const;
  std::string_view select(const Entry& entry, const Wanted& w) const;
  std::string_view best_prefix(std::string_view iri, bool no_value, Arena& arena) const;
  Compacted with_prefix(std::string_view iri, bool no_value, Arena& arena) const;
};

/// A map with @graph, and beside it nothing but @id, @index and @context.
bool is_graph_object(const Value& v);
inline bool is_list_object(const Value& v) { return v.has("@list"); }
inline bool is_value_object(const Value& v) { return v.has("@value"); }

}  // namespace machiya::sense::jsonld
