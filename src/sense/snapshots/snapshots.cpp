#include "sense/snapshots/snapshots.h"

#include <algorithm>
#include <unordered_map>

#include "sense/entities/codec.h"
#include "sense/snapshots/shared.h"
#include "sense/snapshots/snapshot_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_snapshots();
}

namespace machiya::sense {
namespace {
Error absent() { return Error(ErrorCode::not_found, "there is no such snapshot"); }
Error taken() { return Error(ErrorCode::conflict, "there is a snapshot of this id"); }
}  // namespace

std::vector<store::Migration> Snapshots::migrations() { return sql_migrations_snapshots(); }

Snapshots::Snapshots(store::Store& store, Names& names, Clock& clock, Rng& rng, const SnapshotLimits& limits)
    : store_(store), clock_(clock), rng_(rng), shared_(new SnapshotEntities::Shared{store, names, clock, rng, limits}) {}

const SnapshotLimits& Snapshots::limits() const { return shared_->limits; }

Result<std::unique_ptr<Snapshots>> Snapshots::open(store::Store& store, Names& names, Clock& clock, Rng& rng, const SnapshotLimits& limits) {
  std::unique_ptr<Snapshots> out(new Snapshots(store, names, clock, rng, limits));
  MACHIYA_CHECK(out->load());
  return out;
}

Result<void> Snapshots::load() {
  return store_.read([&](store::ReadTx& tx) -> Result<void> {
    all_.clear(), shared_->entities = 0;   // a transaction may run again
    MACHIYA_TRY(auto rows, dao::snapshots(tx));
    std::unordered_map<std::string, SnapshotEntities*> by_code;
    for (dao::StoredSnapshot& s : rows) {
      const SnapshotEntitiesPtr entities(new SnapshotEntities(s.code, shared_));
      by_code[s.code] = entities.get();
      Key key{s.snapshot.owner, s.snapshot.id};
      all_.emplace(std::move(key), Kept{std::move(s.code), std::move(s.snapshot), false, entities});
    }
    return dao::snapshot_entities(tx, [&](const std::string& code, const std::string& bytes) -> Result<void> {
      const auto it = by_code.find(code);
      if (it == by_code.end()) return Error(ErrorCode::integrity_broken, "an entity of no snapshot", "sense_snapshot_entity");
      tree::Arena arena;
      MACHIYA_TRY(const Draft draft, decode_entity(bytes, arena));
      it->second->put(draft.finish(shared_->names), bytes.size());
      ++shared_->entities;
      return {};
    });
  });
}

const Snapshots::Kept* Snapshots::look(std::string_view owner, std::string_view id) const {
  const auto it = all_.find(Key(owner, id));
  return it == all_.end() ? nullptr : &it->second;
}

bool Snapshots::there(const Kept* kept) const { return kept != nullptr && kept->snapshot.expires_us > clock_.now().us; }

void Snapshots::set_expiry(Snapshot& s) const {
  const SnapshotLimits& l = limits();
  s.expires_us = clock_.now().us + std::min(s.lifetime_us > 0 ? s.lifetime_us : l.lifetime_us, l.most_lifetime_us);
}

Result<void> Snapshots::check_free(std::string_view owner, std::string_view id) const {
  std::lock_guard hold(mutex_);
  if (!id.empty() && there(look(owner, id))) return taken();
  return {};
}

Result<Snapshot> Snapshots::create(std::string_view owner, const SnapshotWish& wish, std::vector<QueryDetail> details, const std::vector<EntityPtr>& entities) {
  std::lock_guard one(changing_);
  return keep(owner, wish, std::move(details), entities);
}

// Under changing_.
Result<Snapshot> Snapshots::keep(std::string_view owner, const SnapshotWish& wish, std::vector<QueryDetail> details, const std::vector<EntityPtr>& entities) {
  Kept kept;
  Snapshot& s = kept.snapshot;
  s.owner = std::string(owner), s.id = wish.id.empty() ? "urn:ngsi-ld:Snapshot:" + new_public_id(rng_) : wish.id;
  s.queries = wish.queries, s.details = std::move(details), s.priority = wish.priority.value_or(kUsualPriority);
  s.lifetime = wish.lifetime.value_or(""), s.lifetime_us = wish.lifetime_us;
  s.created_us = s.modified_us = s.used_us = clock_.now().us;
  set_expiry(s);
  MACHIYA_CHECK(check_free(owner, s.id));
  if (entities.size() > limits().most_entities) return Error(ErrorCode::limit_exceeded, "more entities than a snapshot holds: at most " + std::to_string(limits().most_entities));
  kept.code = new_public_id(rng_), kept.entities = SnapshotEntitiesPtr(new SnapshotEntities(kept.code, shared_));
  std::vector<dao::StoredEntity> rows;
  std::size_t bytes = 0;
  for (const EntityPtr& e : entities) {
    rows.push_back({std::string(e->id), {}});
    encode_entity(*e, rows.back().bytes);
    bytes += rows.back().bytes.size();
    if (bytes > limits().most_bytes) return Error(ErrorCode::limit_exceeded, "more than a snapshot holds: at most " + std::to_string(limits().most_bytes) + " bytes");
  }
  MACHIYA_CHECK(make_room(owner, s.priority, entities.size()));
  // An expired one of this id gives way.
  std::optional<Kept> old;
  {
    std::lock_guard hold(mutex_);
    if (const Kept* there = look(owner, s.id)) old = *there;
  }
  if (old) MACHIYA_CHECK(erase(*old));
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(dao::insert_snapshot(tx, {kept.code, s}));
    return dao::insert_entities(tx, kept.code, rows);
  }));
  // The entities live on in the memory that they have: those of the broker share it as long as they are.
  for (std::size_t i = 0; i < entities.size(); ++i) kept.entities->put(entities[i], rows[i].bytes.size());
  shared_->entities += entities.size();
  const Snapshot out = s;
  std::lock_guard hold(mutex_);
  all_.insert_or_assign(Key(out.owner, out.id), std::move(kept));
  return out;
}

