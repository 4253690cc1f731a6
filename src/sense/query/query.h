// A whole question to a store of entities, parsed once and asked of one entity after another: ids, types, attrs, q, geo and scope queries. Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sense/query/filter.h"
#include "sense/query/geo_query.h"
#include "sense/query/ordering.h"
#include "sense/query/projection.h"
#include "sense/query/selection.h"

namespace machiya::sense {

/// Facts that hold together for every matching entity: an index may use one or several of them, and then asks matches(). Never too narrow.
struct Hints {
  std::vector<std::string> ids;                    ///< any of these; empty: unknown
  bool seen_ids = false;                           ///< they are ids as NGSIv2 shows them (entities/seen_id.h)
  std::string id_prefix;                           ///< of every id; empty: unknown
  std::vector<std::vector<std::string>> types;     ///< all types of one of these; empty: unknown
  std::vector<std::string> attrs;                  ///< has at least one of these; empty: unknown
  std::vector<IndexFact> facts;
  std::string geo_attribute;                       ///< expanded; empty with a box: any geo attribute
  std::optional<Box> box;                          ///< an instance of geo_attribute touches it
  std::optional<std::pair<Position, double>> circle;   ///< and comes within so many metres
};

/// Why an entity matches or not: every condition with what was found.
struct Explanation {
  bool matches = false;
  std::vector<ExplainedTerm> terms;
  /// Of those that did not hold and so decided; one a line.
  std::string to_text() const;
};

struct EntityQuery {
  std::vector<EntitySelector> entities;   ///< any of them; empty: every entity
  std::vector<std::string> attrs;         ///< expanded; at least one must be there; empty: no matter
  Filter q;
  std::optional<GeoQuery> geo;
  ScopeQuery scope;
  ServicePaths paths;                     ///< NGSIv2's

  /// Cheapest conditions first. No allocation unless a geometry that is no point must be compared.
  bool matches(const Entity& entity, const EntityLookup* lookup = nullptr) const;
  Explanation explain(const Entity& entity, const EntityLookup* lookup = nullptr) const;
  Hints hints() const;
};

}  // namespace machiya::sense
