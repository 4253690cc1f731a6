#include "platform/jobs/jobs_dao.h"

namespace machiya::jobs::dao {

namespace {

Result<bool> changed(Result<std::int64_t> r) {
  if (!r.ok()) return std::move(r).error();
  return *r == 1;
}

// SQLite has one writer: nobody else can be taking a job. On PostgreSQL several workers each take another one.
constexpr std::string_view kTake =
    "UPDATE job SET state = 1, attempt = attempt + 1, fence = fence + 1, owner = :owner, due_us = :until WHERE id ="
    " (SELECT id FROM job WHERE kind = :kind AND state < 3 AND due_us <= :now ORDER BY due_us, id LIMIT 1)"
    " RETURNING id, payload, attempt, fence";
constexpr std::string_view kTakeSkipping =
    "UPDATE job SET state = 1, attempt = attempt + 1, fence = fence + 1, owner = :owner, due_us = :until WHERE id ="
    " (SELECT id FROM job WHERE kind = :kind AND state < 3 AND due_us <= :now ORDER BY due_us, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " RETURNING id, payload, attempt, fence";

}  // namespace

Result<std::int64_t> insert(store::Tx& tx, std::string_view kind, const json::Value& payload, Instant due, Instant now,
                            std::string_view unique, bool& created) {
  const store::Param key = unique.empty() ? store::Param(nullptr) : store::Param(unique);
  MACHIYA_TRY(const auto row, tx.query_one(
      "INSERT INTO job (kind, payload, unique_key, state, attempt, due_us, owner, fence, error, created_us)"
      " VALUES (:kind, :payload, :key, 0, 0, :due, '', 0, '', :now)"
      " ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL AND state < 3 DO NOTHING RETURNING id",
      {{"kind", kind}, {"payload", json::to_text(payload)}, {"key", key}, {"due", due.us}, {"now", now.us}}));
  created = row.has_value();
  if (row) return row->integer(0);
  MACHIYA_TRY(const auto open, tx.query_one("SELECT id FROM job WHERE kind = :kind AND unique_key = :key AND state < 3",
                                            {{"kind", kind}, {"key", key}}));
  if (!open) return Error(ErrorCode::conflict, "the open job with this key ended meanwhile");
  return open->integer(0);
}

Result<std::optional<Job>> take(store::Tx& tx, std::string_view kind, std::string_view owner, Instant now, Instant until) {
  const auto sql = tx.engine() == store::Engine::postgres ? kTakeSkipping : kTake;
  MACHIYA_TRY(const auto row, tx.query_one(sql, {{"kind", kind}, {"owner", owner}, {"now", now.us}, {"until", until.us}}));
  if (!row) return std::optional<Job>();
  MACHIYA_TRY(auto payload, json::parse(row->text(1)));
  return std::optional<Job>(Job{row->integer(0), std::string(kind), std::move(payload), static_cast<int>(row->integer(2)), row->integer(3)});
}

Result<bool> remove(store::Tx& tx, const Job& job) {
  return changed(tx.execute("DELETE FROM job WHERE id = :id AND fence = :fence AND state = 1", {{"id", job.id}, {"fence", job.fence}}));
}

Result<bool> prolong(store::Tx& tx, const Job& job, Instant until) {
  return changed(tx.execute("UPDATE job SET due_us = :until WHERE id = :id AND fence = :fence AND state = 1",
                            {{"id", job.id}, {"fence", job.fence}, {"until", until.us}}));
}

Result<bool> retry_at(store::Tx& tx, const Job& job, Instant due, std::string_view error) {
  return changed(tx.execute("UPDATE job SET state = 0, owner = '', due_us = :due, error = :error"
                            " WHERE id = :id AND fence = :fence AND state = 1",
                            {{"id", job.id}, {"fence", job.fence}, {"due", due.us}, {"error", error}}));
}

Result<bool> bury(store::Tx& tx, const Job& job, Instant now, std::string_view error) {
  return changed(tx.execute("UPDATE job SET state = 3, owner = '', died_us = :now, error = :error"
                            " WHERE id = :id AND fence = :fence AND state = 1",
                            {{"id", job.id}, {"fence", job.fence}, {"now", now.us}, {"error", error}}));
}

Result<std::vector<DeadJob>> dead(store::ReadTx& tx, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT id, kind, error, attempt, died_us FROM job WHERE state = 3 ORDER BY died_us DESC, id LIMIT :limit",
                                        {{"limit", limit}}));
  std::vector<DeadJob> out;
  for (const store::Row& row : rows)
    out.push_back({row.integer(0), row.text(1), row.text(2), static_cast<int>(row.integer(3)), Instant{row.integer(4)}});
  return out;
}

Result<bool> revive(store::Tx& tx, std::int64_t id, Instant now) {
  return changed(tx.execute("UPDATE job SET state = 0, attempt = 0, due_us = :now, died_us = NULL WHERE id = :id AND state = 3",
                            {{"id", id}, {"now", now.us}}));
}

Result<bool> drop_dead(store::Tx& tx, std::int64_t id) {
  return changed(tx.execute("DELETE FROM job WHERE id = :id AND state = 3", {{"id", id}}));
}

Result<Jobs::Counts> counts(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT (SELECT count(*) FROM job WHERE state = 0), (SELECT count(*) FROM job WHERE state = 1),"
                                           " (SELECT count(*) FROM job WHERE state = 3)"));
  return Jobs::Counts{row->integer(0), row->integer(1), row->integer(2)};
}

}  // namespace machiya::jobs::dao
