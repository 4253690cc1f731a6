// Entities as NGSIv2 shows them: normalized, keyValues, values, unique; chosen attributes and metadata, built-in ones when they are asked for. Pure.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sense/entities/entity.h"
#include "sense/v2/names.h"

namespace machiya::sense::ngsiv2 {

enum class Format : std::uint8_t { normalized, key_values, values, unique };

/// What of an entity is shown. Empty lists: everything but what is built in; "*" is "all others".
struct View {
  Format format = Format::normalized;
  std::vector<std::string> attrs, metadata;
  std::vector<std::string> except;          ///< attributes that are not shown (exceptAttrs)
  bool covered = false;                     ///< attributes of `attrs` that the entity has not are shown as null
  bool head = true;                         ///< id and type
  /// Built-in metadata that only a notification knows (previousValue, actionType): `"name":{…}` of this attribute, "" for none.
  std::function<std::string(const Attribute&, std::string_view name)> more;
};

/// {"id", "type", …}, or a list of values. Appends.
void write_entity(const Entity& entity, const View& view, const NameMap& names, std::string& out);
/// {"type", "value", "metadata"}.
void write_attribute(const Attribute& attribute, const View& view, const NameMap& names, std::string& out);
/// The instance that NGSIv2 sees of an attribute: the one without a datasetId; nullptr when there is none.
const Instance* seen_instance(const Attribute& attribute);
/// The attribute of this name that NGSIv2 sees, or nullptr.
const Attribute* seen_attribute(const Entity& entity, const std::string& iri);
/// The entity's type as NGSIv2 shows it: the first of its types.
std::string type_of(const Entity& entity, const NameMap& names);

inline constexpr std::string_view kDateCreated = "dateCreated", kDateModified = "dateModified", kDateExpires = "dateExpires";
/// One of the three.
bool is_builtin_attribute(std::string_view name);
/// µs since 1970 → "2017-06-17T07:21:24.238Z": always with milliseconds, as Orion writes built-in dates.
std::string date_text(std::int64_t us);
std::string quoted(std::string_view text);

}  // namespace machiya::sense::ngsiv2
