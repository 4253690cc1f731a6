// The entities of a published type, as everybody may read them, and their values as text.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sense/open_data/open_data.h"

namespace machiya::sense::open_data {

/// All entities of the type in the order of creation, each through `gate`. `most`: the first so many.
Found entities_of(const EntityStore& store, const EntityType& type, const Gate& gate, std::size_t most = SIZE_MAX);
/// The attributes that everybody may read, in the order of the definition.
std::vector<const AttributeType*> open_attributes(const EntityType& type);
/// The instance that a table shows: the default one, else the first; nullptr when there is none.
const Instance* instance_of(const Entity& entity, const AttributeType& attribute);
/// The value itself, out of {"@value": …}.
const tree::Value& plain(const tree::Value& value);
/// In a cell of a table: numbers and texts as they stand, several with ";" between, languages by `lang` (else Japanese, else the first).
std::string cell_of(const Instance& instance, std::string_view lang);
/// A position of a Point; nothing for anything else.
std::optional<Position> point_of(const Instance& instance);
/// "°C" for "CEL"; the code itself for those that are seldom.
std::string unit_text(std::string_view code);

/// Name and address of a licence.
struct Licence {
  std::string id, name, iri;
};
Licence licence_of(std::string_view id);

/// Terms for writing entities: the city's own @context.
Result<TermsPtr> city_terms(Contexts& contexts, const city::City& city);

// Each writes piece by piece.
using Put = std::function<Result<void>(std::string_view)>;
enum class CsvFor : std::uint8_t { machines, excel_utf8, excel_cp932 };
/// Header and rows: id, the open attributes, modifiedAt. A point is two columns, a language map one for each language. machines: terms in the header, UTF-8; for
/// Excel: labels, guarded cells, byte order mark or CP932.
Result<void> write_csv(const EntityType& type, const std::vector<EntityPtr>& entities, CsvFor reader, const Put& put);
Result<void> write_geojson(const EntityType& type, const std::vector<EntityPtr>& entities, const Terms& terms, const Put& put);
/// `context_url`: of the city's @context.
Result<void> write_jsonld(const std::vector<EntityPtr>& entities, const Terms& terms, const std::string& context_url, const Put& put);

/// The catalogue of all published types (DCAT 2, JSON-LD).
std::string catalogue(const city::City& city, const std::vector<const EntityType*>& types, const std::string& base_url);

/// One file of a GBFS 3.0 feed: "gbfs.json", "system_information.json", "station_information.json", "station_status.json"; not_found for another.
Result<std::string> gbfs_file(const EntityType& type, const std::vector<EntityPtr>& entities, std::string_view file, const std::string& base_url, std::int64_t now_us);

}  // namespace machiya::sense::open_data
