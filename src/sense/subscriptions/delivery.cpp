#include "sense/subscriptions/delivery.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace machiya::sense {

Delivery::Look Delivery::look(const Slot& slot) const {
  std::lock_guard hold(mutex_);
  return {slot.subscription, slot.state.fired_us, slot.behind, slot.since, slot.waiting < options_.most_waiting, slot.waiting};
}

// ---- what comes in

void Delivery::make_ready(const SlotPtr& slot, std::size_t lane) {
  slot->lanes[lane]->state = Lane::State::ready;
  ready_.push_back({slot, lane});
}

void Delivery::wait(const SlotPtr& slot, std::size_t lane, std::int64_t due_us) {
  slot->lanes[lane]->state = Lane::State::waiting, slot->lanes[lane]->due_us = due_us;
  waiting_.emplace(due_us, Ref{slot, lane});
}

void Delivery::push(const SlotPtr& slot, std::size_t lane, Job job) {
  if (!slot->lanes[lane]) slot->lanes[lane] = std::make_unique<Lane>();
  slot->lanes[lane]->jobs.push_back(std::move(job));
  ++slot->waiting, slot->dirty = true;
  if (slot->lanes[lane]->state == Lane::State::idle) make_ready(slot, lane);
}

void Delivery::add(const SlotPtr& slot, EventPtr event) {
  std::lock_guard hold(mutex_);
  if (slot->gone) return;
  slot->open.push_back({event->number, false, slot->state.fired_us});
  slot->state.fired_us = event->record.at_us;
  const std::size_t lane = event->hash % kLanes;
  push(slot, lane, {std::move(event), {}, 0, false, {}});
}

bool Delivery::add_periodic(const SlotPtr& slot, std::vector<std::vector<std::string>> parts, std::int64_t now_us, std::string_view reason) {
  std::lock_guard hold(mutex_);
  if (slot->gone || slot->waiting > 0) return false;
  slot->state.fired_us = now_us;
  for (auto& part : parts) push(slot, 0, {nullptr, std::move(part), 0, false, std::string(reason)});
  return true;
}

void Delivery::add_sources(const SlotPtr& slot, std::vector<std::string> texts, std::string_view reason, std::int64_t now_us) {
  std::lock_guard hold(mutex_);
  if (slot->gone) return;
  slot->state.fired_us = now_us;
  push(slot, 0, {nullptr, std::move(texts), 0, false, std::string(reason)});
}

void Delivery::change(const SlotPtr& slot, SubscriptionPtr subscription, std::uint64_t since) {
  std::lock_guard hold(mutex_);
  slot->gone = subscription == nullptr, slot->since = std::max(slot->since, since);
  if (subscription) slot->subscription = std::move(subscription);
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->second.slot != slot) {
      ++it;
      continue;
    }
    make_ready(slot, it->second.lane);
    it = waiting_.erase(it);
  }
}

void Delivery::set_behind(Slot& slot, std::uint64_t from) {
  std::lock_guard hold(mutex_);
  slot.behind = from;
}

// ---- what goes out

std::int64_t Delivery::back_off(int failures) const {
  std::int64_t out = options_.first_wait_us;
  for (int i = 1; i < failures && out < options_.longest_wait_us; ++i) out *= 2;
  return std::min(out, options_.longest_wait_us);
}

std::optional<Delivery::Flight> Delivery::take(std::int64_t now_us) {
  std::lock_guard hold(mutex_);
  while (!waiting_.empty() && waiting_.begin()->first <= now_us) {
    const Ref ref = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    make_ready(ref.slot, ref.lane);
  }
  while (!ready_.empty()) {
    const Ref ref = ready_.front();
    ready_.pop_front();
    if (auto flight = depart(ref, now_us)) return flight;
  }
  return std::nullopt;
}

