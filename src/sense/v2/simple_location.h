// The Simple Location Format of NGSIv2 ("41.37, 2.18", latitude first) and GeoJSON. Pure.
#pragma once
#include <optional>
#include <string_view>

#include "base/result.h"
#include "sense/tree/tree.h"

namespace machiya::sense::ngsiv2 {

/// geo:point, geo:line, geo:box, geo:polygon.
bool is_simple_location(std::string_view type);
/// The geometry, numbers as they were written. invalid_input.
Result<tree::Value> read_simple_location(std::string_view type, const tree::Value& value, tree::Arena& arena);
/// The geometry as this type writes it; nothing when it is none of this type.
std::optional<tree::Value> write_simple_location(std::string_view type, const tree::Value& geometry, tree::Arena& arena);

}  // namespace machiya::sense::ngsiv2
