#include "tell/returned/mail_returns_dao.h"

namespace machiya::tell::mail_returns_dao {

Result<bool> remember(store::Tx& tx, std::string_view digest, ReportKind kind, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("INSERT INTO mail_report (digest, kind, at_us) VALUES (:digest, :kind, :now) ON CONFLICT (digest) DO NOTHING",
                                          {{"digest", digest}, {"kind", static_cast<int>(kind)}, {"now", now.us}}));
  return rows == 1;
}

Result<void> forget(store::Tx& tx, Instant before) { return tx.execute_later("DELETE FROM mail_report WHERE at_us < :before", {{"before", before.us}}); }

}  // namespace machiya::tell::mail_returns_dao
