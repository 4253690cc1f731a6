#include "tell/ledger/ledger_dao.h"

#include "platform/store/many_rows.h"

namespace machiya::tell::ledger_dao {
namespace {

constexpr std::string_view kMessage =
    "SELECT id, public_id, class, drill, state, contents, start_us, created_us, cancelled_us, expanded_to, last_recipient FROM tell_message ";

Ledger::Message message_in(const store::Row& row) {
  Ledger::Message out;
  out.id = row.integer(0), out.public_id = row.text(1);
  out.cls = static_cast<Class>(row.integer(2));
  out.drill = row.integer(3) != 0;
  out.state = static_cast<MessageState>(row.integer(4));
  out.contents = row.text(5);
  out.start = Instant{row.integer(6)}, out.created = Instant{row.integer(7)};
  if (!row.is_null(8)) out.cancelled = Instant{row.integer(8)};
  out.expanded_to = row.integer(9), out.last_recipient = row.integer(10);
  return out;
}

/// Who is meant, over "reach r"; the recipients' range stands before it.
std::string meant(const Expansion& e) {
  std::string out = " AND ((CAST(1 AS BIGINT) << r.channel) & :channels) <> 0";
  std::string chosen = "(:topics = 0 OR (r.topics & :topics) <> 0)";
  if (e.segmented) chosen += " AND EXISTS (SELECT 1 FROM tell_message_profile s WHERE s.message = :message AND s.profile = r.profile)";
  if (e.listed) chosen += " AND EXISTS (SELECT 1 FROM tell_message_recipient n WHERE n.message = :message AND n.recipient = r.recipient)";
  if (e.follows) chosen = "((" + chosen + ") OR EXISTS (SELECT 1 FROM delivery d WHERE d.message = :follows AND d.recipient = r.recipient AND d.state = 1))";
  out += " AND " + chosen;
  if (e.first_only)   // who chose the topic for a later channel only hears it there
    out += " AND NOT EXISTS (SELECT 1 FROM reach b WHERE b.recipient = r.recipient AND b.rank < r.rank AND ((CAST(1 AS BIGINT) << b.channel) & :channels) <> 0"
           " AND (:topics = 0 OR (b.topics & :topics) <> 0))";
  return out;
}

store::Binds binds_of(const Expansion& e, std::int64_t from, std::int64_t to) {
  store::Binds out = {{"from", from}, {"to", to}, {"channels", e.channels}, {"topics", e.topics}, {"message", e.message}};
  if (e.follows) out.push_back({"follows", e.follows});
  return out;
}

}  // namespace

Result<std::int64_t> insert_message(store::Tx& tx, const Order& order, MessageState state, std::int64_t last_recipient, Instant now) {
  return tx.insert("tell_message",
                   "INSERT INTO tell_message (id, public_id, class, drill, state, topics, channels, first_only, segmented, listed, follows, contents, quiet_from,"
                   " quiet_to, start_us, expanded_to, last_recipient, created_us, cancelled_us, swept_to, own) VALUES (:id, :public, :class, :drill, :state, :topics,"
                   " :channels, :first, :segmented, :listed, :follows, :contents, :quiet_from, :quiet_to, :start, 0, :last, :now, NULL, 0, :own)",
                   {{"public", order.public_id}, {"class", static_cast<int>(order.cls)}, {"drill", order.drill}, {"state", static_cast<int>(state)},
                    {"topics", order.topics}, {"channels", order.channels}, {"first", order.first_only}, {"segmented", order.segmented}, {"listed", order.listed},
                    {"follows", order.follows ? store::Param(order.follows) : store::Param(nullptr)}, {"contents", order.contents},
                    {"quiet_from", order.quiet.from}, {"quiet_to", order.quiet.to}, {"start", order.start.us}, {"last", last_recipient}, {"now", now.us}, {"own", order.own}});
}

Result<void> insert_profiles(store::Tx& tx, std::int64_t message, const std::vector<std::int64_t>& profiles) {
  static const store::ManyRows many("INSERT INTO tell_message_profile (message, profile) VALUES ", {"message", "profile"});
  return many.insert(tx, profiles, [&](std::int64_t profile) { return std::array<store::Param, 2>{message, profile}; });
}

Result<void> insert_recipients(store::Tx& tx, std::int64_t message, const std::vector<std::int64_t>& recipients) {
  static const store::ManyRows many("INSERT INTO tell_message_recipient (message, recipient) VALUES ", {"message", "recipient"});
  return many.insert(tx, recipients, [&](std::int64_t recipient) { return std::array<store::Param, 2>{message, recipient}; });
}

Result<std::int64_t> last_added(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT max(recipient) FROM tell_message_recipient WHERE message = :message", {{"message", message}}));
  return row->integer(0);
}

Result<bool> set_state(store::Tx& tx, std::int64_t message, MessageState from, MessageState to) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE tell_message SET state = :to WHERE id = :id AND state = :from",
                                          {{"to", static_cast<int>(to)}, {"id", message}, {"from", static_cast<int>(from)}}));
  return rows == 1;
}

