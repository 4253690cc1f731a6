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

Result<void> insert_part(store::Tx& tx, std::string_view whole, std::string_view part) {
  MACHIYA_TRY(auto n, tx.execute("INSERT INTO definition_part (whole, part) VALUES (:whole, :part) ON CONFLICT (whole, part) DO NOTHING",
                                 {{"whole", whole}, {"part", part}}));
  (void)n;
  return {};
}

Result<std::vector<SnapshotPart>> parts_of(store::ReadTx& tx, std::string_view whole) {
  MACHIYA_TRY(auto rows, tx.query("SELECT s.id, s.hash, s.body FROM definition_part p JOIN definition_snapshot s ON s.hash = p.part "
                                  "WHERE p.whole = :whole ORDER BY s.id",
                                  {{"whole", whole}}));
  std::vector<SnapshotPart> out;
  for (const auto& row : rows) out.push_back({row.text(0), row.text(1), row.text(2)});
  return out;
}

}  // namespace machiya::cases
