// What a context broker keeps: an entity with its attributes, as NGSI-LD's information model has it (ETSI GS CIM 009 V1.8.1 §4.5). One canonical form
// for NGSI-LD and NGSIv2; names are expanded IRIs, values are JSON as sent. Immutable: a change makes a new entity (change.h).
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "sense/tree/tree.h"

namespace machiya::sense {

/// §4.5.2–§4.5.18: what an attribute says, and in which member its value stands.
enum class AttributeKind : std::uint8_t {
  property,            ///< "value": any JSON but null
  relationship,        ///< "object": a URI, or several
  geo_property,        ///< "value": a GeoJSON geometry
  language_property,   ///< "languageMap": tag → text, or several texts
  vocab_property,      ///< "vocab": a term, or several, as expanded IRIs
  json_property,       ///< "json": JSON that no context touches
  list_property,       ///< "valueList": an ordered array
  list_relationship,   ///< "objectList": ordered [{"object": URI}]
};
/// "Property", "GeoProperty" …
std::string_view kind_name(AttributeKind kind);
/// The kind of that name; nothing for another word.
std::optional<AttributeKind> kind_of_name(std::string_view name);
/// The member that holds the value: "value", "object", "languageMap" …
std::string_view value_member(AttributeKind kind);

inline constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

/// An instant as a client wrote it: µs since 1970 for comparing, the text for giving back ("…:00.10Z" stays so). Absent: `us` is kNoTime.
struct Stamp {
  std::int64_t us = kNoTime;
  std::string_view text;
  bool present() const { return us != kNoTime; }
};

struct Attribute;

/// One instance of an attribute; instances of one attribute differ by datasetId (§4.5.5).
struct Instance {
  AttributeKind kind = AttributeKind::property;
  tree::Value value;              ///< of the member that value_member(kind) names
  std::string_view dataset_id;    ///< "": the default instance
  std::string_view instance_id;   ///< urn:ngsi-ld:…, unguessable; of this version of the value (§4.5.6)
  std::string_view unit_code;     ///< UN/CEFACT; "" when absent
  tree::Value object_type;        ///< of relationships: expanded type, or several; null when absent
  tree::Value value_type;         ///< "valueType" of properties (1.9.1); null when absent
  tree::Value proof;              ///< "ngsildproof"; null when absent
  Stamp observed_at;
  Stamp expires_at;               ///< a transient instance; seldom
  std::int64_t created_us = kNoTime, modified_us = kNoTime;   ///< µs since 1970, by the broker's clock
  std::span<const Attribute> sub; ///< properties of properties, relationships of properties …
};

/// An attribute: expanded name, at least one instance.
struct Attribute {
  std::string_view name;
  std::span<const Instance> instances;
  /// The instance of this datasetId ("": the default one), or nullptr.
  const Instance* instance(std::string_view dataset_id) const;
};

/// By expanded name, or nullptr.
const Attribute* find_attribute(std::span<const Attribute> among, std::string_view name);

/// An entity. Everything it points to lies in the arena that it came with (EntityPtr) or is interned for good (Names).
struct Entity {
  std::string_view id;                       ///< a URI
  std::span<const std::string_view> types;   ///< expanded, at least one, no two alike
  std::span<const std::string_view> scopes;  ///< "/a/b" (§4.18)
  std::int64_t created_us = kNoTime, modified_us = kNoTime;
  Stamp expires_at;                          ///< a transient entity (1.9.1 §4.5.1)
  std::span<const Attribute> attributes;     ///< in the order in which they came
  /// By expanded name, or nullptr.
  const Attribute* attribute(std::string_view name) const;
  bool has_type(std::string_view type) const;
};

/// An entity with its memory; shared between the image, readers and notifications, never changed.
using EntityPtr = std::shared_ptr<const Entity>;

/// What one write did to one instance of an attribute, for subscriptions and for the entity's history. The pointers live as long as the two
/// entities of the EntityChange.
struct AttributeChange {
  enum class What : std::uint8_t { created, updated, deleted };
  What what = What::updated;
  std::string_view name;                ///< expanded
  std::string_view dataset_id;
  const Instance* before = nullptr;     ///< nullptr when created
  const Instance* after = nullptr;      ///< nullptr when deleted
};

}  // namespace machiya::sense
