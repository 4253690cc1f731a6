// The listening side: sockets, worker threads, draining, hand-over of the listening socket between two processes.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/http/http.h"

namespace machiya::metrics {
class Registry;
}

namespace machiya::http {

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";   ///< "host:port" or "[v6]:port"; port 0 takes a free one
  int io_threads = 2;
  int workers = 64;                ///< handlers may wait for the disk; group commit lives from many at once
  std::string spool_dir;           ///< uploads on their way
  int idle_timeout_s = 30;
  std::uint64_t head_limit = 16 * 1024;
  int max_connections = 10'000;
  int drain_timeout_s = 20;        ///< open requests after SIGTERM
  std::string handover_socket;     ///< Unix socket for passing the listening socket to the next process; "" for none
};

/// One server. start() returns when it listens; stop() drains: no new connections, open requests finish, keep-alive
/// connections get "Connection: close".
class Server {
 public:
  static Result<std::unique_ptr<Server>> create(const ServerOptions& options, const Router& router, const Clock& clock,
                                                 metrics::Registry& metrics);
  virtual ~Server() = default;
  virtual Result<void> start() = 0;
  virtual std::string address() const = 0;   ///< as bound
  virtual void stop() = 0;
  /// Called on the old process when a new one asks for the socket: must release the writer lock before it returns.
  virtual void on_handover(std::function<void()> yield) = 0;
};

}  // namespace machiya::http
