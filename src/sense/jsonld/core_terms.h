// The terms of the NGSI-LD core context, versions 1.3 to 1.9: facts of ETSI GS CIM 009 Annex B, keyed anew. For the .cpp files of this module.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace machiya::sense::jsonld {

/// The minor version that a URL of the core context names: 3 … 9; the one without a version is 8. Nothing when it is no such URL.
std::optional<int> core_version_of(std::string_view url);
/// {"@context": {…}} of that version. `guarded`: with its @protected (since 1.8), as the standard publishes it.
std::string core_json(int minor, bool guarded);

}  // namespace machiya::sense::jsonld
