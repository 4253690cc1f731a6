// All snapshots (§4.3.7, §5.5.15, §5.16): what queries found at one moment, kept beside the entities that are, read and written like them. No tenant of the broker's: nobody
// follows what happens here, no subscription, history or alarm knows of it. Durable in the house's database; in memory as the broker's entities are.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "sense/broker/entity_store.h"
#include "sense/broker/image.h"
#include "sense/snapshots/snapshot.h"
#include "sense/snapshots/snapshot_text.h"

namespace machiya::sense {

struct SnapshotLimits {
  std::size_t most = 1000, most_of_owner = 50;                        ///< snapshots
  std::size_t most_entities = 20'000, most_entities_of_all = 200'000;   ///< of one; of all together
  std::size_t most_bytes = std::size_t{64} << 20;                     ///< of one's entities, as they are kept
  std::int64_t lifetime_us = kDay, most_lifetime_us = 7 * kDay;       ///< when nobody says how long; at most
};

/// The entities of one snapshot. Any thread may call. Whoever holds it may go on reading when it has been deleted; writes are refused then (not_found).
class SnapshotEntities {
 public:
  EntityPtr get(std::string_view id) const;
  Found find(Find what) const;
  std::map<std::string, TypeFacts> types(const Gate* gate) const;
  std::size_t size() const;
  /// As EntityStore::write_all; all that could be made are durable together or not at all. limit_exceeded.
  std::vector<Result<Change>> write_all(std::span<const EntityStore::Item> items);
  Result<Change> write(std::string_view id, const EntityStore::Make& make);

 private:
  friend class Snapshots;
  struct Shared;
  struct Batch;
  SnapshotEntities(std::string code, std::shared_ptr<Shared> shared) : code_(std::move(code)), shared_(std::move(shared)) {}
  Result<Change> make(const EntityStore::Item& item, Batch& batch) const;
  void put(const EntityPtr& entity, std::size_t bytes);
  std::string code_;
  std::shared_ptr<Shared> shared_;
  std::mutex write_;                 ///< one writer at a time, and nobody who deletes
  bool gone_ = false;                ///< under write_
  std::size_t bytes_ = 0;            ///< under write_
  mutable std::shared_mutex seeing_;
  Image image_;
};
using SnapshotEntitiesPtr = std::shared_ptr<SnapshotEntities>;

class Snapshots {
 public:
  static std::vector<store::Migration> migrations();
  /// Reads all of them. `store` must be migrated; it, `names` (the broker's), clock and rng must outlive this and every SnapshotEntities. integrity_broken.
  static Result<std::unique_ptr<Snapshots>> open(store::Store& store, Names& names, Clock& clock, Rng& rng, const SnapshotLimits& limits);
  static Result<std::unique_ptr<Snapshots>> open(store::Store& store, Names& names, Clock& clock, Rng& rng) { return open(store, names, clock, rng, SnapshotLimits()); }
  const SnapshotLimits& limits() const;

  /// A snapshot of these entities, durable with all of them or not there at all. conflict: the owner has one of this id; limit_exceeded: too many, and none of the
  /// owner's of a lower priority could give way (§5.5.15); too many entities or bytes.
  Result<Snapshot> create(std::string_view owner, const SnapshotWish& wish, std::vector<QueryDetail> details, const std::vector<EntityPtr>& entities);
  /// conflict, as create() would tell; nobody has to ask.
  Result<void> check_free(std::string_view owner, std::string_view id) const;
  /// §5.16.2: another one with the entities as they are in it now. not_found; else as create().
  Result<Snapshot> clone(std::string_view owner, std::string_view id, const SnapshotWish& wish);
  /// Not expired, of this owner.
  std::optional<Snapshot> find(std::string_view owner, std::string_view id) const;
  std::vector<Snapshot> list(std::string_view owner) const;
  /// §5.16.4. not_found.
  Result<Snapshot> update(std::string_view owner, std::string_view id, const SnapshotWish& wish);
  /// not_found.
  Result<void> remove(std::string_view owner, std::string_view id);
  /// Is there a snapshot of this tenant, whoever's? Owners are the tenant, or the tenant, a new line and who asks.
  bool has_tenant(std::string_view tenant) const;
  /// What an operation on the snapshot works with; it was used now. nullptr: there is none.
  SnapshotEntitiesPtr use(std::string_view owner, std::string_view id);
  /// Those that expired go; when the others were used is written down. For a job; answers how many went.
  Result<std::size_t> sweep();

 private:
  struct Kept {
    std::string code;
    Snapshot snapshot;
    bool used = false;   ///< since it was last written down
    SnapshotEntitiesPtr entities;
  };
  using Key = std::pair<std::string, std::string>;   ///< owner, id
  Snapshots(store::Store& store, Names& names, Clock& clock, Rng& rng, const SnapshotLimits& limits);
  Result<void> load();
  const Kept* look(std::string_view owner, std::string_view id) const;   ///< under the lock; expired or not
  bool there(const Kept* kept) const;
  Result<Snapshot> keep(std::string_view owner, const SnapshotWish& wish, std::vector<QueryDetail> details, const std::vector<EntityPtr>& entities);
  Result<void> make_room(std::string_view owner, int priority, std::size_t entities);
  void set_expiry(Snapshot& snapshot) const;
  Result<void> erase(Kept kept);

  store::Store& store_;
  Clock& clock_;
  Rng& rng_;
  std::shared_ptr<SnapshotEntities::Shared> shared_;
  std::mutex changing_;          ///< making, changing and deleting snapshots, one after the other
  mutable std::mutex mutex_;     ///< of the map, never held over I/O
  std::map<Key, Kept> all_;
};

}  // namespace machiya::sense
