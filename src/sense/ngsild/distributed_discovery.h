// Types and attributes that registered sources know of (§5.7.5–§5.7.10), added to those that are here.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "sense/ngsild/distribution.h"

namespace machiya::sense::ngsild {

using Types = std::map<std::string, TypeFacts>;            // by expanded name
using Attributes = std::map<std::string, AttributeFacts>;

/// GET /types, with details or not.
std::vector<federation::Warning> add_types(Call& call, bool details, Types& out);
/// GET /types/{type}.
std::vector<federation::Warning> add_type(Call& call, const std::string& type, Types& out);
/// GET /attributes, with details or not.
std::vector<federation::Warning> add_attributes(Call& call, bool details, Attributes& out);
/// GET /attributes/{attribute}.
std::vector<federation::Warning> add_attribute(Call& call, const std::string& attribute, Attributes& out);

}  // namespace machiya::sense::ngsild
