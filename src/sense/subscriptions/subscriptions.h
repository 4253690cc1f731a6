// The subscriptions of the context broker (ETSI GS CIM 009 V1.8.1 §5.8): kept in the house's database, matched against the entity store's journal, told in
// order and at least once. The journal's numbers are the cursor: after a crash it is read again from where the slowest subscriber was.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "sense/broker/entity_store.h"
#include "sense/entities/gate.h"
#include "sense/jsonld/contexts.h"
#include "sense/registrations/registrations.h"
#include "sense/subscriptions/delivery.h"
#include "sense/subscriptions/match.h"
#include "sense/subscriptions/notifier.h"

namespace machiya::sense {

/// A subscription against the changes that the journal still has.
struct Rehearsal {
  struct Line {
    std::uint64_t number = 0;
    std::int64_t at_us = 0;
    std::string entity;
    Judgement judgement;
  };
  std::uint64_t looked_at = 0;
  std::int64_t from_us = kNoTime;          ///< of the first change that was looked at
  std::map<Why, std::uint64_t> counts;
  std::vector<Line> lines;                 ///< of each answer the first ones
  /// {"lookedAt", "from", "counts": {…}, "changes": [{"number", "at", "entity", "fires", "why", "terms": […]}]}
  std::string to_json() const;
};

/// Any thread may call.
class Subscriptions {
 public:
  struct Options {
    Delivery::Options delivery;
    int workers = 8;                       ///< messages under way at a time
    std::int64_t flush_us = 200'000;       ///< cursors and counters are written this often: what a crash may send twice
    std::size_t most_events = 100'000;     ///< changes in memory before they are matched; what comes later is read from the journal
    /// What a maker (Subscription::viewer) may see now: matched and told is nothing else. Not set: everything. nullptr: nothing any more.
    std::function<GatePtr(const std::string& viewer)> gate_of;
  };
  struct Notifiers {
    Notifier* http = nullptr;
    Notifier* mqtt = nullptr;              ///< nullptr: mqtt endpoints are answered with a failure that says so
  };
  static std::vector<store::Migration> migrations();
  /// Before the first write to `entities`; everything given must outlive this. Nothing runs before start().
  static Result<std::unique_ptr<Subscriptions>> open(store::Store& store, EntityStore& entities, Contexts& contexts, Notifiers notifiers, Clock& clock, Rng& rng, Options options);
  /// Ends the threads; what is under way is finished, what waits will go on after the next start.
  ~Subscriptions();
  /// Subscriptions to registrations (§5.11) are told of these from now on, and those that expire are swept. Before start(); `registrations` must be migrated.
  Result<void> watch(Registrations& registrations);
  void start();

  /// For About::entities_v2 the body is {"path": Fiware-ServicePath, "body": as the client sent it}, terms and context mean nothing.
  /// §5.8.1: the id. conflict when it is taken; invalid_input; unavailable when its jsonldContext cannot be had. `context`: JSON of the request's @context.
  Result<std::string> create(const std::string& tenant, const tree::Value& body, const Terms& terms, const std::string& context, const std::string& viewer = {},
                             About about = About::entities);
  /// §5.8.2. What waits for a subscription that is paused becomes dead letters.
  Result<void> update(const std::string& tenant, const std::string& id, const tree::Value& fragment, const Terms& terms, About about = About::entities);
  Result<void> remove(const std::string& tenant, const std::string& id, About about = About::entities);
  /// As JSON without @context.
  Result<std::string> get(const std::string& tenant, const std::string& id, const Terms& terms, bool sys_attrs, About about = About::entities) const;
  struct Page {
    std::vector<std::string> texts;
    std::size_t total = 0;
    bool more = false;
  };
  /// `viewer`: only those that this one made; nullptr: all.
  Page list(const std::string& tenant, const Terms& terms, bool sys_attrs, std::size_t offset, std::size_t limit, const std::string* viewer = nullptr,
            About about = About::entities) const;
  /// Those of NGSIv2. `path`: only those of this service path, as it was sent; "": of all.
  Page list_v2(const std::string& tenant, const std::string& path, std::size_t offset, std::size_t limit, const std::string* viewer = nullptr) const;
  Result<std::string> path_of_v2(const std::string& tenant, const std::string& id) const;
  /// Is there one of this id, made by this viewer?
  bool made_by(const std::string& tenant, const std::string& id, const std::string& viewer) const;
  bool has_tenant(const std::string& tenant) const;

  /// §5.8.6: sources told this of entities for one of our subscriptions. Those that match are told to its subscriber. not_found.
  Result<void> tell(const std::string& tenant, const std::string& id, std::span<const EntityPtr> entities);
  /// Its member splitEntities; false when there is no such subscription.
  bool splits(const std::string& tenant, const std::string& id) const;

  /// Records of the journal below this number are needed by nobody here.
  EntityStore::Number needed() const;
  /// One subscription's cursor and counters. not_found.
  Result<SubscriptionState> state(const std::string& tenant, const std::string& id) const;

  /// For staff: every subscription of every tenant, and how it stands. Its endpoint's path and headers may hold secrets of the subscriber: they are not told.
  struct Overview {
    std::string tenant, id, description, endpoint;   ///< endpoint: scheme, host and port
    bool active = true, expired = false, registrations = false;
    std::size_t waiting = 0;                         ///< messages in memory
    SubscriptionState state;
  };
  std::vector<Overview> overview() const;
  /// For staff. Newest first; `id` empty: of all subscriptions of the tenant.
  Result<std::vector<DeadLetter>> dead_letters(const std::string& tenant, const std::string& id, int limit, int offset) const;
  /// Sends it once, now, as its subscription wants it today; gone when that worked. not_found; unavailable with the cause.
  Result<void> retry(std::int64_t key);
  Result<void> forget(std::int64_t key);

  /// A subscription that is not saved against changes between two instants (kNoTime: open).
  Result<Rehearsal> rehearse(const std::string& tenant, const tree::Value& body, const Terms& terms, std::int64_t from_us, std::int64_t until_us, std::size_t lines) const;
  /// Why did this one fire, or not, at changes of this entity?
  Result<Rehearsal> why(const std::string& tenant, const std::string& id, const std::string& entity, std::size_t lines) const;

  /// Without start(): everything that is due now, on the calling thread. For tests and tools.
  void pump();
  /// Writes cursors and counters.
  Result<void> flush();

 private:
  struct Inside;
  explicit Subscriptions(std::shared_ptr<Inside> inside);
  std::shared_ptr<Inside> in_;
};

/// Dead letters as JSON: [{"key", "subscription", "entity", "changedAt", "givenUpAt", "tries", "cause", "data"}].
std::string dead_letters_json(const std::vector<DeadLetter>& letters);

}  // namespace machiya::sense
