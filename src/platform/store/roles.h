// PostgreSQL roles: the schema belongs to one role, which migrates; the server runs as another, which can neither alter the schema nor
// change what is only added to.
#pragma once
#include <string_view>
#include <vector>

#include "platform/store/store.h"

namespace machiya::store {

/// Gives `role` what the server needs on every table and sequence of the schema, and on the tables `only_added_to` nothing but SELECT and
/// INSERT. Run as the owner of the schema after each migrate(); it may be repeated. invalid_input for a name that is no plain word, and on
/// SQLite, which has no roles.
Result<void> grant_server_role(Store& store, std::string_view role, const std::vector<std::string_view>& only_added_to);

}  // namespace machiya::store