Result<std::int64_t> last_recipient(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT max(recipient) FROM reach"));
  return row->integer(0);
}

Result<std::optional<Expansion>> next_expansion(store::ReadTx& tx) {
  // A cancelled message goes on being expanded, into rows that are cancelled: its split into sent and unsent stays exact.
  // Each part by an index of its own: thousands that are being sent are not looked at.
  static const auto first_where = [](const std::string& condition) {
    return "SELECT * FROM (SELECT id, class, state, topics, channels, follows, expanded_to, last_recipient, first_only, segmented, listed, start_us FROM tell_message WHERE " + condition +
           " ORDER BY class DESC, start_us, id LIMIT 1) AS part";
  };
  static const std::string first = first_where("state = 1") + " UNION ALL " + first_where("state = 4 AND expanded_to < last_recipient") + " ORDER BY class DESC, start_us, id LIMIT 1";
  MACHIYA_TRY(const auto row, tx.query_one(first));
  if (!row) return std::optional<Expansion>();
  Expansion out;
  out.message = row->integer(0), out.cls = static_cast<Class>(row->integer(1)), out.state = static_cast<MessageState>(row->integer(2));
  out.topics = row->integer(3), out.channels = row->integer(4), out.follows = row->integer(5);
  out.expanded_to = row->integer(6), out.last_recipient = row->integer(7);
  out.first_only = row->integer(8) != 0, out.segmented = row->integer(9) != 0, out.listed = row->integer(10) != 0;
  return std::optional<Expansion>(out);
}

Result<std::optional<std::int64_t>> next_recipient(store::ReadTx& tx, const Expansion& e, std::int64_t from) {
  const bool by_list = e.listed && !e.follows;
  MACHIYA_TRY(const auto row, by_list ? tx.query_one("SELECT min(recipient) FROM tell_message_recipient WHERE message = :message AND recipient > :from", {{"message", e.message}, {"from", from}})
                                      : tx.query_one("SELECT min(recipient) FROM reach WHERE recipient > :from", {{"from", from}}));
  return row->optional_integer(0);
}

Result<std::int64_t> insert_rows(store::Tx& tx, const Expansion& e, std::int64_t from, std::int64_t to, RowState state) {
  store::Binds binds = binds_of(e, from, to);
  binds.push_back({"state", static_cast<int>(state)});
  return tx.execute("INSERT INTO delivery (message, recipient, channel, lang, state) SELECT :message, r.recipient, r.channel, r.lang, :state FROM reach r"
                    " WHERE r.recipient > :from AND r.recipient <= :to" + meant(e) + " ORDER BY r.recipient, r.channel",
                    binds);
}

Result<void> add_to_lanes(store::Tx& tx, std::int64_t message, std::int64_t from, std::int64_t to) {
  return tx.execute_later("INSERT INTO lane (message, channel, lang, handed_to, total, handed)"
                          " SELECT :message, channel, lang, 0, count(*), 0 FROM delivery WHERE message = :message AND recipient > :from AND recipient <= :to GROUP BY channel, lang"
                          " ON CONFLICT (message, channel, lang) DO UPDATE SET total = lane.total + excluded.total",
                          {{"message", message}, {"from", from}, {"to", to}});
}

Result<void> set_expanded(store::Tx& tx, std::int64_t message, std::int64_t to, bool done) {
  return tx.execute_later("UPDATE tell_message SET expanded_to = :to, state = CASE WHEN state = 1 AND :done = 1 THEN 2 ELSE state END WHERE id = :id",
                          {{"to", to}, {"done", done ? 1 : 0}, {"id", message}});
}

Result<std::vector<Lane>> open_lanes(store::ReadTx& tx, int channel, Instant now, bool emergencies_only) {
  MACHIYA_TRY(const auto rows, tx.query(
      "SELECT l.message, l.lang, l.handed_to, l.total - l.handed, m.class, m.state, m.quiet_from, m.quiet_to, m.drill, m.own FROM lane l JOIN tell_message m ON m.id = l.message"
      " WHERE l.channel = :channel AND l.handed < l.total AND m.state IN (1, 2) AND m.start_us <= :now AND m.class >= :class ORDER BY m.class DESC, m.start_us, m.id, l.lang",
      {{"channel", channel}, {"now", now.us}, {"class", emergencies_only ? 2 : 0}}));
  std::vector<Lane> out;
  for (const store::Row& row : rows) {
    Lane lane{row.integer(0), static_cast<int>(row.integer(1)), row.integer(2), row.integer(3), static_cast<Class>(row.integer(4)), static_cast<MessageState>(row.integer(5)),
              {static_cast<int>(row.integer(6)), static_cast<int>(row.integer(7))}, row.integer(8) != 0, row.integer(9) != 0};
    out.push_back(lane);
  }
  return out;
}

