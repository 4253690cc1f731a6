// From the queues to the subscribers, and the threads of it all.
#include <algorithm>
#include <chrono>

#include "sense/subscriptions/inside.h"

namespace machiya::sense {
namespace {

constexpr std::int64_t kLongestSleepUs = 500'000;   // a clock that is set must be looked at
constexpr std::size_t kLettersAtOnce = 100;
constexpr std::size_t kMessagesAtOnce = 256;   // of one worker, by MQTT
const Handed kUnspoken{Handed::State::unreachable, "nothing here speaks this endpoint's protocol", 0};

std::string array_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& t : texts) out += (out.size() > 1 ? "," : "") + t;
  return out + "]";
}

}  // namespace

std::vector<std::string> Subscriptions::Inside::data_of_jobs(const Subscription& s, std::span<const Job> jobs) const {
  std::vector<std::string> out;
  for (const Job& job : jobs) {
    std::vector<std::string> texts = job.event ? data_seen(s, job.event->record) : job.prepared;
    if (out.empty()) out = std::move(texts);
    else out.insert(out.end(), std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end()));
  }
  return out;
}

Notifier* Subscriptions::Inside::notifier_of(const Subscription& s) const { return s.endpoint.mqtt ? notifiers.mqtt : notifiers.http; }

Parcel Subscriptions::Inside::parcel_for(const Subscription& s, const std::vector<std::string>& data, std::string_view reason) {
  return parcel_of(s, "urn:ngsi-ld:Notification:" + new_public_id(rng), clock.now().us, data, reason);
}

Handed Subscriptions::Inside::hand_over(const Subscription& s, const std::vector<std::string>& data, std::string_view reason) {
  Notifier* notifier = notifier_of(s);
  return notifier == nullptr ? kUnspoken : notifier->hand_over(parcel_for(s, data, reason));
}

// One; of those that leave by MQTT as many as go to the same broker: a thread that waits for each receipt would cost more than the notification.
std::vector<Delivery::Flight> Subscriptions::Inside::take_some() {
  std::vector<Delivery::Flight> out;
  std::optional<Delivery::Flight> next = delivery.take(clock.now().us);
  const std::string broker = next && next->subscription->endpoint.mqtt ? next->subscription->endpoint.key : std::string();
  for (std::size_t messages = 0; next;) {
    messages += next->apart ? next->jobs.size() : 1;
    out.push_back(std::move(*next));
    next = broker.empty() || messages >= kMessagesAtOnce ? std::nullopt : delivery.take_to(broker, clock.now().us);
  }
  return out;
}

// All to one endpoint.
void Subscriptions::Inside::fly(std::vector<Delivery::Flight>& flights) {
  Notifier* notifier = notifier_of(*flights.front().subscription);
  std::vector<Parcel> parcels;
  std::vector<std::vector<Handed>> outcomes(flights.size());
  std::vector<Handed*> waits;   // of each parcel
  for (std::size_t f = 0; f < flights.size(); ++f) {
    const Delivery::Flight& flight = flights[f];
    if (flight.bury) continue;
    const std::size_t each = flight.apart ? 1 : flight.jobs.size();
    // What is left so: its maker may not see it any more, and there is nothing to tell.
    outcomes[f].resize(flight.jobs.size() / each, notifier == nullptr ? kUnspoken : Handed{});
    for (std::size_t m = 0; m < outcomes[f].size() && notifier != nullptr; ++m) {
      const std::vector<std::string> data = data_of_jobs(*flight.subscription, std::span(flight.jobs).subspan(m * each, each));
      if (data.empty()) continue;
      parcels.push_back(parcel_for(*flight.subscription, data, flight.jobs[m * each].reason));
      waits.push_back(&outcomes[f][m]);
    }
  }
  if (!parcels.empty()) {
    std::vector<Handed> handed = notifier->hand_over_all(parcels);
    for (std::size_t i = 0; i < waits.size(); ++i) *waits[i] = std::move(handed[i]);
  }
  for (std::size_t f = 0; f < flights.size(); ++f)
    if (flights[f].bury || delivery.landed(flights[f], outcomes[f], clock.now().us)) bury(flights[f]);
}

