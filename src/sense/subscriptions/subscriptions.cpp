#include "sense/subscriptions/subscriptions.h"

#include <algorithm>

#include "sense/entities/stamp.h"
#include "sense/subscriptions/inside.h"
#include "sense/subscriptions/subscription_text.h"
#include "sense/subscriptions/v2_text.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_subscriptions();
}

namespace machiya::sense {
namespace {
using tree::Value;

Error absent() { return Error(ErrorCode::not_found, "there is no such subscription"); }

// jsonldContext (§5.2.12): the notifications' own context; it must be there when it is asked for.
Result<void> check_context(const std::string& body, Contexts& contexts) {
  tree::Arena arena;
  MACHIYA_TRY(const Value kept, tree::parse(body, arena));
  if (!kept.has("jsonldContext")) return {};
  auto terms = contexts.resolve_url(kept["jsonldContext"].text());
  if (terms.ok()) return {};
  return Error(ErrorCode::unavailable, terms.error().detail, "LdContextNotAvailable");
}

// 24 hexadecimal digits, as clients of NGSIv2 expect them: 96 bits that nobody guesses.
std::string new_v2_id(Rng& rng) {
  std::string out;
  for (int i = 0; i < 24; ++i) out += "0123456789abcdef"[rng.below(16)];
  return out;
}

std::string id_of(const std::string& body) {
  tree::Arena arena;
  const auto kept = tree::parse(body, arena);
  return kept.ok() ? std::string((*kept)["id"].text()) : std::string();
}

}  // namespace

std::vector<store::Migration> Subscriptions::migrations() { return sql_migrations_subscriptions(); }

Subscriptions::Subscriptions(std::shared_ptr<Inside> inside) : in_(std::move(inside)) {}

Subscriptions::~Subscriptions() {
  in_->stop();
  (void)in_->flush().ok();   // what is not written is sent once more
}

Result<std::unique_ptr<Subscriptions>> Subscriptions::open(store::Store& store, EntityStore& entities, Contexts& contexts, Notifiers notifiers, Clock& clock, Rng& rng, Options options) {
  auto inside = std::make_shared<Inside>(store, entities, contexts, notifiers, clock, rng, options);
  if (auto done = inside->load(); !done.ok()) return done.error();
  // The store may outlive us: what it tells then is read from the journal by the next one.
  entities.follow([weak = std::weak_ptr<Inside>(inside)](EntityStore::Number number, const Record& record) {
    if (const auto in = weak.lock()) in->follow(number, record);
  });
  return std::unique_ptr<Subscriptions>(new Subscriptions(std::move(inside)));
}

// ---- what is known

const Subscriptions::Inside::Kept* Subscriptions::Inside::find(const std::string& tenant, const std::string& id, About about) const {
  const Kept* out = find(tenant, id);
  return out != nullptr && out->about == about ? out : nullptr;
}

const Subscriptions::Inside::Kept* Subscriptions::Inside::find(const std::string& tenant, const std::string& id) const {
  const auto t = tenants.find(tenant);
  if (t == tenants.end()) return nullptr;
  const auto it = t->second.subscriptions.find(id);
  return it == t->second.subscriptions.end() ? nullptr : &it->second;
}

std::vector<SlotPtr> Subscriptions::Inside::slots() const {
  std::shared_lock hold(known);
  std::vector<SlotPtr> out;
  for (const auto& [name, tenant] : tenants)
    for (const auto& [id, kept] : tenant.subscriptions) out.push_back(kept.slot);
  return out;
}

void Subscriptions::Inside::place(StoredSubscription stored, const SubscriptionPtr& s, const SlotPtr& slot) {
  std::lock_guard one(matching);
  delivery.change(slot, s, stored.since);
  const std::int64_t last = std::max(stored.modified_us, delivery.look(*slot).fired_us);
  periodic += (s->interval_us > 0 ? 1 : 0) - (slot->next_us > 0 ? 1 : 0);
  slot->next_us = s->interval_us > 0 ? last + s->interval_us : 0;
  std::unique_lock hold(known);
  Tenant& tenant = tenants[stored.tenant];
  const auto [it, fresh] = tenant.subscriptions.try_emplace(stored.id);
  if (!fresh) tenant.index.erase(slot);
  if (s->about == About::registrations) watch_sources(slot, s, fresh);
  else tenant.index.put(slot, s);
  const bool fed = s->about != About::registrations && s->interval_us == 0;
  listen(stored.tenant, (fed ? 1 : 0) - (it->second.fed ? 1 : 0));
  it->second = {std::move(stored), slot, s->about, fed};
}

// At the start everybody who is not told everything is behind: the journal is read once for all of them.
Result<void> Subscriptions::Inside::load() {
  std::vector<StoredSubscription> list;
  std::vector<SubscriptionState> states;
  auto done = store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(list, read_subscriptions(tx));
    MACHIYA_TRY(states, read_states(tx));
    MACHIYA_TRY(told_written, read_told(tx));
    return {};
  });
  if (!done.ok()) return done;
  const EntityStore::Number last = entities.last();
  matched = last, told_last = last;
  std::map<std::pair<std::string_view, std::string_view>, const SubscriptionState*> by_name;
  for (const SubscriptionState& s : states) by_name[{s.tenant, s.id}] = &s;
  for (StoredSubscription& stored : list) {
    auto subscription = compile(stored, contexts);
    if (!subscription.ok()) return Error(ErrorCode::integrity_broken, "subscription " + stored.id + ": " + subscription.error().detail);
    auto slot = std::make_shared<Slot>();
    slot->state.tenant = stored.tenant, slot->state.id = stored.id;
    if (const auto it = by_name.find({stored.tenant, stored.id}); it != by_name.end()) slot->state = *it->second;
    const EntityStore::Number from = std::max({slot->state.cursor, stored.since, told_written});
    place(std::move(stored), *subscription, slot);
    if (from >= last || (*subscription)->interval_us > 0 || (*subscription)->about == About::registrations) continue;
    slot->behind = from + 1;
    behind.push_back(slot);
  }
  return {};
}

