// One round of delivering: which event goes to which consumer now, in waves that keep the order of each key.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "platform/events/events_dao.h"
#include "platform/store/lease.h"
#include "platform/store/store.h"

namespace machiya::events {

using Handler = std::function<Result<void>(store::Tx&, const Events::Batch&)>;
struct Subscription {
  std::string consumer;
  std::string type;
  std::shared_ptr<const Handler> handle;   ///< one for all types that were subscribed together
};

/// Used by one thread at a time.
class Delivery {
 public:
  Delivery(store::Store& store, const Clock& clock, const std::vector<Subscription>& subscriptions)
      : store_(store), clock_(clock), subscriptions_(subscriptions), owner_(store::new_lease_owner()) {}

  struct Outcome {
    std::int64_t delivered = 0;
    std::int64_t tried = 0;     ///< 0: nothing is due
    bool full = false;          ///< the batch was full: there may be more
  };
  /// One batch; nothing when another process delivers.
  Result<Outcome> round();
  Result<void> release();
  /// Forgets finished events older than a week.
  Result<std::int64_t> prune();

 private:
  struct Unit {
    dao::Failure what;             ///< attempts so far
    const Subscription* to = nullptr;
    bool was_failure = false;
    Result<void> result;
    bool fresh_effect = false;     ///< false when the inbox had it already
  };
  Result<bool> take();
  Result<Outcome> fresh(std::vector<Event>& events);
  /// All at once; an error leaves nothing behind.
  Result<std::int64_t> together(const std::vector<Event>& events, std::vector<Unit>& ready, const std::vector<Unit>& behind);
  Result<Outcome> again(std::vector<dao::Failure>& failures);
  /// Runs units of different keys side by side, units of one key one after the other; a failure stops its key.
  void run(std::vector<Unit>& units);
  void run_wave(const std::vector<Unit*>& wave);
  Result<void> deliver(store::Tx& tx, Unit& unit);
  Result<void> note_failure(store::Tx& tx, const Unit& unit, const Error& error);
  const Subscription* find(const std::string& consumer, const std::string& type) const;

  store::Store& store_;
  const Clock& clock_;
  const std::vector<Subscription>& subscriptions_;
  const std::string owner_;
  std::optional<store::Lease> lease_;
};

}  // namespace machiya::events
