#include "ask/cases/case_signature_dao.h"

namespace machiya::cases {

Result<void> insert_signature(store::Tx& tx, const SignatureRow& row) {
  return tx.execute_later("INSERT INTO case_signature (record, way, revocation, sealed, at) VALUES (:record, :way, :revocation, :sealed, :at)",
                          {{"record", row.record}, {"way", row.way}, {"revocation", row.revocation}, {"sealed", store::Bytes{row.sealed}}, {"at", row.at.us}});
}

Result<std::optional<SignatureRow>> find_signature(store::ReadTx& tx, std::int64_t record) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT record, way, revocation, sealed, at FROM case_signature WHERE record = :record ORDER BY id DESC LIMIT 1", {{"record", record}}));
  if (!row) return std::optional<SignatureRow>();
  return std::optional<SignatureRow>(SignatureRow{row->integer(0), row->text(1), row->text(2), row->text(3), Instant{row->integer(4)}});
}

Result<void> delete_signatures(store::Tx& tx, std::int64_t record) {
  MACHIYA_TRY(auto n, tx.execute("DELETE FROM case_signature WHERE record = :record", {{"record", record}}));
  (void)n;
  return {};
}

}  // namespace machiya::cases
