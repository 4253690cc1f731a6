#include "platform/http/worker_pool.h"

#include <algorithm>
#include <chrono>

namespace machiya::http {
namespace {
constexpr std::size_t kLively = 2;  ///< threads that serve quick work
constexpr std::size_t kChain = 2;   ///< threads that slow work calls before it starts
constexpr auto kWatch = std::chrono::milliseconds(1);
constexpr int kCalmRounds = 100;
}  // namespace

WorkerPool::WorkerPool(int threads) {
  for (int i = 0; i < std::max(1, threads); ++i) workers_.push_back(std::make_unique<Worker>());
  lively_ = workers_.size();
  for (auto& w : workers_) w->thread = std::thread([this, worker = w.get()] { work(*worker); });
  watchdog_ = std::thread([this] { watch(); });
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    for (auto& w : workers_) w->wake.notify_one();
    watchdog_wake_.notify_one();
  }
  for (auto& w : workers_) w->thread.join();
  watchdog_.join();
}

std::size_t WorkerPool::queued() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

/// Takes threads off the idle list; they are notified by the caller.
void WorkerPool::call_idle(std::size_t count, std::vector<Worker*>& out) {
  for (count = std::min(count, idle_.size()); count > 0; --count) {
    idle_.back()->called = true;
    ++lively_;
    out.push_back(idle_.back());
    idle_.pop_back();
  }
}

void WorkerPool::push(std::vector<std::shared_ptr<Work>>& batch) {
  if (batch.empty()) return;
  thread_local std::vector<Worker*> called;
  called.clear();
  {
    std::unique_lock lock(mutex_);
    if (stopping_) {
      lock.unlock();
      for (auto& work : batch) work->run();
      return batch.clear();
    }
    for (auto& work : batch) queue_.push_back(std::move(work));
    if (lively_ < kLively) call_idle(std::min(queue_.size(), kLively - lively_), called);
    if (watchdog_asleep_) watchdog_wake_.notify_one();
  }
  batch.clear();
  for (Worker* w : called) w->wake.notify_one();
}

void WorkerPool::work(Worker& self) {
  std::vector<Worker*> called;
  std::unique_lock lock(mutex_);
  for (;;) {
    while (queue_.empty()) {
      if (stopping_) return;
      --lively_;
      idle_.push_back(&self);
      self.called = false;
      self.wake.wait(lock, [&] { return self.called || stopping_; });
      if (!self.called) {  // stopping: nobody took us off the list
        ++lively_;
        idle_.erase(std::find(idle_.begin(), idle_.end(), &self));
      }
    }
    std::shared_ptr<Work> work = std::move(queue_.front());
    queue_.pop_front();
    ++taken_;
    const bool quick = work->is_quick();
    if (!quick) {
      --lively_;
      if (lively_ < kLively && !queue_.empty()) call_idle(std::min(queue_.size(), kChain), called);
    }
    lock.unlock();
    for (Worker* w : called) w->wake.notify_one();
    called.clear();
    work->run();
    work.reset();
    lock.lock();
    if (!quick) ++lively_;
  }
}

void WorkerPool::watch() {
  std::vector<Worker*> called;
  std::unique_lock lock(mutex_);
  std::uint64_t seen = 0;
  for (int calm = 0; !stopping_;) {
    if (calm >= kCalmRounds) {
      watchdog_asleep_ = true;
      watchdog_wake_.wait(lock);
      watchdog_asleep_ = false;
      calm = 0;
    }
    watchdog_wake_.wait_for(lock, kWatch);
    calm = queue_.empty() ? calm + 1 : 0;
    if (!queue_.empty() && taken_ == seen) {  // nobody takes work: the lively ones hang in something slow
      call_idle(queue_.size(), called);
      for (Worker* w : called) w->wake.notify_one();
      called.clear();
    }
    seen = taken_;
  }
}

}  // namespace machiya::http
