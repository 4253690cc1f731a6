// SQL of the policies that were in force. They hold names of rights only, nothing personal.
#pragma once
#include "platform/identity/policy_history.h"

namespace machiya::identity::policy_history_dao {

struct Row {
  std::int64_t number = 0;
  Instant at;
  std::string why, text;   ///< text: the policy as JSON
};
struct Seen {
  std::int64_t number = 0;
  std::string by;
  Instant at;
};
inline constexpr int kMost = 100;   ///< versions that are compared at once: nobody looked for very long

/// Newest first, not below `number`, at most `limit` of the newest.
Result<std::vector<Row>> from(store::ReadTx& tx, std::int64_t number, int limit);
/// False when this number is there already.
Result<bool> insert(store::Tx& tx, const Row& row);
Result<std::optional<Seen>> last_seen(store::ReadTx& tx);
Result<void> set_seen(store::Tx& tx, const Seen& seen);

}  // namespace machiya::identity::policy_history_dao
