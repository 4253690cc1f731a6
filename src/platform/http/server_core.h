// What all connections of one server share.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "platform/http/answer.h"
#include "platform/http/http.h"
#include "platform/http/loop.h"
#include "platform/http/rate_limit.h"
#include "platform/http/server.h"
#include "platform/http/worker_pool.h"

namespace machiya::metrics {
class Counter;
class Histogram;
class Registry;
}  // namespace machiya::metrics

namespace machiya::http {

class Connection;

/// Figures of one route; the last one stands for "no route".
struct RouteStats {
  metrics::Counter* by_class[6] = {};  ///< index: status / 100
  metrics::Histogram* seconds = nullptr;
  std::atomic<std::int64_t> usual_ns{1'000'000};  ///< usual duration; routes count as slow until they are known
};

/// The operating system's randomness in blocks, so that a request id costs no system call. One thread.
class BlockRng final : public Rng {
 public:
  void fill(void* out, std::size_t size) override;

 private:
  unsigned char block_[4096];
  std::size_t used_ = sizeof block_;
};

enum class Mail { worker_done, events };

/// What becomes of connections at rest.
enum class Drain {
  none,
  passing,        ///< they wait for the next process
  last_requests,  ///< stopping: each may send one more request
  closing,        ///< stopping: they are closed
};

/// One io thread: its loop, its connections, work to hand over and mail from other threads.
struct IoThread {
  Loop loop;
  std::string buffer = std::string(64 * 1024, '\0');  ///< every read lands here; only leftovers are copied
  std::vector<std::shared_ptr<Work>> batch;
  std::vector<std::shared_ptr<Connection>> connections;
  BlockRng rng;
  std::int64_t now_ms = 0;  ///< steady; refreshed with every batch and tick

  /// Any thread. Delivered on the loop, many at once.
  void mail(std::shared_ptr<Connection> to, Mail what);

 private:
  void deliver();
  std::mutex mutex_;
  std::vector<std::pair<std::shared_ptr<Connection>, Mail>> mail_;
};

struct ServerCore {
  ServerCore(const ServerOptions& o, const Router& r, const Clock& c, metrics::Registry& m);
  const ServerOptions options;
  const Router& router;
  const Clock& clock;
  RateLimiter limiter;
  CodedFiles coded_files;
  std::vector<RouteStats> stats;
  metrics::Counter* refused_connections = nullptr;
  metrics::Counter* limited_requests = nullptr;
  std::unique_ptr<WorkerPool> pool;
  std::atomic<Drain> drain{Drain::none};
  /// Answers from now on say "Connection: close".
  bool closing() const { return drain.load() >= Drain::last_requests; }
  /// Any io thread: an open descriptor for the next process.
  void keep_for_next(int fd);
  std::vector<int> take_kept();

  RouteStats& stats_of(const Route* route) {
    return stats[route ? static_cast<std::size_t>(route - router.routes().data()) : stats.size() - 1];
  }
  int open_connections() const { return open_->load(); }
  void opened() { open_->fetch_add(1); }
  void closed();
  /// True when the last connection closed in time.
  bool wait_all_closed(std::int64_t ms);

 private:
  std::shared_ptr<std::atomic<int>> open_ = std::make_shared<std::atomic<int>>(0);  ///< shared with a gauge
  std::mutex mutex_;
  std::condition_variable all_closed_;
  std::vector<int> kept_;
};

std::int64_t steady_ms();

}  // namespace machiya::http
