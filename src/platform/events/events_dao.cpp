#include "platform/events/events_dao.h"

#include <array>

#include "platform/store/key_list.h"
#include "platform/store/many_rows.h"

namespace machiya::events::dao {

namespace {

Result<void> done(Result<std::int64_t> r) {
  if (!r.ok()) return std::move(r).error();
  return {};
}

Result<Event> read_event(const store::Row& row, std::size_t at) {
  MACHIYA_TRY(auto payload, json::parse(row.text(at + 3)));
  return Event{row.integer(at), row.text(at + 1), row.text(at + 2), std::move(payload), Instant{row.integer(at + 4)}};
}

}  // namespace

Result<void> insert(store::Tx& tx, const std::vector<Outgoing>& events) {
  static const store::ManyRows many("INSERT INTO event_outbox (type, key, payload, at_us, state) VALUES ", {"type", "key", "payload", "at", "state"});
  return many.insert(tx, events, [](const Outgoing& out) {
    const Event& e = out.event;
    return std::array<store::Param, 5>{e.type, e.key, json::to_text(e.payload), e.at.us, out.pending ? 0 : 1};
  });
}

Result<std::vector<Event>> pending(store::ReadTx& tx, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT id, type, key, payload, at_us FROM event_outbox WHERE state = 0 ORDER BY id LIMIT :limit",
                                        {{"limit", limit}}));
  std::vector<Event> out;
  for (const store::Row& row : rows) {
    MACHIYA_TRY(auto event, read_event(row, 0));
    out.push_back(std::move(event));
  }
  return out;
}

Result<void> mark_dispatched(store::Tx& tx, const std::vector<std::int64_t>& ids) {
  return tx.execute_later(tx.engine() == store::Engine::sqlite
                              ? "UPDATE event_outbox SET state = 1 WHERE id IN (SELECT value FROM json_each(:ids))"
                              : "UPDATE event_outbox SET state = 1 WHERE id = ANY(CAST(CAST(:ids AS TEXT) AS BIGINT[]))",
                          {{"ids", store::key_list(ids, tx.engine())}});
}

Result<std::set<std::pair<std::int64_t, std::string>>> inbox_marks(store::ReadTx& tx, std::int64_t first, std::int64_t last) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT event_id, consumer FROM event_inbox WHERE event_id >= :first AND event_id <= :last",
                                        {{"first", first}, {"last", last}}));
  std::set<std::pair<std::int64_t, std::string>> out;
  for (const store::Row& row : rows) out.emplace(row.integer(0), row.text(1));
  return out;
}

Result<bool> mark_inbox(store::Tx& tx, std::int64_t event_id, std::string_view consumer) {
  MACHIYA_TRY(const std::int64_t n, tx.execute("INSERT INTO event_inbox (event_id, consumer) VALUES (:event, :consumer)"
                                               " ON CONFLICT (event_id, consumer) DO NOTHING",
                                               {{"event", event_id}, {"consumer", consumer}}));
  return n == 1;
}

Result<std::vector<Failure>> due_failures(store::ReadTx& tx, Instant now, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(
      "SELECT o.id, o.type, o.key, o.payload, o.at_us, f.consumer, f.attempts FROM event_failure f"
      " JOIN event_outbox o ON o.id = f.event_id WHERE f.parked = FALSE AND f.due_us <= :now AND NOT EXISTS"
      " (SELECT 1 FROM event_failure e WHERE e.consumer = f.consumer AND e.key = f.key AND e.event_id < f.event_id AND e.parked = FALSE)"
      " ORDER BY f.event_id LIMIT :limit", {{"now", now.us}, {"limit", limit}}));
  std::vector<Failure> out;
  for (const store::Row& row : rows) {
    MACHIYA_TRY(auto event, read_event(row, 0));
    out.push_back({std::move(event), row.text(5), static_cast<int>(row.integer(6))});
  }
  return out;
}

Result<bool> any_open_failure(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT event_id FROM event_failure WHERE parked = FALSE LIMIT 1"));
  return row.has_value();
}

Result<bool> key_is_blocked(store::ReadTx& tx, std::string_view consumer, std::string_view key) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT event_id FROM event_failure WHERE consumer = :consumer AND key = :key AND parked = FALSE LIMIT 1",
                                           {{"consumer", consumer}, {"key", key}}));
  return row.has_value();
}

