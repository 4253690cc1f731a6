#include "sense/providers/provider_dao.h"

namespace machiya::sense::dao {
namespace {
using store::Param;
using store::Row;

Param time(std::int64_t us) { return us == kNoTime ? Param() : Param(us); }

Result<void> nothing(const Result<std::int64_t>& done) { return done.ok() ? Result<void>() : Result<void>(done.error()); }

}  // namespace

Result<void> insert_provider(store::Tx& tx, const Provider& p) {
  return nothing(tx.execute("INSERT INTO sense_provider (tenant, id, path, body, created_us, modified_us, sent) VALUES (:tenant, :id, :path, :body, :created, :modified, 0)",
                            {{"tenant", p.tenant}, {"id", p.id}, {"path", p.path}, {"body", p.body}, {"created", p.created_us}, {"modified", p.modified_us}}));
}

Result<void> update_provider(store::Tx& tx, const Provider& p) {
  return nothing(tx.execute("UPDATE sense_provider SET body = :body, modified_us = :modified WHERE tenant = :tenant AND id = :id",
                            {{"body", p.body}, {"modified", p.modified_us}, {"tenant", p.tenant}, {"id", p.id}}));
}

Result<void> delete_provider(store::Tx& tx, const std::string& tenant, const std::string& id) {
  return tx.execute_later("DELETE FROM sense_provider WHERE tenant = :tenant AND id = :id", {{"tenant", tenant}, {"id", id}});
}

Result<std::vector<StoredProvider>> providers(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT tenant, id, path, body, created_us, modified_us, sent, last_us, success_us, failure_us FROM sense_provider ORDER BY created_us, id"));
  std::vector<StoredProvider> out;
  for (const Row& row : rows) {
    auto one = parse_provider(row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4), row.integer(5));
    if (!one.ok()) return Error(ErrorCode::integrity_broken, "provider " + row.text(1) + ": " + one.error().detail);
    out.push_back({std::move(*one),
                   {static_cast<std::uint64_t>(row.integer(6)), row.optional_integer(7).value_or(kNoTime), row.optional_integer(8).value_or(kNoTime), row.optional_integer(9).value_or(kNoTime)}});
  }
  return out;
}

Result<void> write_provider_states(store::Tx& tx, const std::vector<StoredProvider>& states) {
  for (const StoredProvider& s : states)
    MACHIYA_CHECK(tx.execute_later("UPDATE sense_provider SET sent = :sent, last_us = :last, success_us = :success, failure_us = :failure WHERE tenant = :tenant AND id = :id",
                                   {{"sent", static_cast<std::int64_t>(s.state.sent)}, {"last", time(s.state.last_us)}, {"success", time(s.state.success_us)}, {"failure", time(s.state.failure_us)},
                                    {"tenant", s.provider->tenant}, {"id", s.provider->id}}));
  return {};
}

}  // namespace machiya::sense::dao
