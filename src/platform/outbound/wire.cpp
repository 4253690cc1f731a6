#include "platform/outbound/wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace machiya::outbound {
namespace {
constexpr std::size_t kLongestLine = 4096;

Error failed(const char* why) { return Error(ErrorCode::unavailable, why, "outbound"); }

/// OpenSSL's own socket, but for write(), which raises SIGPIPE when the other side is gone.
int send_quietly(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::send(static_cast<int>(BIO_get_fd(bio, nullptr)), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}
const BIO_METHOD* quiet_socket() {
  static BIO_METHOD* const method = [] {
    const BIO_METHOD* usual = BIO_s_socket();
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "quiet socket");
    MACHIYA_ASSERT(made != nullptr && BIO_meth_set_write(made, send_quietly) == 1 && BIO_meth_set_read(made, BIO_meth_get_read(usual)) == 1 &&
                   BIO_meth_set_ctrl(made, BIO_meth_get_ctrl(usual)) == 1 && BIO_meth_set_create(made, BIO_meth_get_create(usual)) == 1 &&
                   BIO_meth_set_destroy(made, BIO_meth_get_destroy(usual)) == 1);
    return made;
  }();
  return method;
}

int left_ms(Wire::Time until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}
/// Waits until the socket can be read (or written).
bool ready(int fd, short what, Wire::Time until) {
  pollfd one{fd, what, 0};
  for (;;) {
    const int n = ::poll(&one, 1, left_ms(until));
    if (n > 0) return true;
    if (n == 0 || errno != EINTR) return false;
  }
}

int connect_to(const Address& to, std::uint16_t port, Wire::Time until) {
  sockaddr_storage where{};
  socklen_t size = 0;
  if (to.v6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(where);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, to.bytes.data(), 16);
    size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(where);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, to.bytes.data(), 4);
    size = sizeof v4;
  }
  const int fd = ::socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int state = ::connect(fd, reinterpret_cast<sockaddr*>(&where), size) == 0 ? 0 : errno;
  if (state == EINPROGRESS) {
    socklen_t length = sizeof state;
    if (!ready(fd, POLLOUT, until) || ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &state, &length) != 0) state = ETIMEDOUT;
  }
  if (state == 0) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }
  ::close(fd);
  return -1;
}
}  // namespace

struct Wire::Impl {
  int fd = -1;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{nullptr, &SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> tls{nullptr, &SSL_free};
  std::string buffer;
  std::size_t at = 0;   ///< what of the buffer has been read

  /// Waits for what TLS or the socket wants. False when the connection is over or the time is.
  bool wait(long result, short usual, Time until) const {
    short what = usual;
    if (tls) {
      const int why = SSL_get_error(tls.get(), static_cast<int>(result));
      ERR_clear_error();
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return false;
      what = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    } else if (result == 0 || (errno != EAGAIN && errno != EINTR)) {
      return false;
    }
    return ready(fd, what, until);
  }
  bool read_more(Time until) {
    buffer.erase(0, at);
    at = 0;
    char bytes[8192];
    // Usually nothing is there yet: waiting first saves a call that finds nothing.
    if (!tls && !ready(fd, POLLIN, until)) return false;
    for (;;) {
      const long n = tls ? SSL_read(tls.get(), bytes, sizeof bytes) : ::recv(fd, bytes, sizeof bytes, 0);
      if (n > 0) {
        buffer.append(bytes, static_cast<std::size_t>(n));
        return true;
      }
      if (!wait(n, POLLIN, until)) return false;
    }
  }
};

Wire::Wire() : impl_(std::make_unique<Impl>()) {}
Wire::~Wire() { close(); }
bool Wire::encrypted() const { return impl_->tls != nullptr; }

void Wire::close() {
  if (impl_->fd < 0) return;
  if (impl_->tls) SSL_shutdown(impl_->tls.get());
  ERR_clear_error();
  ::close(impl_->fd);
  impl_->fd = -1;
}

Result<std::unique_ptr<Wire>> Wire::connect(const std::vector<Address>& addresses, std::uint16_t port, int timeout_ms) {
  std::unique_ptr<Wire> out(new Wire());
  const Time until = in(timeout_ms);
  for (const Address& address : addresses)
    if ((out->impl_->fd = connect_to(address, port, until)) >= 0) return out;
  return failed("no connection");
}

Result<void> Wire::start_tls(const std::string& host, bool verify, const std::string& ca_file, Time until) {
  Impl& my = *impl_;
  if (my.at < my.buffer.size()) return failed("words in the clear before TLS");
  my.context.reset(SSL_CTX_new(TLS_client_method()));
  MACHIYA_ASSERT(my.context && SSL_CTX_set_min_proto_version(my.context.get(), TLS1_2_VERSION) == 1);
  if (verify) {
    const int roots = ca_file.empty() ? SSL_CTX_set_default_verify_paths(my.context.get()) : SSL_CTX_load_verify_file(my.context.get(), ca_file.c_str());
    if (roots != 1) return failed("no roots of trust");
    SSL_CTX_set_verify(my.context.get(), SSL_VERIFY_PEER, nullptr);
  }
  my.tls.reset(SSL_new(my.context.get()));
  BIO* socket = BIO_new(quiet_socket());
  MACHIYA_ASSERT(my.tls && socket != nullptr);
  BIO_set_fd(socket, my.fd, BIO_NOCLOSE);
  SSL_set_bio(my.tls.get(), socket, socket);   // now its own
  const auto literal = parse_address(host);
  if (!literal) SSL_set_tlsext_host_name(my.tls.get(), host.c_str());
  if (verify) {
    X509_VERIFY_PARAM* rules = SSL_get0_param(my.tls.get());
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if ((literal ? X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) : X509_VERIFY_PARAM_set1_host(rules, host.c_str(), 0)) != 1) return failed("no name to check");
  }
  for (int n; (n = SSL_connect(my.tls.get())) != 1;) {
    if (my.wait(n, POLLIN, until)) continue;
    const bool untrusted = SSL_get_verify_result(my.tls.get()) != X509_V_OK;
    my.tls.reset();
    close();
    return failed(untrusted ? "the certificate is not to be trusted" : "no TLS");
  }
  return {};
}

