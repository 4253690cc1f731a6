#include "platform/jobs/jobs.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "base/log.h"
#include "platform/jobs/jobs_dao.h"
#include "platform/store/lease.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_jobs();
}

namespace machiya::jobs {

namespace {

// A commit wakes a thread; they also look by themselves, for retries and for jobs of other processes.
constexpr std::chrono::milliseconds kLook{500};
constexpr std::int64_t kLongestBackoff = kHour;
constexpr std::size_t kErrorLength = 500;
const char* const kVanished = "its worker vanished each time before it finished";

Error lost_lease() { return Error(ErrorCode::conflict, "the lease of this job has run out"); }

/// first, twice that, four times … with ±20 % so that what failed together does not come back together.
std::int64_t backoff(const Kind& kind, int attempt) {
  static thread_local std::minstd_rand random(std::random_device{}());
  const std::int64_t base = std::min((kind.first_backoff_s * kSecond) << std::min(attempt - 1, 20), kLongestBackoff);
  return base * std::uniform_int_distribution<int>(80, 120)(random) / 100;
}

}  // namespace

struct Jobs::Impl {
  Impl(store::Store& s, const Clock& c) : store(s), clock(c), owner(store::new_lease_owner()) {}

  store::Store& store;
  const Clock& clock;
  const std::string owner;
  std::map<std::string, Kind, std::less<>> kinds;
  std::map<std::string, std::function<Result<void>(const Job&)>, std::less<>> handlers;
  std::mutex mutex;
  std::condition_variable wake;
  bool running = false;
  std::int64_t signals = 0;   ///< commits that brought work since the start
  std::vector<std::thread> threads;

  const Kind& kind(std::string_view name) const {
    const auto found = kinds.find(name);
    MACHIYA_ASSERT(found != kinds.end());   // a job of an undeclared kind is a broken invariant
    return found->second;
  }
  void poke() {
    std::lock_guard lock(mutex);
    ++signals;
    wake.notify_one();
  }
  Result<void> run(const std::string& kind, const Job& job, Jobs& jobs);
  bool run_one_of_each(Jobs& jobs);
  void loop(Jobs& jobs);
};

Jobs::Jobs(store::Store& store, const Clock& clock) : impl_(std::make_unique<Impl>(store, clock)) {}

Jobs::~Jobs() { stop(); }

void Jobs::declare(Kind kind) {
  MACHIYA_ASSERT(kind.lease_s > 0 && kind.max_attempts > 0 && kind.first_backoff_s > 0);
  std::string name = kind.name;
  MACHIYA_ASSERT(impl_->kinds.emplace(std::move(name), std::move(kind)).second);
}

Result<std::int64_t> Jobs::enqueue(store::Tx& tx, std::string_view kind, json::Value payload, std::optional<Instant> not_before,
                                   std::string_view unique) {
  (void)impl_->kind(kind);
  const Instant now = impl_->clock.now();
  bool created = false;
  MACHIYA_TRY(const std::int64_t id, dao::insert(tx, kind, payload, not_before.value_or(now), now, unique, created));
  if (created && impl_->handlers.count(std::string(kind))) tx.after_commit([impl = impl_.get()] { impl->poke(); });
  return id;
}

void Jobs::handle(std::string kind, std::function<Result<void>(const Job&)> run) {
  (void)impl_->kind(kind);
  MACHIYA_ASSERT(!impl_->running);
  impl_->handlers[std::move(kind)] = std::move(run);
}

Result<std::optional<Job>> Jobs::lease(std::string_view kind_name, std::string_view owner) {
  const Kind& kind = impl_->kind(kind_name);
  return impl_->store.write([&](store::Tx& tx) -> Result<std::optional<Job>> {
    const Instant now = impl_->clock.now();
    for (;;) {
      MACHIYA_TRY(auto job, dao::take(tx, kind_name, owner, now, Instant{now.us + kind.lease_s * kSecond}));
      if (!job || job->attempt <= kind.max_attempts) return job;
      MACHIYA_TRY([[maybe_unused]] const bool buried, dao::bury(tx, *job, now, kVanished));
      log(LogLevel::error, "job-dead", {{"kind", job->kind}, {"job", std::to_string(job->id)}, {"error", kVanished}});
    }
  });
}

Result<void> Jobs::finish(store::Tx& tx, const Job& job) {
  MACHIYA_TRY(const bool mine, dao::remove(tx, job));
  if (!mine) return lost_lease();
  return {};
}

Result<void> Jobs::finish(const Job& job) {
  MACHIYA_TRY(const bool mine, impl_->store.write([&](store::Tx& tx) { return dao::remove(tx, job); }));
  if (!mine) return lost_lease();
  return {};
}

Result<void> Jobs::renew(const Job& job) {
  const Instant until{impl_->clock.now().us + impl_->kind(job.kind).lease_s * kSecond};
  MACHIYA_TRY(const bool mine, impl_->store.write([&](store::Tx& tx) { return dao::prolong(tx, job, until); }));
  if (!mine) return lost_lease();
  return {};
}

Result<void> Jobs::fail(const Job& job, std::string_view error) {
  const Kind& kind = impl_->kind(job.kind);
  const Instant now = impl_->clock.now();
  const bool dies = job.attempt >= kind.max_attempts;
  const std::string_view text = error.substr(0, kErrorLength);
  auto done = impl_->store.write([&](store::Tx& tx) -> Result<bool> {
    if (dies) return dao::bury(tx, job, now, text);
    return dao::retry_at(tx, job, Instant{now.us + backoff(kind, job.attempt)}, text);
  });
  if (!done.ok()) return std::move(done).error();
  if (!*done) return lost_lease();
  if (dies) log(LogLevel::error, "job-dead", {{"kind", job.kind}, {"job", std::to_string(job.id)}, {"error", std::string(text)}});
  return {};
}

Result<void> Jobs::Impl::run(const std::string& kind, const Job& job, Jobs& jobs) {
  Result<void> outcome;
  try {
    outcome = handlers.at(kind)(job);
  } catch (const std::exception& bug) {
    outcome = Error(ErrorCode::internal, std::string("exception: ") + bug.what());
  }
  auto settled = outcome.ok() ? jobs.finish(job) : jobs.fail(job, outcome.error().to_string());
  // A handler that finished the job in its own transaction left nothing to finish.
  if (!settled.ok() && settled.error().code == ErrorCode::conflict && outcome.ok()) return {};
  return settled;
}

/// One due job of each handled kind. True when there was any.
bool Jobs::Impl::run_one_of_each(Jobs& jobs) {
  bool any = false;
  for (const auto& [kind, handler] : handlers) {
    auto job = jobs.lease(kind, owner);
    if (!job.ok()) log(LogLevel::warn, "job-lease-failed", {{"kind", kind}, {"error", job.error().to_string()}});
    if (!job.ok() || !*job) continue;
    any = true;
    if (auto done = run(kind, **job, jobs); !done.ok())
      log(LogLevel::warn, "job-outcome-not-stored", {{"kind", kind}, {"error", done.error().to_string()}});
  }
  return any;
}

void Jobs::Impl::loop(Jobs& jobs) {
  std::int64_t seen = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex);
      wake.wait_for(lock, kLook, [&] { return !running || signals != seen; });
      if (!running) return;
      seen = signals;
    }
    const auto going = [&] {
      std::lock_guard lock(mutex);
      return running;
    };
    while (going() && run_one_of_each(jobs)) {
    }
  }
}

