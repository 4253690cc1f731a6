// All SQL of the events.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/events/events.h"
#include "platform/store/store.h"

namespace machiya::events::dao {

struct Outgoing {
  Event event;
  bool pending = false;   ///< somebody consumes it
};
Result<void> insert(store::Tx& tx, const std::vector<Outgoing>& events);
/// Events that nobody has looked at, oldest first.
Result<std::vector<Event>> pending(store::ReadTx& tx, int limit);
/// Marks events as looked at: each consumer has them in its inbox or in its failures.
Result<void> mark_dispatched(store::Tx& tx, const std::vector<std::int64_t>& ids);
/// The deliveries of events from `first` to `last` that are done: (event, consumer).
Result<std::set<std::pair<std::int64_t, std::string>>> inbox_marks(store::ReadTx& tx, std::int64_t first, std::int64_t last);
/// False when the consumer has this event already.
Result<bool> mark_inbox(store::Tx& tx, std::int64_t event_id, std::string_view consumer);

struct Failure {
  Event event;
  std::string consumer;
  int attempts = 0;
};
/// Due failures, only the oldest of each consumer and key: what comes behind waits.
Result<std::vector<Failure>> due_failures(store::ReadTx& tx, Instant now, int limit);
/// When the next failure is due; nothing when none waits.
Result<bool> any_open_failure(store::ReadTx& tx);
Result<bool> key_is_blocked(store::ReadTx& tx, std::string_view consumer, std::string_view key);
Result<void> put_failure(store::Tx& tx, const Failure& failure, Instant due, std::string_view error, bool parked);
Result<void> drop_failure(store::Tx& tx, std::int64_t event_id, std::string_view consumer);

Result<std::vector<Events::Open>> open(store::ReadTx& tx, int limit);
Result<bool> unpark(store::Tx& tx, std::int64_t event_id, std::string_view consumer);
Result<bool> drop_parked(store::Tx& tx, std::int64_t event_id, std::string_view consumer);
Result<Events::Counts> counts(store::ReadTx& tx);
/// Forgets finished events (and their inbox marks) from before `before`; gives how many.
Result<std::int64_t> prune(store::Tx& tx, Instant before, int limit);

}  // namespace machiya::events::dao