bool Wire::write(std::string_view bytes, Time until, std::size_t& handed) {
  Impl& my = *impl_;
  for (handed = 0; handed < bytes.size();) {
    const auto left = bytes.size() - handed;
    const long n = my.tls ? SSL_write(my.tls.get(), bytes.data() + handed, static_cast<int>(std::min<std::size_t>(left, 1 << 20)))
                          : ::send(my.fd, bytes.data() + handed, left, MSG_NOSIGNAL);
    if (n > 0) handed += static_cast<std::size_t>(n);
    else if (!my.wait(n, POLLOUT, until)) {
      // TLS may have sent records of what it was given last.
      if (my.tls) handed = bytes.size();
      return false;
    }
  }
  return true;
}

bool Wire::read_line(std::string& line, Time until) {
  Impl& my = *impl_;
  for (std::size_t seen = my.at;;) {
    const std::size_t end = my.buffer.find('\n', seen);
    if (end != std::string::npos) {
      line.assign(my.buffer, my.at, (end > my.at && my.buffer[end - 1] == '\r' ? end - 1 : end) - my.at);
      my.at = end + 1;
      return true;
    }
    const std::size_t rest = my.buffer.size() - my.at;
    if (rest > kLongestLine || my.fd < 0 || !my.read_more(until)) return false;
    seen = rest;   // the buffer begins with the rest now
  }
}

long Wire::read_some(char* out, std::size_t size) {
  Impl& my = *impl_;
  if (my.fd < 0) return -1;
  const long n = my.tls ? SSL_read(my.tls.get(), out, static_cast<int>(std::min<std::size_t>(size, 1 << 20))) : ::recv(my.fd, out, size, 0);
  if (n > 0) return n;
  if (my.tls) {
    const int why = SSL_get_error(my.tls.get(), static_cast<int>(n));
    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
  }
  return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}
int Wire::descriptor() const { return impl_->fd; }
void Wire::readable_at(int bytes) { ::setsockopt(impl_->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes); }   // a kernel that does not is only slower

bool Wire::disturbed() const {
  const Impl& my = *impl_;
  if (my.fd < 0 || my.at < my.buffer.size()) return true;
  char byte = 0;
  const ssize_t n = ::recv(my.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  // Over TLS a session ticket may lie there unread; only the end is sure.
  return my.tls ? n == 0 || (n < 0 && errno != EAGAIN) : !(n < 0 && errno == EAGAIN);
}

}  // namespace machiya::outbound
