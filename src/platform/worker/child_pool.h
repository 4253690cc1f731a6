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

/// Thread-safe: as many calls at a time as there are processes, the others wait. A process starts at its first call.
class ChildPool {
 public:
  ChildPool(const std::vector<std::string>& command, int processes);
  Result<std::string> call(std::string_view message, std::chrono::milliseconds limit);

 private:
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Child>> idle_;
};

}  // namespace machiya::worker
