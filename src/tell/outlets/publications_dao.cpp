#include "tell/outlets/publications_dao.h"

namespace machiya::tell::publications_dao {
namespace {
constexpr std::string_view kColumns = "SELECT p.id, p.message, p.thread, p.outlet, p.part, p.class, p.state, p.key, p.content_type, p.body, p.attempts, p.reason, p.due_us, p.created_us, p.changed_us FROM tell_publication p ";

Publication publication_in(const store::Row& row) {
  Publication out;
  out.id = row.integer(0), out.message = row.text(1), out.thread = row.text(2), out.outlet = row.text(3), out.part = row.text(4);
  out.cls = static_cast<Class>(row.integer(5)), out.state = static_cast<PublicationState>(row.integer(6)), out.key = row.text(7);
  out.content_type = row.text(8), out.body = row.text(9), out.attempts = static_cast<int>(row.integer(10)), out.reason = row.text(11);
  out.due = Instant{row.integer(12)}, out.created = Instant{row.integer(13)}, out.changed = Instant{row.integer(14)};
  return out;
}
std::vector<Publication> publications_in(const store::Rows& rows) {
  std::vector<Publication> out;
  for (const store::Row& row : rows) out.push_back(publication_in(row));
  return out;
}
}  // namespace

Result<void> insert(store::Tx& tx, const Publication& p, bool drill) {
  MACHIYA_TRY(const auto id, tx.insert("tell_publication",
                                       "INSERT INTO tell_publication (id, message, thread, outlet, part, class, drill, state, key, content_type, body, attempts, reason, due_us, lease_us, created_us, changed_us)"
                                       " VALUES (:id, :message, :thread, :outlet, :part, :class, :drill, :state, :key, :type, :body, 0, :reason, :due, 0, :now, :now)",
                                       {{"message", p.message}, {"thread", p.thread}, {"outlet", p.outlet}, {"part", p.part}, {"class", static_cast<int>(p.cls)}, {"drill", drill}, {"state", static_cast<int>(p.state)},
                                        {"key", p.key}, {"type", p.content_type}, {"body", p.body}, {"reason", p.reason}, {"due", p.due.us}, {"now", p.created.us}}));
  (void)id;
  return {};
}

Result<std::optional<Publication>> claim(store::Tx& tx, std::string_view outlet, Instant now, Instant lease) {
  MACHIYA_TRY(const auto row, tx.query_one(std::string(kColumns) +
                                               "WHERE p.state = 0 AND p.outlet = :outlet AND p.due_us <= :now AND p.lease_us <= :now AND NOT EXISTS (SELECT 1 FROM tell_publication e"
                                               " WHERE e.state = 0 AND e.outlet = p.outlet AND e.part = p.part AND e.thread = p.thread AND e.id < p.id) ORDER BY p.class DESC, p.id LIMIT 1",
                                           {{"outlet", outlet}, {"now", now.us}}));
  if (!row) return std::optional<Publication>();
  Publication out = publication_in(*row);
  MACHIYA_TRY(const auto taken, tx.execute("UPDATE tell_publication SET attempts = attempts + 1, lease_us = :lease WHERE id = :id AND state = 0 AND attempts = :attempts",
                                           {{"lease", lease.us}, {"id", out.id}, {"attempts", out.attempts}}));
  if (taken != 1) return std::optional<Publication>();   // another process was faster
  ++out.attempts;
  return std::optional<Publication>(std::move(out));
}

Result<bool> settle(store::Tx& tx, const Publication& p, PublicationState state, std::string_view reason, Instant due, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE tell_publication SET state = :state, reason = :reason, due_us = :due, lease_us = 0, changed_us = :now WHERE id = :id AND state = 0 AND attempts = :attempts",
                                          {{"state", static_cast<int>(state)}, {"reason", reason}, {"due", due.us}, {"now", now.us}, {"id", p.id}, {"attempts", p.attempts}}));
  return rows == 1;
}

Result<void> withdraw(store::Tx& tx, std::string_view message, const std::vector<std::string>& fetched, Instant now) {
  MACHIYA_CHECK(tx.execute_later("UPDATE tell_publication SET state = 4, changed_us = :now WHERE message = :message AND state = 0", {{"message", message}, {"now", now.us}}));
  for (const std::string& outlet : fetched)
    MACHIYA_CHECK(tx.execute_later("UPDATE tell_publication SET state = 4, changed_us = :now WHERE message = :message AND outlet = :outlet AND state = 1", {{"message", message}, {"outlet", outlet}, {"now", now.us}}));
  return {};
}

Result<std::int64_t> again(store::Tx& tx, std::string_view message, std::string_view outlet, std::string_view part, Instant now) {
  return tx.execute("UPDATE tell_publication SET state = 0, attempts = 0, due_us = :now, lease_us = 0, changed_us = :now WHERE message = :message AND outlet = :outlet AND part = :part AND state = 3",
                    {{"message", message}, {"outlet", outlet}, {"part", part}, {"now", now.us}});
}

Result<std::vector<Publication>> of(store::ReadTx& tx, std::string_view message) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kColumns) + "WHERE p.message = :message ORDER BY p.id", {{"message", message}}));
  return publications_in(rows);
}

Result<std::optional<Instant>> next_due(store::ReadTx& tx, std::string_view outlet) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT min(CASE WHEN due_us > lease_us THEN due_us ELSE lease_us END) FROM tell_publication WHERE outlet = :outlet AND state = 0", {{"outlet", outlet}}));
  if (!row || row->is_null(0)) return std::optional<Instant>();
  return std::optional<Instant>(Instant{row->integer(0)});
}

}  // namespace machiya::tell::publications_dao