// Dead letters first, then the cursor: a crash between the two gives the same row again.
void Subscriptions::Inside::bury(Delivery::Flight& flight) {
  const std::int64_t now = clock.now().us;
  bool written = true;
  for (std::size_t from = 0; from < flight.jobs.size() && written; from += kLettersAtOnce) {
    std::vector<DeadLetter> letters;
    for (std::size_t i = from; i < std::min(flight.jobs.size(), from + kLettersAtOnce); ++i) {
      const EventPtr& event = flight.jobs[i].event;
      if (!event) continue;   // of an interval: the next one says the same; registrations can be asked for
      letters.push_back({0, flight.subscription->tenant, flight.subscription->id, event->number, std::string(event->record.entity().id), event->record.at_us, now, flight.tries, flight.cause,
                         array_of(data_seen(*flight.subscription, event->record))});
    }
    if (!letters.empty()) written = store.write([&](store::Tx& tx) { return insert_dead_letters(tx, letters); }).ok();
  }
  delivery.buried(flight, written, clock.now().us);
}

// ---- threads

void Subscriptions::Inside::ring(Bell& bell) {
  {
    std::lock_guard hold(wake_mutex);
    ++bell.rings;
  }
  bell.rung.notify_all();
}

void Subscriptions::Inside::ring_worker() {
  {
    std::lock_guard hold(wake_mutex);
    ++worker_bell.rings;
  }
  worker_bell.rung.notify_one();
}

void Subscriptions::Inside::wake() {
  ring(matcher_bell);
  ring(worker_bell);
}

void Subscriptions::Inside::sleep(Bell& bell, std::uint64_t& seen, std::int64_t until_us) {
  const std::int64_t us = std::clamp<std::int64_t>(until_us - clock.now().us, 0, kLongestSleepUs);
  std::unique_lock hold(wake_mutex);
  bell.rung.wait_for(hold, std::chrono::microseconds(us), [&] { return stopping || bell.rings != seen; });
  seen = bell.rings;
}

void Subscriptions::Inside::run_matcher() {
  std::uint64_t seen = 0;
  for (std::int64_t flush_at = 0; !stopping;) {
    bool did = match_some();
    did |= match_sources(clock.now().us);
    did |= catch_up();
    did |= tick(clock.now().us);
    const std::int64_t now = clock.now().us;
    if (now >= flush_at || flush_at > now + options.flush_us) {
      if (!flush().ok()) did = false;   // the disk is full or away: later
      flush_at = now + options.flush_us;
    }
    if (did && delivery.has_ready()) ring_worker();
    if (!did) sleep(matcher_bell, seen, std::min(flush_at, next_tick(now)));
  }
}

void Subscriptions::Inside::run_worker() {
  std::uint64_t seen = 0;
  while (!stopping) {
    {
      std::lock_guard hold(wake_mutex);
      seen = worker_bell.rings;
    }
    if (std::vector<Delivery::Flight> flights = take_some(); !flights.empty()) {
      if (delivery.has_ready()) ring_worker();
      fly(flights);
      continue;
    }
    sleep(worker_bell, seen, delivery.next_due());
  }
}

void Subscriptions::Inside::stop() {
  {
    std::lock_guard hold(wake_mutex);
    stopping = true;
  }
  matcher_bell.rung.notify_all();
  worker_bell.rung.notify_all();
  for (std::thread& t : threads) t.join();
  threads.clear();
}

void Subscriptions::start() {
  in_->threads.emplace_back([this] { in_->run_matcher(); });
  for (int i = 0; i < in_->options.workers; ++i) in_->threads.emplace_back([this] { in_->run_worker(); });
}

void Subscriptions::pump() {
  for (bool did = true; did;) {
    did = in_->match_some();
    did |= in_->match_sources(in_->clock.now().us);
    did |= in_->catch_up();
    did |= in_->tick(in_->clock.now().us);
    for (auto flights = in_->take_some(); !flights.empty(); flights = in_->take_some()) in_->fly(flights), did = true;
  }
}

Result<void> Subscriptions::flush() { return in_->flush(); }

}  // namespace machiya::sense
