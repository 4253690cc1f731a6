#include "tell/ledger/statistics.h"

namespace machiya::tell::ledger_statistics {

Result<std::vector<Cell>> cells(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT channel, lang, state, count(*) FROM delivery WHERE message = :message GROUP BY channel, lang, state ORDER BY channel, lang, state", {{"message", message}}));
  std::vector<Cell> out;
  for (const store::Row& row : rows) out.push_back({static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1)), static_cast<RowState>(row.integer(2)), row.integer(3)});
  return out;
}

Result<std::vector<Window>> windows(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT channel, lang, count(*), min(created_us), max(coalesce(settled_us, created_us)) FROM hand_off WHERE message = :message GROUP BY channel, lang ORDER BY channel, lang",
                                        {{"message", message}}));
  std::vector<Window> out;
  for (const store::Row& row : rows) out.push_back({static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1)), row.integer(2), Instant{row.integer(3)}, Instant{row.integer(4)}});
  return out;
}

Result<std::vector<Meant>> meant(store::ReadTx& tx, std::int64_t message) {
  // Along the ledger's key, which is in the order of recipients: they are read in theirs too, and nobody is counted twice. CROSS JOIN keeps SQLite to that
  // order of tables; the other one costs three times as much.
  MACHIYA_TRY(const auto rows, tx.query("SELECT q.profile, count(*) FROM (SELECT DISTINCT recipient FROM delivery WHERE message = :message) d CROSS JOIN recipient q WHERE q.id = d.recipient"
                                        " GROUP BY q.profile ORDER BY q.profile",
                                        {{"message", message}}));
  std::vector<Meant> out;
  for (const store::Row& row : rows) out.push_back({row.integer(0), row.integer(1)});
  return out;
}

Result<std::vector<Taken>> taken(store::ReadTx& tx, std::int64_t recipient, int channel, Instant since, int limit) {
  // Message by message, each by the ledger's key. A parcel covers a range of recipients of one lane.
  MACHIYA_TRY(const auto rows, tx.query(
      "SELECT d.message, h.key FROM tell_message m JOIN delivery d ON d.message = m.id AND d.recipient = :recipient AND d.channel = :channel"
      " JOIN hand_off h ON h.message = d.message AND h.channel = d.channel AND h.lang = d.lang AND h.first <= d.recipient AND h.last >= d.recipient"
      " WHERE d.state IN (1, 8) AND h.created_us >= :since ORDER BY m.id DESC, h.id LIMIT :limit",
      {{"recipient", recipient}, {"channel", channel}, {"since", since.us}, {"limit", limit}}));
  std::vector<Taken> out;
  for (const store::Row& row : rows) out.push_back({row.integer(0), row.text(1)});
  return out;
}

}  // namespace machiya::tell::ledger_statistics
