#include "sense/subscriptions/subscription_dao.h"


namespace machiya::sense {
namespace {
using store::Param;
using store::Row;

std::int64_t number(std::uint64_t n) { return static_cast<std::int64_t>(n); }
Param time(std::int64_t us) { return us == kNoTime ? Param() : Param(us); }
std::int64_t time(const Row& row, std::size_t i) { return row.optional_integer(i).value_or(kNoTime); }

DeadLetter letter_of(const Row& row) {
  DeadLetter out;
  out.key = row.integer(0), out.tenant = row.text(1), out.subscription = row.text(2), out.number = static_cast<std::uint64_t>(row.integer(3)), out.entity = row.text(4);
  out.changed_us = row.integer(5), out.given_up_us = row.integer(6), out.tries = static_cast<int>(row.integer(7)), out.cause = row.text(8), out.data = row.text(9);
  return out;
}

constexpr const char* kLetters = "SELECT id, tenant, subscription, number, entity, changed_us, given_up_us, tries, cause, data FROM sense_dead_letter ";

}  // namespace

Result<void> insert_subscription(store::Tx& tx, const StoredSubscription& s) {
  // A namesake that was deleted may have left its counters: they were on their way when it went.
  if (auto gone = tx.execute_later("DELETE FROM sense_subscription_state WHERE tenant = :tenant AND id = :id", {{"tenant", s.tenant}, {"id", s.id}}); !gone.ok()) return gone;
  auto done = tx.execute("INSERT INTO sense_subscription (tenant, id, body, context, created_us, modified_us, since, viewer) VALUES (:tenant, :id, :body, :context, :created, :modified, :since, :viewer)",
                         {{"tenant", s.tenant}, {"id", s.id}, {"body", s.body}, {"context", s.context}, {"created", s.created_us}, {"modified", s.modified_us}, {"since", number(s.since)}, {"viewer", s.viewer}});
  return done.ok() ? Result<void>() : Result<void>(done.error());
}

Result<bool> update_subscription(store::Tx& tx, const StoredSubscription& s) {
  MACHIYA_TRY(const std::int64_t n, tx.execute("UPDATE sense_subscription SET body = :body, context = :context, modified_us = :modified, since = :since WHERE tenant = :tenant AND id = :id",
                                               {{"tenant", s.tenant}, {"id", s.id}, {"body", s.body}, {"context", s.context}, {"modified", s.modified_us}, {"since", number(s.since)}}));
  return n > 0;
}

Result<bool> delete_subscription(store::Tx& tx, const std::string& tenant, const std::string& id) {
  MACHIYA_TRY(const std::int64_t n, tx.execute("DELETE FROM sense_subscription WHERE tenant = :tenant AND id = :id", {{"tenant", tenant}, {"id", id}}));
  if (auto done = tx.execute("DELETE FROM sense_subscription_state WHERE tenant = :tenant AND id = :id", {{"tenant", tenant}, {"id", id}}); !done.ok()) return done.error();
  if (auto done = tx.execute("DELETE FROM sense_dead_letter WHERE tenant = :tenant AND subscription = :id", {{"tenant", tenant}, {"id", id}}); !done.ok()) return done.error();
  return n > 0;
}

Result<std::vector<StoredSubscription>> read_subscriptions(store::ReadTx& tx) {
  std::vector<StoredSubscription> out;
  auto done = tx.stream("SELECT tenant, id, body, context, created_us, modified_us, since, viewer FROM sense_subscription ORDER BY created_us, id", {}, [&](const Row& row) {
    out.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4), row.integer(5), static_cast<std::uint64_t>(row.integer(6)), row.text(7)});
    return true;
  });
  if (!done.ok()) return done.error();
  return out;
}

