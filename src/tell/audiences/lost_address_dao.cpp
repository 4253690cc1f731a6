#include "tell/audiences/audiences_dao.h"

namespace machiya::tell::audiences_dao {

Result<void> keep_choice(store::Tx& tx, std::int64_t recipient, int channel) {
  return tx.execute_later("UPDATE recipient_address SET last_topics = (SELECT c.topics FROM reach c WHERE c.recipient = :recipient AND c.channel = :channel),"
                          " last_rank = (SELECT c.rank FROM reach c WHERE c.recipient = :recipient AND c.channel = :channel)"
                          " WHERE recipient = :recipient AND channel = :channel AND state = 3",
                          {{"recipient", recipient}, {"channel", channel}});
}

Result<std::optional<LostAddress>> lost(store::ReadTx& tx, int channel, std::string_view digest) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT a.recipient, coalesce(c.topics, a.last_topics), coalesce(c.rank, a.last_rank) FROM recipient_address a"
                                           " LEFT JOIN reach c ON c.recipient = a.recipient AND c.channel = a.channel"
                                           " WHERE a.channel = :channel AND a.digest = :digest AND a.state = 3 AND coalesce(c.topics, a.last_topics) IS NOT NULL ORDER BY a.id DESC LIMIT 1",
                                           {{"channel", channel}, {"digest", digest}}));
  if (!row) return std::optional<LostAddress>();
  return std::optional<LostAddress>(LostAddress{row->integer(0), row->integer(1), static_cast<int>(row->integer(2))});
}

Result<void> settle_lost(store::Tx& tx, int channel, std::string_view digest) {
  return tx.execute_later("UPDATE recipient_address SET state = 2, last_topics = NULL, last_rank = NULL WHERE channel = :channel AND digest = :digest AND state = 3", {{"channel", channel}, {"digest", digest}});
}

Result<void> settle_lost(store::Tx& tx, std::int64_t recipient, int channel) {
  return tx.execute_later("UPDATE recipient_address SET state = 2, last_topics = NULL, last_rank = NULL WHERE recipient = :recipient AND channel = :channel AND state = 3",
                          {{"recipient", recipient}, {"channel", channel}});
}

}  // namespace machiya::tell::audiences_dao
