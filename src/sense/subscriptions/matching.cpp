// From the journal to the queues: who is concerned by a change; who is behind; who is told at an interval.
#include <algorithm>
#include <limits>

#include "sense/subscriptions/inside.h"

namespace machiya::sense {
namespace {

constexpr std::size_t kAtOnce = 512, kCaughtUpAtOnce = 20'000, kPerNotification = 500;
constexpr EntityStore::Number kToldStep = 10'000;
// Ends a replay early; never seen outside.
const Error kEnough(ErrorCode::gone, "enough");

}  // namespace

EventPtr make_event(EntityStore::Number number, const Record& record) {
  auto out = std::make_shared<Event>(Event{number, std::string(record.tenant), record, std::hash<std::string_view>{}(record.entity().id)});
  out->record.tenant = out->tenant;
  return out;
}

namespace {
/// Whose maker may see nothing any more.
class Blind final : public Gate {
 public:
  const std::string& key() const override { return key_; }
  bool sees_tenants() const override { return false; }
  bool sees(std::span<const std::string_view>) const override { return false; }
  bool sees(std::span<const std::string_view>, std::string_view) const override { return false; }
  Result<void> may_write(std::span<const std::string_view>) const override { return Error(ErrorCode::forbidden, ""); }
  Result<void> check(const EntityPtr&, const EntityPtr&) const override { return Error(ErrorCode::forbidden, ""); }
  void read(std::span<const std::string_view>, std::string_view) override {}
  Result<void> written_down() override { return {}; }

