#include "sense/broker/entity_store.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <shared_mutex>

namespace machiya::sense {
namespace {

constexpr std::size_t kUsualRecord = 2048;   // bytes: of most entities, so that writing one does not grow it piece by piece

// A key of one map for all tenants: neither part holds a NUL (ids are URIs).
std::string key_of(std::string_view tenant, std::string_view id) {
  std::string out(tenant);
  out += '\0', out += id;
  return out;
}

bool is_expired(const EntityPtr& e, std::int64_t now_us) { return e && e->expires_at.present() && e->expires_at.us <= now_us; }

}  // namespace

struct EntityStore::Tenant {
  Image image;
};

/// A caller that waits for one or several writes.
struct EntityStore::Waiting {
  std::mutex mutex;
  std::condition_variable ready;
  std::size_t open = 0;
  std::vector<std::optional<Result<Change>>> results;
  void done(std::size_t index, Result<Change> result) {
    {
      std::lock_guard hold(mutex);
      results[index] = std::move(result);
      if (--open != 0) return;
    }
    ready.notify_one();   // who waits shares us with the write
  }
};

/// A write on its way to the disk.
struct EntityStore::Pending {
  std::string tenant, id;
  Change change;
  std::int64_t at_us = 0;
  std::string record;
  std::size_t bytes = 0;
  std::shared_ptr<Waiting> waiting;
  std::size_t index = 0;
  Kept kept;                       ///< who waits without a thread
  std::shared_ptr<Pending> base;   ///< the write on its way that this one was built upon
  bool lost = false;               ///< it was refused, or what it was built upon
  bool adds = false;               ///< one more entity, when it is kept
};

/// What the journal said of a write.
struct EntityStore::Finished {
  std::shared_ptr<Pending> pending;
  Result<Number> number;
};

struct EntityStore::Inside {
  // Writers hold `write` from reading an entity to handing its successor to the journal: the order of the journal is the order of the versions.
  std::mutex write;
  struct Newest {
    std::shared_ptr<Pending> last;   ///< the newest of the writes on their way
    std::size_t open = 0;            ///< how many there are
  };
  std::unordered_map<std::string, Newest> newest;   ///< of entities with writes on their way; what readers see lies in the images
  std::size_t on_the_way = 0;
  std::condition_variable room;
  std::size_t bytes = 0;
  std::vector<Finished> finished;   ///< the journal's thread alone: until its group has ended

