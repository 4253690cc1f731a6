#include <algorithm>
#include <limits>

#include "platform/store/key_list.h"
#include "platform/store/many_rows.h"
#include "tell/ledger/ledger_dao.h"

namespace machiya::tell::ledger_dao {
namespace {
/// Due of what is under way: its owner settles it, or the next owner takes it over.
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
}  // namespace

Result<std::int64_t> insert_hand_off(store::Tx& tx, const Claim& claim, std::int64_t fence, Instant now) {
  return tx.insert("hand_off",
                   "INSERT INTO hand_off (id, message, channel, lang, first, last, key, total, attempts, maybe, fence, state, due_us, created_us, settled_us, accepted, failed, error)"
                   " VALUES (:id, :message, :channel, :lang, :first, :last, :key, :total, 1, :no, :fence, 0, :due, :now, NULL, 0, 0, '')",
                   {{"message", claim.message}, {"channel", claim.channel}, {"lang", claim.lang}, {"first", claim.first}, {"last", claim.last}, {"key", claim.key},
                    {"total", claim.recipients.size()}, {"no", false}, {"fence", fence}, {"due", kNever}, {"now", now.us}});
}

Result<std::vector<Claim>> due_hand_offs(store::ReadTx& tx, int channel, Instant now, int limit, bool emergencies_only) {
  MACHIYA_TRY(const auto rows, tx.query(
      "SELECT h.id, h.message, h.lang, h.first, h.last, h.key, h.attempts, h.maybe, h.created_us, m.class, m.drill, m.state, m.own FROM hand_off h JOIN tell_message m ON m.id = h.message"
      " WHERE h.channel = :channel AND h.state = 0 AND h.due_us <= :now AND m.class >= :class ORDER BY m.class DESC, h.due_us, h.id LIMIT :limit",
      {{"channel", channel}, {"now", now.us}, {"class", emergencies_only ? 2 : 0}, {"limit", limit}}));
  std::vector<Claim> out;
  for (const store::Row& row : rows) {
    Claim claim;
    claim.hand_off = row.integer(0), claim.message = row.integer(1), claim.channel = channel, claim.lang = static_cast<int>(row.integer(2));
    claim.first = row.integer(3), claim.last = row.integer(4), claim.key = row.text(5);
    claim.attempt = static_cast<int>(row.integer(6)) + 1;
    claim.maybe = row.integer(7) != 0;
    claim.created = Instant{row.integer(8)};
    claim.cls = static_cast<Class>(row.integer(9)), claim.drill = row.integer(10) != 0;
    claim.cancelled = row.integer(11) >= 4, claim.own = row.integer(12) != 0;
    out.push_back(std::move(claim));
  }
  return out;
}

Result<bool> start_attempt(store::Tx& tx, std::int64_t hand_off, std::int64_t fence) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE hand_off SET due_us = :never, attempts = attempts + 1, fence = :fence WHERE id = :id AND (fence = :fence OR fence = 0) AND state = 0",
                                          {{"never", kNever}, {"id", hand_off}, {"fence", fence}}));
  return rows == 1;
}

Result<std::int64_t> take_over(store::Tx& tx, int channel, std::int64_t fence, Instant now) {
  // What was under way may have been taken: nobody came back to say.
  return tx.execute("UPDATE hand_off SET maybe = CASE WHEN due_us = :never THEN :yes ELSE maybe END, due_us = CASE WHEN due_us = :never THEN :now ELSE due_us END, fence = :fence"
                    " WHERE channel = :channel AND state = 0 AND fence <> :fence",
                    {{"never", kNever}, {"yes", true}, {"now", now.us}, {"fence", fence}, {"channel", channel}});
}

Result<std::optional<Instant>> next_due(store::ReadTx& tx, int channel) {
  MACHIYA_TRY(const auto retry, tx.query_one("SELECT min(due_us) FROM hand_off WHERE channel = :channel AND state = 0 AND due_us < :never", {{"channel", channel}, {"never", kNever}}));
  MACHIYA_TRY(const auto lane, tx.query_one("SELECT min(m.start_us) FROM lane l JOIN tell_message m ON m.id = l.message WHERE l.channel = :channel AND l.handed < l.total AND m.state IN (1, 2)",
                                            {{"channel", channel}}));
  std::optional<Instant> out;
  for (const auto& row : {retry, lane})
    if (!row->is_null(0) && (!out || row->integer(0) < out->us)) out = Instant{row->integer(0)};
  return out;
}

