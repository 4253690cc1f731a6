// What entities were: every instance that an attribute ever had, by time (ETSI GS CIM 009 V1.8.1 §4.5.6–§4.5.9, §5.6.11–§5.6.16, §5.7.3, §5.7.4). Fed by the
// broker's changes and by the temporal interface. Plain numbers lie in the store of series, everything else in tables; nobody outside sees which.
#pragma once
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "sense/broker/entity_store.h"
#include "sense/history/aggregate.h"
#include "sense/history/past.h"
#include "sense/query/query.h"

namespace machiya::sense {

/// How long instances of a type or of an attribute are kept. The first rule that fits counts.
struct HistoryRule {
  std::string type, attribute;   ///< expanded; "": any
  std::int64_t keep_us = std::numeric_limits<std::int64_t>::max();   ///< counted back from now; 0: not kept at all
};

/// Which instances are asked for (§4.11), and how many of one attribute at most.
struct HistoryWindow {
  TemporalQuery when;
  bool bounded = true;           ///< a timerel was given; false: everything that is there, also what has no such time
  std::size_t most = 1000;       ///< of one attribute and datasetId; more is told by HistoryAnswer::cut
};

struct HistoryAsking {
  const EntityQuery* query = nullptr;
  HistoryWindow window;
  const std::vector<std::string>* datasets = nullptr;          ///< only these ("" and "@none": the default one); nullptr: all
  std::function<bool(std::string_view name)> shown;            ///< is this attribute part of the answer? Not set: every one
  const Gate* gate = nullptr;                                  ///< who asks: there is what they see
  const Aggregating* aggregating = nullptr;                    ///< then periods instead of instances
  std::size_t offset = 0, limit = 20;
  bool count = false;
};

/// The instances of one attribute and datasetId, by time.
struct HistorySlice {
  history::TrackPtr track;
  std::vector<history::Past> instances;
  std::vector<AggregateColumn> aggregates;
};
struct HistoryEntity {
  history::HeadPtr head;
  std::vector<HistorySlice> slices;   ///< without empty ones
};
struct HistoryAnswer {
  std::vector<HistoryEntity> entities;
  std::size_t total = 0;              ///< when it was counted
  bool more = false;                  ///< entities behind the last one
  /// §6.3.10: instances were too many; these are the ones between (inclusive), for every attribute alike.
  struct Cut {
    std::int64_t from_us, to_us;
  };
  std::optional<Cut> cut;
  tree::Arena arena;                  ///< what the instances point into
};

class History {
 public:
  struct Options {
    std::vector<HistoryRule> rules;           ///< none: everything, for ever
    std::size_t waiting = 50'000;             ///< changes that wait in memory; beyond, they are read from the broker's journal again
  };
  /// `tables` must be migrated (sql_migrations_history); it and `numbers` must outlive this. integrity_broken, storage_failed.
  static Result<std::unique_ptr<History>> open(store::Store& tables, series::Store& numbers, Clock& clock, Rng& rng, Options options);
  static Result<std::unique_ptr<History>> open(store::Store& tables, series::Store& numbers, Clock& clock, Rng& rng) { return open(tables, numbers, clock, rng, Options()); }
  /// Ends following; what was not yet kept is read from the journal at the next start.
  ~History();

  /// Takes over what the broker's journal has from cursor() on, then follows, on a thread of its own. Before the broker's first write; `entities` must outlive this
  /// or end_following() must be called before.
  void follow(EntityStore& entities);
  void end_following();
  /// Waits until everything is kept that the broker had acknowledged when this was called (read your writes). The error that holds following up, while
  /// one does.
  Result<void> settle();
  /// The newest change that is kept.
  EntityStore::Number cursor() const;
  /// The oldest change that the journal must keep for us.
  EntityStore::Number needed() const;

  // Provision. Durable when they return. not_found: no such entity, attribute, instance.
  /// §5.6.11: true when the entity is new. An instance takes the place of the one with the same datasetId and observedAt.
  Result<bool> put(std::string_view tenant, const Draft& draft);
  /// §5.6.12.
  Result<void> append(std::string_view tenant, std::string_view id, const Draft& draft);
  /// §5.6.13: one datasetId ("": the default one), or all.
  Result<void> erase_attribute(std::string_view tenant, std::string_view id, std::string_view name, std::string_view dataset, bool all);
  /// §5.6.14: the instance becomes `instance`; its createdAt and instanceId stay.
  Result<void> replace_instance(std::string_view tenant, std::string_view id, std::string_view name, std::string_view instance_id, const Instance& instance);
  /// §5.6.15.
  Result<void> erase_instance(std::string_view tenant, std::string_view id, std::string_view name, std::string_view instance_id);
  /// §5.6.16.
  Result<void> erase_entity(std::string_view tenant, std::string_view id);

  // Consumption.
  bool has_tenant(std::string_view tenant) const;
  history::HeadPtr head(std::string_view tenant, std::string_view id) const;
  /// §5.7.3: one entity; an empty list when it has nothing of what was asked for. not_found when there is none.
  Result<HistoryAnswer> retrieve(std::string_view tenant, std::string_view id, const HistoryAsking& asking) const;
  /// §5.7.4: by id.
  Result<HistoryAnswer> find(std::string_view tenant, const HistoryAsking& asking) const;
  /// The ids of all that find() would give, whatever page is asked for.
  Result<std::vector<std::string>> ids(std::string_view tenant, const HistoryAsking& asking) const;

  /// Entities of a type as they were at a moment: of each attribute in `names` (expanded, its default instance) the newest whose observedAt, or createdAt
  /// where it has none, is not later; without what had been deleted by then. Entities with nothing are left out. limit_exceeded when more than `most`
  /// entities of the type have a history.
  Result<std::vector<EntityPtr>> as_of(std::string_view tenant, std::string_view type, const std::vector<std::string>& names, Instant at, Names& words, std::size_t most) const;

  /// What is older than the rules say goes. For a job; answers how many attributes were looked at.
  Result<std::size_t> retain();

  struct Inside;

 private:
  explicit History(std::shared_ptr<Inside> inside);
  std::shared_ptr<Inside> in_;   // the broker's follower has it, too
};

std::vector<store::Migration> history_migrations();

}  // namespace machiya::sense
