// Statements of subscriptions, of how far each was told, and of what was given up.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/store/store.h"
#include "sense/subscriptions/subscription.h"

namespace machiya::sense {

/// How far a subscription was told, and its counters (§5.2.14.2).
struct SubscriptionState {
  std::string tenant, id;
  std::uint64_t cursor = 0;                ///< everything up to here is done
  std::uint64_t sent = 0, failed = 0;      ///< notifications that were tried; those whose first try failed
  std::int64_t last_us = kNoTime, success_us = kNoTime, failure_us = kNoTime;
  bool last_ok = true;
  std::string cause;                       ///< of the last failure
  std::uint64_t fails = 0;                 ///< tries in a row that failed, up to now
  std::int64_t fired_us = kNoTime;         ///< when the change happened for which it fired last; of periodic ones when it was sent last
};

/// A notification that was given up.
struct DeadLetter {
  std::int64_t key = 0;
  std::string tenant, subscription;
  std::uint64_t number = 0;                ///< of the journal; 0 for periodic ones
  std::string entity;                      ///< id
  std::int64_t changed_us = 0, given_up_us = 0;
  int tries = 0;
  std::string cause;
  std::string data;                        ///< JSON array: the elements of "data"
};

/// conflict when the id is taken.
Result<void> insert_subscription(store::Tx& tx, const StoredSubscription& subscription);
/// False when there is none.
Result<bool> update_subscription(store::Tx& tx, const StoredSubscription& subscription);
/// With state and dead letters. False when there is none.
Result<bool> delete_subscription(store::Tx& tx, const std::string& tenant, const std::string& id);
/// All, in the order of creation.
Result<std::vector<StoredSubscription>> read_subscriptions(store::ReadTx& tx);

Result<void> write_states(store::Tx& tx, const std::vector<SubscriptionState>& states);
Result<std::vector<SubscriptionState>> read_states(store::ReadTx& tx);
Result<void> write_told(store::Tx& tx, std::uint64_t number);
Result<std::uint64_t> read_told(store::ReadTx& tx);

/// What is there already (after a crash) stays as it is.
Result<void> insert_dead_letters(store::Tx& tx, const std::vector<DeadLetter>& letters);
/// Newest first. `subscription` empty: of all.
Result<std::vector<DeadLetter>> read_dead_letters(store::ReadTx& tx, const std::string& tenant, const std::string& subscription, int limit, int offset);
Result<std::optional<DeadLetter>> read_dead_letter(store::ReadTx& tx, std::int64_t key);
Result<void> delete_dead_letter(store::Tx& tx, std::int64_t key);

}  // namespace machiya::sense
