// What of an entity is shown: attrs, pick, omit (§4.21), lang (§4.15).
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sense/query/filter.h"

namespace machiya::sense {

/// pick or omit: "id,type,name,locatedIn{id,name}".
class Projection {
 public:
  struct Member {
    std::string term;             ///< as written
    std::string name;             ///< "id", "type", "scope" …, or the attribute's IRI
    std::vector<Member> linked;   ///< of the linked entity; empty: nothing was said of it
  };
  Projection() = default;
  static Result<Projection> parse(std::string_view text, const NameExpander& expand, std::string_view parameter);
  /// From a body: each text may itself be a list.
  static Result<Projection> parse(std::span<const std::string_view> texts, const NameExpander& expand, std::string_view parameter);
  bool empty() const { return members_.empty(); }
  const std::vector<Member>& members() const { return members_; }
  const Member* find(std::string_view name) const;
  /// 0 without braces.
  int linked_depth() const;
  std::string text() const;       ///< canonical, with <IRIs>

 private:
  std::vector<Member> members_;
};
/// pick and omit may not name the same member; neither goes with attrs (§5.7.2).
Result<void> check_projections(const Projection& pick, const Projection& omit, bool has_attrs);

/// A comma-separated list of attribute names, expanded: attrs, watchedAttributes … malformed_request for an empty or impossible name.
Result<std::vector<std::string>> parse_names(std::string_view text, const NameExpander& expand, std::string_view parameter);
/// A name of §4.6.2 (letter, then letters, digits, _; perhaps prefix:), or an absolute IRI.
bool is_name(std::string_view text);
/// A member that the system keeps or that every entity has (id, type, scope, createdAt …), by term: attrs of nothing else are too wide a query (§5.7.2).
bool is_system_member(std::string_view term);

/// lang: "fr", "fr-CH,fr;q=0.9,*;q=0.5" (RFC 9110 §12.5.4). Which text of a languageMap is to be shown.
class LanguageFilter {
 public:
  static Result<LanguageFilter> parse(std::string_view text);
  /// The tag to show: best match of the ranges (RFC 4647 lookup), else "@none", else the map's first; nothing for an empty map.
  std::optional<std::string_view> choose(const tree::Value& language_map) const;

 private:
  std::vector<std::string> ranges_;   // best first
};

}  // namespace machiya::sense
