#include "platform/vault/vault.h"
#include "tell/audiences/opt_in_expiry.h"

namespace machiya::tell {

Result<std::int64_t> expire_opt_ins(store::Store& store, vault::Vault& vault, const Clock& clock, int limit) {
  return store.write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(const auto over, tx.query("SELECT o.digest, o.address, a.recipient FROM opt_in o LEFT JOIN recipient_address a ON a.id = o.address WHERE o.expires_us < :now ORDER BY o.expires_us LIMIT :limit",
                                          {{"now", clock.now().us}, {"limit", limit}}));
    for (const store::Row& row : over) {
      MACHIYA_CHECK(tx.execute_later("DELETE FROM opt_in WHERE digest = :digest", {{"digest", row.text(0)}}));
      MACHIYA_CHECK(tx.execute_later("DELETE FROM recipient_address WHERE id = :id AND state = 0", {{"id", row.integer(1)}}));
      // Whoever was made for this request alone: no account, no other address, no other request that still stands.
      MACHIYA_TRY(const auto alone, tx.query_one("SELECT r.data_key FROM recipient r WHERE r.id = :id AND r.person IS NULL AND NOT EXISTS (SELECT 1 FROM recipient_address a WHERE a.recipient = r.id)",
                                                 {{"id", row.integer(2)}}));
      if (!alone) continue;
      MACHIYA_CHECK(vault.erase_key(tx, alone->integer(0)));
      MACHIYA_CHECK(tx.execute_later("DELETE FROM consent_event WHERE recipient = :id", {{"id", row.integer(2)}}));
      MACHIYA_CHECK(tx.execute_later("DELETE FROM recipient WHERE id = :id", {{"id", row.integer(2)}}));
    }
    return static_cast<std::int64_t>(over.size());
  });
}

}  // namespace machiya::tell
