// Entities as NGSI-LD answers them: normalized, concise, simplified (§4.5.1–§4.5.3), with or without system attributes, as GeoJSON (§4.5.16), in one
// language (§4.15), parts of them (pick, omit). Written straight into the answer's text.
#pragma once
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sense/entities/entity.h"
#include "sense/jsonld/contexts.h"
#include "sense/tree/text_out.h"

namespace machiya::sense {

enum class Format : std::uint8_t { normalized, concise, simplified };

/// Which members of an entity are shown: names of attributes as expanded IRIs; "id", "type", "scope", "createdAt", "modifiedAt", "expiresAt" as they stand.
struct Selection {
  struct Member {
    std::string name;
    std::vector<Member> within;   ///< of the entity that a relationship leads to: a{b,c}; empty: all of it
  };
  bool only_picked = false;
  std::vector<Member> pick;       ///< used when only_picked
  std::vector<Member> omit;       ///< a member with `within` is not omitted itself
  bool shows(std::string_view name) const;
  /// What is shown of the entity that the relationship `name` leads to.
  Selection beyond(std::string_view name) const;
};

/// What names of attributes became, for an answer of many entities that have the same ones. One thread.
class ShortNames {
 public:
  /// The name as a key of JSON: ,"name": with the comma before it. Until the next call.
  std::string_view key(const Terms& terms, std::string_view iri, tree::Arena& scratch);

 private:
  struct One {
    const Terms* terms = nullptr;
    std::string iri, key;
  };
  std::array<One, 64> names_;
};

struct Shape {
  const Terms* terms = nullptr;
  Format format = Format::normalized;
  bool sys_attrs = false;
  /// §4.15: the tag to show of a language map (query's LanguageFilter); language properties then become plain ones. Not set: they stay.
  std::function<std::optional<std::string_view>(const tree::Value& language_map)> language;
  const std::vector<std::string>* datasets = nullptr;   ///< only these instances ("" and "@none": the default one)
  Selection members;
  /// Further members of an instance as text, each with a comma before it (a notification's previousValue, deletedAt); "" for none. Not set: none.
  std::function<std::string(const Instance&)> more;
  /// joins: the entity that a relationship's URI leads to, or nullptr (join=inline). Not set: no join. Nobody is shown inside of themselves.
  std::function<EntityPtr(std::string_view uri)> linked;
  int join_level = 0;
  /// §4.3.6.8: what a reader of an earlier version of the standard understands (108 for 1.8); 0: everything.
  int version = 0;
  /// Set to true when `version` changed something.
  bool* amended = nullptr;
  /// Remembers what names became; nullptr: they are asked of `terms` each time.
  ShortNames* short_names = nullptr;
};

/// {"id": …}; without "@context".
void write_entity(const Entity& entity, const Shape& shape, tree::TextOut& out);
void write_entity(const Entity& entity, const Shape& shape, std::string& out);
/// One instance as it stands in a member's value.
void write_instance(const Instance& instance, const Shape& shape, std::string& out);
/// A GeoJSON Feature (§4.5.16.1): geometry from the attribute `geometry_property` (expanded): the instance of the one dataset that is asked for, else the
/// default one; null when there is none.
void write_feature(const Entity& entity, const Shape& shape, std::string_view geometry_property, std::string_view context_member, tree::TextOut& out);
void write_feature(const Entity& entity, const Shape& shape, std::string_view geometry_property, std::string_view context_member, std::string& out);

}  // namespace machiya::sense
