// Leases with a fencing token for work that one process does at a time. Rows of the table store_lease, which every
// migrate() brings along.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::store {

struct Lease {
  std::string name;
  std::string owner;
  std::int64_t fence = 0;   ///< grows with every change of hands
  Instant expires;
};

/// Takes the lease when it is free or run out, or prolongs it when `owner` holds it (same fence). Nothing when another
/// holds it. Several machines must keep their clocks together (NTP); the fence stays safe even when they do not.
Result<std::optional<Lease>> take_lease(Tx& tx, const Clock& clock, std::string_view name, std::string_view owner, std::int64_t ttl_us);
/// For the transaction that does the guarded work: `conflict` when the lease has changed hands since.
Result<void> check_lease(Tx& tx, const Lease& lease);
/// Lets the next owner in at once. Nothing happens when the lease was lost already.
Result<void> release_lease(Tx& tx, const Lease& lease);
/// A name for this process and object that no other process or earlier start has.
std::string new_lease_owner();

}  // namespace machiya::store
