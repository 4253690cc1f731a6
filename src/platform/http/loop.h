// One event loop: readiness of descriptors, posted tasks, a tick. The reactor is Boost.Asio's, out of sight.
#pragma once
#include <functional>
#include <memory>

namespace machiya::http {

/// Told on the loop's thread. A wait is for once; after FdWatch::close() nothing is told any more.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  /// Runs on the calling thread until stop(). `after_batch` is called whenever the events at hand are handled.
  void run(const std::function<void()>& after_batch);
  void stop();                            ///< any thread
  void post(std::function<void()> task);  ///< any thread
  /// Calls `tick` on the loop's thread about every `ms` milliseconds; set before run().
  void every(int ms, std::function<void()> tick);

 private:
  friend class FdWatch;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Owns one non-blocking descriptor and waits for it. Loop thread only.
class FdWatch {
 public:
  FdWatch(Loop& loop, int fd);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;
  void wait_readable(std::shared_ptr<Watcher> watcher);
  void wait_writable(std::shared_ptr<Watcher> watcher);
  void close();
  /// Gives the descriptor back, open.
  int release();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::http
