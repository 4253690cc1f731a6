#include "sense/registrations/registrations.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "sense/registrations/conflicts.h"
#include "sense/registrations/registration_dao.h"
#include "sense/registrations/registration_text.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_registrations();
}

namespace machiya::sense {
namespace {

Error absent() { return Error(ErrorCode::not_found, "there is no such registration"); }

// Exclusive sources are asked before everybody else, auxiliary ones after (§4.3.6).
int rank(const Registration& r) {
  using enum RegistrationMode;
  return r.mode == exclusive ? 0 : r.mode == redirect ? 1 : r.mode == inclusive ? 2 : 3;
}

}  // namespace

struct Registrations::Inside {
  Inside(store::Store& store, const EntityStore& entities, Clock& clock, Rng& rng) : store(store), entities(entities), clock(clock), rng(rng) {}
  store::Store& store;
  const EntityStore& entities;
  Clock& clock;
  Rng& rng;

  std::mutex changing;                     ///< held while a registration is written and told
  std::int64_t last_sequence = 0;          ///< under `changing`
  std::vector<Follower> followers;         ///< under `changing`

  mutable std::shared_mutex known;         ///< never held while the database is waited for
  std::map<std::string, Snapshot, std::less<>> tenants;

  struct Counted {
    SourceState state;
    bool dirty = false;
  };
  mutable std::mutex counting;
  std::map<std::pair<std::string, std::string>, Counted> counted;

  Snapshot all(std::string_view tenant) const {
    static const Snapshot kNone = std::make_shared<const std::vector<RegistrationPtr>>();
    std::shared_lock hold(known);
    const auto it = tenants.find(tenant);
    return it == tenants.end() ? kNone : it->second;
  }
  RegistrationPtr find(std::string_view tenant, std::string_view id) const {
    const Snapshot list = all(tenant);
    const auto it = std::ranges::find(*list, id, [](const RegistrationPtr& r) -> std::string_view { return r->id; });
    return it == list->end() ? nullptr : *it;
  }

  // §5.9.2.4; one that has expired claims nothing.
  Result<void> check(const Registration& r) const {
    const std::int64_t now = clock.now().us;
    const Snapshot list = all(r.tenant);
    for (const RegistrationPtr& other : *list) {
      if (other->id == r.id || other->expired(now) || !exclude_each_other(r, *other)) continue;
      return Error(ErrorCode::conflict, "another registration claims the same: " + other->id, "Conflict");
    }
    if (held_here(r, entities)) return Error(ErrorCode::conflict, "this broker holds what the registration claims", "Conflict");
    return {};
  }
  // Under `changing`.
  void place(const RegistrationPtr& before, const RegistrationPtr& after) {
    const std::string& tenant = (after ? after : before)->tenant;
    auto list = std::make_shared<std::vector<RegistrationPtr>>(*all(tenant));
    if (!before) list->push_back(after);
    else if (after) std::ranges::replace(*list, before, after);
    else std::erase(*list, before);
    {
      std::unique_lock hold(known);
      tenants[tenant] = std::move(list);
    }
    for (const Follower& tell : followers) tell(before, after);
  }
  Result<void> take_away(const RegistrationPtr& r) {
    MACHIYA_CHECK(store.write([&](store::Tx& tx) { return dao::delete_registration(tx, r->tenant, r->id); }));
    {
      std::lock_guard hold(counting);
      counted.erase({r->tenant, r->id});
    }
    place(r, nullptr);
    return {};
  }
};

std::vector<store::Migration> Registrations::migrations() { return sql_migrations_registrations(); }

Registrations::Registrations(std::unique_ptr<Inside> inside) : in_(std::move(inside)) {}
Registrations::~Registrations() { (void)flush().ok(); }   // counters only

Result<std::unique_ptr<Registrations>> Registrations::open(store::Store& store, const EntityStore& entities, Clock& clock, Rng& rng) {
  auto in = std::make_unique<Inside>(store, entities, clock, rng);
  std::vector<RegistrationPtr> all;
  std::vector<dao::StoredState> states;
  MACHIYA_CHECK(store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(all, dao::registrations(tx, in->last_sequence));
    MACHIYA_TRY(states, dao::states(tx));
    return {};
  }));
  std::map<std::string, std::vector<RegistrationPtr>> lists;
  for (RegistrationPtr& r : all) lists[r->tenant].push_back(std::move(r));
  for (auto& [tenant, list] : lists) in->tenants[tenant] = std::make_shared<const std::vector<RegistrationPtr>>(std::move(list));
  for (dao::StoredState& s : states) in->counted[{s.tenant, s.id}] = {s.state, false};
  return std::unique_ptr<Registrations>(new Registrations(std::move(in)));
}

