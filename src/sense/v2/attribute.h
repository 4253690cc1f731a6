// An attribute (or a metadata element) of NGSIv2 as the canonical model keeps it, and back. What was written by NGSIv2 comes back as it was written; NGSI-LD
// sees what it means: geo:json and geo:point are GeoProperties, a Relationship of URIs is one, DateTime is a typed value, unitCode and the time of observation are
// members, null stands in a JsonProperty; the type of NGSIv2 is "valueType" unless it follows from the value. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/entities/entity.h"
#include "sense/v2/names.h"

namespace machiya::sense::ngsiv2 {

/// {"value", "type", "metadata"}. invalid_input with Orion's description. `arena`, `body` must outlive the instance.
Result<Instance> read_attribute(const tree::Value& body, const NameMap& names, tree::Arena& arena);
/// A bare value (keyValues); `type` empty: what follows from the value.
Result<Instance> read_value(std::string_view type, const tree::Value& value, const NameMap& names, tree::Arena& arena);
/// Metadata that `before` has and `now` does not, are kept (NGSIv2: sticky). A time of observation is not: it belongs to one value.
void keep_metadata(const Instance& before, Instance& now, tree::Arena& arena);

/// The type as NGSIv2 shows it: "Number", "geo:point" …
std::string type_of(const Instance& instance, const NameMap& names);
/// The value as NGSIv2 shows it; what is made for it lies in `arena`.
tree::Value value_of(const Instance& instance, const NameMap& names, tree::Arena& arena);

/// Metadata that no sub-attribute is, but a member of the instance.
inline constexpr std::string_view kUnitCode = "unitCode", kObservedAt = "observedAt";
/// Is this one shown as a metadata element? Not the text of a simple location.
bool is_shown(const Attribute& sub);
/// Does the instance's time of observation stand in one of its metadata (TimeInstant, timestamp) already?
bool observed_elsewhere(const Instance& instance);

/// "Text", "Number", "Boolean", "StructuredValue", "None".
std::string_view default_type(const tree::Value& value);

}  // namespace machiya::sense::ngsiv2
