#include "ask/cases/case_document_dao.h"

namespace machiya::cases {

Result<void> insert_document(store::Tx& tx, const DocumentRow& row) {
  return tx.execute_later("INSERT INTO case_document (record, public_id, kind, lang, sealed, issued) VALUES (:record, :public_id, "
                                 ":kind, :lang, :sealed, :issued)",
                                 {{"record", row.record},
                                  {"public_id", row.public_id},
                                  {"kind", row.kind},
                                  {"lang", row.lang},
                                  {"sealed", store::Bytes{row.sealed}},
                                  {"issued", row.issued.us}});
}

Result<std::optional<DocumentRow>> find_document(store::ReadTx& tx, std::int64_t record, std::string_view public_id) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT public_id, record, kind, lang, sealed, issued FROM case_document WHERE record = :record AND "
                                     "public_id = :public_id",
                                     {{"record", record}, {"public_id", public_id}}));
  if (!row) return std::optional<DocumentRow>();
  return std::optional<DocumentRow>(
      DocumentRow{row->text(0), row->integer(1), row->text(2), row->text(3), row->text(4), Instant{row->integer(5)}});
}

Result<void> delete_documents(store::Tx& tx, std::int64_t record) {
  MACHIYA_TRY(auto n, tx.execute("DELETE FROM case_document WHERE record = :record", {{"record", record}}));
  (void)n;
  return {};
}

}  // namespace machiya::cases