 private:
  std::string key_;
};

EntityLookup through(EntityLookup lookup, GatePtr gate) {
  return [lookup = std::move(lookup), gate = std::move(gate)](std::string_view id) { return seen(gate.get(), lookup(id)); };
}
}  // namespace

GatePtr Subscriptions::Inside::gate_of(const Subscription& s) const {
  if (!options.gate_of) return nullptr;
  GatePtr gate = options.gate_of(s.viewer);
  return gate ? gate : std::make_shared<Blind>();
}

Why Subscriptions::Inside::judge_seen(const Subscription& s, const Record& record, const EntityLookup* lookup, std::int64_t fired_us) const {
  if (!options.gate_of) return judge(s, record, lookup, fired_us);
  const GatePtr gate = gate_of(s);
  const std::optional<Record> part = seen(gate.get(), record);
  if (!part) return Why::entity;
  const EntityLookup linked = through(*lookup, gate);
  return judge(s, *part, &linked, fired_us);
}

std::vector<std::string> Subscriptions::Inside::data_seen(const Subscription& s, const Record& record) const {
  if (!options.gate_of) return data_of(s, record, lookup_of(s.tenant));
  const GatePtr gate = gate_of(s);
  const std::optional<Record> part = seen(gate.get(), record);
  if (!part) return {};
  return data_of(s, *part, through(lookup_of(s.tenant), gate));
}

EntityLookup Subscriptions::Inside::lookup_of(const std::string& tenant) const {
  return [this, tenant](std::string_view id) { return entities.get(tenant, id); };
}

// On the journal's thread. Where nobody listens a change costs neither memory nor a thread that wakes.
void Subscriptions::Inside::follow(EntityStore::Number number, const Record& record) {
  {
    std::lock_guard hold(feed_mutex);
    if (!listening.contains(record.tenant)) return follow_nobody(number);
    told_last = number;
    if (feed.size() >= options.most_events) return;
    const bool first = feed.empty();
    feed.push_back({number, number, make_event(number, record)});
    if (!first) return;
  }
  ring(matcher_bell);
}

// Nobody is woken: the number counts at once when everything before it is matched, else with what is matched next.
void Subscriptions::Inside::follow_nobody(EntityStore::Number number) {
  const bool all_before = feed.empty() && matched + 1 == number;
  told_last = number;
  if (all_before) return matched_to(number);
  if (feed.size() >= options.most_events) return;
  if (!feed.empty() && !feed.back().event && feed.back().last + 1 == number) feed.back().last = number;
  else feed.push_back({number, number, nullptr});
}

void Subscriptions::Inside::listen(const std::string& tenant, int more) {
  std::lock_guard hold(feed_mutex);
  const auto it = listening.try_emplace(tenant).first;
  it->second += more;
  if (it->second == 0) listening.erase(it);
}

void Subscriptions::Inside::matched_to(EntityStore::Number number) {
  EntityStore::Number known = matched;
  while (known < number && !matched.compare_exchange_weak(known, number)) continue;
}

void Subscriptions::Inside::match(const EventPtr& event) {
  std::shared_lock hold(known);
  const auto tenant = tenants.find(event->tenant);
  if (tenant == tenants.end()) return;
  static thread_local std::vector<SlotPtr> concerned;
  concerned.clear();
  tenant->second.index.candidates(event->record, concerned);
  const EntityLookup lookup = lookup_of(event->tenant);
  for (const SlotPtr& slot : concerned) {
    const Delivery::Look look = delivery.look(*slot);
    if (look.behind != 0 || event->number <= look.since) continue;
    if (!look.room) {
      delivery.set_behind(*slot, event->number);
      behind.push_back(slot);
    } else if (judge_seen(*look.subscription, event->record, &lookup, look.fired_us) == Why::fires) {
      delivery.add(slot, event);
    }
  }
  concerned.clear();
}

Result<void> Subscriptions::Inside::match_gap(EntityStore::Number from, EntityStore::Number to) {
  if (from > to) return {};
  auto done = entities.replay(from, [&](EntityStore::Number number, const Record& record) -> Result<void> {
    if (number > to) return kEnough;
    match(make_event(number, record));
    matched_to(number);
    return {};
  });
  if (!done.ok() && done.error().code != ErrorCode::gone) return done;
  matched_to(to);
  return {};
}

bool Subscriptions::Inside::match_some() {
  std::lock_guard one(matching);
  std::vector<Fed> batch;
  EntityStore::Number last = 0;
  {
    std::lock_guard hold(feed_mutex);
    const auto end = feed.begin() + static_cast<std::ptrdiff_t>(std::min(feed.size(), kAtOnce));
    batch.assign(std::make_move_iterator(feed.begin()), std::make_move_iterator(end));
    feed.erase(feed.begin(), end);
    if (batch.empty()) last = told_last;
  }
  const bool did = last > matched;
  if (batch.empty()) return match_gap(matched + 1, last).ok() && did;
  std::size_t done = 0;
  for (const Fed& fed : batch) {
    // What the feed had no room for, and what the journal wrote without telling (a write that was taken back).
    if (fed.last > matched && !match_gap(matched + 1, fed.first - 1).ok()) break;
    if (fed.event && fed.last > matched) match(fed.event);
    matched_to(fed.last);
    ++done;
  }
  if (done == batch.size()) return true;
  std::lock_guard hold(feed_mutex);
  feed.insert(feed.begin(), std::make_move_iterator(batch.begin() + static_cast<std::ptrdiff_t>(done)), std::make_move_iterator(batch.end()));
  return done > 0;
}

// Reads the journal once more for those who had no room, and at the start for everybody.
bool Subscriptions::Inside::catch_up() {
  std::lock_guard one(matching);
  std::erase_if(behind, [&](const SlotPtr& slot) { return slot->gone || delivery.look(*slot).behind == 0; });
  std::vector<SlotPtr> with_room;
  EntityStore::Number from = std::numeric_limits<EntityStore::Number>::max();
  for (const SlotPtr& slot : behind) {
    const Delivery::Look look = delivery.look(*slot);
    if (look.waiting * 2 > options.delivery.most_waiting) continue;
    with_room.push_back(slot), from = std::min(from, look.behind);
  }
  if (with_room.empty()) return false;
  std::ranges::sort(with_room);
  const EntityStore::Number to = matched;
  EntityStore::Number reached = from;
  std::size_t seen = 0;
  const auto visit = [&](EntityStore::Number number, const Record& record) -> Result<void> {
    if (number > to || with_room.empty()) reached = to + 1;
    if (number > to || with_room.empty() || ++seen > kCaughtUpAtOnce || stopping) return kEnough;
    match_again(number, record, with_room);
    reached = number + 1;
    return {};
  };
  auto done = from > to ? Result<void>() : entities.replay(from, visit);
  if (!done.ok() && done.error().code != ErrorCode::gone) return false;   // the disk: later
  if (done.ok()) reached = to + 1;
  for (const SlotPtr& slot : with_room) delivery.set_behind(*slot, reached > to ? 0 : std::max(reached, delivery.look(*slot).behind));
  std::erase_if(behind, [&](const SlotPtr& slot) { return delivery.look(*slot).behind == 0; });
  return true;
}

// Who has no room any more leaves `with_room`.
void Subscriptions::Inside::match_again(EntityStore::Number number, const Record& record, std::vector<SlotPtr>& with_room) {
  std::vector<SlotPtr> concerned;
  std::shared_lock hold(known);
  const auto tenant = tenants.find(record.tenant);
  if (tenant == tenants.end()) return;
  tenant->second.index.candidates(record, concerned);
  EventPtr event;
  const EntityLookup lookup = lookup_of(std::string(record.tenant));
  for (const SlotPtr& slot : concerned) {
    const auto it = std::ranges::lower_bound(with_room, slot);
    if (it == with_room.end() || *it != slot) continue;
    const Delivery::Look look = delivery.look(*slot);
    if (number < look.behind || number <= look.since) continue;
    if (!look.room) {
      delivery.set_behind(*slot, number);
      with_room.erase(it);
    } else if (judge_seen(*look.subscription, record, &lookup, look.fired_us) == Why::fires) {
      if (!event) event = make_event(number, record);
      delivery.add(slot, event);
    }
  }
}

// ---- at an interval (§5.8.6)

std::int64_t Subscriptions::Inside::next_tick(std::int64_t now_us) const {
  std::int64_t out = std::numeric_limits<std::int64_t>::max();
  if (periodic == 0) return out;
  std::shared_lock hold(known);
  for (const auto& [name, tenant] : tenants)
    for (const auto& [id, kept] : tenant.subscriptions)
      if (kept.slot->next_us > 0) out = std::min(out, std::max(kept.slot->next_us, now_us));
  return out;
}

bool Subscriptions::Inside::tick(std::int64_t now_us) {
  if (periodic == 0) return false;
  std::lock_guard one(matching);
  std::vector<SlotPtr> due;
  {
    std::shared_lock hold(known);
    for (const auto& [name, tenant] : tenants)
      for (const auto& [id, kept] : tenant.subscriptions)
        if (kept.slot->next_us > 0 && kept.slot->next_us <= now_us) due.push_back(kept.slot);
  }
  for (const SlotPtr& slot : due) {
    const SubscriptionPtr s = delivery.look(*slot).subscription;
    slot->next_us += s->interval_us;
    if (slot->next_us <= now_us) slot->next_us = now_us + s->interval_us;   // the house was away: once is enough
    if (!s->active || s->expired(now_us)) continue;
    if (s->about == About::registrations) {
      if (auto parts = all_sources(*s); !parts.empty()) delivery.add_periodic(slot, std::move(parts), now_us, "newlyMatching");
      continue;
    }
    std::vector<std::vector<std::string>> parts;
    const GatePtr gate = gate_of(*s);
    const EntityLookup linked = through(lookup_of(s->tenant), gate);
    for (Find what{.query = &s->query, .limit = kPerNotification, .gate = gate.get()};; what.offset += kPerNotification) {
      const Found found = entities.find(s->tenant, what);
      if (!found.entities.empty()) parts.emplace_back();
      for (const EntityPtr& e : found.entities) {
        auto texts = data_of(*s, *e, linked);
        parts.back().insert(parts.back().end(), std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end()));
      }
      if (!found.more) break;
    }
    if (!parts.empty()) delivery.add_periodic(slot, std::move(parts), now_us);
  }
  return !due.empty();
}

// ---- how far everybody is

EntityStore::Number Subscriptions::Inside::least() const {
  const EntityStore::Number all = matched;
  EntityStore::Number out = all;
  for (const SlotPtr& slot : slots()) out = std::min(out, delivery.cursor(*slot, all));
  return out;
}

Result<void> Subscriptions::Inside::flush() {
  std::lock_guard one(matching);
  const auto all = slots();
  const EntityStore::Number told = least();
  const std::vector<SubscriptionState> states = delivery.changed(all, matched);
  const std::vector<dao::Told> shown = take_told();
  if (states.empty() && shown.empty() && told < told_written + kToldStep) return {};
  auto done = store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(dao::write_told(tx, shown));
    if (auto written = write_states(tx, states); !written.ok()) return written;
    return write_told(tx, told);
  });
  if (done.ok()) told_written = told;
  else delivery.again(all), give_back(shown);
  return done;
}

}  // namespace machiya::sense
