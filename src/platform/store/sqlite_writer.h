// The one writer of an SQLite file: a thread that takes whatever queued during the last commit, gives each write its own
// SAVEPOINT and commits the group with one fsync.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/store/file_lock.h"
#include "platform/store/sqlite_connection.h"
#include "platform/store/waiting_write.h"

namespace machiya::store {

class SqliteWriter {
 public:

  explicit SqliteWriter(const Options& options, std::string path);
  ~SqliteWriter() { close(); }
  /// Starts the thread. A new file is made at once; of an existing one the lease is taken by the first write.
  Result<void> start();

  /// Queues; `done` runs on the writer's thread after the durable commit, or here at once when writes are refused.
  void submit(Work work, Done done);
  /// Submits and waits. Exceptions of `work` come out here.
  Result<void> run(const Work& work);
  Result<void> acquire(int timeout_ms);
  void yield();
  void close();
  bool refusing() const { return refusing_.load() != Refusal::none; }
  Stats stats() const;

 private:
  enum class Refusal : std::uint8_t { none, full, failed };
  enum class State : std::uint8_t { open, yielding, yielded, closed };
  struct Item {
    Work work;
    Done done;
    Result<void> result;
    std::vector<std::function<void()>> actions;
  };
  using Group = std::vector<Item>;

  void loop();
  Result<void> wait_for_lease();
  bool fail_queue(const Error& error);
  void take_group(Group& group);
  void run_group(Group& group);
  /// One transaction around `group[from, to)`; an error when none of it was committed.
  Result<void> run_transaction(Group& group, std::size_t from, std::size_t to);
  enum class Guard : std::uint8_t { none, savepoints };
  struct Kept {
    bool anything = false;   ///< to commit
    bool remains = false;    ///< of a failed write: the group must run again
  };
  Result<void> run_items(Group& group, std::size_t from, std::size_t to, Guard guard, Kept& kept);
  bool run_one(Item& item);
  void note_times(std::chrono::nanoseconds work, std::chrono::nanoseconds commit, std::size_t items);
  void answer(Group& group);
  void refuse(const Error& error);
  void probe();
  Result<void> open_connection();
  Error refusal() const;

  const std::string path_;
  const bool synchronous_, twice_;
  const std::chrono::seconds lease_wait_;
  FileLock lease_;
  std::unique_ptr<SqliteConnection> connection_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;      ///< queue or state
  std::condition_variable lease_changed_;
  std::deque<Item> queue_;
  State state_ = State::open;
  bool has_lease_ = false;
  int acquiring_ = 0;   ///< callers inside acquire()
  std::atomic<Refusal> refusing_{Refusal::none};
  std::chrono::milliseconds probe_pause_{200};
  std::int64_t item_ns_ = 50'000, commit_ns_ = 2'000'000;   ///< of one write and of one commit; the writer's thread only
  std::atomic<std::int64_t> writes_{0}, failed_{0}, commits_{0}, retries_{0};
  std::thread thread_;
};

}  // namespace machiya::store
