// What the city says of a type of entity: its attributes, what values may be, who may read them, whether it is published. Kind "entity-type"
// (files entities/<id>.yaml of a room, docs/definitions.md); the compiled form is immutable.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "city/city.h"

namespace machiya::sense {

/// What the value of an attribute is.
enum class ValueKind : std::uint8_t { number, integer, text, boolean, date_time, geo, relation, language_map, json };
/// "number", "date-time" …: as definitions write it.
std::string_view value_kind_name(ValueKind kind);

/// Who may read. Nothing that is not said here is open.
struct Reading {
  bool open = true;                     ///< everybody; then the rest is empty
  std::string scope;                    ///< of API clients
  std::string permission;               ///< of staff
  std::vector<std::string> purposes;    ///< 利用目的 of policy.yaml with which staff may; empty: any of those that the permission is for
  friend bool operator==(const Reading&, const Reading&) = default;
};
/// Scope and permission of what is restricted without saying for whom, and of everything that has no definition.
inline constexpr std::string_view kRestrictedScope = "entities.read", kRestrictedPermission = "entity.read";

struct Choice {
  std::string value;   ///< as it stands in the entity; a number by its text
  city::Text label;    ///< empty: the value says it
};

struct AttributeType {
  std::string name;          ///< the term
  std::string iri;           ///< what entities carry
  city::Text label;
  ValueKind kind = ValueKind::text;
  bool list = false;         ///< several values
  std::string unit;          ///< UN/CEFACT recommendation 20; "" none
  std::optional<double> min, max;   ///< borders included: of numbers the value, of texts the characters
  std::vector<Choice> choices;
  bool required = false;
  bool series = false;       ///< its values over time are what it is for
  std::string retention;     ///< ISO 8601 duration of its history; "" as the broker keeps everything
  int retention_days = 0;    ///< the same, months of 31 and years of 366 days; 0: not said
  std::string target;        ///< of relations: IRI of the type that it leads to; "" any
  Reading reading;
};

/// What becomes of an entity that does not fit.
enum class ModelCheck : std::uint8_t {
  strict,    ///< it is refused, attributes without definition too
  lenient,   ///< it is taken, and the steward is told
  off,
};

/// 更新頻度 of published data.
enum class Frequency : std::uint8_t { continuous, hourly, daily, weekly, monthly, quarterly, annual, irregular };
std::string_view frequency_name(Frequency frequency);

/// Fields of GBFS 3.0 that are filled from attributes: (field, term), in the order of the definition.
struct GbfsMapping {
  using Fields = std::vector<std::pair<std::string, std::string>>;
  std::string system_id, timezone;
  std::string opening_hours;                   ///< OpenStreetMap's syntax
  std::string feed_contact_email;
  int ttl = 60;                                ///< seconds until a client asks again
  std::vector<std::string> languages;          ///< IETF BCP 47
  city::Text system_name;
  Fields information, status;                  ///< station_information, station_status
  bool vehicles = true;                        ///< false: a place to park, without vehicles of its own
};

/// A public type as open data.
struct OpenData {
  std::string name;                 ///< stable: /open/{name}
  std::string licence;              ///< "CC-BY-4.0" …
  Frequency frequency = Frequency::irregular;
  city::Text about;
  std::vector<std::string> keywords;
  std::optional<GbfsMapping> gbfs;
};

/// Kind "entity-type". Immutable.
struct EntityType final : city::Definition {
  std::string id;            ///< of the definition
  int version = 1;
  int initiative = 0;        ///< 0: of no room
  city::Text name;
  std::string term, iri;     ///< of the type
  std::string owner;         ///< id of a department
  ModelCheck check = ModelCheck::strict;
  Reading reading;           ///< of the entity itself and of attributes that say nothing else
  std::vector<AttributeType> attributes;
  std::optional<OpenData> open;

  const AttributeType* attribute(std::string_view iri) const;        ///< by expanded name, or nullptr
  const AttributeType* attribute_named(std::string_view term) const;
};

city::Kind entity_type_kind();
/// In the order of the city's files.
std::vector<const EntityType*> entity_types_of(const city::City& city);

/// The types of one city, found by what entities say. Keeps the city alive; any thread may ask.
class EntityTypes {
 public:
  EntityTypes() = default;
  explicit EntityTypes(std::shared_ptr<const city::City> city);
  const EntityType* by_iri(std::string_view type) const;    ///< expanded type; nullptr when it has no definition
  const EntityType* by_id(std::string_view id) const;
  const EntityType* by_open_name(std::string_view name) const;
  const std::vector<const EntityType*>& all() const { return all_; }
  const std::shared_ptr<const city::City>& city() const { return city_; }

 private:
  std::shared_ptr<const city::City> city_;
  std::vector<const EntityType*> all_;
  std::map<std::string, const EntityType*, std::less<>> by_iri_, by_id_, by_open_;
};

/// The address below which the city's own @context is found; it does not change.
inline constexpr std::string_view kCityContextPath = "/context/city.jsonld";
/// {"@context": {…}}: every term of every type and attribute with its IRI, sorted; what the core context defines already is not repeated.
std::string city_context(const city::City& city);

}  // namespace machiya::sense
