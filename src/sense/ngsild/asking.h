// Queries of the interface: parameters (§6.4.3.2) or a body (§5.2.23) become one EntityQuery with its projection and order.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sense/ngsild/call.h"
#include "sense/query/query.h"

namespace machiya::sense::ngsild {

/// A query and how its answer is shown.
struct Asking {
  EntityQuery query;
  Ordering order;
  Shape shape;                          ///< terms, format, members …
  LanguageFilter language;
  bool has_language = false;
  std::vector<std::string> datasets;
  std::string geometry_property;        ///< expanded; of GeoJSON answers
  enum class Join : std::uint8_t { none, flat, inline_ } join = Join::none;
  int join_level = 1;
  std::vector<std::string> contained_by;   ///< entities that the asker has already (§4.5.23)
  /// Entity maps (§5.5.14): one is wanted; for how long, µs (0: not said).
  bool map = false;
  std::int64_t map_lifetime_us = 0;
  /// How deep pick and omit follow relationships.
  int projected_depth = 0;
  bool local = false;
  bool split = false;                   ///< splitEntities: an entity's parts may lie with several sources, so filters are asked of the whole (§5.7.2)
  Filter csf;                           ///< which sources are asked (§4.9)
  Call::Page page;
  /// Points the shape at what it needs of this; after it was moved to its place.
  void settle();
};

/// Parameters that queries of entities know.
extern const std::vector<std::string_view> kQueryParameters;
/// Those of retrieving one.
extern const std::vector<std::string_view> kRetrieveParameters;

/// How the answer is shown: attrs, pick, omit, lang, datasetId, format, sysAttrs, geometryProperty, join. `attrs_select`: attrs also choose entities.
Result<void> read_shape(Call& call, Asking& out);
/// From parameters. BadRequestData; too wide a query (§5.7.2.4) is refused.
Result<void> read_query(Call& call, Asking& out);
/// From a Query body (POST entityOperations/query); how it is shown comes from the parameters.
Result<void> read_query_body(Call& call, const tree::Value& body, Asking& out);
/// An ISO 8601 duration ("PT5M", "P1D") in µs, months of 30 and years of 365 days; nothing for anything else.
std::optional<std::int64_t> parse_duration(std::string_view text);
/// Entity selectors of a body: [{"id", "idPattern", "type"}].
Result<std::vector<EntitySelector>> read_selectors(const tree::Value& list, const NameExpander& expand);

}  // namespace machiya::sense::ngsild
