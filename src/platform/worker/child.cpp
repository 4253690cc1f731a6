#include "platform/worker/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "platform/worker/frame.h"

namespace machiya::worker {
namespace {
using Deadline = std::chrono::steady_clock::time_point;
constexpr int kCallsPerProcess = 200;   // whatever a picture did to the heap ends with its process

Error lost(const char* what) { return Error(ErrorCode::unavailable, std::string("worker: ") + what); }

/// Waits until `fd` is ready; an error when the time is over.
Result<void> wait_for(int fd, short events, Deadline until) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) return lost("time is over");
    pollfd one{fd, events, 0};
    const int n = ::poll(&one, 1, static_cast<int>(std::min<long>(left, 60'000)));
    if (n > 0) return {};
    if (n < 0 && errno != EINTR) return lost("poll failed");
  }
}
}  // namespace

Result<void> Child::start() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return lost("no socket");
  std::vector<char*> arguments;
  for (auto& word : command_) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char language[] = "LC_ALL=C.UTF-8";
  char* environment[] = {language, nullptr};   // nothing of the server's: it may hold secrets
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pair[1], 0);
  posix_spawn_file_actions_adddup2(&actions, pair[1], 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  sigset_t usual;
  sigemptyset(&usual);
  for (int s : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&usual, s);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int state = ::posix_spawn(&pid_, arguments[0], &actions, &attributes, arguments.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(pair[1]);
  if (state != 0) {
    ::close(pair[0]);
    pid_ = -1;
    return Error(ErrorCode::unavailable, std::string("worker: cannot start: ") + std::strerror(state));
  }
  fd_ = pair[0];
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  calls_ = 0;
  return {};
}

void Child::stop() {
  if (pid_ < 0) return;
  ::close(fd_);
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  fd_ = -1;
}

Result<void> Child::send_all(std::string_view bytes, Deadline until) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      MACHIYA_CHECK(wait_for(fd_, POLLOUT, until));
    } else if (!(n < 0 && errno == EINTR)) {
      return lost("it ended");
    }
  }
  return {};
}

Result<void> Child::receive(char* out, std::size_t size, Deadline until) {
  std::size_t at = 0;
  while (at < size) {
    const ssize_t n = ::read(fd_, out + at, size - at);
    if (n > 0) {
      at += static_cast<std::size_t>(n);
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      MACHIYA_CHECK(wait_for(fd_, POLLIN, until));
    } else if (!(n < 0 && errno == EINTR)) {
      return lost("it ended");
    }
  }
  return {};
}

Result<std::string> Child::exchange(std::string_view message, Deadline until) {
  MACHIYA_CHECK(send_all(frame_head(message.size()), until));
  MACHIYA_CHECK(send_all(message, until));
  char head[kFrameHead];
  MACHIYA_CHECK(receive(head, sizeof head, until));
  const auto length = frame_length({head, sizeof head});
  if (!length) return lost("it answered nonsense");
  std::string body(*length, '\0');
  MACHIYA_CHECK(receive(body.data(), body.size(), until));
  return body;
}

Result<std::string> Child::call(std::string_view message, std::chrono::milliseconds limit) {
  if (pid_ >= 0 && calls_ >= kCallsPerProcess) stop();
  if (pid_ < 0) MACHIYA_CHECK(start());
  ++calls_;
  auto body = exchange(message, std::chrono::steady_clock::now() + limit);
  if (!body.ok()) {
    log(LogLevel::warn, "worker-lost", {{"why", body.error().detail}});
    stop();
    return std::move(body).error();
  }
  FieldReader in(*body);
  if (in.number() == 0) {
    std::string result(in.text());
    if (in.ok()) return result;
  } else {
    const std::uint64_t code = in.number();
    const std::string detail(in.text());
    if (in.ok() && code <= static_cast<std::uint64_t>(ErrorCode::limit_exceeded)) return Error(static_cast<ErrorCode>(code), detail);
  }
  stop();
  return lost("it answered nonsense");
}

}  // namespace machiya::worker
