// Subscriptions to registrations of context sources (ETSI GS CIM 009 V1.8.1 §5.11.7). What a subscriber was told of is kept; each change of a registration, of
// the subscription, and each start is told as the difference: registrations that match newly, that changed and match still, that match no longer.
#include <algorithm>

#include "sense/registrations/registration_text.h"
#include "sense/subscriptions/inside.h"

namespace machiya::sense {
namespace {

constexpr std::size_t kPerNotification = 500;
constexpr std::int64_t kSweepAgainUs = 5'000'000;   // the disk was full or away

Wanted wanted_of(const Subscription& s) {
  Wanted out;
  out.entities = s.query.entities, out.attrs = s.watched;
  out.geo = s.query.geo ? &*s.query.geo : nullptr, out.scope = &s.query.scope, out.csf = &s.csf;
  if (s.when) out.time = Wanted::Time::history, out.when = s.when;
  return out;
}

/// What one look found, by reason (§5.3.2).
struct Difference {
  std::vector<RegistrationPtr> newly, updated, gone;
};

}  // namespace

void Subscriptions::Inside::watch_sources(const SlotPtr& slot, const SubscriptionPtr& s, bool fresh) {
  Watch& w = watches[{s->tenant, s->id}];
  w.slot = slot, w.subscription = s, w.wanted = wanted_of(*s);
  // One at an interval is told what matches at its beginning, then at each interval.
  if (fresh || s->interval_us == 0) w.stale = true;
}

Result<void> Subscriptions::watch(Registrations& registrations) {
  MACHIYA_TRY(std::vector<dao::Told> told, in_->store.read([](store::ReadTx& tx) { return dao::told(tx); }));
  {
    std::lock_guard one(in_->matching);
    in_->registrations = &registrations;
    for (auto& [name, w] : in_->watches) w.stale = w.subscription->interval_us == 0;
    for (dao::Told& t : told)
      if (const auto it = in_->watches.find({t.tenant, t.subscription}); it != in_->watches.end())
        for (RegistrationPtr& r : t.registrations) it->second.told[r->id] = std::move(r);
  }
  registrations.follow([weak = std::weak_ptr<Inside>(in_)](const RegistrationPtr& before, const RegistrationPtr& after) {
    const auto in = weak.lock();
    if (!in) return;
    {
      std::lock_guard hold(in->source_mutex);
      in->source_feed.push_back({before, after});
    }
    in->wake();
  });
  return {};
}

bool Subscriptions::Inside::sweep_sources(std::int64_t now_us) {
  if (now_us < sweep_after_us || registrations->next_expiry() > now_us) return false;
  const bool swept = registrations->sweep().ok();
  if (!swept) sweep_after_us = now_us + kSweepAgainUs;
  return swept;
}

namespace {

// One registration as it is now (`after`; nullptr: it is gone) against what was told of it.
void compare(std::map<std::string, RegistrationPtr>& told, const Wanted& wanted, const std::string& id, const RegistrationPtr& after, Difference& out) {
  const auto it = told.find(id);
  if (after && match(after, wanted)) {
    if (it == told.end()) out.newly.push_back(after);
    else if (it->second->modified_us != after->modified_us || it->second->body != after->body) out.updated.push_back(after);
    told[id] = after;
  } else if (it != told.end()) {
    out.gone.push_back(after ? after : it->second);
    told.erase(it);
  }
}

bool differs(const Difference& d) { return !d.newly.empty() || !d.updated.empty() || !d.gone.empty(); }

}  // namespace

bool Subscriptions::Inside::match_sources(std::int64_t now_us) {
  if (registrations == nullptr) return false;
  bool did = sweep_sources(now_us);
  std::lock_guard one(matching);
  std::vector<SourceChange> changes;
  {
    std::lock_guard hold(source_mutex);
    changes.swap(source_feed);
  }
  const auto tell = [&](Watch& w, const std::vector<RegistrationPtr>& list, std::string_view reason) {
    for (std::size_t from = 0; from < list.size(); from += kPerNotification) {
      std::vector<std::string> texts;
      for (std::size_t i = from; i < std::min(list.size(), from + kPerNotification); ++i)
        texts.push_back(write_registration(*list[i], *w.subscription->terms, {.state = registrations->state(*list[i])}));
      delivery.add_sources(w.slot, std::move(texts), reason, now_us);
    }
  };
  for (auto& [name, w] : watches) {
    const Subscription& s = *w.subscription;
    if (!w.stale && changes.empty()) continue;
    const bool silent = !s.active || s.expired(now_us);
    const std::int64_t fired_us = delivery.look(*w.slot).fired_us;
    const bool throttled = s.throttling_us > 0 && fired_us != kNoTime && now_us - fired_us < s.throttling_us;
    if (silent || throttled) {
      // What happens meanwhile is told as a difference when it speaks again.
      if (s.interval_us == 0) w.stale = true;
      continue;
    }
    Difference found;
    if (w.stale && s.interval_us > 0) {
      for (const Match& m : registrations->matching(s.tenant, w.wanted)) found.newly.push_back(m.registration);
    } else if (w.stale) {
      const Registrations::Snapshot all = registrations->all(s.tenant);
      std::vector<std::string> known;
      for (const auto& [id, r] : w.told) known.push_back(id);
      for (const RegistrationPtr& r : *all) {
        compare(w.told, w.wanted, r->id, r->expired(now_us) ? nullptr : r, found);
        std::erase(known, r->id);
      }
      for (const std::string& id : known) compare(w.told, w.wanted, id, nullptr, found);
    } else if (s.interval_us == 0) {
      for (const SourceChange& c : changes) {
        const RegistrationPtr& r = c.after ? c.after : c.before;
        if (r->tenant == s.tenant) compare(w.told, w.wanted, r->id, c.after, found);
      }
    }
    w.stale = false;
    if (!differs(found)) continue;
    did = true, w.dirty |= s.interval_us == 0;
    tell(w, found.newly, "newlyMatching"), tell(w, found.updated, "updated"), tell(w, found.gone, "noLongerMatching");
  }
  return did || !changes.empty();
}

std::vector<std::vector<std::string>> Subscriptions::Inside::all_sources(const Subscription& s) {
  std::vector<std::vector<std::string>> out;
  if (registrations == nullptr) return out;
  for (const Match& m : registrations->matching(s.tenant, wanted_of(s))) {
    if (out.empty() || out.back().size() == kPerNotification) out.emplace_back();
    out.back().push_back(write_registration(*m.registration, *s.terms, {.state = registrations->state(*m.registration)}));
  }
  return out;
}

// What still waits may be told again after a crash: only what is done is written.
std::vector<dao::Told> Subscriptions::Inside::take_told() {
  std::vector<dao::Told> out;
  if (registrations == nullptr) return out;
  for (auto& [name, w] : watches) {
    if (!w.dirty || delivery.look(*w.slot).waiting > 0) continue;
    w.dirty = false;
    dao::Told& one = out.emplace_back(dao::Told{name.first, name.second, {}});
    for (const auto& [id, r] : w.told) one.registrations.push_back(r);
  }
  return out;
}

void Subscriptions::Inside::give_back(const std::vector<dao::Told>& told) {
  for (const dao::Told& t : told)
    if (const auto it = watches.find({t.tenant, t.subscription}); it != watches.end()) it->second.dirty = true;
}

}  // namespace machiya::sense
