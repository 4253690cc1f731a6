// A bounded pool of connections, opened when first needed. Thread-safe.
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::store {

template <class Connection>
class ConnectionPool {
 public:
  using Open = std::function<Result<std::unique_ptr<Connection>>()>;

  /// A borrowed connection; goes back when it ends, or is closed when drop() was called.
  class Loan {
   public:
    Loan(ConnectionPool& pool, std::unique_ptr<Connection> c) : pool_(&pool), connection_(std::move(c)) {}
    Loan(Loan&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (pool_) pool_->give_back(std::move(connection_));
    }
    Connection* operator->() const { return connection_.get(); }
    Connection& operator*() const { return *connection_; }
    void drop() { connection_.reset(); }
    bool holds() const { return connection_ != nullptr; }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  ConnectionPool(int size, Open open) : open_(std::move(open)), size_(size < 1 ? 1 : size), free_(size_) {}

  /// Waits until one is free. A running thread may overtake those that sleep (waking one for every call would cost a
  /// third of the throughput), but nobody who has waited 10 ms is overtaken any more.
  Result<Loan> take() {
    std::unique_lock lock(mutex_);
    if (free_ == 0 && !closed_) {
      Waiter waiter{{}, std::chrono::steady_clock::now()};
      waiters_.push_back(&waiter);
      waiter.ready.wait(lock, [&] { return waiter.served || closed_ || (free_ > 0 && waiters_.front() == &waiter); });
      if (waiter.served) ++free_;
      else std::erase(waiters_, &waiter);
    }
    if (closed_) {
      changed_.notify_all();
      return Error(ErrorCode::unavailable, "the store is closed");
    }
    --free_;
    if (free_ > 0 && !waiters_.empty()) waiters_.front()->ready.notify_one();
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Loan(*this, std::move(connection));
    }
    lock.unlock();
    auto opened = open_();
    if (!opened.ok()) {
      give_back(nullptr);
      return std::move(opened).error();
    }
    return Loan(*this, std::move(*opened));
  }
  /// Closes the idle ones: their server has gone away.
  void forget_idle() {
    std::vector<std::unique_ptr<Connection>> gone;
    std::lock_guard lock(mutex_);
    gone.swap(idle_);
  }
  /// Refuses new loans, waits for those that are out, closes everything.
  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    for (Waiter* waiter : waiters_) waiter->ready.notify_one();
    changed_.wait(lock, [&] { return free_ == size_ && waiters_.empty(); });
    idle_.clear();
  }

 private:
  void give_back(std::unique_ptr<Connection> connection) {
    std::lock_guard lock(mutex_);
    if (connection) idle_.push_back(std::move(connection));
    if (waiters_.empty() || closed_) {
      ++free_;
      if (closed_) changed_.notify_all();
      return;
    }
    Waiter* first = waiters_.front();
    if (std::chrono::steady_clock::now() - first->since > kPatience) {   // its place passes on without becoming free
      waiters_.pop_front();
      first->served = true;
    } else {
      ++free_;
    }
    first->ready.notify_one();
  }
  struct Waiter {
    std::condition_variable ready;
    std::chrono::steady_clock::time_point since;
    bool served = false;
  };
  static constexpr std::chrono::milliseconds kPatience{10};

  const Open open_;
  const int size_;
  std::mutex mutex_;
  std::condition_variable changed_;   ///< for close()
  std::deque<Waiter*> waiters_;
  std::vector<std::unique_ptr<Connection>> idle_;
  int free_;
  bool closed_ = false;
};

}  // namespace machiya::store
