// Migrations: numbered per module, applied once, each with the SHA-256 of its text.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/store/store.h"

namespace machiya::store {

/// SHA-256 in lower-case hex.
std::string sha256_hex(std::string_view text);

/// Applies in `tx` whatever is missing. `integrity_broken` when an applied migration has changed or vanished (drift) or
/// when the database is newer than the program. `run_script` runs several statements on the same transaction.
Result<void> apply_migrations(Tx& tx, const std::vector<Migration>& migrations,
                              const std::function<Result<void>(const std::string&)>& run_script);

}  // namespace machiya::store
