#include "platform/http/worker_pool.h"

#include <algorithm>
#include <chrono>

namespace machiya::http {
namespace {
constexpr std::int64_t kQuickNs = 60'000;    ///< work below this is not expected to block
constexpr std::int64_t kBacklogNs = 200'000;  ///< expected quick work for each lively thread before one more is called
constexpr std::size_t kChain = 2;   ///< threads that slow work calls before it starts
constexpr auto kWatch = std::chrono::milliseconds(1);
constexpr int kCalmRounds = 100;
}  // namespace

WorkerPool::WorkerPool(int threads) {
  processors_ = std::max(1U, std::thread::hardware_concurrency());
  for (int i = 0; i < std::max(1, threads); ++i) workers_.push_back(std::make_unique<Worker>());
  lively_ = workers_.size();
  for (auto& w : workers_) w->thread = std::thread([this, worker = w.get()] { work(*worker); });
  watchdog_ = std::thread([this] { watch(); });
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::stop() {
  {
    std::unique_lock lock(mutex_);
    all_came_.wait(lock, [&] { return expected_ == 0; });
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

/// One thread serves quick work until there is enough of it for another processor.
bool WorkerPool::wants_more() const {
  return lively_ == 0 || (lively_ < processors_ && queued_ns_ > kBacklogNs * static_cast<std::int64_t>(lively_));
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
    for (auto& work : batch) enqueue(std::move(work));
    if (wants_more()) call_idle(1, called);
    if (watchdog_asleep_) watchdog_wake_.notify_one();
  }
  batch.clear();
  for (Worker* w : called) w->wake.notify_one();
}

void WorkerPool::enqueue(std::shared_ptr<Work> work) {
  const std::int64_t cost = work->expected_ns();
  queued_ns_ += cost;
  queue_.emplace_back(std::move(work), cost);
}

void WorkerPool::expect() {
  std::lock_guard lock(mutex_);
  ++expected_;
}

void WorkerPool::push_expected(std::shared_ptr<Work> work) {
  thread_local std::vector<Worker*> called;
  called.clear();
  {
    std::lock_guard lock(mutex_);
    enqueue(std::move(work));
    if (wants_more()) call_idle(1, called);
    if (watchdog_asleep_) watchdog_wake_.notify_one();
    if (--expected_ == 0) all_came_.notify_all();
  }
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
    auto [work, cost] = std::move(queue_.front());
    queue_.pop_front();
    queued_ns_ -= cost;
    ++taken_;
    const bool quick = cost < kQuickNs;
    if (!quick) {
      --lively_;
      if (lively_ == 0 && !queue_.empty()) call_idle(std::min(queue_.size(), kChain), called);
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
