// A few worker processes of one kind, taken in turn.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/worker/child.h"

namespace machiya::worker {

struct PoolOptions {
  /// Program and arguments of the worker. "/proc/self/exe" is the running server itself.
  std::vector<std::string> command;
  int processes = 1;
  std::chrono::milliseconds limit{30'000};   ///< of one answer, wall clock
};
/// This program as a worker of one kind (worker_main.h).
inline PoolOptions own_workers(std::string kind, int processes) { return {{"/proc/self/exe", "worker", "--kind", std::move(kind)}, processes}; }

/// Thread-safe: as many calls at a time as there are processes, the others wait. A process starts at its first call.
class ChildPool {
 public:
  explicit ChildPool(const PoolOptions& options);
  Result<std::string> call(std::string_view message);

 private:
  const std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Child>> idle_;
};

}  // namespace machiya::worker
