// Requests to subscribe that nobody confirmed are forgotten: the address was never theirs to us.
#pragma once
#include <cstdint>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}

namespace machiya::tell {

/// Removes links that have run out, with their addresses and with recipients who have nothing else (key erased); at most `limit` of them in one
/// transaction. Gives how many. Thread-safe.
Result<std::int64_t> expire_opt_ins(store::Store& store, vault::Vault& vault, const Clock& clock, int limit);

}  // namespace machiya::tell
