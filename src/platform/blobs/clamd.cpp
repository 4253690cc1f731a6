#include "platform/blobs/clamd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace machiya::blobs {
namespace {
using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kChunk = 64 * 1024;
constexpr std::size_t kLongestAnswer = 4096;
constexpr std::string_view kUnix = "unix:";

Error lost(std::string_view what) { return Error(ErrorCode::unavailable, "the virus scanner gives no verdict: " + std::string(what)); }

/// A socket and the moment by which everything on it must be over.
class Line {
 public:
  Line(int fd, SteadyClock::time_point until) : fd_(fd), until_(until) {}
  ~Line() { ::close(fd_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  Result<void> wait(short events) const {
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - SteadyClock::now()).count();
      if (left <= 0) return lost("it takes too long");
      pollfd one{fd_, events, 0};
      const int n = ::poll(&one, 1, static_cast<int>(std::min<long long>(left, 60'000)));
      if (n > 0) return {};
      if (n < 0 && errno != EINTR) return lost(std::strerror(errno));
    }
  }
  Result<void> connected() const {
    MACHIYA_CHECK(wait(POLLOUT));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? Result<void>() : Result<void>(lost(std::strerror(error)));
  }
  /// False when the other side has closed: it may have said why.
  Result<bool> send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
      else if (errno == EAGAIN) MACHIYA_CHECK(wait(POLLOUT));
      else if (errno != EINTR) return false;
    }
    return true;
  }
  /// Up to the NUL that ends it, or to the end.
  Result<std::string> answer() const {
    std::string out;
    while (out.size() < kLongestAnswer) {
      MACHIYA_CHECK(wait(POLLIN));
      char piece[512];
      const ssize_t n = ::recv(fd_, piece, sizeof piece, MSG_DONTWAIT);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n <= 0) return lost("it ended within its answer");
      out.append(piece, static_cast<std::size_t>(n));
      if (const auto end = out.find('\0'); end != std::string::npos) return out.substr(0, end);
    }
    return lost("its answer does not end");
  }

 private:
  int fd_;
  SteadyClock::time_point until_;
};

std::string length_of(std::size_t size) {
  const std::uint32_t n = htonl(static_cast<std::uint32_t>(size));
  return std::string(reinterpret_cast<const char*>(&n), sizeof n);
}

/// "stream: OK", "stream: NAME FOUND", "… ERROR".
Result<Verdict> read_verdict(const std::string& answer) {
  constexpr std::string_view kClean = "stream: OK", kBegin = "stream: ", kFound = " FOUND";
  if (answer == kClean) return Verdict{};
  const std::string_view text(answer);
  if (text.size() > kBegin.size() + kFound.size() && text.substr(0, kBegin.size()) == kBegin && text.substr(text.size() - kFound.size()) == kFound)
    return Verdict{true, std::string(text.substr(kBegin.size(), text.size() - kBegin.size() - kFound.size()))};
  return lost(text.find("size limit exceeded") != std::string_view::npos ? "the file is larger than StreamMaxLength of clamd.conf" : "it answers with an error");
}

bool parse_inet(const std::string& text, sockaddr_in& out) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  char* end = nullptr;
  const long port = std::strtol(text.c_str() + colon + 1, &end, 10);
  out = {};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  return *end == '\0' && port > 0 && port < 65536 && ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &out.sin_addr) == 1;
}
}  // namespace

Result<std::unique_ptr<Clamd>> Clamd::open(ClamdOptions options) {
  sockaddr_in inet{};
  const bool unix_path = options.socket.rfind(kUnix, 0) == 0 && options.socket.size() > kUnix.size() && options.socket.size() - kUnix.size() < sizeof(sockaddr_un::sun_path);
  if (!unix_path && !parse_inet(options.socket, inet)) return Error(ErrorCode::invalid_input, "the scanner's socket is unix:/path or an IP address with a port");
  return std::unique_ptr<Clamd>(new Clamd(std::move(options)));
}

Result<int> Clamd::connect() const {
  const bool local = options_.socket.rfind(kUnix, 0) == 0;
  sockaddr_un path{};
  sockaddr_in inet{};
  path.sun_family = AF_UNIX;
  if (local) std::strncpy(path.sun_path, options_.socket.c_str() + kUnix.size(), sizeof path.sun_path - 1);
  else parse_inet(options_.socket, inet);
  const int fd = ::socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return lost(std::strerror(errno));
  const auto* to = local ? reinterpret_cast<const sockaddr*>(&path) : reinterpret_cast<const sockaddr*>(&inet);
  if (::connect(fd, to, local ? sizeof path : sizeof inet) == 0 || errno == EINPROGRESS) return fd;
  const Error error = lost(std::strerror(errno));
  ::close(fd);
  return error;
}

Result<Verdict> Clamd::scan(std::string_view content) {
  const auto until = SteadyClock::now() + options_.limit;
  MACHIYA_TRY(const int fd, connect());
  const Line line(fd, until);
  MACHIYA_CHECK(line.connected());
  MACHIYA_TRY(bool open, line.send(std::string_view("zINSTREAM\0", 10)));
  for (std::size_t at = 0; open && at < content.size(); at += kChunk) {
    const std::string_view piece = content.substr(at, kChunk);
    MACHIYA_TRY(open, line.send(length_of(piece.size())));
    if (!open) break;
    MACHIYA_TRY(open, line.send(piece));
  }
  if (open) MACHIYA_CHECK(line.send(length_of(0)));
  MACHIYA_TRY(const std::string answer, line.answer());
  return read_verdict(answer);
}

}  // namespace machiya::blobs
