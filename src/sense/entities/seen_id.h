// Ids of entities that are no URIs. NGSI-LD wants URIs (§4.6.2); NGSIv2 knows an entity by id, type and service path together, and its ids are any word. Such
// an entity has the id "urn:ngsiv2:ID:TYPE" here, with ":path/below" behind it when it does not stand at "/"; each part percent-encoded.
#pragma once
#include <string>
#include <string_view>

namespace machiya::sense {

inline constexpr std::string_view kForeignPrefix = "urn:ngsiv2:";

/// `path`: "/" or "/a/b".
std::string foreign_id(std::string_view id, std::string_view type, std::string_view path);
/// May this id of NGSIv2 stand as it is? A URI that is not of the form above.
bool is_own_id(std::string_view id);
/// The id as NGSIv2 shows it: what stands in "urn:ngsiv2:ID:…", decoded into `buffer`; every other id as it is.
std::string_view seen_id(std::string_view id, std::string& buffer);

}  // namespace machiya::sense
