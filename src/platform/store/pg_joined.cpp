#include "platform/store/pg_joined.h"

namespace machiya::store {

namespace {
constexpr std::size_t kGroup = 24;         // bounds what is run again when one fails; larger ones leave the other processors waiting
constexpr std::size_t kQueue = 50'000;
}  // namespace

PgJoined::PgJoined(int threads, std::function<void(Group&)> run) : run_(std::move(run)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { loop(); });
}

void PgJoined::submit(Work work, Done done) {
  {
    std::lock_guard lock(mutex_);
    if (!closing_ && queue_.size() < kQueue) {
      queue_.push_back({std::move(work), std::move(done), {}});
      changed_.notify_one();
      return;
    }
  }
  done(Error(ErrorCode::unavailable, "the store is closed or too many writes are waiting"));
}

std::int64_t PgJoined::queued() const {
  std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(queue_.size());
}

void PgJoined::close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

void PgJoined::loop() {
  Group group;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      while (!queue_.empty() && group.size() < kGroup) {
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    run_(group);
    InsideWrite guard;   // callbacks may queue writes, not wait for them
    for (Item& item : group) item.done(std::move(item.result));
    group.clear();
  }
}

}  // namespace machiya::store
