// Text work on SQL: named parameters to numbered ones, and the macros of migrations. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/store/store.h"

namespace machiya::store {

/// A statement whose ":name" parameters became $1, $2 … (PostgreSQL) or ?1, ?2 … (SQLite).
struct NumberedSql {
  std::string text;
  std::vector<std::string> names;   ///< names[0] is parameter 1
};
NumberedSql number_parameters(std::string_view sql, Engine engine);

/// The bound values in the order of `names`; an error when one is missing, unknown, twice, or text that is not UTF-8
/// or holds NUL (which PostgreSQL cannot store).
Result<std::vector<const Param::Variant*>> arrange(const std::vector<std::string>& names, const Binds& binds);

/// Migration text for one engine: ID TS BOOL JSON BYTES INT REAL as whole words; CREATE TABLE becomes STRICT on SQLite,
/// and WITHOUT ROWID disappears on PostgreSQL.
std::string expand_migration(std::string_view sql, Engine engine);

}  // namespace machiya::store
