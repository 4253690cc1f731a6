// Past-tense facts between engines: written in the transaction of the change (outbox), delivered at least once, each
// consumer keeps an inbox of seen ids. Payloads carry ids and small facts, never personal data.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::events {

struct Event {
  std::int64_t id = 0;
  std::string type;     ///< "case.submitted.v1"
  std::string key;      ///< order is kept per key (case number, person id)
  json::Value payload;
  Instant at;
};
/// An event to be written.
struct Draft {
  std::string type;
  std::string key;
  json::Value payload;
};
/// A kind of event: declared by its emitter, so that a whole-system test can pair emitters, schemas and consumers.
struct EventType {
  std::string type;
  std::string emitter;      ///< module
  json::Value schema;       ///< JSON Schema of the payload
  bool external = false;    ///< has a consumer outside this process
};

/// Thread-safe.
class Events {
 public:
  Events(store::Store& store, const Clock& clock);
  ~Events();
  void declare(EventType type);                ///< before start()
  /// Writes to the outbox in the caller's transaction. An undeclared type is a broken invariant.
  Result<void> emit(store::Tx& tx, std::string_view type, std::string_view key, json::Value payload);
  Result<void> emit(store::Tx& tx, std::vector<Draft> drafts);
  /// `handle` runs in a write transaction together with the mark that it ran: its effect happens exactly once. Other deliveries may
  /// share the transaction; when one of them fails, each runs again in its own.
  void subscribe(std::string consumer, std::string type, std::function<Result<void>(store::Tx&, const Event&)> handle);
  /// The same for consumers that add up: they get all events of these types that are due, in their order.
  using Batch = std::vector<const Event*>;
  void subscribe_batch(std::string consumer, std::vector<std::string> types, std::function<Result<void>(store::Tx&, const Batch&)> handle);
  void start();
  void stop();
  /// Delivers everything that is due; for tests. Gives the number delivered.
  Result<std::int64_t> deliver_now();
  const std::vector<EventType>& types() const;
  std::vector<std::string> consumers_of(std::string_view type) const;
  static constexpr int kMaxAttempts = 8;
  /// What is not delivered yet. A delivery that failed kMaxAttempts times is parked: it waits for a person, and later
  /// events of its key went on without it.
  struct Open {
    enum class State : std::uint8_t { waiting, retrying, parked };
    State state = State::waiting;
    std::int64_t event_id = 0;
    std::string consumer;   ///< "" while nobody has looked at the event
    std::string type;
    std::string key;
    std::string error;
    int attempts = 0;
    Instant at;             ///< when it happened
    Instant due;            ///< the next attempt, while retrying
  };
  /// Parked ones first, then failing ones, then those nobody has looked at; oldest first, at most `limit` of each kind.
  Result<std::vector<Open>> open(int limit);
  /// Tries a parked delivery again; not_found when there is none.
  Result<void> retry_parked(store::Tx& tx, std::int64_t event_id, std::string_view consumer);
  /// Gives a parked delivery up for good; not_found when there is none. The caller writes down who and why.
  Result<void> discard_parked(store::Tx& tx, std::int64_t event_id, std::string_view consumer);
  struct Counts {
    std::int64_t waiting = 0;    ///< not looked at yet
    std::int64_t retrying = 0;   ///< failed, or behind a failed one of the same key
    std::int64_t parked = 0;
  };
  Result<Counts> counts();
  static std::vector<store::Migration> migrations();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::events