Result<void> put_failure(store::Tx& tx, const Failure& failure, Instant due, std::string_view error, bool parked) {
  return done(tx.execute("INSERT INTO event_failure (event_id, consumer, key, attempts, due_us, error, parked)"
                         " VALUES (:event, :consumer, :key, :attempts, :due, :error, :parked)"
                         " ON CONFLICT (event_id, consumer) DO UPDATE SET attempts = excluded.attempts, due_us = excluded.due_us,"
                         " error = excluded.error, parked = excluded.parked",
                         {{"event", failure.event.id}, {"consumer", failure.consumer}, {"key", failure.event.key},
                          {"attempts", failure.attempts}, {"due", due.us}, {"error", error}, {"parked", parked}}));
}

Result<void> drop_failure(store::Tx& tx, std::int64_t event_id, std::string_view consumer) {
  return done(tx.execute("DELETE FROM event_failure WHERE event_id = :event AND consumer = :consumer",
                         {{"event", event_id}, {"consumer", consumer}}));
}

Result<std::vector<Events::Open>> open(store::ReadTx& tx, int limit) {
  std::vector<Events::Open> out;
  for (const bool parked : {true, false}) {
    MACHIYA_TRY(const auto rows, tx.query("SELECT f.event_id, f.consumer, o.type, f.key, f.error, f.attempts, o.at_us, f.due_us"
                                          " FROM event_failure f JOIN event_outbox o ON o.id = f.event_id WHERE f.parked = :parked"
                                          " ORDER BY f.event_id, f.consumer LIMIT :limit",
                                          {{"parked", parked}, {"limit", limit}}));
    for (const store::Row& row : rows)
      out.push_back({parked ? Events::Open::State::parked : Events::Open::State::retrying, row.integer(0), row.text(1), row.text(2), row.text(3),
                     row.text(4), static_cast<int>(row.integer(5)), Instant{row.integer(6)}, Instant{row.integer(7)}});
  }
  MACHIYA_TRY(const auto events, pending(tx, limit));
  for (const Event& event : events) out.push_back({Events::Open::State::waiting, event.id, {}, event.type, event.key, {}, 0, event.at, {}});
  return out;
}

Result<bool> unpark(store::Tx& tx, std::int64_t event_id, std::string_view consumer) {
  MACHIYA_TRY(const std::int64_t n, tx.execute("UPDATE event_failure SET parked = FALSE, attempts = 0, due_us = 0"
                                               " WHERE event_id = :event AND consumer = :consumer AND parked = TRUE",
                                               {{"event", event_id}, {"consumer", consumer}}));
  return n == 1;
}

Result<bool> drop_parked(store::Tx& tx, std::int64_t event_id, std::string_view consumer) {
  MACHIYA_TRY(const std::int64_t n, tx.execute("DELETE FROM event_failure WHERE event_id = :event AND consumer = :consumer AND parked = TRUE",
                                               {{"event", event_id}, {"consumer", consumer}}));
  return n == 1;
}

Result<Events::Counts> counts(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT (SELECT count(*) FROM event_outbox WHERE state = 0),"
                                           " (SELECT count(*) FROM event_failure WHERE parked = FALSE),"
                                           " (SELECT count(*) FROM event_failure WHERE parked = TRUE)"));
  return Events::Counts{row->integer(0), row->integer(1), row->integer(2)};
}

Result<std::int64_t> prune(store::Tx& tx, Instant before, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT o.id FROM event_outbox o WHERE o.state = 1 AND o.at_us < :before AND NOT EXISTS"
                                        " (SELECT 1 FROM event_failure f WHERE f.event_id = o.id) ORDER BY o.at_us LIMIT :limit",
                                        {{"before", before.us}, {"limit", limit}}));
  for (const store::Row& row : rows) {
    MACHIYA_CHECK(done(tx.execute("DELETE FROM event_inbox WHERE event_id = :id", {{"id", row.integer(0)}})));
    MACHIYA_CHECK(done(tx.execute("DELETE FROM event_outbox WHERE id = :id", {{"id", row.integer(0)}})));
  }
  return static_cast<std::int64_t>(rows.size());
}

}  // namespace machiya::events::dao
