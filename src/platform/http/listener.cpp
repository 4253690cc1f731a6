#include "platform/http/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/log.h"

namespace machiya::http {
namespace {
constexpr int kBacklog = 4096;  ///< new connections wait here during a hand-over
constexpr int kAcceptsPerTurn = 64;

Result<socklen_t> parse_address(const std::string& text, sockaddr_storage& out) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return Error(ErrorCode::invalid_input, "an address is host:port");
  std::string host = text.substr(0, colon);
  std::uint16_t port = 0;
  const auto [end, ec] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (ec != std::errc() || end != text.data() + text.size()) return Error(ErrorCode::invalid_input, "the port is no number");
  if (host == "localhost") host = "127.0.0.1";
  std::memset(&out, 0, sizeof out);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr) != 1) return Error(ErrorCode::invalid_input, "no IPv6 address");
    return static_cast<socklen_t>(sizeof v6);
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) return Error(ErrorCode::invalid_input, "no IP address: " + host);
  return static_cast<socklen_t>(sizeof v4);
}

std::string host_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  else if (address.ss_family == AF_INET6) ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  return text;
}
}  // namespace

Result<int> open_listener(const std::string& address) {
  sockaddr_storage where;
  MACHIYA_TRY(const socklen_t size, parse_address(address, where));
  const int fd = ::socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Error(ErrorCode::unavailable, std::string("socket: ") + std::strerror(errno));
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&where), size) != 0 || ::listen(fd, kBacklog) != 0) {
    const Error error(ErrorCode::unavailable, "cannot listen on " + address + ": " + std::strerror(errno));
    ::close(fd);
    return error;
  }
  return fd;
}

std::string bound_address(int fd) {
  sockaddr_storage where{};
  socklen_t size = sizeof where;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size) != 0) return {};
  const std::string host = host_of(where);
  if (where.ss_family == AF_INET6) return '[' + host + "]:" + std::to_string(ntohs(reinterpret_cast<sockaddr_in6&>(where).sin6_port));
  return host + ':' + std::to_string(ntohs(reinterpret_cast<sockaddr_in&>(where).sin_port));
}

std::string peer_address(int fd) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&from), &size) == 0 ? host_of(from) : std::string();
}

void Acceptor::on_readable() {
  if (released_) return;
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log(LogLevel::warn, "http-accept-paused", {{"why", std::strerror(errno)}});
        paused_ = true;  // waiting for readiness would spin: the tick tries again
        return;
      }
      if (errno == EAGAIN) break;
      continue;  // a connection that died in the queue
    }
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    take_(fd, host_of(from));
  }
  watch_.wait_readable(shared_from_this());
}

void Acceptor::on_tick() {
  if (!paused_) return;
  paused_ = false;
  on_readable();
}

int Acceptor::release() {
  released_ = true;
  return watch_.release();
}

}  // namespace machiya::http
