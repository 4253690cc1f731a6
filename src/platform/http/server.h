// The listening side: sockets, worker threads, draining, hand-over of the listening socket between two processes.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/http/http.h"

namespace machiya::metrics {
class Registry;
}
namespace machiya::http {
class TlsContext;
}

namespace machiya::http {

/// Open sockets that one process passes to the next; the receiver owns them.
struct Passed {
  int listener = -1;              ///< -1: nobody was there
  std::vector<int> connections;   ///< between two requests; the next one's bytes may wait in the kernel already
};

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";   ///< "host:port" or "[v6]:port"; port 0 takes a free one
  int io_threads = 1;              ///< one moves some 100,000 requests/s; more help only on many processors
  int workers = 64;                ///< handlers may wait for the disk; group commit lives from many at once
  std::string spool_dir;           ///< uploads on their way
  int idle_timeout_s = 30;
  std::uint64_t head_limit = 16 * 1024;
  int max_connections = 10'000;
  int drain_timeout_s = 20;        ///< open requests after SIGTERM
  int last_request_ms = 2'000;     ///< stop(): so long may a connection at rest send one more request before it is closed
  std::string handover_socket;     ///< Unix socket for passing the listening socket to the next process; "" for none
  int head_timeout_s = 10;         ///< from the first byte of a request to the end of its head
  int trusted_proxy_hops = 0;      ///< proxies of our own in front: so many entries of X-Forwarded-For are believed
  double rate_scale = 1.0;         ///< multiplies every route's rate limit; 0 switches them off (load tests)
  bool access_log = true;          ///< one "http-access" line a request, without path, query or address
  std::shared_ptr<TlsContext> tls;   ///< tls.h; nothing: in the clear
  Passed inherited;                ///< from take_over(); its listener is used instead of `listen`
};

/// One server. start() returns when it listens; stop() drains: no new connections, open requests finish, connections at
/// rest may send one more for `last_request_ms`, and answers say "Connection: close".
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
  /// Blocks until the server has stopped, by stop() or because the next process took the socket over: then exit.
  virtual void wait() = 0;
};

/// Asks the process behind `handover_socket` for its sockets. That process stops accepting (new connections wait in the
/// kernel's queue), ends its open requests, gives up the writer lock and answers; so when this returns, the store may be
/// opened. Kept connections pass too: no client sees a restart, except readers of events, who connect again by
/// themselves. start() does the same by itself when `inherited` is not set.
Result<Passed> take_over(const std::string& handover_socket, int timeout_s = 40);

}  // namespace machiya::http