std::optional<Delivery::Flight> Delivery::take_to(const std::string& endpoint, std::int64_t now_us) {
  constexpr std::size_t kFar = 64;
  std::lock_guard hold(mutex_);
  for (std::size_t i = 0; i < std::min(ready_.size(), kFar);) {
    if (ready_[i].slot->subscription->endpoint.key != endpoint) {
      ++i;
      continue;
    }
    const Ref ref = ready_[i];
    ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(i));
    if (auto flight = depart(ref, now_us)) return flight;
  }
  return std::nullopt;
}

std::optional<Delivery::Flight> Delivery::depart(const Ref& ref, std::int64_t now_us) {
  Slot& slot = *ref.slot;
  Lane& lane = *slot.lanes[ref.lane];
  lane.state = Lane::State::idle;
  if (slot.gone) {
    finish(slot, lane, lane.jobs.size());
    return std::nullopt;
  }
  if (lane.jobs.empty()) return std::nullopt;
  const auto give_up = [&](std::string cause, int tries) {
    Flight out = load(ref, lane.jobs.size());
    out.bury = true, out.cause = std::move(cause), out.tries = tries;
    return out;
  };
  if (!slot.subscription->active) return give_up("the subscription was paused", 0);
  if (slot.subscription->expired(now_us)) return give_up("the subscription has expired", 0);
  const auto found = breakers_.find(slot.subscription->endpoint.key);
  if (found == breakers_.end() || found->second.rounds == 0) return load_some(ref);
  Breaker& breaker = found->second;
  if (breaker.until_us > now_us && breaker.rounds >= options_.most_tries) return give_up(breaker.cause, breaker.rounds);
  if (breaker.until_us > now_us || breaker.trial) {
    wait(ref.slot, ref.lane, std::max(breaker.until_us, now_us + options_.first_wait_us));
    return std::nullopt;
  }
  breaker.trial = true;
  Flight out = load(ref, together(slot, lane));   // one message shows it
  out.trial = true;
  return out;
}

Delivery::Flight Delivery::load(const Ref& ref, std::size_t n) {
  Lane& lane = *ref.slot->lanes[ref.lane];
  lane.state = Lane::State::flying, lane.flying = n, ++flying_;
  Flight out;
  out.slot = ref.slot, out.subscription = ref.slot->subscription, out.lane = ref.lane;
  out.jobs.assign(lane.jobs.begin(), lane.jobs.begin() + static_cast<std::ptrdiff_t>(n));
  return out;
}

namespace {
// How many at the front of the queue are changes of different entities.
std::size_t different(const std::deque<Job>& jobs, std::size_t most) {
  most = std::min(most, jobs.size());
  static thread_local std::vector<const Event*> seen;   // a table without chains, at most half full
  seen.assign(std::bit_ceil(2 * most + 1), nullptr);
  const auto is_new = [&](const Event& e) {
    // The low bits of the hash say the lane: here all are alike.
    std::size_t at = (e.hash / kLanes) & (seen.size() - 1);
    for (; seen[at] != nullptr; at = (at + 1) & (seen.size() - 1))
      if (seen[at]->hash == e.hash && seen[at]->record.entity().id == e.record.entity().id) return false;
    seen[at] = &e;
    return true;
  };
  std::size_t n = 0;
  while (n < most && jobs[n].event && is_new(*jobs[n].event)) ++n;
  return n;
}
}  // namespace

// One message; several of different entities where the endpoint takes them.
Delivery::Flight Delivery::load_some(const Ref& ref) {
  const Slot& slot = *ref.slot;
  const Lane& lane = *slot.lanes[ref.lane];
  std::size_t n = together(slot, lane);
  const bool apart = n == 1 && !lane.singly && slot.subscription->endpoint.mqtt;
  if (apart) n = std::max<std::size_t>(different(lane.jobs, options_.most_apart), 1);
  Flight out = load(ref, n);
  out.apart = apart;
  return out;
}

// Changes of different entities go together when several wait; two of the same entity never do: each is a notification of its own.
std::size_t Delivery::together(const Slot& slot, const Lane& lane) const {
  if (lane.singly || options_.most_together <= 1 || slot.subscription->join != Subscription::Join::none || slot.subscription->v2) return 1;
  return std::max<std::size_t>(different(lane.jobs, options_.most_together), 1);
}