// ---- §5.8.1–§5.8.5

Result<std::string> Subscriptions::create(const std::string& tenant, const Value& body, const Terms& terms, const std::string& context, const std::string& viewer, About about) {
  StoredSubscription stored;
  stored.tenant = tenant, stored.context = context, stored.created_us = stored.modified_us = in_->clock.now().us, stored.viewer = viewer;
  if (about == About::entities_v2) {
    MACHIYA_TRY(stored.body, read_v2_subscription(body, new_v2_id(in_->rng), stored.created_us));
  } else {
    MACHIYA_TRY(stored.body, read_subscription(body, terms, "urn:ngsi-ld:Subscription:" + new_public_id(in_->rng), stored.created_us, about));
  }
  stored.id = id_of(stored.body);
  if (auto done = check_context(stored.body, in_->contexts); !done.ok()) return done.error();
  std::lock_guard one(in_->changing);
  stored.since = in_->entities.last();
  MACHIYA_TRY(const SubscriptionPtr subscription, compile(stored, in_->contexts));
  {
    std::shared_lock hold(in_->known);
    if (in_->find(tenant, stored.id) != nullptr) return Error(ErrorCode::conflict, "there is a subscription of this id");
  }
  if (auto done = in_->store.write([&](store::Tx& tx) { return insert_subscription(tx, stored); }); !done.ok()) return done.error();
  auto slot = std::make_shared<Slot>();
  slot->state.tenant = tenant, slot->state.id = stored.id;
  const std::string id = stored.id;
  in_->place(std::move(stored), subscription, slot);
  in_->wake();
  return id;
}

Result<void> Subscriptions::update(const std::string& tenant, const std::string& id, const Value& fragment, const Terms& terms, About about) {
  std::lock_guard one(in_->changing);
  StoredSubscription stored;
  SlotPtr slot;
  {
    std::shared_lock hold(in_->known);
    const Inside::Kept* kept = in_->find(tenant, id, about);
    if (kept == nullptr) return absent();
    stored = kept->stored, slot = kept->slot;
  }
  stored.modified_us = in_->clock.now().us;
  MACHIYA_TRY(stored.body, about == About::entities_v2 ? merge_v2_subscription(stored.body, fragment, stored.modified_us) : merge_subscription(stored.body, fragment, terms, stored.modified_us));
  if (auto done = check_context(stored.body, in_->contexts); !done.ok()) return done;
  MACHIYA_TRY(const SubscriptionPtr subscription, compile(stored, in_->contexts));
  // What happened while it was paused is none of its business; else what is done so far stays done, and what waits is judged anew after a crash.
  const SubscriptionPtr before = in_->delivery.look(*slot).subscription;
  const bool resumed = subscription->active && (!before->active || before->expired(stored.modified_us));
  const EntityStore::Number known_since = stored.since;
  stored.since = std::max(stored.since, resumed ? in_->entities.last() : in_->delivery.cursor(*slot, in_->matched));
  auto done = in_->store.write([&](store::Tx& tx) { return update_subscription(tx, stored); });
  if (!done.ok()) return done.error();
  // In memory only a resumed one skips: what waits is still to be told.
  StoredSubscription now = stored;
  if (!resumed) now.since = known_since;
  in_->place(std::move(now), subscription, slot);
  in_->wake();
  return {};
}

