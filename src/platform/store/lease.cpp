#include "platform/store/lease.h"

#include <sodium.h>
#include <unistd.h>

namespace machiya::store {

Result<std::optional<Lease>> take_lease(Tx& tx, const Clock& clock, std::string_view name, std::string_view owner, std::int64_t ttl_us) {
  const std::int64_t now = clock.now().us;
  MACHIYA_TRY(const auto row, tx.query_one(
      "INSERT INTO store_lease (name, owner, fence, expires_us) VALUES (:name, :owner, 1, :until)"
      " ON CONFLICT (name) DO UPDATE SET expires_us = excluded.expires_us,"
      " fence = store_lease.fence + CASE WHEN store_lease.owner = excluded.owner THEN 0 ELSE 1 END, owner = excluded.owner"
      " WHERE store_lease.owner = excluded.owner OR store_lease.expires_us <= :now RETURNING fence",
      {{"name", name}, {"owner", owner}, {"until", now + ttl_us}, {"now", now}}));
  if (!row) return std::optional<Lease>();
  return std::optional<Lease>(Lease{std::string(name), std::string(owner), row->integer(0), Instant{now + ttl_us}});
}

Result<void> check_lease(Tx& tx, const Lease& lease) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT fence FROM store_lease WHERE name = :name", {{"name", lease.name}}));
  if (!row || row->integer(0) != lease.fence) return Error(ErrorCode::conflict, "the lease " + lease.name + " has changed hands");
  return {};
}

Result<void> release_lease(Tx& tx, const Lease& lease) {
  // The row stays, so that the fence never starts again; the empty owner makes the next holder a change of hands.
  auto done = tx.execute("UPDATE store_lease SET owner = '', expires_us = 0 WHERE name = :name AND fence = :fence",
                         {{"name", lease.name}, {"fence", lease.fence}});
  if (!done.ok()) return std::move(done).error();
  return {};
}

std::string new_lease_owner() {
  unsigned char random[8];
  randombytes_buf(random, sizeof random);
  char hex[2 * sizeof random + 1];
  sodium_bin2hex(hex, sizeof hex, random, sizeof random);
  char host[64] = "";
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + ":" + std::to_string(::getpid()) + ":" + hex;
}

}  // namespace machiya::store
