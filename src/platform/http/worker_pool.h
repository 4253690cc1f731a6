// The threads that run handlers. They may block (disk, database); the pool keeps just enough of them awake.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace machiya::http {

class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;
  /// About how long it will take. Work below some ten microseconds is not expected to block: one thread serves a queue
  /// of it without waking others. A wrong answer costs about a millisecond (the watchdog wakes more).
  virtual std::int64_t expected_ns() const = 0;
};

class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  ~WorkerPool();
  /// Runs what is queued and joins the threads; later work runs on the thread that pushes it.
  void stop();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  /// Takes all of `batch` and leaves it empty. Thread-safe.
  void push(std::vector<std::shared_ptr<Work>>& batch);
  std::size_t queued() const;
  /// Announces one call of push_expected(): stop() waits for it.
  void expect();
  /// Of work that waited for something else than a thread. Thread-safe.
  void push_expected(std::shared_ptr<Work> work);

 private:
  struct Worker {
    std::condition_variable wake;
    bool called = false;
    std::thread thread;
  };
  void work(Worker& self);
  void watch();
  bool wants_more() const;
  void call_idle(std::size_t count, std::vector<Worker*>& out);
  void enqueue(std::shared_ptr<Work> work);

  mutable std::mutex mutex_;
  std::deque<std::pair<std::shared_ptr<Work>, std::int64_t>> queue_;  ///< with the time it is expected to take
  std::int64_t queued_ns_ = 0;
  std::size_t processors_ = 1;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;  ///< last in, first out: the warm thread is called first
  std::size_t lively_ = 0;     ///< awake and not inside slow work
  std::uint64_t taken_ = 0;
  std::size_t expected_ = 0;   ///< that was announced and has not come
  std::condition_variable all_came_;
  bool stopping_ = false;
  bool watchdog_asleep_ = false;
  std::condition_variable watchdog_wake_;
  std::thread watchdog_;
};

}  // namespace machiya::http
