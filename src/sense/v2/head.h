// Fiware-Service and Fiware-ServicePath: who asks, and where entities stand. Pure.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/query/selection.h"

namespace machiya::sense::ngsiv2 {

/// The tenant: letters, digits and _, at most 50, in lower case. "" for no header. invalid_input.
Result<std::string> read_service(std::string_view header);
/// For questions: "/a,/b/#"; everything when there is no header ("/#"). At most 10 paths of 10 levels of 50 letters, digits and _.
Result<ServicePaths> read_paths(std::string_view header);
/// For writes: one path without "#"; "/" when there is no header.
Result<std::string> read_path(std::string_view header);

}  // namespace machiya::sense::ngsiv2