// ---- how it went

// One message, and the jobs that were in it.
void Delivery::tally(Slot& slot, Lane& lane, std::size_t first, std::size_t n, const Handed& handed, std::int64_t now_us) {
  const bool ok = handed.state == Handed::State::taken;
  SubscriptionState& s = slot.state;
  if (!lane.jobs[first].counted) {
    for (std::size_t i = first; i < first + n; ++i) lane.jobs[i].counted = true;
    ++s.sent;
    if (!ok) ++s.failed;
  }
  s.fails = ok ? 0 : s.fails + 1;
  s.last_us = now_us, s.last_ok = ok;
  (ok ? s.success_us : s.failure_us) = now_us;
  if (!ok) s.cause = handed.cause;
  slot.dirty = true;
}

// Until when the endpoint is left alone; 0 when it is not.
std::int64_t Delivery::trip(const Flight& flight, const Handed& handed, std::int64_t now_us) {
  const std::string& key = flight.subscription->endpoint.key;
  if (handed.state != Handed::State::unreachable) {
    breakers_.erase(key);
    return 0;
  }
  Breaker& breaker = breakers_[key];
  if (flight.trial) breaker.trial = false;
  breaker.cause = handed.cause;
  if (++breaker.failures < options_.breaker_after && !flight.trial) return 0;
  // Those that were under way together when it opened are one round.
  if (flight.trial || breaker.rounds == 0) ++breaker.rounds, breaker.until_us = now_us + std::max(back_off(breaker.rounds), handed.wait_us);
  return breaker.until_us;
}

namespace {
void mark_done(Slot& slot, const Job& job) {
  if (!job.event) return;
  const auto it = std::ranges::lower_bound(slot.open, job.event->number, {}, &Slot::Open::number);
  if (it != slot.open.end() && it->number == job.event->number) it->done = true;
}

void count_done(Slot& slot, std::size_t n) {
  while (!slot.open.empty() && slot.open.front().done) slot.open.pop_front();
  slot.waiting -= n, slot.dirty = true;
}
}  // namespace

void Delivery::finish(Slot& slot, Lane& lane, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) mark_done(slot, lane.jobs.front()), lane.jobs.pop_front();
  count_done(slot, n);
}

