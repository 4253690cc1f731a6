// The listening socket: opening it, and dealing new connections out to the io threads.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "platform/http/loop.h"

namespace machiya::http {

/// A non-blocking listening socket on "host:port" or "[v6]:port" (numeric addresses and "localhost").
Result<int> open_listener(const std::string& address);
/// "127.0.0.1:8080" of a bound socket; "" when it is none.
std::string bound_address(int fd);
/// The other end's address, without its port; "" when it is gone.
std::string peer_address(int fd);

/// Accepts on one loop. All calls on the loop's thread.
class Acceptor final : public Watcher, public std::enable_shared_from_this<Acceptor> {
 public:
  using Take = std::function<void(int fd, std::string remote)>;
  Acceptor(Loop& loop, int fd, Take take) : watch_(loop, fd), fd_(fd), take_(std::move(take)) {}
  void start() { watch_.wait_readable(shared_from_this()); }
  void on_readable() override;
  void on_writable() override {}
  /// After the process ran out of descriptors, tries again.
  void on_tick();
  /// Stops and gives the socket back, open: its queue keeps what has not been accepted.
  int release();

 private:
  FdWatch watch_;
  int fd_;
  Take take_;
  bool paused_ = false;
  bool released_ = false;
};

}  // namespace machiya::http
