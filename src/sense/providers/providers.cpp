#include "sense/providers/providers.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "sense/providers/provider_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_providers();
}

namespace machiya::sense {
namespace {

constexpr std::size_t kMostOfTenant = 10'000;

Error absent() { return Error(ErrorCode::not_found, "The requested registration has not been found. Check id"); }

// As clients of NGSIv2 expect ids: 24 hexadecimal digits, 96 bits that nobody guesses.
std::string new_id(Rng& rng) {
  std::string out;
  for (int i = 0; i < 24; ++i) out += "0123456789abcdef"[rng.below(16)];
  return out;
}

}  // namespace

struct Providers::Inside {
  Inside(store::Store& store, Clock& clock, Rng& rng, federation::Sender::Call call, std::string alias)
      : store(store), clock(clock), rng(rng), sender(std::move(call), nullptr, clock, {}), alias(std::move(alias)) {}
  store::Store& store;
  Clock& clock;
  Rng& rng;
  federation::Sender sender;
  std::string alias;

  std::mutex changing;                     ///< held while a provider is written
  mutable std::shared_mutex known;         ///< never held while the database is waited for
  std::map<std::string, Snapshot, std::less<>> tenants;

  struct Counted {
    ProviderState state;
    bool dirty = false;
  };
  mutable std::mutex counting;
  std::map<std::pair<std::string, std::string>, Counted> counted;   // by tenant and id

  Snapshot all(std::string_view tenant) const {
    static const Snapshot kNone = std::make_shared<const std::vector<ProviderPtr>>();
    std::shared_lock hold(known);
    const auto it = tenants.find(tenant);
    return it == tenants.end() ? kNone : it->second;
  }
  ProviderPtr find(std::string_view tenant, std::string_view id) const {
    const Snapshot list = all(tenant);
    const auto it = std::ranges::find(*list, id, [](const ProviderPtr& p) -> std::string_view { return p->id; });
    return it == list->end() ? nullptr : *it;
  }
  // Under `changing`.
  void place(const ProviderPtr& before, const ProviderPtr& after) {
    const std::string& tenant = (after ? after : before)->tenant;
    auto list = std::make_shared<std::vector<ProviderPtr>>(*all(tenant));
    if (!before) list->push_back(after);
    else if (after) std::ranges::replace(*list, before, after);
    else std::erase(*list, before);
    std::unique_lock hold(known);
    tenants[tenant] = std::move(list);
  }
  void count(const Provider& p, bool ok) {
    const std::int64_t now = clock.now().us;
    std::lock_guard hold(counting);
    Counted& c = counted[{p.tenant, p.id}];
    ++c.state.sent, c.state.last_us = now, c.dirty = true;
    (ok ? c.state.success_us : c.state.failure_us) = now;
  }
};

std::vector<store::Migration> Providers::migrations() { return sql_migrations_providers(); }

Providers::Providers(std::unique_ptr<Inside> inside) : in_(std::move(inside)) {}
Providers::~Providers() { (void)flush().ok(); }   // counters only

Result<std::unique_ptr<Providers>> Providers::open(store::Store& store, Clock& clock, Rng& rng, federation::Sender::Call call, std::string alias) {
  auto in = std::make_unique<Inside>(store, clock, rng, std::move(call), std::move(alias));
  std::vector<dao::StoredProvider> all;
  MACHIYA_CHECK(store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(all, dao::providers(tx));
    return {};
  }));
  std::map<std::string, std::vector<ProviderPtr>> lists;
  for (dao::StoredProvider& s : all) {
    in->counted[{s.provider->tenant, s.provider->id}] = {s.state, false};
    lists[s.provider->tenant].push_back(std::move(s.provider));
  }
  for (auto& [tenant, list] : lists) in->tenants[tenant] = std::make_shared<const std::vector<ProviderPtr>>(std::move(list));
  return std::unique_ptr<Providers>(new Providers(std::move(in)));
}

