#include "platform/events/events.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "platform/events/delivery.h"
#include "platform/events/events_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_events();
}

namespace machiya::events {

namespace {

// A commit wakes the thread; it also looks by itself, for retries and for events of other processes.
constexpr std::chrono::milliseconds kLook{500};
constexpr std::chrono::minutes kPruneEvery{1};

}  // namespace

struct Events::Impl {
  Impl(store::Store& s, const Clock& c) : store(s), clock(c), delivery(s, c, subscriptions) {}

  store::Store& store;
  const Clock& clock;
  std::vector<EventType> types;
  std::vector<Subscription> subscriptions;
  Delivery delivery;
  std::mutex delivery_mutex;   ///< one round at a time
  std::mutex mutex;
  std::condition_variable wake;
  bool running = false, awake = false;
  std::thread thread;

  const EventType* find(std::string_view type) const {
    for (const EventType& t : types)
      if (t.type == type) return &t;
    return nullptr;
  }
  bool consumed(std::string_view type) const {
    return std::any_of(subscriptions.begin(), subscriptions.end(), [&](const Subscription& s) { return s.type == type; });
  }
  void poke() {
    std::lock_guard lock(mutex);
    awake = true;
    wake.notify_one();
  }
  void loop();
};

void Events::Impl::loop() {
  auto next_prune = std::chrono::steady_clock::now();
  for (bool more = false;;) {
    {
      std::unique_lock lock(mutex);
      if (!more) wake.wait_for(lock, kLook, [&] { return awake || !running; });
      if (!running) return;
      awake = false;
    }
    std::lock_guard one(delivery_mutex);
    auto done = delivery.round();
    more = done.ok() && done->full;
    // `conflict`: another process took the lease meanwhile; it delivers now.
    if (!done.ok() && done.error().code != ErrorCode::conflict)
      log(LogLevel::error, "event-delivery-failed", {{"error", done.error().to_string()}});
    if (std::chrono::steady_clock::now() < next_prune) continue;
    next_prune = std::chrono::steady_clock::now() + kPruneEvery;
    if (auto pruned = delivery.prune(); !pruned.ok())
      log(LogLevel::warn, "event-prune-failed", {{"error", pruned.error().to_string()}});
  }
}

Events::Events(store::Store& store, const Clock& clock) : impl_(std::make_unique<Impl>(store, clock)) {}

Events::~Events() { stop(); }

void Events::declare(EventType type) {
  MACHIYA_ASSERT(!impl_->running && !impl_->find(type.type));
  impl_->types.push_back(std::move(type));
}

Result<void> Events::emit(store::Tx& tx, std::string_view type, std::string_view key, json::Value payload) {
  std::vector<Draft> one;
  one.push_back({std::string(type), std::string(key), std::move(payload)});
  return emit(tx, std::move(one));
}

Result<void> Events::emit(store::Tx& tx, std::vector<Draft> drafts) {
  const Instant now = impl_->clock.now();
  std::vector<dao::Outgoing> rows;
  bool any = false;
  for (Draft& draft : drafts) {
    MACHIYA_ASSERT(impl_->find(draft.type));
    const bool pending = impl_->consumed(draft.type);
    any = any || pending;
    rows.push_back({{0, std::move(draft.type), std::move(draft.key), std::move(draft.payload), now}, pending});
  }
  MACHIYA_CHECK(dao::insert(tx, rows));
  if (any) tx.after_commit([impl = impl_.get()] { impl->poke(); });
  return {};
}

void Events::subscribe(std::string consumer, std::string type, std::function<Result<void>(store::Tx&, const Event&)> handle) {
  subscribe_batch(std::move(consumer), {std::move(type)}, [handle = std::move(handle)](store::Tx& tx, const Batch& events) -> Result<void> {
    for (const Event* event : events) MACHIYA_CHECK(handle(tx, *event));
    return {};
  });
}

void Events::subscribe_batch(std::string consumer, std::vector<std::string> types, std::function<Result<void>(store::Tx&, const Batch&)> handle) {
  MACHIYA_ASSERT(!impl_->running);
  const auto shared = std::make_shared<const Handler>(std::move(handle));
  for (std::string& type : types) impl_->subscriptions.push_back({consumer, std::move(type), shared});
}

void Events::start() {
  std::lock_guard lock(impl_->mutex);
  if (impl_->running) return;
  impl_->running = true;
  impl_->awake = true;
  impl_->thread = std::thread([this] { impl_->loop(); });
}

void Events::stop() {
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->running) return;
    impl_->running = false;
    impl_->wake.notify_all();
  }
  impl_->thread.join();
  std::lock_guard one(impl_->delivery_mutex);
  if (auto released = impl_->delivery.release(); !released.ok())
    log(LogLevel::warn, "event-delivery-stop", {{"error", released.error().to_string()}});
}

Result<std::int64_t> Events::deliver_now() {
  std::lock_guard one(impl_->delivery_mutex);
  std::int64_t delivered = 0;
  for (;;) {
    MACHIYA_TRY(const auto outcome, impl_->delivery.round());
    delivered += outcome.delivered;
    if (outcome.tried == 0) return delivered;
  }
}

const std::vector<EventType>& Events::types() const { return impl_->types; }

std::vector<std::string> Events::consumers_of(std::string_view type) const {
  std::vector<std::string> out;
  for (const Subscription& s : impl_->subscriptions)
    if (s.type == type) out.push_back(s.consumer);
  return out;
}

Result<std::vector<Events::Open>> Events::open(int limit) {
  return impl_->store.read([&](store::ReadTx& tx) { return dao::open(tx, limit); });
}

Result<void> Events::retry_parked(store::Tx& tx, std::int64_t event_id, std::string_view consumer) {
  MACHIYA_TRY(const bool found, dao::unpark(tx, event_id, consumer));
  if (!found) return Error(ErrorCode::not_found, "no such parked delivery");
  tx.after_commit([impl = impl_.get()] { impl->poke(); });
  return {};
}

Result<void> Events::discard_parked(store::Tx& tx, std::int64_t event_id, std::string_view consumer) {
  MACHIYA_TRY(const bool found, dao::drop_parked(tx, event_id, consumer));
  if (!found) return Error(ErrorCode::not_found, "no such parked delivery");
  return {};
}

Result<Events::Counts> Events::counts() {
  return impl_->store.read([](store::ReadTx& tx) { return dao::counts(tx); });
}

std::vector<store::Migration> Events::migrations() { return sql_migrations_events(); }

}  // namespace machiya::events