// §5.5.15: what has a lower priority gives way, the lowest first, of these what expires first. Only the owner's own: nobody loses something because somebody else asks.
Result<void> Snapshots::make_room(std::string_view owner, int priority, std::size_t entities) {
  const SnapshotLimits& l = limits();
  while (true) {
    std::optional<Kept> victim;
    std::size_t own = 0, all = 0;
    {
      std::lock_guard hold(mutex_);
      all = all_.size();
      for (const auto& [key, kept] : all_) {
        if (key.first != owner) continue;
        ++own;
        const bool may_go = kept.snapshot.priority < priority || !there(&kept);
        const auto rank = [](const Kept& k) { return std::pair(k.snapshot.priority, k.snapshot.expires_us); };
        if (may_go && (!victim || rank(kept) < rank(*victim))) victim = kept;
      }
    }
    if (own < l.most_of_owner && all < l.most && shared_->entities + entities <= l.most_entities_of_all) return {};
    if (!victim) return Error(ErrorCode::limit_exceeded, "there are too many snapshots; delete one, or ask for this one with a higher priority");
    MACHIYA_CHECK(erase(*victim));
  }
}

Result<Snapshot> Snapshots::clone(std::string_view owner, std::string_view id, const SnapshotWish& wish) {
  std::lock_guard one(changing_);
  Kept source;
  {
    std::lock_guard hold(mutex_);
    const Kept* kept = look(owner, id);
    if (!there(kept)) return absent();
    source = *kept;
  }
  std::vector<EntityPtr> entities;
  {
    std::shared_lock hold(source.entities->seeing_);
    source.entities->image_.each([&](const EntityPtr& e) { return entities.push_back(e), true; });
  }
  SnapshotWish as = wish;
  as.queries = source.snapshot.queries;
  if (!as.priority) as.priority = source.snapshot.priority;
  if (!as.lifetime) as.lifetime = source.snapshot.lifetime, as.lifetime_us = source.snapshot.lifetime_us;
  return keep(owner, as, source.snapshot.details, entities);
}

