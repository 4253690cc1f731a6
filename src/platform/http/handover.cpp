#include "platform/http/handover.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "platform/http/server.h"

namespace machiya::http {
namespace {
constexpr std::string_view kAsk = "machiya-handover/2\n";
constexpr std::string_view kGot = "got\n";
constexpr int kAckMs = 5'000;
constexpr std::size_t kBatch = 128;  ///< descriptors in a message; Linux takes at most 253
constexpr char kMore = '+', kLast = '.';

Error failed(const char* what) { return Error(ErrorCode::unavailable, std::string(what) + ": " + std::strerror(errno)); }

bool fill_address(const std::string& path, sockaddr_un& address) {
  address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  return true;
}

void set_receive_timeout(int fd, int ms) {
  timeval t{ms / 1000, (ms % 1000) * 1000};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
}

bool receive_exactly(int fd, std::string_view expected) {
  std::string got(expected.size(), '\0');
  const ssize_t n = ::recv(fd, got.data(), got.size(), MSG_WAITALL);
  return n == static_cast<ssize_t>(expected.size()) && got == expected;
}

bool same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == ::geteuid() || peer.uid == 0);
}

/// One message: a byte and up to kBatch descriptors.
bool send_batch(int to, char mark, const int* fds, std::size_t count) {
  iovec data{&mark, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kBatch * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(count * sizeof(int));
  std::memcpy(CMSG_DATA(header), fds, count * sizeof(int));
  return ::sendmsg(to, &message, MSG_NOSIGNAL) == 1;
}

bool send_descriptors(int to, const Passed& passed) {
  std::vector<int> all{passed.listener};
  all.insert(all.end(), passed.connections.begin(), passed.connections.end());
  for (std::size_t at = 0; at < all.size(); at += kBatch) {
    const std::size_t count = std::min(kBatch, all.size() - at);
    if (!send_batch(to, at + count < all.size() ? kMore : kLast, all.data() + at, count)) return false;
  }
  return true;
}

/// Appends the descriptors of one message and gives its byte; 0 when the other side is gone.
char receive_batch(int from, std::vector<int>& fds) {
  char mark = 0;
  iovec data{&mark, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kBatch * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(from, &message, MSG_CMSG_CLOEXEC) != 1) return 0;
  if (message.msg_flags & MSG_CTRUNC) log(LogLevel::error, "http-handover-lost-connections");  // this process may open too few files
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return mark;
  const std::size_t before = fds.size();
  fds.resize(before + (header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
  std::memcpy(fds.data() + before, CMSG_DATA(header), (fds.size() - before) * sizeof(int));
  return mark;
}

/// The listener comes first. Without a whole set: nothing, and nothing stays open.
Passed receive_descriptors(int from) {
  std::vector<int> all;
  char mark = kMore;
  while (mark == kMore) mark = receive_batch(from, all);
  Passed out;
  if (mark == kLast && !all.empty()) {
    out.listener = all.front();
    out.connections.assign(all.begin() + 1, all.end());
  } else {
    for (const int fd : all) ::close(fd);
  }
  return out;
}
}  // namespace

Result<Passed> take_over(const std::string& handover_socket, int timeout_s) {
  sockaddr_un address;
  if (handover_socket.empty()) return Passed();
  if (!fill_address(handover_socket, address)) return Error(ErrorCode::invalid_input, "the hand-over socket's path is too long");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("hand-over socket");
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const bool nobody = errno == ENOENT || errno == ECONNREFUSED;
    const Error error = failed("hand-over connect");
    ::close(fd);
    if (nobody) return Passed();
    return error;
  }
  set_receive_timeout(fd, timeout_s * 1000);
  Passed passed;
  if (::send(fd, kAsk.data(), kAsk.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(kAsk.size())) passed = receive_descriptors(fd);
  if (passed.listener >= 0) {
    [[maybe_unused]] auto sent = ::send(fd, kGot.data(), kGot.size(), MSG_NOSIGNAL);
  }
  ::close(fd);
  if (passed.listener < 0) return Error(ErrorCode::unavailable, "the running process did not hand its socket over");
  return passed;
}

HandoverDoor::HandoverDoor(std::string path, std::function<Passed()> prepare, std::function<void()> passed)
    : path_(std::move(path)), prepare_(std::move(prepare)), passed_(std::move(passed)) {}

HandoverDoor::~HandoverDoor() { close(); }

Result<void> HandoverDoor::open() {
  sockaddr_un address;
  const std::string fresh = path_ + '.' + std::to_string(::getpid());  // renamed over the old one: never a gap
  if (!fill_address(fresh, address)) return Error(ErrorCode::invalid_input, "the hand-over socket's path is too long");
  ::unlink(fresh.c_str());
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_fd_ = ::eventfd(0, EFD_CLOEXEC);
  if (fd_ < 0 || stop_fd_ < 0) return failed("hand-over socket");
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failed("hand-over bind");
  if (::chmod(fresh.c_str(), 0600) != 0 || ::listen(fd_, 4) != 0 || ::rename(fresh.c_str(), path_.c_str()) != 0) return failed("hand-over listen");
  thread_ = std::thread([this] { serve(); });
  return {};
}

void HandoverDoor::close() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(stop_fd_, &one, sizeof one);
    thread_.join();
    if (!handed_over_) ::unlink(path_.c_str());
  }
  for (int* fd : {&fd_, &stop_fd_}) {
    if (*fd >= 0) ::close(*fd);
    *fd = -1;
  }
}

void HandoverDoor::serve() {
  while (!handed_over_) {
    pollfd waits[2] = {{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) return;
    if (waits[1].revents) return;
    if (!waits[0].revents) continue;
    const int client = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    set_receive_timeout(client, kAckMs);
    if (same_user(client) && receive_exactly(client, kAsk)) handed_over_ = pass_on(client);
    ::close(client);
    if (handed_over_) passed_();
  }
}

bool HandoverDoor::pass_on(int client) {
  const Passed sockets = prepare_();
  if (sockets.listener < 0) return false;
  if (!send_descriptors(client, sockets) || !receive_exactly(client, kGot))
    log(LogLevel::error, "http-handover-unconfirmed");  // the writer is yielded: this process cannot go on either way
  return true;
}

}  // namespace machiya::http
