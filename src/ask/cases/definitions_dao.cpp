#include "ask/cases/definitions_dao.h"

namespace machiya::cases {

Result<void> insert_snapshot(store::Tx& tx, std::string_view hash, std::string_view kind, std::string_view id, int version,
                             std::string_view body, Instant now) {
  MACHIYA_TRY(auto n, tx.execute("INSERT INTO definition_snapshot (hash, kind, id, version, body, stored) VALUES (:hash, :kind, :id, "
                                 ":version, :body, :stored) ON CONFLICT (hash) DO NOTHING",
                                 {{"hash", hash}, {"kind", kind}, {"id", id}, {"version", version}, {"body", body}, {"stored", now.us}}));
  (void)n;
  return {};
}

Result<std::optional<std::string>> find_snapshot(store::ReadTx& tx, std::string_view hash) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT body FROM definition_snapshot WHERE hash = :hash", {{"hash", hash}}));
  if (!row) return std::optional<std::string>();
  return std::optional<std::string>(row->text(0));
}

}  // namespace machiya::cases
