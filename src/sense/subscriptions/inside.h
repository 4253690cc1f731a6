// The inside of Subscriptions: what is known, and the threads' work. For the .cpp files of this module.
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "sense/registrations/told_dao.h"
#include "sense/subscriptions/subscription_index.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya::sense {

struct Subscriptions::Inside {
  Inside(store::Store& store, EntityStore& entities, Contexts& contexts, Notifiers notifiers, Clock& clock, Rng& rng, Options options)
      : store(store), entities(entities), contexts(contexts), notifiers(notifiers), clock(clock), rng(rng), options(options), delivery(options.delivery) {}

  store::Store& store;
  EntityStore& entities;
  Contexts& contexts;
  Notifiers notifiers;
  Clock& clock;
  Rng& rng;
  Options options;
  Delivery delivery;

  // ---- what is known. `changing` is held while a subscription is written; `known` never while the database is waited for.
  struct Kept {
    StoredSubscription stored;
    SlotPtr slot;
    About about = About::entities;
    bool fed = false;                      ///< told of changes as they happen
  };
  struct Tenant {
    std::map<std::string, Kept, std::less<>> subscriptions;
    SubscriptionIndex index;
  };
  std::mutex changing;
  mutable std::shared_mutex known;
  std::map<std::string, Tenant, std::less<>> tenants;
  std::atomic<int> periodic{0};            ///< subscriptions that are told at an interval

  const Kept* find(const std::string& tenant, const std::string& id) const;   ///< under `known`
  const Kept* find(const std::string& tenant, const std::string& id, About about) const;
  std::vector<SlotPtr> slots() const;
  Result<void> load();
  void place(StoredSubscription stored, const SubscriptionPtr& subscription, const SlotPtr& slot);

  // ---- the feed: changes as the journal's thread tells them. A gap in the numbers is read from the journal.
  /// One change, or several in a row that concern nobody (no event).
  struct Fed {
    EntityStore::Number first = 0, last = 0;
    EventPtr event;
  };
  std::mutex feed_mutex;
  std::deque<Fed> feed;
  std::map<std::string, int, std::less<>> listening;   ///< under feed_mutex: of each tenant how many subscriptions are told of changes as they happen
  EntityStore::Number told_last = 0;       ///< the newest number that was told, kept or not
  std::atomic<EntityStore::Number> matched{0};

  void follow(EntityStore::Number number, const Record& record);
  void follow_nobody(EntityStore::Number number);   ///< under feed_mutex
  void listen(const std::string& tenant, int more);
  void matched_to(EntityStore::Number number);      ///< never goes back
  // ---- matching: one thread
  std::mutex matching;                     ///< so that pump() and a flush() from outside do no harm
  std::vector<SlotPtr> behind;             ///< those that the journal must be read for once more
  EntityStore::Number told_written = 0;
  bool match_some();
  Result<void> match_gap(EntityStore::Number from, EntityStore::Number to);
  void match(const EventPtr& event);
  bool catch_up();
  void match_again(EntityStore::Number number, const Record& record, std::vector<SlotPtr>& with_room);
  bool tick(std::int64_t now_us);
  std::int64_t next_tick(std::int64_t now_us) const;
  EntityLookup lookup_of(const std::string& tenant) const;
  /// What the maker of the subscription may see; nullptr: everything. The next two are judge() and data_of() of what is seen through it.
  GatePtr gate_of(const Subscription& subscription) const;
  Why judge_seen(const Subscription& subscription, const Record& record, const EntityLookup* lookup, std::int64_t fired_us) const;
  std::vector<std::string> data_seen(const Subscription& subscription, const Record& record) const;
  EntityStore::Number least() const;
  Result<void> flush();

  // ---- subscriptions to registrations (sources.cpp): each is told the difference between what it was told and what matches now
  struct Watch {
    SlotPtr slot;
    SubscriptionPtr subscription;
    Wanted wanted;                                   ///< points into the subscription
    std::map<std::string, RegistrationPtr> told;     ///< as they were then
    bool stale = false;                              ///< everything must be looked at
    bool dirty = false;                              ///< `told` is not written
  };
  struct SourceChange {
    RegistrationPtr before, after;
  };
  Registrations* registrations = nullptr;
  std::mutex source_mutex;
  std::vector<SourceChange> source_feed;             ///< under source_mutex
  std::map<std::pair<std::string, std::string>, Watch> watches;   ///< by tenant and id; under `matching`
  std::int64_t sweep_after_us = 0;
  void watch_sources(const SlotPtr& slot, const SubscriptionPtr& subscription, bool fresh);   ///< under `matching`
  bool match_sources(std::int64_t now_us);
  bool sweep_sources(std::int64_t now_us);
  std::vector<std::vector<std::string>> all_sources(const Subscription& subscription);       ///< under `matching`
  std::vector<dao::Told> take_told();                                                        ///< under `matching`
  void give_back(const std::vector<dao::Told>& told);

  // ---- telling: several threads
  std::vector<Delivery::Flight> take_some();
  void fly(std::vector<Delivery::Flight>& flights);
  Notifier* notifier_of(const Subscription& subscription) const;
  Parcel parcel_for(const Subscription& subscription, const std::vector<std::string>& data, std::string_view reason);
  void bury(Delivery::Flight& flight);
  std::vector<std::string> data_of_jobs(const Subscription& subscription, std::span<const Job> jobs) const;
  Handed hand_over(const Subscription& subscription, const std::vector<std::string>& data, std::string_view reason = {});

  // ---- threads
  std::mutex wake_mutex;
  /// What a thread waits for while it has nothing to do; guarded by wake_mutex.
  struct Bell {
    std::condition_variable rung;
    std::uint64_t rings = 0;
  };
  Bell matcher_bell, worker_bell;
  std::atomic<bool> stopping{false};
  std::vector<std::thread> threads;
  void ring(Bell& bell);
  void ring_worker();   ///< one of them: who finds more than he takes rings the next
  void wake();          ///< everybody
  void run_matcher();
  void run_worker();
  void sleep(Bell& bell, std::uint64_t& seen, std::int64_t until_us);
  void stop();
};

/// An event of its own memory.
EventPtr make_event(EntityStore::Number number, const Record& record);

}  // namespace machiya::sense
