#include "platform/identity/policy_history_dao.h"

namespace machiya::identity {

std::vector<store::Migration> PolicyHistory::migrations() {
  return {{"identity-policy", 1, "policies in force", R"sql(
CREATE TABLE identity_policy (number INT NOT NULL PRIMARY KEY, at TS NOT NULL, why TEXT NOT NULL, policy TEXT NOT NULL);
CREATE TABLE identity_policy_seen (number INT NOT NULL PRIMARY KEY, seen_by TEXT NOT NULL, at TS NOT NULL);
)sql", ""}};
}

namespace policy_history_dao {

Result<std::vector<Row>> from(store::ReadTx& tx, std::int64_t number, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT number, at, why, policy FROM identity_policy WHERE number >= :number ORDER BY number DESC LIMIT :limit", {{"number", number}, {"limit", limit}}));
  std::vector<Row> out;
  for (const auto& r : rows) out.push_back({r.integer(0), Instant{r.integer(1)}, r.text(2), r.text(3)});
  return out;
}

Result<bool> insert(store::Tx& tx, const Row& row) {
  MACHIYA_TRY(const auto done, tx.execute("INSERT INTO identity_policy (number, at, why, policy) VALUES (:number, :at, :why, :policy) ON CONFLICT (number) DO NOTHING",
                                          {{"number", row.number}, {"at", row.at.us}, {"why", row.why}, {"policy", row.text}}));
  return done == 1;
}

Result<std::optional<Seen>> last_seen(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT number, seen_by, at FROM identity_policy_seen ORDER BY number DESC LIMIT 1", {}));
  if (!row) return std::optional<Seen>();
  return std::optional<Seen>(Seen{row->integer(0), row->text(1), Instant{row->integer(2)}});
}

Result<void> set_seen(store::Tx& tx, const Seen& seen) {
  return tx.execute_later("INSERT INTO identity_policy_seen (number, seen_by, at) VALUES (:number, :by, :at) ON CONFLICT (number) DO NOTHING",
                          {{"number", seen.number}, {"by", seen.by}, {"at", seen.at.us}});
}

}  // namespace policy_history_dao
}  // namespace machiya::identity
