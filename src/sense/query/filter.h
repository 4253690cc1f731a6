// q: what an entity's attributes must say (NGSI-LD Query Language, ETSI GS CIM 009 V1.8.1/V1.9.1 §4.9), and NGSIv2's q and mq as a second way to write the same.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sense/entities/entity.h"

namespace machiya::sense {

/// A term as written → its IRI (§5.5.7). Core members (id, type, createdAt …) are never asked for.
using NameExpander = std::function<std::string(std::string_view)>;
/// The entity of this id as the asker may see it, or nullptr. For linked entities: `a{b}==1`.
using EntityLookup = std::function<EntityPtr(std::string_view id)>;

/// How the text of q is to be read.
struct FilterOptions {
  std::vector<std::string> expand_values;  ///< terms: attributes whose compared values are terms to expand (§4.9 expandValues)
  std::vector<std::string> json_keys;      ///< terms: attributes whose value no context touches (§4.9 jsonKeys); values are kept as sent here, so nothing changes
  /// A text with %20 and the like stands for itself and for what it encodes: subscriptions carry q in a body and yet often encoded as in a URL.
  bool percent_too = false;
};

/// A fact that every matching entity fulfils, for indexes; see Hints in query.h.
struct IndexFact {
  enum class What : std::uint8_t {
    exists,  ///< the entity has the attribute
    number,  ///< and one of its instances' values (an element, when that is an array; its @value) is a number within low … high
    text,    ///< and one of its instances' values or objects (an element; any text of a languageMap) is one of `texts`, byte for byte
  };
  What what = What::exists;
  std::string attribute;                ///< expanded
  double low = 0, high = 0;             ///< borders included, ±infinity when open
  std::vector<std::string> texts;
};

/// One condition that was looked at, for "why did it not fire".
struct ExplainedTerm {
  std::string part;    ///< "q", "type", "id", "attrs", "geoQ", "scopeQ"
  std::string term;    ///< as it was written
  bool held = false;
  std::string found;   ///< what the entity has there: "29.5", "no such attribute" …; values of the entity: only for who may read it
};

/// A compiled query; immutable, cheap to copy, any thread may ask. Empty: matches everything.
class Filter {
 public:
  Filter() = default;
  /// `parameter` names it in messages ("q", "csf"). malformed_request: "q, column 7: …" (the interface answers BadRequestData); limit_exceeded for more than 512
  /// terms or values, 20 levels of parentheses or 16,384 bytes (TooComplexQuery). Names in <…> are IRIs already.
  static Result<Filter> parse(std::string_view text, const NameExpander& expand, const FilterOptions& options = {}, std::string_view parameter = "q");
  /// NGSIv2's q and mq, either may be empty; both must hold. Attributes are expanded by `expand`, too.
  static Result<Filter> parse_v2(std::string_view q, std::string_view mq, const NameExpander& expand);
  /// Both must hold.
  static Filter both(const Filter& a, const Filter& b);

  bool empty() const { return !body_; }
  /// Terms over linked entities ask `lookup`; without one they do not hold.
  bool matches(const Entity& entity, const EntityLookup* lookup = nullptr) const;
  /// Over a plain JSON object whose members stand for attributes (a registration's properties, a snapshot; §4.9): members by name as written, {"value": …}
  /// counts as its value.
  bool matches(const tree::Value& object) const;
  void explain(const Entity& entity, const EntityLookup* lookup, std::vector<ExplainedTerm>& out) const;

  /// Canonical text: reads back as the same filter without any context (names in <…>).
  std::string text() const;
  /// As it was written.
  std::string source() const;
  /// Facts that hold together for every matching entity (perhaps none).
  std::vector<IndexFact> facts() const;
  /// Expanded names of the attributes on which the answer depends, of the entity itself.
  std::vector<std::string> attributes() const;
  /// How deep it follows relationships: 0 for `a==1`, 1 for `a{b}==1`.
  int linked_depth() const { return linked_depth_; }
  /// True when nothing but members that the system keeps is asked (createdAt, modifiedAt …): too wide a query for §5.7.2.
  bool only_system_members() const;

  struct Body;

 private:
  explicit Filter(std::shared_ptr<const Body> body);
  std::shared_ptr<const Body> body_;
  int linked_depth_ = 0;
};

}  // namespace machiya::sense