Result<std::string> Registrations::create(const std::string& tenant, const tree::Value& body, const Terms& terms, const std::string& context) {
  std::lock_guard one(in_->changing);
  const std::int64_t now = in_->clock.now().us;
  MACHIYA_TRY(std::string kept, read_registration(body, terms, "urn:ngsi-ld:ContextSourceRegistration:" + new_public_id(in_->rng), now));
  MACHIYA_TRY(const RegistrationPtr fresh, parse_registration(tenant, std::move(kept), context, now, now));
  if (const RegistrationPtr old = in_->find(tenant, fresh->id)) {
    if (!old->expired(now)) return Error(ErrorCode::conflict, "there is a registration of this id");
    MACHIYA_CHECK(in_->take_away(old));
  }
  MACHIYA_CHECK(in_->check(*fresh));
  MACHIYA_CHECK(in_->store.write([&](store::Tx& tx) { return dao::insert_registration(tx, *fresh, in_->last_sequence + 1); }));
  ++in_->last_sequence;
  in_->place(nullptr, fresh);
  return fresh->id;
}

Result<void> Registrations::update(const std::string& tenant, const std::string& id, const tree::Value& fragment, const Terms& terms) {
  std::lock_guard one(in_->changing);
  const std::int64_t now = in_->clock.now().us;
  const RegistrationPtr old = in_->find(tenant, id);
  if (!old || old->expired(now)) return absent();
  MACHIYA_TRY(std::string body, merge_registration(*old, fragment, terms, now));
  MACHIYA_TRY(const RegistrationPtr fresh, parse_registration(tenant, std::move(body), old->context, old->created_us, now));
  MACHIYA_CHECK(in_->check(*fresh));
  MACHIYA_CHECK(in_->store.write([&](store::Tx& tx) { return dao::update_registration(tx, *fresh); }));
  in_->place(old, fresh);
  return {};
}

Result<void> Registrations::remove(const std::string& tenant, const std::string& id) {
  std::lock_guard one(in_->changing);
  const RegistrationPtr old = in_->find(tenant, id);
  if (!old || old->expired(in_->clock.now().us)) return absent();
  return in_->take_away(old);
}

Result<std::size_t> Registrations::sweep() {
  std::lock_guard one(in_->changing);
  const std::int64_t now = in_->clock.now().us;
  std::vector<RegistrationPtr> gone;
  {
    std::shared_lock hold(in_->known);
    for (const auto& [tenant, list] : in_->tenants)
      for (const RegistrationPtr& r : *list)
        if (r->expired(now)) gone.push_back(r);
  }
  for (const RegistrationPtr& r : gone) MACHIYA_CHECK(in_->take_away(r));
  return gone.size();
}

std::int64_t Registrations::next_expiry() const {
  std::int64_t out = std::numeric_limits<std::int64_t>::max();
  std::shared_lock hold(in_->known);
  for (const auto& [tenant, list] : in_->tenants)
    for (const RegistrationPtr& r : *list)
      if (r->expires_us != kNoTime) out = std::min(out, r->expires_us);
  return out;
}

Registrations::Snapshot Registrations::all(std::string_view tenant) const { return in_->all(tenant); }

RegistrationPtr Registrations::find(std::string_view tenant, std::string_view id) const {
  RegistrationPtr out = in_->find(tenant, id);
  return out && !out->expired(in_->clock.now().us) ? out : nullptr;
}

std::vector<Match> Registrations::matching(std::string_view tenant, const Wanted& wanted) const {
  const std::int64_t now = in_->clock.now().us;
  const Snapshot list = in_->all(tenant);
  std::vector<Match> out;
  for (const RegistrationPtr& r : *list)
    if (!r->expired(now))
      if (auto found = match(r, wanted)) out.push_back(std::move(*found));
  std::ranges::stable_sort(out, {}, [](const Match& m) { return rank(*m.registration); });
  return out;
}

bool Registrations::has_tenant(std::string_view tenant) const {
  std::shared_lock hold(in_->known);
  return in_->tenants.contains(tenant);
}

void Registrations::asked(const Registration& registration, bool ok) {
  const std::int64_t now = in_->clock.now().us;
  std::lock_guard hold(in_->counting);
  Inside::Counted& c = in_->counted[{registration.tenant, registration.id}];
  ++c.state.sent, c.state.last_ok = ok, c.dirty = true;
  if (!ok) ++c.state.failed;
  (ok ? c.state.success_us : c.state.failure_us) = now;
}

SourceState Registrations::state(const Registration& registration) const {
  std::lock_guard hold(in_->counting);
  const auto it = in_->counted.find({registration.tenant, registration.id});
  return it == in_->counted.end() ? SourceState() : it->second.state;
}

Result<void> Registrations::flush() {
  std::lock_guard one(in_->changing);   // no row for a registration that goes at this moment
  std::vector<dao::StoredState> states;
  {
    std::lock_guard hold(in_->counting);
    for (auto& [name, c] : in_->counted)
      if (std::exchange(c.dirty, false)) states.push_back({name.first, name.second, c.state});
  }
  std::erase_if(states, [&](const dao::StoredState& s) { return in_->find(s.tenant, s.id) == nullptr; });
  if (states.empty()) return {};
  auto done = in_->store.write([&](store::Tx& tx) { return dao::write_states(tx, states); });
  if (done.ok()) return done;
  std::lock_guard hold(in_->counting);
  for (const dao::StoredState& s : states)
    if (const auto it = in_->counted.find({s.tenant, s.id}); it != in_->counted.end()) it->second.dirty = true;
  return done;
}

void Registrations::follow(Follower follower) {
  std::lock_guard one(in_->changing);
  in_->followers.push_back(std::move(follower));
}

}  // namespace machiya::sense