std::optional<Snapshot> Snapshots::find(std::string_view owner, std::string_view id) const {
  std::lock_guard hold(mutex_);
  const Kept* kept = look(owner, id);
  return there(kept) ? std::optional(kept->snapshot) : std::nullopt;
}

std::vector<Snapshot> Snapshots::list(std::string_view owner) const {
  std::lock_guard hold(mutex_);
  std::vector<Snapshot> out;
  for (const auto& [key, kept] : all_)
    if (key.first == owner && there(&kept)) out.push_back(kept.snapshot);
  return out;
}

bool Snapshots::has_tenant(std::string_view tenant) const {
  std::lock_guard hold(mutex_);
  return std::ranges::any_of(all_, [&](const auto& one) { return one.first.first.substr(0, one.first.first.find('\n')) == tenant; });
}

Result<Snapshot> Snapshots::update(std::string_view owner, std::string_view id, const SnapshotWish& wish) {
  std::lock_guard one(changing_);
  dao::StoredSnapshot next;
  {
    std::lock_guard hold(mutex_);
    const Kept* kept = look(owner, id);
    if (!there(kept)) return absent();
    next = {kept->code, kept->snapshot};
  }
  Snapshot& s = next.snapshot;
  if (wish.priority) s.priority = *wish.priority;
  if (wish.lifetime) s.lifetime = *wish.lifetime, s.lifetime_us = wish.lifetime_us, set_expiry(s);
  s.modified_us = clock_.now().us;
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) { return dao::update_snapshot(tx, next); }));
  std::lock_guard hold(mutex_);
  Snapshot& now = all_.at(Key(owner, id)).snapshot;
  s.used_us = std::max(s.used_us, now.used_us);
  return now = s;
}

// Under changing_. First the rows, then what is seen: a crash between leaves nothing.
Result<void> Snapshots::erase(Kept kept) {
  std::lock_guard one(kept.entities->write_);
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) { return dao::delete_snapshot(tx, kept.code); }));
  kept.entities->gone_ = true;
  shared_->entities -= kept.entities->size();
  std::lock_guard hold(mutex_);
  all_.erase(Key(kept.snapshot.owner, kept.snapshot.id));
  return {};
}

Result<void> Snapshots::remove(std::string_view owner, std::string_view id) {
  std::lock_guard one(changing_);
  Kept kept;
  {
    std::lock_guard hold(mutex_);
    const Kept* found = look(owner, id);
    if (!there(found)) return absent();
    kept = *found;
  }
  return erase(std::move(kept));
}

SnapshotEntitiesPtr Snapshots::use(std::string_view owner, std::string_view id) {
  std::lock_guard hold(mutex_);
  const auto it = all_.find(Key(owner, id));
  if (it == all_.end() || !there(&it->second)) return nullptr;
  it->second.snapshot.used_us = clock_.now().us, it->second.used = true;
  return it->second.entities;
}

Result<std::size_t> Snapshots::sweep() {
  std::lock_guard one(changing_);
  std::vector<Kept> expired;
  std::vector<dao::StoredSnapshot> used;
  {
    std::lock_guard hold(mutex_);
    for (auto& [key, kept] : all_) {
      if (!there(&kept)) expired.push_back(kept);
      else if (std::exchange(kept.used, false)) used.push_back({kept.code, kept.snapshot});
    }
  }
  for (const Kept& kept : expired) MACHIYA_CHECK(erase(kept));
  if (!used.empty())
    MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
      for (const dao::StoredSnapshot& s : used) MACHIYA_CHECK(dao::update_snapshot(tx, s));
      return {};
    }));
  return expired.size();
}

}  // namespace machiya::sense