Result<void> write_states(store::Tx& tx, const std::vector<SubscriptionState>& states) {
  for (const SubscriptionState& s : states) {
    auto done = tx.execute_later(
        "INSERT INTO sense_subscription_state (tenant, id, cursor, sent, failed, last_us, success_us, failure_us, last_ok, cause, fails, fired_us) "
        "VALUES (:tenant, :id, :cursor, :sent, :failed, :last, :success, :failure, :ok, :cause, :fails, :fired) ON CONFLICT (tenant, id) DO UPDATE SET cursor = excluded.cursor, sent = excluded.sent, "
        "failed = excluded.failed, last_us = excluded.last_us, success_us = excluded.success_us, failure_us = excluded.failure_us, last_ok = excluded.last_ok, cause = excluded.cause, "
        "fails = excluded.fails, fired_us = excluded.fired_us",
        {{"tenant", s.tenant}, {"id", s.id}, {"cursor", number(s.cursor)}, {"sent", number(s.sent)}, {"failed", number(s.failed)}, {"last", time(s.last_us)}, {"success", time(s.success_us)},
         {"failure", time(s.failure_us)}, {"ok", s.last_ok}, {"cause", s.cause}, {"fails", number(s.fails)}, {"fired", time(s.fired_us)}});
    if (!done.ok()) return done;
  }
  return {};
}

Result<std::vector<SubscriptionState>> read_states(store::ReadTx& tx) {
  std::vector<SubscriptionState> out;
  auto done = tx.stream("SELECT tenant, id, cursor, sent, failed, last_us, success_us, failure_us, last_ok, cause, fails, fired_us FROM sense_subscription_state", {}, [&](const Row& row) {
    const auto count = [&](std::size_t i) { return static_cast<std::uint64_t>(row.integer(i)); };
    out.push_back({row.text(0), row.text(1), count(2), count(3), count(4), time(row, 5), time(row, 6), time(row, 7), row.integer(8) != 0, row.text(9), count(10), time(row, 11)});
    return true;
  });
  if (!done.ok()) return done.error();
  return out;
}

Result<void> write_told(store::Tx& tx, std::uint64_t told) {
  return tx.execute_later("INSERT INTO sense_told (one, number) VALUES (1, :number) ON CONFLICT (one) DO UPDATE SET number = excluded.number", {{"number", number(told)}});
}

Result<std::uint64_t> read_told(store::ReadTx& tx) {
  auto row = tx.query_one("SELECT number FROM sense_told WHERE one = 1");
  if (!row.ok()) return row.error();
  return *row ? static_cast<std::uint64_t>((*row)->integer(0)) : std::uint64_t{0};
}

Result<void> insert_dead_letters(store::Tx& tx, const std::vector<DeadLetter>& letters) {
  for (const DeadLetter& l : letters) {
    auto row = tx.query("INSERT INTO sense_dead_letter (tenant, subscription, number, entity, changed_us, given_up_us, tries, cause, data) "
                        "VALUES (:tenant, :subscription, :number, :entity, :changed, :given_up, :tries, :cause, :data) "
                        "ON CONFLICT (tenant, subscription, number, entity) DO UPDATE SET tries = excluded.tries RETURNING id",
                        {{"tenant", l.tenant}, {"subscription", l.subscription}, {"number", number(l.number)}, {"entity", l.entity}, {"changed", l.changed_us}, {"given_up", l.given_up_us},
                         {"tries", l.tries}, {"cause", l.cause}, {"data", l.data}});
    if (!row.ok()) return row.error();
  }
  return {};
}

Result<std::vector<DeadLetter>> read_dead_letters(store::ReadTx& tx, const std::string& tenant, const std::string& subscription, int limit, int offset) {
  const std::string of_one = subscription.empty() ? "" : "AND subscription = :subscription ";
  store::Binds binds{{"tenant", tenant}, {"limit", limit}, {"offset", offset}};
  if (!subscription.empty()) binds.push_back({"subscription", subscription});
  auto rows = tx.query(kLetters + ("WHERE tenant = :tenant " + of_one) + "ORDER BY id DESC LIMIT :limit OFFSET :offset", binds);
  if (!rows.ok()) return rows.error();
  std::vector<DeadLetter> out;
  for (const Row& row : *rows) out.push_back(letter_of(row));
  return out;
}

Result<std::optional<DeadLetter>> read_dead_letter(store::ReadTx& tx, std::int64_t key) {
  auto row = tx.query_one(std::string(kLetters) + "WHERE id = :id", {{"id", key}});
  if (!row.ok()) return row.error();
  return *row ? std::optional<DeadLetter>(letter_of(**row)) : std::nullopt;
}

Result<void> delete_dead_letter(store::Tx& tx, std::int64_t key) {
  auto done = tx.execute("DELETE FROM sense_dead_letter WHERE id = :id", {{"id", key}});
  return done.ok() ? Result<void>() : Result<void>(done.error());
}

}  // namespace machiya::sense