Result<std::int64_t> fall_back(store::Tx& tx, const Claim& claim, const std::vector<std::int64_t>& recipients, const std::function<std::string()>& new_key, Instant now) {
  const std::string keys = store::key_list(recipients, tx.engine());
  // The next channel in the person's own order that the message may use and has not used for them.
  constexpr std::string_view kFits = " AND ((CAST(1 AS BIGINT) << r.channel) & m.channels) <> 0 AND (m.topics = 0 OR (r.topics & m.topics) <> 0)"
                                     " AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message = m.id AND d.recipient = r.recipient AND d.channel = r.channel)";
  MACHIYA_TRY(const auto rows, tx.query("SELECT r.recipient, r.channel, r.lang FROM reach r JOIN tell_message m ON m.id = :message WHERE m.first_only = :yes AND m.state < 3 AND r.recipient " + store::in_keys(tx.engine()) +
                                            std::string(kFits) + " ORDER BY r.recipient, r.rank, r.channel",
                                        {{"message", claim.message}, {"yes", true}, {"keys", keys}}));
  std::int64_t added = 0, last = 0;
  for (const store::Row& row : rows) {
    if (row.integer(0) == last) continue;   // one channel more, the first of those that are left
    last = row.integer(0);
    Claim next;
    next.message = claim.message, next.channel = static_cast<int>(row.integer(1)), next.lang = static_cast<int>(row.integer(2)) | kFallBack;
    next.first = next.last = last, next.recipients = {last}, next.key = new_key();
    MACHIYA_CHECK(tx.execute_later("INSERT INTO delivery (message, recipient, channel, lang, state) VALUES (:message, :recipient, :channel, :lang, 0)",
                                   {{"message", next.message}, {"recipient", last}, {"channel", next.channel}, {"lang", next.lang}}));
    MACHIYA_CHECK(tx.execute_later("INSERT INTO lane (message, channel, lang, handed_to, total, handed) VALUES (:message, :channel, :lang, 0, 1, 1)"
                                   " ON CONFLICT (message, channel, lang) DO UPDATE SET total = lane.total + 1, handed = lane.handed + 1",
                                   {{"message", next.message}, {"channel", next.channel}, {"lang", next.lang}}));
    MACHIYA_TRY(const std::int64_t id, insert_hand_off(tx, next, 0, now));
    MACHIYA_CHECK(tx.execute_later("UPDATE hand_off SET due_us = :now, attempts = 0 WHERE id = :id", {{"now", now.us}, {"id", id}}));
    ++added;
  }
  return added;
}

Result<std::int64_t> end_range(store::Tx& tx, const Claim& claim, RowState state) {
  return tx.execute("UPDATE delivery SET state = :state WHERE message = :message AND recipient >= :first AND recipient <= :last AND channel = :channel AND lang = :lang AND state = 0",
                    {{"state", static_cast<int>(state)}, {"message", claim.message}, {"first", claim.first}, {"last", claim.last}, {"channel", claim.channel}, {"lang", claim.lang}});
}

Result<std::int64_t> end_rows(store::Tx& tx, const Claim& claim, const std::vector<std::int64_t>& recipients, RowState state) {
  if (recipients.empty()) return std::int64_t{0};
  return tx.execute("UPDATE delivery SET state = :state WHERE message = :message AND recipient " + store::in_keys(tx.engine()) + " AND channel = :channel AND state = 0",
                    {{"state", static_cast<int>(state)}, {"message", claim.message}, {"keys", store::key_list(recipients, tx.engine())}, {"channel", claim.channel}});
}

Result<bool> end_taken(store::Tx& tx, std::int64_t message, std::int64_t recipient, int channel, RowState state) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE delivery SET state = :state WHERE message = :message AND recipient = :recipient AND channel = :channel AND state = 1",
                                          {{"state", static_cast<int>(state)}, {"message", message}, {"recipient", recipient}, {"channel", channel}}));
  return rows == 1;
}

Result<void> insert_events(store::Tx& tx, const std::vector<EventRow>& events, Instant now) {
  static const store::ManyRows many("INSERT INTO delivery_event (message, recipient, channel, hand_off, state, reason, at_us) VALUES ",
                                    {"message", "recipient", "channel", "hand_off", "state", "reason", "at"});
  return many.insert(tx, events, [&](const EventRow& e) {
    return std::array<store::Param, 7>{e.message, e.recipient, e.channel, e.hand_off, static_cast<int>(e.state), e.reason, now.us};
  });
}

