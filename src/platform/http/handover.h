// Passing open sockets to the next process over a Unix socket (SCM_RIGHTS, unix(7)), so that a restart refuses and closes
// no connection: the queue of new connections and the bytes that wait belong to the sockets, not to the process.
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "base/result.h"
#include "platform/http/server.h"

namespace machiya::http {

/// Waits on the Unix socket for the next process of the same user.
class HandoverDoor {
 public:
  /// `prepare` runs on the door's thread: it returns what to pass, without a listener to refuse. `passed` runs after the
  /// other side has confirmed (or died).
  HandoverDoor(std::string path, std::function<Passed()> prepare, std::function<void()> passed);
  ~HandoverDoor();
  Result<void> open();
  void close();

 private:
  void serve();
  bool pass_on(int client);
  std::string path_;
  std::function<Passed()> prepare_;
  std::function<void()> passed_;
  int fd_ = -1;
  int stop_fd_ = -1;
  std::atomic<bool> handed_over_{false};
  std::thread thread_;
};

}  // namespace machiya::http
