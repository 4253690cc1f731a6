#include "platform/outbound/testing/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace machiya::outbound::testing {
namespace {
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* one = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (one == nullptr) ::abort();
  X509_add_ext(certificate, one, -1);
  X509_EXTENSION_free(one);
}

/// Signed by itself, for two days.
Certificate certify(EVP_PKEY* key, const std::string& names) {
  Certificate out(X509_new(), &X509_free);
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -86400);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), 86400);
  X509_set_pubkey(out.get(), key);
  X509_NAME* name = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("peer"), -1, -1, 0);
  X509_set_issuer_name(out.get(), name);
  add_extension(out.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(out.get(), NID_subject_alt_name, names);
  X509_sign(out.get(), key, EVP_sha256());
  return out;
}

class SocketTalk final : public Talk {
 public:
  SocketTalk(int fd, SSL_CTX* context) : fd_(fd), context_(context) {}
  ~SocketTalk() override { SSL_free(tls_); }
  bool read_line(std::string& line) override {
    for (;;) {
      if (const std::size_t at = buffer_.find('\n'); at != std::string::npos) {
        line = buffer_.substr(0, at > 0 && buffer_[at - 1] == '\r' ? at - 1 : at);
        buffer_.erase(0, at + 1);
        return true;
      }
      if (!more()) return false;
    }
  }
  bool read_bytes(std::size_t size, std::string& out) override {
    while (buffer_.size() < size)
      if (!more()) return false;
    out = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return true;
  }
  void write(const std::string& bytes) override {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto left = bytes.size() - at;
      const long n = tls_ ? SSL_write(tls_, bytes.data() + at, static_cast<int>(left)) : ::send(fd_, bytes.data() + at, left, MSG_NOSIGNAL);
      if (n <= 0) return;
      at += static_cast<std::size_t>(n);
    }
  }
  bool start_tls() override {
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, fd_);
    const bool ok = SSL_accept(tls_) == 1;
    ERR_clear_error();
    return ok;
  }
  std::size_t waiting() override {
    int n = 0;
    ::ioctl(fd_, FIONREAD, &n);
    return buffer_.size() + static_cast<std::size_t>(n);
  }
  void cut() override {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::shutdown(fd_, SHUT_RD);
    cut_ = true;
  }

 private:
  bool more() {
    char bytes[16384];
    const long n = cut_ ? 0 : tls_ ? SSL_read(tls_, bytes, sizeof bytes) : ::read(fd_, bytes, sizeof bytes);
    if (n > 0) buffer_.append(bytes, static_cast<std::size_t>(n));
    ERR_clear_error();
    return n > 0;
  }
  int fd_;
  SSL_CTX* context_;
  SSL* tls_ = nullptr;
  std::string buffer_;
  bool cut_ = false;
};
}  // namespace

struct Peer::Impl {
  std::function<void(Talk&)> script;
  Peer& peer;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
  int listener = -1;
  std::mutex mutex;
  std::set<int> open;
  std::vector<std::thread> talks;
  std::thread door;

  Impl(std::function<void(Talk&)> s, Peer& p) : script(std::move(s)), peer(p) {}
  void serve(int fd) {
    // TLS of this side writes with write(); the client's threads must do without this.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    {
      SocketTalk talk(fd, context.get());
      script(talk);
    }
    std::lock_guard lock(mutex);
    open.erase(fd);
    ::close(fd);
  }
  void accept_all() {
    for (int fd; (fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      ++peer.visits_;
      const int on = 1;   // several short answers in a row must not wait for the client's acknowledgements
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      std::lock_guard lock(mutex);
      open.insert(fd);
      talks.emplace_back([this, fd] { serve(fd); });
    }
  }
};

Peer::Peer(std::function<void(Talk&)> script, const std::string& names) : impl_(std::make_unique<Impl>(std::move(script), *this)) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free);
  const Certificate certificate = certify(key.get(), names);
  SSL_CTX_use_certificate(impl_->context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(impl_->context.get(), key.get());
  char name[] = "/tmp/machiya-peer-XXXXXX";
  const int file = ::mkstemp(name);
  ca_file_ = name;
  FILE* out = ::fdopen(file, "w");
  if (out == nullptr || PEM_write_X509(out, certificate.get()) != 1) ::abort();
  std::fclose(out);
  impl_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(impl_->listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(impl_->listener, 64) != 0) ::abort();
  ::getsockname(impl_->listener, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  impl_->door = std::thread([this] { impl_->accept_all(); });
}

Peer::~Peer() {
  ::shutdown(impl_->listener, SHUT_RDWR);
  impl_->door.join();
  {
    std::lock_guard lock(impl_->mutex);
    for (const int fd : impl_->open) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& talk : impl_->talks) talk.join();
  ::close(impl_->listener);
  ::unlink(ca_file_.c_str());
}

bool read_request(Talk& talk, Request& out) {
  out = {};
  std::size_t size = 0;
  for (std::string line;;) {
    if (!talk.read_line(line)) return false;
    out.head += line + "\r\n";
    if (line.empty()) break;
    std::transform(line.begin(), line.end(), line.begin(), [](unsigned char c) { return std::tolower(c); });
    if (line.rfind("content-length:", 0) == 0) size = static_cast<std::size_t>(std::atoll(line.c_str() + 15));
    if (line.rfind("expect: 100-continue", 0) == 0) talk.write("HTTP/1.1 100 Continue\r\n\r\n");
  }
  return talk.read_bytes(size, out.body);
}

}  // namespace machiya::outbound::testing