Result<void> Subscriptions::remove(const std::string& tenant, const std::string& id, About about) {
  std::lock_guard one(in_->changing);
  SlotPtr slot;
  {
    std::shared_lock hold(in_->known);
    const Inside::Kept* kept = in_->find(tenant, id, about);
    if (kept == nullptr) return absent();
    slot = kept->slot;
  }
  auto done = in_->store.write([&](store::Tx& tx) -> Result<bool> {
    if (about == About::registrations && in_->registrations != nullptr) MACHIYA_CHECK(dao::delete_told(tx, tenant, id));
    return delete_subscription(tx, tenant, id);
  });
  if (!done.ok()) return done.error();
  std::lock_guard matching(in_->matching);
  {
    std::unique_lock hold(in_->known);
    Inside::Tenant& t = in_->tenants[tenant];
    t.index.erase(slot);
    if (const auto it = t.subscriptions.find(id); it != t.subscriptions.end()) {
      if (it->second.fed) in_->listen(tenant, -1);
      t.subscriptions.erase(it);
    }
    if (slot->next_us > 0) --in_->periodic;
    in_->watches.erase({tenant, id});
  }
  in_->delivery.change(slot, nullptr, 0);
  in_->wake();
  return {};
}

namespace {
SubscriptionFacts facts_of(const StoredSubscription& stored, const SubscriptionState& state, std::int64_t now_us, bool sys_attrs) {
  return {now_us, sys_attrs, false, stored.created_us, stored.modified_us, state.sent, state.failed, state.last_us, state.success_us, state.failure_us, state.last_ok};
}
}  // namespace

Result<std::string> Subscriptions::get(const std::string& tenant, const std::string& id, const Terms& terms, bool sys_attrs, About about) const {
  std::shared_lock hold(in_->known);
  const Inside::Kept* kept = in_->find(tenant, id, about);
  if (kept == nullptr) return absent();
  if (about == About::entities_v2) return write_v2_subscription(kept->stored.body, in_->delivery.state(*kept->slot, in_->matched), in_->clock.now().us);
  SubscriptionFacts facts = facts_of(kept->stored, in_->delivery.state(*kept->slot, in_->matched), in_->clock.now().us, sys_attrs);
  facts.defaults = true;
  return write_subscription(kept->stored.body, terms, facts);
}

Subscriptions::Page Subscriptions::list(const std::string& tenant, const Terms& terms, bool sys_attrs, std::size_t offset, std::size_t limit, const std::string* viewer, About about) const {
  std::shared_lock hold(in_->known);
  Page out;
  const auto t = in_->tenants.find(tenant);
  if (t == in_->tenants.end()) return out;
  std::vector<const Inside::Kept*> all;
  for (const auto& [id, kept] : t->second.subscriptions)
    if ((viewer == nullptr || kept.stored.viewer == *viewer) && kept.about == about) all.push_back(&kept);
  std::ranges::stable_sort(all, {}, [](const Inside::Kept* k) { return k->stored.created_us; });
  out.total = all.size(), out.more = offset + limit < all.size();
  for (std::size_t i = offset; i < std::min(all.size(), offset + limit); ++i)
    out.texts.push_back(write_subscription(all[i]->stored.body, terms, facts_of(all[i]->stored, in_->delivery.state(*all[i]->slot, in_->matched), in_->clock.now().us, sys_attrs)));
  return out;
}

Subscriptions::Page Subscriptions::list_v2(const std::string& tenant, const std::string& path, std::size_t offset, std::size_t limit, const std::string* viewer) const {
  std::shared_lock hold(in_->known);
  Page out;
  const auto t = in_->tenants.find(tenant);
  if (t == in_->tenants.end()) return out;
  std::vector<const Inside::Kept*> all;
  for (const auto& [id, kept] : t->second.subscriptions)
    if (kept.about == About::entities_v2 && (viewer == nullptr || kept.stored.viewer == *viewer) && (path.empty() || v2_path_of(kept.stored.body) == path)) all.push_back(&kept);
  std::ranges::stable_sort(all, {}, [](const Inside::Kept* k) { return k->stored.created_us; });
  out.total = all.size(), out.more = offset + limit < all.size();
  for (std::size_t i = offset; i < std::min(all.size(), offset + limit); ++i)
    out.texts.push_back(write_v2_subscription(all[i]->stored.body, in_->delivery.state(*all[i]->slot, in_->matched), in_->clock.now().us));
  return out;
}

Result<std::string> Subscriptions::path_of_v2(const std::string& tenant, const std::string& id) const {
  std::shared_lock hold(in_->known);
  const Inside::Kept* kept = in_->find(tenant, id, About::entities_v2);
  if (kept == nullptr) return absent();
  return v2_path_of(kept->stored.body);
}

bool Subscriptions::made_by(const std::string& tenant, const std::string& id, const std::string& viewer) const {
  std::shared_lock hold(in_->known);
  const Inside::Kept* kept = in_->find(tenant, id);
  return kept != nullptr && kept->stored.viewer == viewer;
}

bool Subscriptions::has_tenant(const std::string& tenant) const {
  std::shared_lock hold(in_->known);
  return in_->tenants.contains(tenant);
}

EntityStore::Number Subscriptions::needed() const { return in_->least() + 1; }

Result<SubscriptionState> Subscriptions::state(const std::string& tenant, const std::string& id) const {
  std::shared_lock hold(in_->known);
  const Inside::Kept* kept = in_->find(tenant, id);
  if (kept == nullptr) return absent();
  return in_->delivery.state(*kept->slot, in_->matched);
}

}  // namespace machiya::sense
