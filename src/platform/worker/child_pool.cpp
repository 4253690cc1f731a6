#include "platform/worker/child_pool.h"

namespace machiya::worker {

ChildPool::ChildPool(const PoolOptions& options) : limit_(options.limit) {
  for (int i = 0; i < options.processes; ++i) idle_.push_back(std::make_unique<Child>(options.command));
}

Result<std::string> ChildPool::call(std::string_view message) {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return !idle_.empty(); });
  std::unique_ptr<Child> child = std::move(idle_.back());
  idle_.pop_back();
  lock.unlock();
  auto answer = child->call(message, limit_);
  lock.lock();
  idle_.push_back(std::move(child));
  lock.unlock();
  returned_.notify_one();
  return answer;
}

}  // namespace machiya::worker
