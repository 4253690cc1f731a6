// The queues between matching and the subscribers' endpoints: in order for each entity, with back-off, a circuit breaker for each endpoint, and an end to
// patience. A state machine without threads and without a clock of its own: workers take a flight, hand it over, and say how it went.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sense/entities/codec.h"
#include "sense/subscriptions/notifier.h"
#include "sense/subscriptions/subscription_dao.h"

namespace machiya::sense {

/// One change of the journal, with its memory.
struct Event {
  std::uint64_t number = 0;
  std::string tenant;
  Record record;
  std::size_t hash = 0;    ///< of the entity's id
};
using EventPtr = std::shared_ptr<const Event>;

/// One notification's content that waits for a subscriber: a change, or (periodic, registrations) texts that are ready.
struct Job {
  EventPtr event;
  std::vector<std::string> prepared;
  int tries = 0;           ///< that this one was refused
  bool counted = false;    ///< in timesSent
  std::string reason;      ///< triggerReason (§5.3.2)
};

/// Changes of one entity always go through one lane; an entity has one message under way at a time. By HTTP a lane has one as well: what is sent behind
/// another on a connection is lost with it. By MQTT those of different entities leave together, each with a receipt of its own.
struct Lane {
  enum class State : std::uint8_t { idle, ready, waiting, flying } state = State::idle;
  std::deque<Job> jobs;
  std::size_t flying = 0;   ///< of the front
  int failures = 0;         ///< in a row, that nobody answered
  bool singly = false;      ///< several together were refused: now one by one
  std::int64_t due_us = 0;
};

inline constexpr std::size_t kLanes = 8;

/// What the house knows of one subscription while it runs. Guarded by Delivery.
struct Slot {
  SubscriptionPtr subscription;
  SubscriptionState state;
  std::array<std::unique_ptr<Lane>, kLanes> lanes;
  struct Open {
    std::uint64_t number;
    bool done;
    std::int64_t fired_before_us;   ///< state.fired_us before this one: what is kept goes with the cursor, or a replay would throttle what was never sent
  };
  std::deque<Open> open;          ///< numbers that wait or are under way, in order
  std::size_t waiting = 0;        ///< jobs
  std::uint64_t behind = 0;       ///< from this number on the journal must be read for it once more; 0: it follows
  std::uint64_t since = 0;        ///< records up to here are none of its business
  std::int64_t next_us = 0;       ///< of a periodic one; the matcher's alone
  bool gone = false, dirty = false;
};
using SlotPtr = std::shared_ptr<Slot>;

class Delivery {
 public:
  struct Options {
    int most_tries = 12;                            ///< of an endpoint that does not answer: then what waits becomes dead letters
    int most_refused = 5;                           ///< tries of one message that the subscriber does not want
    std::int64_t first_wait_us = 1'000'000;         ///< doubled with each failure
    std::int64_t longest_wait_us = 300'000'000;
    int breaker_after = 5;                          ///< failures of an endpoint in a row; then one try at a time shows whether it is back
    std::size_t most_waiting = 10'000;              ///< jobs of one subscription in memory; what comes later is read from the journal
    std::size_t most_together = 50;                 ///< changes of different entities in one notification
    std::size_t most_apart = 64;                    ///< messages of one lane under way at a time, of different entities, where the endpoint takes several
  };
  explicit Delivery(Options options) : options_(options) {}

  /// What the matcher needs to know.
  struct Look {
    SubscriptionPtr subscription;
    std::int64_t fired_us = kNoTime;
    std::uint64_t behind = 0, since = 0;
    bool room = true;
    std::size_t waiting = 0;
  };
  Look look(const Slot& slot) const;
  void add(const SlotPtr& slot, EventPtr event);
  /// False when one waits still: it says the same.
  bool add_periodic(const SlotPtr& slot, std::vector<std::vector<std::string>> parts, std::int64_t now_us, std::string_view reason = {});
  /// Registrations, and why they are told (§5.3.2): in the order in which they are added.
  void add_sources(const SlotPtr& slot, std::vector<std::string> texts, std::string_view reason, std::int64_t now_us);
  /// The subscription was changed (nullptr: deleted): what waits is looked at again at once.
  void change(const SlotPtr& slot, SubscriptionPtr subscription, std::uint64_t since);
  void set_behind(Slot& slot, std::uint64_t from);

  /// Something to hand over, or to give up (`bury`: write dead letters).
  struct Flight {
    SlotPtr slot;
    SubscriptionPtr subscription;
    std::size_t lane = 0;
    std::vector<Job> jobs;
    bool bury = false, trial = false;
    bool apart = false;       ///< each job is a message of its own; else all are one
    std::string cause;
    int tries = 0;
  };
  std::optional<Flight> take(std::int64_t now_us);
  /// The next one of those that are ready that goes to the endpoint of this key; not far back in the queue.
  std::optional<Flight> take_to(const std::string& endpoint, std::int64_t now_us);
  bool has_ready() const;
  /// How each of its messages went. True when it must be given up now: the flight then has `bury` and the jobs to write; buried() ends it.
  bool landed(Flight& flight, std::span<const Handed> handed, std::int64_t now_us);
  void buried(const Flight& flight, bool written, std::int64_t now_us);
  /// When something that waits becomes due; the largest number when nothing does.
  std::int64_t next_due() const;
  bool idle() const;

  /// Everything up to here is done for this one. `matched`: the last number that was matched for all.
  std::uint64_t cursor(const Slot& slot, std::uint64_t matched) const;
  SubscriptionState state(const Slot& slot, std::uint64_t matched) const;
  /// States that changed since the last time, and are taken for written unless again() says otherwise.
  std::vector<SubscriptionState> changed(const std::vector<SlotPtr>& slots, std::uint64_t matched);
  void again(const std::vector<SlotPtr>& slots);

 private:
  struct Ref {
    SlotPtr slot;
    std::size_t lane;
  };
  struct Breaker {
    int failures = 0, rounds = 0;
    std::int64_t until_us = 0;
    bool trial = false;
    std::string cause;
  };
  Options options_;
  mutable std::mutex mutex_;
  std::deque<Ref> ready_;
  std::multimap<std::int64_t, Ref> waiting_;
  std::map<std::string, Breaker> breakers_;
  std::size_t flying_ = 0;

  void push(const SlotPtr& slot, std::size_t lane, Job job);
  void make_ready(const SlotPtr& slot, std::size_t lane);
  void wait(const SlotPtr& slot, std::size_t lane, std::int64_t due_us);
  std::int64_t back_off(int failures) const;
  std::optional<Flight> depart(const Ref& ref, std::int64_t now_us);
  Flight load(const Ref& ref, std::size_t n);
  Flight load_some(const Ref& ref);
  std::size_t together(const Slot& slot, const Lane& lane) const;
  void tally(Slot& slot, Lane& lane, std::size_t first, std::size_t n, const Handed& handed, std::int64_t now_us);
  std::int64_t trip(const Flight& flight, const Handed& handed, std::int64_t now_us);
  void finish(Slot& slot, Lane& lane, std::size_t n);
  void finish_taken(Slot& slot, Lane& lane, std::span<const Handed> handed);
  bool failed(Flight& flight, Lane& lane, const Handed& handed, std::int64_t closed_until_us, std::int64_t now_us);
};

}  // namespace machiya::sense
