// Sessions, the log of changes that empties other processes' caches, and forms parked until a new log-in.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "platform/identity/authentication.h"
#include "platform/store/store.h"

namespace machiya::identity::session_dao {

struct Session {
  int kind = 0;
  std::int64_t subject = 0;
  Instant created, seen, expires;
  bool ended = false;
  std::string digest, device;
  Authentication how;
};
/// `session.seen` and `ended` are not looked at: a new one was seen when it was created.
Result<void> insert(store::Tx& tx, const Session& session);
/// Also ended and expired ones: the caller decides.
Result<std::optional<Session>> find(store::ReadTx& tx, std::string_view digest);
/// Of one subject, neither ended nor expired by `now`, nor idle since `seen_after`; the newest first.
Result<std::vector<Session>> open_of(store::ReadTx& tx, int kind, std::int64_t subject, Instant now, Instant seen_after);
Result<void> end(store::Tx& tx, std::string_view digest, Instant now);
Result<void> end_all(store::Tx& tx, int kind, std::int64_t subject, Instant now);
Result<void> set_seen(store::Tx& tx, std::string_view digest, Instant seen);
Result<void> remove_expired_before(store::Tx& tx, Instant t);

/// "session:<digest>", "citizen:<id>", "staff:<id>", "client:<id>".
Result<void> note_change(store::Tx& tx, std::string_view what, Instant now);
Result<std::vector<std::string>> changes_since(store::ReadTx& tx, Instant t);
Result<void> remove_changes_before(store::Tx& tx, Instant t);

Result<void> park(store::Tx& tx, std::string_view ticket, std::string_view owner, std::string_view form, Instant now, int keep);
Result<std::optional<std::string>> parked(store::ReadTx& tx, std::string_view ticket, std::string_view owner, Instant since);
Result<void> remove_parked_before(store::Tx& tx, Instant t);

}  // namespace machiya::identity::session_dao
