// Which entities are meant before their attributes are looked at: ids, patterns, types (§4.17), scopes (§4.19).
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sense/query/filter.h"

namespace machiya::sense {

/// A regular expression after IEEE 1003.2 (extended), found anywhere in the text unless ^ and $ say otherwise. Also known: \d \w \s \b, (?: ), (?i) at the
/// beginning, lazy quantifiers (which change nothing here). Always linear in the text: no pattern makes it slow. Back references and look-around are refused.
class TextPattern {
 public:
  /// malformed_request with the column; limit_exceeded beyond 1,000 characters or 2,000 states.
  static Result<TextPattern> compile(std::string_view source);
  /// UTF-8, code point by code point.
  bool found_in(std::string_view text) const;
  const std::string& source() const;
  /// What every matching text begins with ("" when unknown): for an index.
  const std::string& prefix() const;

  struct Program;

 private:
  std::shared_ptr<const Program> program_;
};

/// §4.17: "(A;B),C|D", "*". Immutable.
class TypeSelection {
 public:
  TypeSelection() = default;
  static Result<TypeSelection> parse(std::string_view text, const NameExpander& expand, std::string_view parameter = "type");
  /// Any of these, expanded already.
  static TypeSelection any(const std::vector<std::string>& types);
  /// The NGSIv2 typePattern. `seen`: the name of a type as the asker knows it; empty: its IRI.
  using Seen = std::function<std::string(std::string_view iri)>;
  static TypeSelection pattern(TextPattern pattern, Seen seen = {});
  bool empty() const { return any_of_.empty() && !pattern_; }
  /// "*": every type was asked for by name.
  bool every() const { return every_; }
  bool matches(const Entity& entity) const { return matches(entity.types); }
  bool matches(std::span<const std::string_view> types) const;
  /// Each matching entity has all types of one of these (expanded); empty when unknown.
  const std::vector<std::vector<std::string>>& any_of() const { return any_of_; }
  std::string text() const;   ///< canonical, with <IRIs>

 private:
  std::vector<std::vector<std::string>> any_of_;
  std::optional<TextPattern> pattern_;
  Seen seen_;
  bool every_ = false;
};

/// §4.19: "/a/+/b", "/a/#", "(/a;/b),/c|/d". Immutable.
class ScopeQuery {
 public:
  ScopeQuery() = default;
  static Result<ScopeQuery> parse(std::string_view text);
  bool empty() const { return any_of_.empty(); }
  /// An entity without scope matches no scope query, "/#" included.
  bool matches(std::span<const std::string_view> scopes) const;
  std::string text() const;

 private:
  struct Pattern { std::vector<std::string> levels; bool tree = false; };   // "+" is an empty level
  static bool fits(const Pattern& pattern, std::string_view scope);
  std::vector<std::vector<Pattern>> any_of_;
  friend class ScopeReader;
};

/// NGSIv2's Fiware-ServicePath: "/a/b", "/a/#". An entity stands at each of its scopes, or at "/" when it has none.
struct ServicePaths {
  struct One {
    std::string path;     ///< "/" or "/a/b"
    bool below = false;   ///< and everything below it
  };
  std::vector<One> any_of;   ///< empty: everywhere
  bool matches(std::span<const std::string_view> scopes) const;
  std::string text() const;
};

/// §5.2.33 EntitySelector, §5.2.8 EntityInfo.
struct EntitySelector {
  std::vector<std::string> ids;            ///< any of them; empty: every id
  std::optional<TextPattern> id_pattern;   ///< only looked at when there are no ids
  TypeSelection type;
  bool v2 = false;                         ///< ids and pattern are asked of the id as NGSIv2 shows it (entities/seen_id.h)
  bool has_id(std::string_view id) const;  ///< is it one of the ids, or does the pattern fit? True when neither is asked for
  bool selects(const Entity& entity) const;
};

}  // namespace machiya::sense
