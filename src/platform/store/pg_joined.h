// The queue of joined writes on PostgreSQL: what waits while others commit goes into one transaction (store.h, write_joined_raw).
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "platform/store/waiting_write.h"

namespace machiya::store {

/// Thread-safe.
class PgJoined {
 public:
  struct Item {
    Work work;
    Done done;
    Result<void> result;
  };
  using Group = std::vector<Item>;

  /// Each of `threads` threads gives one group after the other to `run`, which sets the result of every item.
  PgJoined(int threads, std::function<void(Group&)> run);
  ~PgJoined() { close(); }
  /// Answers `unavailable` when closed or when too many wait.
  void submit(Work work, Done done);
  std::int64_t queued() const;
  /// Finishes what waits.
  void close();

 private:
  void loop();

  const std::function<void(Group&)> run_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace machiya::store