// Of messages that went apart: those that were not taken stay at the front, in their order.
void Delivery::finish_taken(Slot& slot, Lane& lane, std::span<const Handed> handed) {
  std::vector<Job> kept;
  for (const Handed& one : handed) {
    if (one.state == Handed::State::taken) mark_done(slot, lane.jobs.front());
    else kept.push_back(std::move(lane.jobs.front()));
    lane.jobs.pop_front();
  }
  count_done(slot, handed.size() - kept.size());
  lane.jobs.insert(lane.jobs.begin(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
}

// Of several messages one that nobody answered speaks for the endpoint; else one that was refused.
bool Delivery::landed(Flight& flight, std::span<const Handed> handed, std::int64_t now_us) {
  std::lock_guard hold(mutex_);
  Slot& slot = *flight.slot;
  Lane& lane = *slot.lanes[flight.lane];
  auto worst = std::ranges::find(handed, Handed::State::unreachable, &Handed::state);
  if (worst == handed.end()) worst = std::ranges::find(handed, Handed::State::refused, &Handed::state);
  const bool all_taken = worst == handed.end();
  if (!all_taken && std::ranges::find(handed, Handed::State::taken, &Handed::state) != handed.end()) lane.failures = 0, breakers_.erase(flight.subscription->endpoint.key);
  const std::int64_t closed_until = trip(flight, all_taken ? handed.front() : *worst, now_us);
  for (std::size_t i = 0; i < handed.size(); ++i) tally(slot, lane, i, flight.apart ? 1 : lane.flying, handed[i], now_us);
  if (!all_taken) {
    if (flight.apart) finish_taken(slot, lane, handed);
    if (failed(flight, lane, *worst, closed_until, now_us)) return true;
    --flying_, lane.flying = 0;
    return false;
  }
  lane.failures = 0, lane.singly = false;
  finish(slot, lane, lane.flying);
  --flying_, lane.flying = 0, lane.state = Lane::State::idle;
  if (!lane.jobs.empty()) make_ready(flight.slot, flight.lane);
  return false;
}

bool Delivery::failed(Flight& flight, Lane& lane, const Handed& handed, std::int64_t closed_until_us, std::int64_t now_us) {
  flight.cause = handed.cause;
  int failures = ++lane.failures;
  if (handed.state == Handed::State::refused) {
    lane.failures = 0;
    // Which of several it did not want shows when they go one by one.
    lane.singly = true;
    failures = ++lane.jobs.front().tries;
    if (lane.flying == 1 && failures >= options_.most_refused) return flight.bury = true, flight.tries = failures, true;
  } else if (failures >= options_.most_tries) {
    // Nobody has been there for so long: everything that waits in this lane is given up together.
    flight.jobs.assign(lane.jobs.begin(), lane.jobs.end());
    lane.flying = lane.jobs.size(), lane.failures = options_.most_tries - 1;
    return flight.bury = true, flight.tries = failures, true;
  }
  const std::int64_t pause = std::max({back_off(failures), handed.wait_us, flight.subscription->endpoint.cooldown_us});
  wait(flight.slot, flight.lane, std::max(now_us + pause, closed_until_us));
  return false;
}

void Delivery::buried(const Flight& flight, bool written, std::int64_t now_us) {
  std::lock_guard hold(mutex_);
  Lane& lane = *flight.slot->lanes[flight.lane];
  --flying_, lane.flying = 0;
  if (!written) return wait(flight.slot, flight.lane, now_us + options_.first_wait_us);
  finish(*flight.slot, lane, flight.jobs.size());
  lane.state = Lane::State::idle, lane.singly = false;
  if (!lane.jobs.empty()) make_ready(flight.slot, flight.lane);
}

// ---- how far it is

std::int64_t Delivery::next_due() const {
  std::lock_guard hold(mutex_);
  if (!ready_.empty()) return 0;
  return waiting_.empty() ? std::numeric_limits<std::int64_t>::max() : waiting_.begin()->first;
}

bool Delivery::has_ready() const {
  std::lock_guard hold(mutex_);
  return !ready_.empty();
}

bool Delivery::idle() const {
  std::lock_guard hold(mutex_);
  return ready_.empty() && waiting_.empty() && flying_ == 0;
}

namespace {
std::uint64_t done_up_to(const Slot& slot, std::uint64_t matched) {
  if (!slot.open.empty()) return slot.open.front().number - 1;
  return slot.behind != 0 ? slot.behind - 1 : matched;
}
}  // namespace

std::uint64_t Delivery::cursor(const Slot& slot, std::uint64_t matched) const {
  std::lock_guard hold(mutex_);
  return done_up_to(slot, matched);
}

SubscriptionState Delivery::state(const Slot& slot, std::uint64_t matched) const {
  std::lock_guard hold(mutex_);
  SubscriptionState out = slot.state;
  out.cursor = done_up_to(slot, matched);
  return out;
}

std::vector<SubscriptionState> Delivery::changed(const std::vector<SlotPtr>& slots, std::uint64_t matched) {
  std::lock_guard hold(mutex_);
  std::vector<SubscriptionState> out;
  for (const SlotPtr& slot : slots) {
    if (!slot->dirty || slot->gone) continue;
    slot->dirty = false;
    out.push_back(slot->state);
    out.back().cursor = done_up_to(*slot, matched);
    if (!slot->open.empty()) out.back().fired_us = slot->open.front().fired_before_us;
  }
  return out;
}

void Delivery::again(const std::vector<SlotPtr>& slots) {
  std::lock_guard hold(mutex_);
  for (const SlotPtr& slot : slots) slot->dirty = true;
}

}  // namespace machiya::sense
