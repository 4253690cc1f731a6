// All SQL of the citizens' side: events of LINE that were taken, codes that tie an account, links that were mailed.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::tell::citizen_dao {

struct LineSeen {
  std::string_view id, who;
  bool friendship = false;   ///< follow or unfollow
  std::int64_t at_ms = 0;
};
/// False when an event of this id was taken before.
Result<bool> remember(store::Tx& tx, const LineSeen& event, Instant now);
/// The latest follow or unfollow of this user that was taken, in milliseconds of LINE's clock; 0: none.
Result<std::int64_t> last_friendship(store::ReadTx& tx, std::string_view who);
Result<void> forget_events(store::Tx& tx, Instant before);

/// In place of this person's earlier one.
Result<void> put_code(store::Tx& tx, std::string_view digest, std::int64_t person, Instant expires);
/// Used up by the call; nothing for an unknown or old one.
Result<std::optional<std::int64_t>> take_code(store::Tx& tx, std::string_view digest, Instant now);

/// How many links were mailed to this address since then.
Result<std::int64_t> mailed_since(store::ReadTx& tx, std::string_view digest, Instant since);
Result<void> note_mailed(store::Tx& tx, std::string_view digest, Instant now);
Result<void> forget_mailed(store::Tx& tx, Instant before);

}  // namespace machiya::tell::citizen_dao
