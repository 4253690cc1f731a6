#include "sense/contexts/context_dao.h"

namespace machiya::sense::dao {

Result<std::vector<StoredContext>> contexts(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT id, tenant, kind, url, body, created_us FROM sense_context ORDER BY created_us, id"));
  std::vector<StoredContext> out;
  for (const store::Row& row : rows) {
    StoredContext c;
    c.id = row.text(0), c.tenant = row.text(1), c.kind = static_cast<ContextKind>(row.integer(2)), c.url = row.text(3), c.body = row.text(4), c.created_us = row.integer(5);
    out.push_back(std::move(c));
  }
  return out;
}

Result<void> put_context(store::Tx& tx, const StoredContext& c) {
  return tx.execute_later("INSERT INTO sense_context (id, tenant, kind, url, body, created_us) VALUES (:id, :tenant, :kind, :url, :body, :created) "
                          "ON CONFLICT (id) DO UPDATE SET body = excluded.body, created_us = excluded.created_us",
                          {{"id", c.id}, {"tenant", c.tenant}, {"kind", static_cast<int>(c.kind)}, {"url", c.url}, {"body", store::Bytes{c.body}}, {"created", c.created_us}});
}

Result<void> delete_context(store::Tx& tx, const std::string& id) { return tx.execute_later("DELETE FROM sense_context WHERE id = :id", {{"id", id}}); }

}  // namespace machiya::sense::dao
