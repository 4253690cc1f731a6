// The store of all entities: every write is a function of the entity that is there, durable before it is told, and seen by readers from then on; changes are
// given to those who follow in the order in which they happened.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "sense/broker/image.h"
#include "sense/broker/journal.h"
#include "sense/entities/codec.h"

namespace machiya::sense {

class EntityStore {
 public:
  struct Options {
    std::size_t most_entities = 20'000'000;          ///< of all tenants; more is limit_exceeded
    std::size_t waiting_bytes = std::size_t{32} << 20;   ///< of writes that are not yet on disk; whoever writes more waits
  };
  /// Reads snapshot and log. integrity_broken, storage_failed.
  static Result<std::unique_ptr<EntityStore>> open(std::unique_ptr<Journal> journal, Clock& clock, Rng& rng, Options options);
  static Result<std::unique_ptr<EntityStore>> open(std::unique_ptr<Journal> journal, Clock& clock, Rng& rng) { return open(std::move(journal), clock, rng, Options()); }
  /// Waits for what is being written.
  ~EntityStore();

  /// Makes the successor of `current` (nullptr: there is none). Runs under the store's write lock, once: quick, no I/O, no call into the store.
  using Make = std::function<Result<Change>(const EntityPtr& current, const ChangeContext& context)>;
  /// Blocks until the change is on disk and seen by every reader (read your writes). Errors: those of `make`; storage_full, storage_failed.
  Result<Change> write(std::string_view tenant, std::string_view id, const Make& make);
  struct OnTheWay {
    Change change;
    bool waits = false;   ///< for the disk; else nothing had to be written
  };
  /// Like write(), for who has no thread to wait with: answers the change that readers do not see yet. When it waits, `kept` is called once, as soon as it is
  /// on disk and seen, or refused (then the change never was); by the journal's thread, which must not be held up.
  using Kept = std::function<void(Result<void>)>;
  Result<OnTheWay> write_later(std::string_view tenant, std::string_view id, const Make& make, Kept kept);
  struct Item {
    std::string id;
    Make make;
  };
  /// In their order, one after the other, with one wait for the disk; each succeeds or fails for itself.
  std::vector<Result<Change>> write_all(std::string_view tenant, std::span<const Item> items);

  EntityPtr get(std::string_view tenant, std::string_view id) const;
  Found find(std::string_view tenant, Find what) const;
  /// Of what the gate shows.
  std::map<std::string, TypeFacts> types(std::string_view tenant, const Gate* gate = nullptr) const;
  std::size_t size(std::string_view tenant) const;
  /// Tenants that have, or had, an entity.
  std::vector<std::string> tenants() const;
  bool has_tenant(std::string_view tenant) const;
  Names& names() { return names_; }

  using Number = Journal::Number;
  using Follower = std::function<void(Number, const Record&)>;
  /// Called after a change is seen by readers, in order, by the journal's thread: quick, never blocking. Before the first write.
  void follow(Follower follower);
  /// Past changes from `from` on, for who was away. The newest number that is given is below what followers get next only when they were set before.
  Result<void> replay(Number from, const std::function<Result<void>(Number, const Record&)>& visit);
  Number last() const { return journal_->last(); }
  Number first() const { return journal_->first(); }
  /// Everything below `needed` is known to all who follow: a snapshot is written and the log cut.
  Result<void> compact(Number needed);
  /// Entities whose expiresAt has passed are deleted; answers how many. For a job.
  Result<std::size_t> sweep();

 private:
  struct Waiting;
  struct Pending;
  struct Tenant;
  EntityStore(std::unique_ptr<Journal> journal, Clock& clock, Rng& rng, Options options);
  Result<void> load();
  Tenant* tenant(std::string_view name) const;
  Tenant& make_tenant(std::string_view name);
  EntityPtr raw(std::string_view tenant, std::string_view id) const;   ///< expired or not
  /// `expired_too`: entities that are no more there are given to `make`, too.
  std::vector<Result<Change>> write_items(std::string_view tenant, std::span<const Item> items, bool expired_too);
  std::shared_ptr<Pending> begin(std::string_view tenant, const Item& item, bool expired_too, Result<Change>& change);
  void append(const std::shared_ptr<Pending>& pending);
  struct Finished;
  void finish_group();
  void undo(const Pending& pending);

  std::unique_ptr<Journal> journal_;
  Clock& clock_;
  Rng& rng_;
  Options options_;
  Names names_;
  std::vector<Follower> followers_;
  struct Inside;
  std::unique_ptr<Inside> in_;
};

}  // namespace machiya::sense
