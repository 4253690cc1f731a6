// The server's side of one worker process: started when needed, spoken to with a deadline, killed when it misbehaves.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::worker {

/// One thread at a time.
class Child {
 public:
  explicit Child(std::vector<std::string> command) : command_(std::move(command)) {}
  ~Child() { stop(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Sends a message and waits for the answer. The worker's own refusal comes back as its error; a crash or a time-out
  /// is `unavailable`, and the next call starts a new process.
  Result<std::string> call(std::string_view message, std::chrono::milliseconds limit);
  void stop();
  pid_t pid() const { return pid_; }

 private:
  Result<void> start();
  Result<std::string> exchange(std::string_view message, std::chrono::steady_clock::time_point until);
  Result<void> send_all(std::string_view bytes, std::chrono::steady_clock::time_point until);
  Result<void> receive(char* out, std::size_t size, std::chrono::steady_clock::time_point until);

  std::vector<std::string> command_;
  pid_t pid_ = -1;
  int fd_ = -1;
  int calls_ = 0;
};

}  // namespace machiya::worker