Result<std::vector<std::int64_t>> open_rows(store::ReadTx& tx, std::int64_t message, int channel, int lang, std::int64_t after, std::int64_t until, std::int64_t limit) {
  MACHIYA_TRY(const auto rows, tx.query(
      "SELECT recipient FROM delivery WHERE message = :message AND recipient > :after AND recipient <= :until AND channel = :channel AND lang = :lang AND state = 0"
      " ORDER BY recipient LIMIT :limit",
      {{"message", message}, {"after", after}, {"until", until}, {"channel", channel}, {"lang", lang}, {"limit", limit}}));
  std::vector<std::int64_t> out;
  out.reserve(rows.size());
  for (const store::Row& row : rows) out.push_back(row.integer(0));
  return out;
}

Result<std::optional<MessageState>> state_of(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT state FROM tell_message WHERE id = :id", {{"id", message}}));
  if (!row) return std::optional<MessageState>();
  return std::optional<MessageState>(static_cast<MessageState>(row->integer(0)));
}

Result<bool> move_lane(store::Tx& tx, std::int64_t message, int channel, int lang, std::int64_t from, std::int64_t to, std::int64_t rows) {
  MACHIYA_TRY(const auto moved, tx.execute("UPDATE lane SET handed_to = :to, handed = handed + :rows WHERE message = :message AND channel = :channel AND lang = :lang AND handed_to = :from",
                                           {{"to", to}, {"rows", rows}, {"message", message}, {"channel", channel}, {"lang", lang}, {"from", from}}));
  return moved == 1;
}

Result<bool> cancel(store::Tx& tx, std::int64_t message, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE tell_message SET state = 4, cancelled_us = :now WHERE id = :id AND state < 3", {{"id", message}, {"now", now.us}}));
  return rows == 1;
}

Result<std::optional<Sweep>> next_sweep(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one(
      "SELECT m.id, m.swept_to, m.expanded_to FROM tell_message m WHERE m.state = 4 AND m.expanded_to >= m.last_recipient"
      " AND NOT EXISTS (SELECT 1 FROM hand_off h WHERE h.message = m.id AND h.state = 0) ORDER BY m.id LIMIT 1"));
  if (!row) return std::optional<Sweep>();
  return std::optional<Sweep>(Sweep{row->integer(0), row->integer(1), row->integer(2)});
}

Result<std::int64_t> cancel_rows(store::Tx& tx, std::int64_t message, std::int64_t from, std::int64_t to) {
  return tx.execute("UPDATE delivery SET state = 5 WHERE message = :message AND recipient > :from AND recipient <= :to AND state = 0", {{"message", message}, {"from", from}, {"to", to}});
}

Result<void> set_swept(store::Tx& tx, std::int64_t message, std::int64_t to, bool done) {
  return tx.execute_later("UPDATE tell_message SET swept_to = :to, state = CASE WHEN :done = 1 THEN 5 ELSE state END WHERE id = :id", {{"to", to}, {"done", done ? 1 : 0}, {"id", message}});
}

namespace {
constexpr std::string_view kFinished =
    "(m.state < 3 OR m.state = 4) AND m.state = 2 AND m.start_us <= :now AND NOT EXISTS (SELECT 1 FROM lane l WHERE l.message = m.id AND l.handed < l.total)"
    " AND NOT EXISTS (SELECT 1 FROM hand_off h WHERE h.message = m.id AND h.state = 0)";
}

Result<bool> anything_to_finish(store::ReadTx& tx, Instant now) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT m.id FROM tell_message m WHERE " + std::string(kFinished) + " LIMIT 1", {{"now", now.us}}));
  return row.has_value();
}

Result<std::int64_t> finish_messages(store::Tx& tx, Instant now) {
  return tx.execute("UPDATE tell_message AS m SET state = 3 WHERE " + std::string(kFinished), {{"now", now.us}});
}

Result<std::optional<Ledger::Message>> message(store::ReadTx& tx, std::string_view public_id, std::int64_t id) {
  MACHIYA_TRY(const auto row, public_id.empty() ? tx.query_one(std::string(kMessage) + "WHERE id = :id", {{"id", id}})
                                                : tx.query_one(std::string(kMessage) + "WHERE public_id = :id", {{"id", public_id}}));
  if (!row) return std::optional<Ledger::Message>();
  return std::optional<Ledger::Message>(message_in(*row));
}

}  // namespace machiya::tell::ledger_dao