  mutable std::shared_mutex images;
  std::map<std::string, std::unique_ptr<Tenant>, std::less<>> tenants;
  std::atomic<std::size_t> entities{0};
  std::atomic<Number> seen{0};   ///< the images hold what the journal has up to here
};

EntityStore::EntityStore(std::unique_ptr<Journal> journal, Clock& clock, Rng& rng, Options options)
    : journal_(std::move(journal)), clock_(clock), rng_(rng), options_(options), in_(std::make_unique<Inside>()) {
  journal_->after_group([this] { finish_group(); });
}

EntityStore::~EntityStore() {
  std::unique_lock hold(in_->write);
  in_->room.wait(hold, [&] { return in_->on_the_way == 0; });
  hold.unlock();
  journal_.reset();   // its thread calls back into us
}

Result<std::unique_ptr<EntityStore>> EntityStore::open(std::unique_ptr<Journal> journal, Clock& clock, Rng& rng, Options options) {
  std::unique_ptr<EntityStore> out(new EntityStore(std::move(journal), clock, rng, options));
  if (auto done = out->load(); !done.ok()) return done.error();
  return out;
}

Result<void> EntityStore::load() {
  auto covered = journal_->load([&](std::string_view tenant, std::string_view bytes) -> Result<void> {
    tree::Arena arena;
    auto draft = decode_entity(bytes, arena);
    if (!draft.ok()) return draft.error();
    make_tenant(tenant).image.put(draft->finish(names_));
    return {};
  });
  if (!covered.ok()) return covered.error();
  auto done = journal_->replay(*covered + 1, [&](Number, std::string_view bytes) -> Result<void> {
    auto record = decode_record(bytes, names_);
    if (!record.ok()) return record.error();
    Image& image = make_tenant(record->tenant).image;
    record->deleted() ? image.erase(record->before->id) : image.put(record->after);
    return {};
  });
  for (const auto& [name, tenant] : in_->tenants) in_->entities += tenant->image.size();
  in_->seen = journal_->last();
  return done;
}

EntityStore::Tenant* EntityStore::tenant(std::string_view name) const {
  const auto it = in_->tenants.find(name);
  return it == in_->tenants.end() ? nullptr : it->second.get();
}

EntityStore::Tenant& EntityStore::make_tenant(std::string_view name) {
  if (Tenant* there = tenant(name)) return *there;
  return *in_->tenants.emplace(std::string(name), std::make_unique<Tenant>()).first->second;
}

// Under the write lock. The write that is on its way to the disk, as soon as it is appended; nothing when `change` says all: an error, or that there is
// nothing to write.
std::shared_ptr<EntityStore::Pending> EntityStore::begin(std::string_view tenant_name, const Item& item, bool expired_too, Result<Change>& change) {
  const std::string key = key_of(tenant_name, item.id);
  const ChangeContext context{names_, clock_.now().us, [&] { return "urn:ngsi-ld:Instance:" + new_public_id(rng_); }};
  auto newest = in_->newest.find(key);
  const EntityPtr there = newest != in_->newest.end() ? newest->second.last->change.after : raw(tenant_name, item.id);
  change = item.make(expired_too || !is_expired(there, context.now_us) ? there : nullptr, context);
  if (!change.ok() || change->after == change->before) return nullptr;
  const auto refuse = [&](Error error) { return change = std::move(error), nullptr; };
  const bool adds = !there && change->after;
  if (adds && in_->entities >= options_.most_entities) return refuse(Error(ErrorCode::limit_exceeded, "the store is full of entities"));

  auto pending = std::make_shared<Pending>(Pending{.tenant = std::string(tenant_name), .id = item.id, .change = *change, .at_us = context.now_us, .adds = adds});
  pending->record.reserve(kUsualRecord);
  encode_record(Record{pending->tenant, context.now_us, change->before, change->after, change->attributes}, pending->record);
  pending->bytes = pending->record.size();
  if (pending->bytes > kMostRecordBytes) return refuse(Error(ErrorCode::too_large, "the entity with what changed of it is too long"));
  if (newest == in_->newest.end()) newest = in_->newest.emplace(key, Inside::Newest{}).first;
  pending->base = std::exchange(newest->second.last, pending), ++newest->second.open;
  ++in_->on_the_way, in_->bytes += pending->bytes;
  if (adds) ++in_->entities;
  return pending;
}

// Under the write lock, behind begin().
void EntityStore::append(const std::shared_ptr<Pending>& pending) {
  JournalEntry entry{pending->tenant, pending->id, pending->change.after, std::move(pending->record)};
  journal_->append_later(std::move(entry), [this, pending](Result<Number> number) { in_->finished.push_back({pending, std::move(number)}); });
}

// On the journal's thread: what reached the disk together is shown together, then told, then acknowledged.
void EntityStore::finish_group() {
  std::vector<Finished> group = std::exchange(in_->finished, {});
  for (Finished& f : group) {
    const auto base = std::exchange(f.pending->base, nullptr);
    f.pending->lost = !f.number.ok() || (base && base->lost);
  }
  {
    std::unique_lock hold(in_->images);
    for (const Finished& f : group) {
      if (!f.number.ok()) continue;
      in_->seen = *f.number;
      if (f.pending->lost) continue;
      Image& image = make_tenant(f.pending->tenant).image;
      f.pending->change.after ? image.put(f.pending->change.after) : image.erase(f.pending->id);
    }
  }
  for (Finished& f : group) {
    const Pending& p = *f.pending;
    if (p.lost && f.number.ok()) {
      undo(p);
      f.number = Error(ErrorCode::storage_failed, "a write before this one could not be kept");
    } else if (!p.lost) {
      const Record record{p.tenant, p.at_us, p.change.before, p.change.after, p.change.attributes};
      for (const Follower& follower : followers_) follower(*f.number, record);
    }
  }
  {
    std::lock_guard hold(in_->write);
    for (const Finished& f : group) {
      const Pending& p = *f.pending;
      if (p.lost ? p.adds : !p.change.after) --in_->entities;
      const auto newest = in_->newest.find(key_of(p.tenant, p.id));
      if (--newest->second.open == 0) in_->newest.erase(newest);
      in_->bytes -= p.bytes, --in_->on_the_way;
    }
    in_->room.notify_all();
  }
  for (const Finished& f : group) {
    Pending& p = *f.pending;
    if (p.waiting) p.waiting->done(p.index, f.number.ok() ? Result<Change>(std::move(p.change)) : Result<Change>(f.number.error()));
    if (p.kept) std::exchange(p.kept, nullptr)(f.number.ok() ? Result<void>() : Result<void>(f.number.error()));
  }
  group.clear();
  if (in_->finished.empty()) in_->finished = std::move(group);   // its memory
}

// The log holds a version that was built upon a refused one: what readers see goes behind it, so that the next start finds that.
void EntityStore::undo(const Pending& pending) {
  const EntityPtr seen = raw(pending.tenant, pending.id);
  JournalEntry entry{pending.tenant, pending.id, seen, {}};
  const EntityPtr& before = pending.change.after ? pending.change.after : pending.change.before;
  encode_record(Record{pending.tenant, pending.at_us, before, seen, {}}, entry.record);
  journal_->append_later(std::move(entry), [](Result<Number>) {});
}

Result<Change> EntityStore::write(std::string_view tenant_name, std::string_view id, const Make& make) {
  const Item item{std::string(id), make};
  return std::move(write_all(tenant_name, {&item, 1}).front());
}

std::vector<Result<Change>> EntityStore::write_all(std::string_view tenant_name, std::span<const Item> items) { return write_items(tenant_name, items, false); }

std::vector<Result<Change>> EntityStore::write_items(std::string_view tenant_name, std::span<const Item> items, bool expired_too) {
  const auto waiting = std::make_shared<Waiting>();
  waiting->results.resize(items.size());
  {
    std::unique_lock hold(in_->write);
    for (std::size_t i = 0; i < items.size(); ++i) {
      in_->room.wait(hold, [&] { return in_->bytes < options_.waiting_bytes; });
      Result<Change> change = Change();
      const auto pending = begin(tenant_name, items[i], expired_too, change);
      {
        std::lock_guard hold_results(waiting->mutex);
        pending ? void(++waiting->open) : void(waiting->results[i] = std::move(change));
      }
      if (pending) pending->waiting = waiting, pending->index = i, append(pending);
    }
  }
  std::unique_lock hold(waiting->mutex);
  waiting->ready.wait(hold, [&] { return waiting->open == 0; });
  std::vector<Result<Change>> out;
  out.reserve(items.size());
  for (auto& r : waiting->results) out.push_back(std::move(*r));
  return out;
}

Result<EntityStore::OnTheWay> EntityStore::write_later(std::string_view tenant_name, std::string_view id, const Make& make, Kept kept) {
  std::unique_lock hold(in_->write);
  in_->room.wait(hold, [&] { return in_->bytes < options_.waiting_bytes; });
  Result<Change> change = Change();
  const auto pending = begin(tenant_name, {std::string(id), make}, false, change);
  if (!change.ok()) return change.error();
  if (pending) pending->kept = std::move(kept), append(pending);
  return OnTheWay{std::move(*change), pending != nullptr};
}

EntityPtr EntityStore::raw(std::string_view tenant_name, std::string_view id) const {
  std::shared_lock hold(in_->images);
  const Tenant* t = tenant(tenant_name);
  return t != nullptr ? t->image.get(id) : nullptr;
}

EntityPtr EntityStore::get(std::string_view tenant_name, std::string_view id) const {
  EntityPtr out = raw(tenant_name, id);
  return is_expired(out, clock_.now().us) ? nullptr : out;
}

Found EntityStore::find(std::string_view tenant_name, Find what) const {
  std::shared_lock hold(in_->images);
  const Tenant* t = tenant(tenant_name);
  if (t == nullptr) return {};
  const EntityLookup lookup = [&](std::string_view id) { return seen(what.gate, t->image.get(id)); };
  what.lookup = &lookup, what.now_us = clock_.now().us;
  return t->image.find(what);
}

std::map<std::string, TypeFacts> EntityStore::types(std::string_view tenant_name, const Gate* gate) const {
  std::shared_lock hold(in_->images);
  const Tenant* t = tenant(tenant_name);
  return t != nullptr ? t->image.types(clock_.now().us, gate) : std::map<std::string, TypeFacts>();
}

std::size_t EntityStore::size(std::string_view tenant_name) const {
  std::shared_lock hold(in_->images);
  const Tenant* t = tenant(tenant_name);
  return t != nullptr ? t->image.size() : 0;
}

std::vector<std::string> EntityStore::tenants() const {
  std::shared_lock hold(in_->images);
  std::vector<std::string> out;
  for (const auto& [name, tenant] : in_->tenants) out.push_back(name);
  return out;
}

bool EntityStore::has_tenant(std::string_view tenant_name) const {
  std::shared_lock hold(in_->images);
  return tenant(tenant_name) != nullptr;
}

void EntityStore::follow(Follower follower) { followers_.push_back(std::move(follower)); }

Result<void> EntityStore::replay(Number from, const std::function<Result<void>(Number, const Record&)>& visit) {
  return journal_->replay(from, [&](Number number, std::string_view bytes) -> Result<void> {
    auto record = decode_record(bytes, names_);
    if (!record.ok()) return record.error();
    return visit(number, *record);
  });
}

Result<void> EntityStore::compact(Number needed) {
  // Not journal_->last(): what just reached the disk may not have reached the images. Records behind it come on top at the next start.
  const Number up_to = in_->seen;
  return journal_->compact(needed, up_to, [&](const Journal::VisitEntity& visit) -> Result<void> {
    for (const std::string& name : tenants()) {
      std::vector<EntityPtr> entities;
      {
        std::shared_lock hold(in_->images);
        tenant(name)->image.each([&](const EntityPtr& e) { return entities.push_back(e), true; });
      }
      std::string bytes;
      for (const EntityPtr& e : entities) {
        bytes.clear(), encode_entity(*e, bytes);
        if (auto done = visit(name, bytes); !done.ok()) return done;
      }
    }
    return {};
  });
}

Result<std::size_t> EntityStore::sweep() {
  std::size_t swept = 0;
  const std::int64_t now = clock_.now().us;
  const Make remove = [now](const EntityPtr& current, const ChangeContext&) -> Result<Change> {
    return is_expired(current, now) ? delete_entity(current) : Change{current, current, {}, false, {}, {}};
  };
  for (const std::string& name : tenants()) {
    std::vector<Item> items;
    {
      std::shared_lock hold(in_->images);
      tenant(name)->image.each([&](const EntityPtr& e) {
        if (is_expired(e, now)) items.push_back({std::string(e->id), remove});
        return true;
      });
    }
    for (const auto& r : write_items(name, items, true)) {
      if (!r.ok()) return r.error();
      swept += r->before != r->after;
    }
  }
  return swept;
}

}  // namespace machiya::sense