Result<std::string> Providers::create(const std::string& tenant, const std::string& path, const tree::Value& body) {
  MACHIYA_TRY(std::string kept, read_provider(body));
  std::lock_guard one(in_->changing);
  if (in_->all(tenant)->size() >= kMostOfTenant) return Error(ErrorCode::limit_exceeded, "there are 10,000 registrations already");
  const std::int64_t now = in_->clock.now().us;
  MACHIYA_TRY(const ProviderPtr fresh, parse_provider(tenant, new_id(in_->rng), path, std::move(kept), now, now));
  MACHIYA_CHECK(in_->store.write([&](store::Tx& tx) { return dao::insert_provider(tx, *fresh); }));
  in_->place(nullptr, fresh);
  return fresh->id;
}

Result<void> Providers::update(const std::string& tenant, const std::string& id, const tree::Value& fragment) {
  std::lock_guard one(in_->changing);
  const ProviderPtr old = in_->find(tenant, id);
  if (!old) return absent();
  MACHIYA_TRY(std::string kept, merge_provider(old->body, fragment));
  MACHIYA_TRY(const ProviderPtr fresh, parse_provider(tenant, id, old->path, std::move(kept), old->created_us, in_->clock.now().us));
  MACHIYA_CHECK(in_->store.write([&](store::Tx& tx) { return dao::update_provider(tx, *fresh); }));
  in_->place(old, fresh);
  return {};
}

Result<void> Providers::remove(const std::string& tenant, const std::string& id) {
  std::lock_guard one(in_->changing);
  const ProviderPtr old = in_->find(tenant, id);
  if (!old) return absent();
  MACHIYA_CHECK(in_->store.write([&](store::Tx& tx) { return dao::delete_provider(tx, tenant, id); }));
  in_->place(old, nullptr);
  std::lock_guard hold(in_->counting);
  in_->counted.erase({tenant, id});
  return {};
}

ProviderPtr Providers::find(std::string_view tenant, std::string_view id) const { return in_->find(tenant, id); }

std::string Providers::text(const Provider& provider) const {
  ProviderState state;
  {
    std::lock_guard hold(in_->counting);
    if (const auto it = in_->counted.find({provider.tenant, provider.id}); it != in_->counted.end()) state = it->second.state;
  }
  return write_provider(provider, state, in_->clock.now().us);
}

Providers::Snapshot Providers::all(std::string_view tenant) const { return in_->all(tenant); }

std::vector<ProviderPtr> Providers::here(std::string_view tenant, const ServicePaths& paths) const {
  const Snapshot list = in_->all(tenant);
  std::vector<ProviderPtr> out;
  if (list->empty()) return out;
  const std::int64_t now = in_->clock.now().us;
  for (const ProviderPtr& p : *list) {
    const std::string_view path = p->path;
    const std::span<const std::string_view> scopes = path == "/" ? std::span<const std::string_view>() : std::span<const std::string_view>(&path, 1);
    if (p->counts(now) && paths.matches(scopes)) out.push_back(p);
  }
  return out;
}

std::vector<federation::Reply> Providers::send(const std::vector<Forward>& forwards) {
  std::vector<federation::Request> requests;
  for (const Forward& f : forwards) requests.push_back({.registration = f.provider->source, .method = "POST", .target = f.target, .headers = f.headers, .body = f.body, .bare = true});
  std::vector<federation::Reply> out = in_->sender.send(requests);
  for (std::size_t i = 0; i < out.size(); ++i) in_->count(*forwards[i].provider, out[i].came() && out[i].status < 500);
  return out;
}

const std::string& Providers::alias() const { return in_->alias; }

Result<void> Providers::flush() {
  std::lock_guard one(in_->changing);   // no count for a provider that goes at this moment
  std::vector<dao::StoredProvider> states;
  {
    std::lock_guard hold(in_->counting);
    for (auto& [name, c] : in_->counted)
      if (std::exchange(c.dirty, false))
        if (ProviderPtr p = in_->find(name.first, name.second)) states.push_back({std::move(p), c.state});
  }
  if (states.empty()) return {};
  auto done = in_->store.write([&](store::Tx& tx) { return dao::write_provider_states(tx, states); });
  if (done.ok()) return done;
  std::lock_guard hold(in_->counting);
  for (const dao::StoredProvider& s : states)
    if (const auto it = in_->counted.find({s.provider->tenant, s.provider->id}); it != in_->counted.end()) it->second.dirty = true;
  return done;
}

}  // namespace machiya::sense
