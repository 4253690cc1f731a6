#include "platform/events/delivery.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>

#include "base/log.h"

namespace machiya::events {

namespace {

constexpr int kBatch = 512;
constexpr std::int64_t kLeaseTime = 5 * kSecond;   // house.md §9: take-over ≤ 5 s
constexpr std::int64_t kKeep = 7 * kDay;           // inbox marks and events: longer than any replay from a backup of the day
constexpr const char* kLeaseName = "event-delivery";
const char* const kBehind = "waits behind an earlier event of its key";

/// 1 s, 2 s, 4 s … at most 10 min.
std::int64_t backoff(int attempts) { return std::min(kSecond << std::min(attempts - 1, 20), 10 * kMinute); }

}  // namespace

const Subscription* Delivery::find(const std::string& consumer, const std::string& type) const {
  for (const Subscription& s : subscriptions_)
    if (s.consumer == consumer && s.type == type) return &s;
  return nullptr;
}

Result<bool> Delivery::take() {
  auto lease = store_.write([&](store::Tx& tx) { return store::take_lease(tx, clock_, kLeaseName, owner_, kLeaseTime); });
  if (!lease.ok()) return std::move(lease).error();
  lease_ = *lease;
  return lease_.has_value();
}

Result<void> Delivery::release() {
  if (!lease_) return {};
  auto done = store_.write([&](store::Tx& tx) -> Result<bool> {
    MACHIYA_CHECK(store::release_lease(tx, *lease_));
    return true;
  });
  lease_.reset();
  if (!done.ok()) return std::move(done).error();
  return {};
}

/// The effect, its inbox mark and the end of an earlier failure: one transaction.
Result<void> Delivery::deliver(store::Tx& tx, Unit& unit) {
  MACHIYA_CHECK(store::check_lease(tx, *lease_));
  MACHIYA_TRY(unit.fresh_effect, dao::mark_inbox(tx, unit.what.event.id, unit.what.consumer));
  if (unit.fresh_effect) MACHIYA_CHECK((*unit.to->handle)(tx, {&unit.what.event}));
  if (unit.was_failure) MACHIYA_CHECK(dao::drop_failure(tx, unit.what.event.id, unit.what.consumer));
  return {};
}

void Delivery::run_wave(const std::vector<Unit*>& wave) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = wave.size();
  for (Unit* unit : wave) {
    // Queued together, so that the group commit of SQLite needs one fsync for all of them.
    store_.write_later([this, unit](store::Tx& tx) { return deliver(tx, *unit); },
                       [&, unit](Result<void> r) {
                         std::lock_guard lock(mutex);
                         unit->result = std::move(r);
                         if (--open == 0) changed.notify_one();
                       });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return open == 0; });
}

void Delivery::run(std::vector<Unit>& units) {
  std::map<std::pair<std::string, std::string>, std::vector<Unit*>> by_key;
  for (Unit& unit : units) by_key[{unit.what.consumer, unit.what.event.key}].push_back(&unit);
  for (std::size_t step = 0;; ++step) {
    std::vector<Unit*> wave;
    for (auto& [key, list] : by_key) {
      if (step >= list.size()) continue;
      if (step > 0 && !list[step - 1]->result.ok()) list[step]->result = Error(ErrorCode::unavailable, kBehind);
      else wave.push_back(list[step]);
    }
    if (wave.empty() && std::none_of(by_key.begin(), by_key.end(), [&](const auto& k) { return step < k.second.size(); })) return;
    if (!wave.empty()) run_wave(wave);
  }
}

Result<void> Delivery::note_failure(store::Tx& tx, const Unit& unit, const Error& error) {
  dao::Failure failure = unit.what;
  if (error.detail == kBehind) return dao::put_failure(tx, failure, Instant{0}, error.detail, false);
  // A disk that is full is not the event's fault.
  const bool disk = error.code == ErrorCode::storage_full || error.code == ErrorCode::storage_failed;
  failure.attempts += disk ? 0 : 1;
  const bool park = failure.attempts >= Events::kMaxAttempts;
  if (park)
    log(LogLevel::error, "event-parked", {{"event", std::to_string(failure.event.id)}, {"type", failure.event.type},
                                          {"consumer", failure.consumer}, {"error", error.to_string()}});
  return dao::put_failure(tx, failure, Instant{clock_.now().us + backoff(std::max(failure.attempts, 1))}, error.to_string(), park);
}

/// The common case is that nothing fails: then one transaction and one commit serve the whole batch, and consumers that add up touch
/// each of their rows once. That the events are marked as dealt with in the same transaction makes inbox marks needless.
Result<std::int64_t> Delivery::together(const std::vector<Event>& events, std::vector<Unit>& ready, const std::vector<Unit>& behind) {
  return store_.write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_CHECK(store::check_lease(tx, *lease_));
    // A process that died in the middle of delivering one by one has left marks.
    MACHIYA_TRY(const auto done, dao::inbox_marks(tx, events.front().id, events.back().id));
    std::vector<std::pair<const Handler*, Events::Batch>> calls;
    std::map<std::string, std::size_t> last_of;   // a consumer's handlers run in the order of its events
    std::int64_t delivered = 0;
    for (const Unit& unit : ready) {
      if (done.contains({unit.what.event.id, unit.what.consumer})) continue;
      ++delivered;
      const auto last = last_of.find(unit.what.consumer);
      if (last != last_of.end() && calls[last->second].first == unit.to->handle.get()) {
        calls[last->second].second.push_back(&unit.what.event);
        continue;
      }
      last_of[unit.what.consumer] = calls.size();
      calls.push_back({unit.to->handle.get(), {&unit.what.event}});
    }
    for (const auto& [handle, batch] : calls) MACHIYA_CHECK((*handle)(tx, batch));
    for (const Unit& unit : behind) MACHIYA_CHECK(note_failure(tx, unit, unit.result.error()));
    std::vector<std::int64_t> ids;
    for (const Event& event : events) ids.push_back(event.id);
    MACHIYA_CHECK(dao::mark_dispatched(tx, ids));
    return delivered;
  });
}