Result<void> settle(store::Tx& tx, std::int64_t hand_off, std::int64_t fence, const Settlement& s, bool open, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute(
      "UPDATE hand_off SET state = :state, due_us = :due, maybe = :maybe, settled_us = :settled, accepted = accepted + :accepted, failed = failed + :failed, error = :error"
      " WHERE id = :id AND fence = :fence AND state = 0",
      {{"state", open ? 0 : 1}, {"due", open ? s.due.us : now.us}, {"maybe", s.maybe}, {"settled", open ? store::Param(nullptr) : store::Param(now.us)},
       {"accepted", s.taken.size()}, {"failed", s.ended.size()}, {"error", s.error}, {"id", hand_off}, {"fence", fence}}));
  if (rows != 1) return Error(ErrorCode::conflict, "another process has taken this hand-off over");
  return {};
}

Result<std::vector<LaneTally>> progress(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto lanes, tx.query("SELECT channel, lang, total, handed FROM lane WHERE message = :message ORDER BY channel, lang", {{"message", message}}));
  MACHIYA_TRY(const auto sums, tx.query("SELECT channel, lang, sum(accepted), sum(failed) FROM hand_off WHERE message = :message GROUP BY channel, lang", {{"message", message}}));
  std::vector<LaneTally> out;
  for (const store::Row& row : lanes) {
    LaneTally lane{static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1)), {row.integer(2), row.integer(3)}};
    for (const store::Row& sum : sums)
      if (sum.integer(0) == lane.channel && sum.integer(1) == lane.lang) lane.tally.taken = sum.integer(2), lane.tally.failed = sum.integer(3);
    out.push_back(lane);
  }
  return out;
}

Result<std::vector<std::int64_t>> count(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT state, count(*) FROM delivery WHERE message = :message GROUP BY state", {{"message", message}}));
  std::vector<std::int64_t> out(kRowStates, 0);
  for (const store::Row& row : rows) out[static_cast<std::size_t>(row.integer(0))] = row.integer(1);
  return out;
}

Result<std::vector<Ledger::Line>> lines_of(store::ReadTx& tx, std::int64_t recipient, int limit) {
  // Message by message, each by the ledger's key: there are thousands of messages, and millions of rows.
  MACHIYA_TRY(const auto rows, tx.query(
      "SELECT m.public_id, d.channel, d.state, m.created_us FROM tell_message m JOIN delivery d ON d.message = m.id AND d.recipient = :recipient ORDER BY m.id DESC, d.channel LIMIT :limit",
      {{"recipient", recipient}, {"limit", limit}}));
  std::vector<Ledger::Line> out;
  for (const store::Row& row : rows) out.push_back({row.text(0), static_cast<int>(row.integer(1)), static_cast<RowState>(row.integer(2)), Instant{row.integer(3)}});
  return out;
}

Result<std::vector<Ledger::Reason>> reasons(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT channel, state, reason, count(*) FROM delivery_event WHERE message = :message GROUP BY channel, state, reason ORDER BY count(*) DESC, channel, state, reason",
                                        {{"message", message}}));
  std::vector<Ledger::Reason> out;
  for (const store::Row& row : rows) out.push_back({static_cast<int>(row.integer(0)), static_cast<RowState>(row.integer(1)), row.text(2), row.integer(3)});
  return out;
}

Result<std::vector<Settled>> hand_offs(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT channel, lang, first, last, state FROM hand_off WHERE message = :message ORDER BY channel, lang, first", {{"message", message}}));
  std::vector<Settled> out;
  for (const store::Row& row : rows) out.push_back({static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1)), row.integer(2), row.integer(3), row.integer(4) == 0});
  return out;
}

Result<std::vector<LastEvent>> last_events(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT recipient, channel, state FROM delivery_event WHERE message = :message ORDER BY recipient, channel, id", {{"message", message}}));
  std::vector<LastEvent> out;
  for (const store::Row& row : rows) {
    const LastEvent event{row.integer(0), static_cast<int>(row.integer(1)), static_cast<RowState>(row.integer(2))};
    if (!out.empty() && out.back().recipient == event.recipient && out.back().channel == event.channel) out.back() = event;
    else out.push_back(event);
  }
  return out;
}

Result<void> stream_rows(store::ReadTx& tx, std::int64_t message, const std::function<bool(std::int64_t, int, int, RowState)>& each) {
  return tx.stream("SELECT recipient, channel, lang, state FROM delivery WHERE message = :message ORDER BY recipient, channel", {{"message", message}}, [&](const store::Row& row) {
    return each(row.integer(0), static_cast<int>(row.integer(1)), static_cast<int>(row.integer(2)), static_cast<RowState>(row.integer(3)));
  });
}

}  // namespace machiya::tell::ledger_dao
