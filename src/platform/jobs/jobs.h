// Durable jobs: leases, retries with back-off, dead letters. Heavy or hostile kinds run in `machiya worker --kind K`.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::jobs {

struct Job {
  std::int64_t id = 0;
  std::string kind;
  json::Value payload;
  int attempt = 0;            ///< 1 on the first run
  std::int64_t fence = 0;     ///< fencing token of the lease
};
struct Kind {
  std::string name;
  int lease_s = 60;
  int max_attempts = 8;
  int first_backoff_s = 2;    ///< doubles each time, ±20 % jitter
};
struct DeadJob {
  std::int64_t id = 0;
  std::string kind;
  std::string error;
  int attempts = 0;
  Instant died;
};

/// Thread-safe.
class Jobs {
 public:
  Jobs(store::Store& store, const Clock& clock);
  ~Jobs();
  void declare(Kind kind);
  /// `unique` (optional) makes a second enqueue with the same kind and key a no-op while one is open.
  Result<std::int64_t> enqueue(store::Tx& tx, std::string_view kind, json::Value payload, std::optional<Instant> not_before = {},
                               std::string_view unique = {});
  /// Runs in this process on a background thread.
  void handle(std::string kind, std::function<Result<void>(const Job&)> run);
  void start(int threads);
  void stop();
  /// Lease, finish and fail: what handle() and the worker process use.
  /// A job whose earlier leases all ran out (its worker died each time) goes to the dead letters like a failed one.
  Result<std::optional<Job>> lease(std::string_view kind, std::string_view owner);
  Result<void> finish(const Job& job);
  /// The same inside the transaction that holds the job's effect, so that both happen once. `conflict` when the lease
  /// has run out and another worker has taken the job.
  Result<void> finish(store::Tx& tx, const Job& job);
  /// Prolongs the lease of a long run by lease_s from now.
  Result<void> renew(const Job& job);
  Result<void> fail(const Job& job, std::string_view error);
  /// Runs every due job of handled kinds once; for tests.
  Result<int> run_due();
  Result<std::vector<DeadJob>> dead(int limit);
  /// Gives a dead job its attempts back. `conflict` when an open job has the same unique key.
  Result<void> revive(std::int64_t id);
  Result<void> revive(store::Tx& tx, std::int64_t id);
  /// Gives a dead job up for good; not_found when there is none. The caller writes down who and why.
  Result<void> discard(store::Tx& tx, std::int64_t id);
  struct Counts {
    std::int64_t waiting = 0;
    std::int64_t leased = 0;
    std::int64_t dead = 0;
  };
  Result<Counts> counts();
  static std::vector<store::Migration> migrations();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::jobs
