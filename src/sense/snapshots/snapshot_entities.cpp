#include <map>

#include "sense/entities/codec.h"
#include "sense/snapshots/shared.h"
#include "sense/snapshots/snapshot_dao.h"

namespace machiya::sense {
namespace {

bool is_expired(const EntityPtr& e, std::int64_t now_us) { return e && e->expires_at.present() && e->expires_at.us <= now_us; }

std::size_t bytes_of(const EntityPtr& entity) {
  std::string bytes;
  if (entity) encode_entity(*entity, bytes);
  return bytes.size();
}

}  // namespace

/// Writes on their way: what each entity becomes.
struct SnapshotEntities::Batch {
  std::map<std::string, EntityPtr, std::less<>> newest;
  std::int64_t entities = 0, bytes = 0;   ///< more than there are now
};

EntityPtr SnapshotEntities::get(std::string_view id) const {
  EntityPtr out;
  {
    std::shared_lock hold(seeing_);
    out = image_.get(id);
  }
  return is_expired(out, shared_->clock.now().us) ? nullptr : out;
}

Found SnapshotEntities::find(Find what) const {
  std::shared_lock hold(seeing_);
  const EntityLookup lookup = [&](std::string_view id) { return seen(what.gate, image_.get(id)); };
  what.lookup = &lookup, what.now_us = shared_->clock.now().us;
  return image_.find(what);
}

std::map<std::string, TypeFacts> SnapshotEntities::types(const Gate* gate) const {
  std::shared_lock hold(seeing_);
  return image_.types(shared_->clock.now().us, gate);
}

std::size_t SnapshotEntities::size() const {
  std::shared_lock hold(seeing_);
  return image_.size();
}

void SnapshotEntities::put(const EntityPtr& entity, std::size_t bytes) { image_.put(entity), bytes_ += bytes; }

Result<Change> SnapshotEntities::make(const EntityStore::Item& item, Batch& batch) const {
  Shared& s = *shared_;
  const ChangeContext context{s.names, s.clock.now().us, [&s] { return "urn:ngsi-ld:Instance:" + new_public_id(s.rng); }};
  const auto waiting = batch.newest.find(item.id);
  // Nobody else writes: what readers see does not change under us.
  const EntityPtr there = waiting != batch.newest.end() ? waiting->second : image_.get(item.id);
  MACHIYA_TRY(Change change, item.make(is_expired(there, context.now_us) ? nullptr : there, context));
  if (change.after == change.before) return change;
  const std::int64_t more = (change.after ? 1 : 0) - (there ? 1 : 0);
  const std::int64_t bytes = static_cast<std::int64_t>(bytes_of(change.after)) - static_cast<std::int64_t>(bytes_of(there));
  const auto over = [](std::size_t now, std::int64_t add, std::size_t most) { return add > 0 && static_cast<std::int64_t>(now) + add > static_cast<std::int64_t>(most); };
  if (over(image_.size(), more > 0 ? batch.entities + more : 0, s.limits.most_entities) || over(s.entities, more > 0 ? batch.entities + more : 0, s.limits.most_entities_of_all))
    return Error(ErrorCode::limit_exceeded, "the snapshot is full of entities");
  if (over(bytes_, bytes > 0 ? batch.bytes + bytes : 0, s.limits.most_bytes)) return Error(ErrorCode::limit_exceeded, "the snapshot is full");
  batch.newest[item.id] = change.after, batch.entities += more, batch.bytes += bytes;
  return change;
}

std::vector<Result<Change>> SnapshotEntities::write_all(std::span<const EntityStore::Item> items) {
  std::vector<Result<Change>> out;
  out.reserve(items.size());
  std::lock_guard one(write_);
  Batch batch;
  for (const EntityStore::Item& item : items) out.push_back(gone_ ? Result<Change>(Error(ErrorCode::not_found, "there is no such snapshot")) : make(item, batch));
  if (batch.newest.empty()) return out;
  const auto kept = shared_->store.write([&](store::Tx& tx) -> Result<void> {
    for (const auto& [id, entity] : batch.newest) {
      std::string bytes;
      if (entity) encode_entity(*entity, bytes);
      MACHIYA_CHECK(entity ? dao::put_entity(tx, code_, {id, std::move(bytes)}) : dao::delete_entity(tx, code_, id));
    }
    return {};
  });
  if (!kept.ok()) {
    for (auto& r : out)
      if (r.ok() && r->after != r->before) r = kept.error();
    return out;
  }
  std::unique_lock hold(seeing_);
  for (const auto& [id, entity] : batch.newest) entity ? image_.put(entity) : image_.erase(id);
  shared_->entities += static_cast<std::size_t>(batch.entities);   // modulo 2^64: may be less
  bytes_ += static_cast<std::size_t>(batch.bytes);
  return out;
}

Result<Change> SnapshotEntities::write(std::string_view id, const EntityStore::Make& make) {
  const EntityStore::Item item{std::string(id), make};
  return std::move(write_all({&item, 1}).front());
}

}  // namespace machiya::sense
