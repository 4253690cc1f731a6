#include <algorithm>

#include "platform/store/roles.h"

namespace machiya::store {
namespace {

bool is_plain(std::string_view role) {
  return !role.empty() && role.size() <= 63 && (role[0] == '_' || (role[0] >= 'a' && role[0] <= 'z')) &&
         std::all_of(role.begin(), role.end(), [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

}  // namespace

Result<void> grant_server_role(Store& store, std::string_view role, const std::vector<std::string_view>& only_added_to) {
  if (store.engine() != Engine::postgres) return Error(ErrorCode::invalid_input, "SQLite has no roles", "grant");
  if (!is_plain(role)) return Error(ErrorCode::invalid_input, "a role is named by lower-case letters, digits and underscores", "grant");
  const std::string name(role);
  return store.write([&](Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto schema, tx.query_one("SELECT CAST(current_schema() AS text)"));
    const std::string in = " IN SCHEMA " + schema->text(0), to = " TO " + name, from = " FROM " + name;
    std::vector<std::string> statements = {
        // Where the store tries after a full disk whether writing works again; the server's role may make no table of its own.
        "CREATE TABLE IF NOT EXISTS store_probe (pad TEXT)",
        "GRANT USAGE ON SCHEMA " + schema->text(0) + to,
        "REVOKE CREATE ON SCHEMA " + schema->text(0) + " FROM PUBLIC",
        "REVOKE CREATE ON SCHEMA " + schema->text(0) + from,
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES" + in + to,
        "GRANT USAGE, SELECT ON ALL SEQUENCES" + in + to,
        "REVOKE INSERT, UPDATE, DELETE ON schema_migration" + from,
    };
    for (std::string_view table : only_added_to) statements.push_back("REVOKE UPDATE, DELETE, TRUNCATE ON " + std::string(table) + from);
    for (const std::string& statement : statements)
      if (auto done = tx.execute(statement); !done.ok()) return done.error();
    return {};
  });
}

}  // namespace machiya::store