void Jobs::start(int threads) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->running) return;
  impl_->running = true;
  ++impl_->signals;
  for (int i = 0; i < std::max(threads, 1); ++i) impl_->threads.emplace_back([this] { impl_->loop(*this); });
}

void Jobs::stop() {
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->running = false;
    threads.swap(impl_->threads);
    impl_->wake.notify_all();
  }
  for (auto& t : threads) t.join();
}

Result<int> Jobs::run_due() {
  int ran = 0;
  for (const auto& [kind, handler] : impl_->handlers)
    for (;;) {
      MACHIYA_TRY(const auto job, lease(kind, impl_->owner));
      if (!job) break;
      ++ran;
      MACHIYA_CHECK(impl_->run(kind, *job, *this));
    }
  return ran;
}

Result<std::vector<DeadJob>> Jobs::dead(int limit) {
  return impl_->store.read([&](store::ReadTx& tx) { return dao::dead(tx, limit); });
}

Result<void> Jobs::revive(std::int64_t id) {
  return impl_->store.write([&](store::Tx& tx) { return revive(tx, id); });
}

Result<void> Jobs::revive(store::Tx& tx, std::int64_t id) {
  MACHIYA_TRY(const bool found, dao::revive(tx, id, impl_->clock.now()));
  if (!found) return Error(ErrorCode::not_found, "no such dead job");
  tx.after_commit([impl = impl_.get()] { impl->poke(); });
  return {};
}

Result<void> Jobs::discard(store::Tx& tx, std::int64_t id) {
  MACHIYA_TRY(const bool found, dao::drop_dead(tx, id));
  if (!found) return Error(ErrorCode::not_found, "no such dead job");
  return {};
}

Result<Jobs::Counts> Jobs::counts() {
  return impl_->store.read([](store::ReadTx& tx) { return dao::counts(tx); });
}

std::vector<store::Migration> Jobs::migrations() { return sql_migrations_jobs(); }

}  // namespace machiya::jobs
