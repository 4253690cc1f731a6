#include "sense/registrations/registration_dao.h"

namespace machiya::sense::dao {
namespace {
using store::Param;
using store::Row;

std::int64_t number(std::uint64_t n) { return static_cast<std::int64_t>(n); }
Param time(std::int64_t us) { return us == kNoTime ? Param() : Param(us); }

}  // namespace

Result<void> insert_registration(store::Tx& tx, const Registration& r, std::int64_t sequence) {
  // What was counted of a namesake that was deleted may have come after it went.
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_registration_state WHERE tenant = :tenant AND id = :id", {{"tenant", r.tenant}, {"id", r.id}}));
  auto done = tx.execute("INSERT INTO sense_registration (tenant, id, body, context, created_us, modified_us, sequence) "
                         "VALUES (:tenant, :id, :body, :context, :created, :modified, :sequence)",
                         {{"tenant", r.tenant}, {"id", r.id}, {"body", r.body}, {"context", r.context}, {"created", r.created_us}, {"modified", r.modified_us},
                          {"sequence", sequence}});
  return done.ok() ? Result<void>() : Result<void>(done.error());
}

Result<void> update_registration(store::Tx& tx, const Registration& r) {
  auto done = tx.execute("UPDATE sense_registration SET body = :body, modified_us = :modified WHERE tenant = :tenant AND id = :id",
                         {{"tenant", r.tenant}, {"id", r.id}, {"body", r.body}, {"modified", r.modified_us}});
  return done.ok() ? Result<void>() : Result<void>(done.error());
}

Result<void> delete_registration(store::Tx& tx, const std::string& tenant, const std::string& id) {
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_registration WHERE tenant = :tenant AND id = :id", {{"tenant", tenant}, {"id", id}}));
  return tx.execute_later("DELETE FROM sense_registration_state WHERE tenant = :tenant AND id = :id", {{"tenant", tenant}, {"id", id}});
}

Result<std::vector<RegistrationPtr>> registrations(store::ReadTx& tx, std::int64_t& last_sequence) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT tenant, id, body, context, created_us, modified_us, sequence FROM sense_registration ORDER BY sequence"));
  std::vector<RegistrationPtr> out;
  for (const Row& row : rows) {
    auto one = parse_registration(row.text(0), row.text(2), row.text(3), row.integer(4), row.integer(5));
    if (!one.ok()) return Error(ErrorCode::integrity_broken, "registration " + row.text(1) + ": " + one.error().detail);
    out.push_back(std::move(*one));
    last_sequence = row.integer(6);
  }
  return out;
}

Result<void> write_states(store::Tx& tx, const std::vector<StoredState>& states) {
  for (const StoredState& s : states)
    MACHIYA_CHECK(tx.execute_later(
        "INSERT INTO sense_registration_state (tenant, id, sent, failed, success_us, failure_us, last_ok) "
        "VALUES (:tenant, :id, :sent, :failed, :success, :failure, :ok) ON CONFLICT (tenant, id) DO UPDATE SET sent = excluded.sent, failed = excluded.failed, "
        "success_us = excluded.success_us, failure_us = excluded.failure_us, last_ok = excluded.last_ok",
        {{"tenant", s.tenant}, {"id", s.id}, {"sent", number(s.state.sent)}, {"failed", number(s.state.failed)}, {"success", time(s.state.success_us)},
         {"failure", time(s.state.failure_us)},
         {"ok", s.state.last_ok}}));
  return {};
}

Result<std::vector<StoredState>> states(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT tenant, id, sent, failed, success_us, failure_us, last_ok FROM sense_registration_state"));
  std::vector<StoredState> out;
  for (const Row& row : rows)
    out.push_back({row.text(0), row.text(1),
                   {static_cast<std::uint64_t>(row.integer(2)), static_cast<std::uint64_t>(row.integer(3)),
                    row.optional_integer(4).value_or(kNoTime), row.optional_integer(5).value_or(kNoTime),
                    row.integer(6) != 0}});
  return out;
}

}  // namespace machiya::sense::dao