Result<Delivery::Outcome> Delivery::fresh(std::vector<Event>& events) {
  std::vector<Unit> units;
  for (const Event& event : events)
    for (const Subscription& s : subscriptions_)
      if (s.type == event.type) units.push_back({{event, s.consumer, 0}, &s});
  // What comes behind an open failure of its key has to wait, however new it is.
  std::vector<Unit> ready, behind;
  auto sorted = store_.read([&](store::ReadTx& tx) -> Result<bool> {
    MACHIYA_TRY(const bool any, dao::any_open_failure(tx));
    for (Unit& unit : units) {
      bool blocked = false;
      if (any) {
        MACHIYA_TRY(blocked, dao::key_is_blocked(tx, unit.what.consumer, unit.what.event.key));
      }
      (blocked ? behind : ready).push_back(std::move(unit));
    }
    return true;
  });
  if (!sorted.ok()) return std::move(sorted).error();
  for (Unit& unit : behind) unit.result = Error(ErrorCode::unavailable, kBehind);
  Outcome out;
  if (auto delivered = together(events, ready, behind); delivered.ok()) {
    out.delivered = *delivered;
    out.tried = static_cast<std::int64_t>(events.size());
    out.full = events.size() == static_cast<std::size_t>(kBatch);
    return out;
  }
  // Something failed: one by one tells which, and keeps the others from suffering for it.
  run(ready);
  for (const Unit& unit : ready) out.delivered += unit.result.ok() && unit.fresh_effect;
  out.tried = static_cast<std::int64_t>(events.size());
  out.full = events.size() == static_cast<std::size_t>(kBatch);
  auto noted = store_.write([&](store::Tx& tx) -> Result<bool> {
    MACHIYA_CHECK(store::check_lease(tx, *lease_));
    for (const auto* list : {&ready, &behind})
      for (const Unit& unit : *list)
        if (!unit.result.ok()) MACHIYA_CHECK(note_failure(tx, unit, unit.result.error()));
    std::vector<std::int64_t> ids;
    for (const Event& event : events) ids.push_back(event.id);
    MACHIYA_CHECK(dao::mark_dispatched(tx, ids));
    return true;
  });
  if (!noted.ok()) return std::move(noted).error();
  return out;
}

Result<Delivery::Outcome> Delivery::again(std::vector<dao::Failure>& failures) {
  std::vector<Unit> units, orphans;
  for (dao::Failure& failure : failures) {
    const Subscription* s = find(failure.consumer, failure.event.type);
    (s ? units : orphans).push_back({std::move(failure), s, true});
  }
  for (Unit& unit : orphans) unit.result = Error(ErrorCode::definition_error, "nobody consumes this any more");
  run(units);
  Outcome out;
  out.tried = static_cast<std::int64_t>(failures.size());
  out.full = failures.size() == static_cast<std::size_t>(kBatch);
  auto noted = store_.write([&](store::Tx& tx) -> Result<bool> {
    MACHIYA_CHECK(store::check_lease(tx, *lease_));
    for (const auto* list : {&units, &orphans})
      for (const Unit& unit : *list)
        if (!unit.result.ok()) MACHIYA_CHECK(note_failure(tx, unit, unit.result.error()));
    return true;
  });
  if (!noted.ok()) return std::move(noted).error();
  for (const Unit& unit : units) out.delivered += unit.result.ok() && unit.fresh_effect;
  return out;
}

Result<Delivery::Outcome> Delivery::round() {
  MACHIYA_TRY(const bool mine, take());
  if (!mine) return Outcome{};
  std::vector<Event> events;
  std::vector<dao::Failure> failures;
  auto found = store_.read([&](store::ReadTx& tx) -> Result<bool> {
    MACHIYA_TRY(failures, dao::due_failures(tx, clock_.now(), kBatch));
    MACHIYA_TRY(events, dao::pending(tx, kBatch));
    return true;
  });
  if (!found.ok()) return std::move(found).error();
  Outcome out;
  if (!failures.empty()) {
    MACHIYA_TRY(const Outcome more, again(failures));
    out = more;
  }
  if (!events.empty()) {
    MACHIYA_TRY(const Outcome more, fresh(events));
    out.delivered += more.delivered;
    out.tried += more.tried;
    out.full = out.full || more.full;
  }
  return out;
}

Result<std::int64_t> Delivery::prune() {
  return store_.write([&](store::Tx& tx) { return dao::prune(tx, Instant{clock_.now().us - kKeep}, 500); });
}

}  // namespace machiya::events
