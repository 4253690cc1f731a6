#include "platform/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/log.h"

namespace machiya::http {
namespace {
// RFC 9325 (BCP 195): ephemeral keys and authenticated encryption only. TLS 1.3 has nothing else.
constexpr char kCiphers12[] = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
                              "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
constexpr char kCiphers13[] = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr char kGroups[] = "X25519:P-256:P-384";
constexpr auto kTicketKeyLife = std::chrono::hours(8);   // a context makes its own ticket keys: a new context is new keys

std::string why() {
  char text[256] = "unknown";
  if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

/// The wire format of ALPN: one length byte and the name.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned int offered_size, void*) {
  static const unsigned char kOurs[] = "\x08http/1.1";
  return SSL_select_next_proto(const_cast<unsigned char**>(out), size, kOurs, sizeof kOurs - 1, offered, offered_size) == OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// OpenSSL's own socket layer writes with write(), which raises SIGPIPE: this one sends as the rest of the server does.
int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }
int bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}
int bio_read(BIO* bio, char* out, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::recv(socket_of(bio), out, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(n);
}
long bio_ctrl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "machiya socket");
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_ctrl(m, bio_ctrl);
    return m;
  }();
  return method;
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

Result<void> check_private(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return Error(ErrorCode::not_found, "cannot read the TLS key " + file + ": " + std::strerror(errno));
  if ((info.st_mode & 007) != 0) return Error(ErrorCode::forbidden, "the TLS key " + file + " may be read by everybody; set its mode to 0600 or 0640");
  return {};
}

Result<Context> make_context(const std::string& certificate, const std::string& key) {
  MACHIYA_CHECK(check_private(key));
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return Error(ErrorCode::unavailable, "TLS does not start: " + why());
  SSL_CTX* c = context.get();
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);   // tickets only: nothing is kept here
  SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);
  if (SSL_CTX_set_cipher_list(c, kCiphers12) != 1 || SSL_CTX_set_ciphersuites(c, kCiphers13) != 1 || SSL_CTX_set1_groups_list(c, kGroups) != 1)
    return Error(ErrorCode::unavailable, "TLS lacks what is asked of it: " + why());
  if (SSL_CTX_use_certificate_chain_file(c, certificate.c_str()) != 1) return Error(ErrorCode::invalid_input, "no certificate in " + certificate + ": " + why());
  if (SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) != 1) return Error(ErrorCode::invalid_input, "the key in " + key + " is none, or not that of the certificate: " + why());
  if (SSL_CTX_check_private_key(c) != 1) return Error(ErrorCode::invalid_input, "the key in " + key + " is not that of the certificate: " + why());
  return context;
}
}  // namespace

struct TlsSession::Impl {
  explicit Impl(SSL* session) : ssl(session) {}
  ~Impl() { SSL_free(ssl); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  SSL* ssl;
  bool write_wanted = false;
  bool broken = false;   ///< a fatal error: not even a goodbye may be said

  /// errno for what SSL_read or SSL_write gave; 0 at the client's end.
  int error_of(int result) {
    const int saved = errno;
    const int error = SSL_get_error(ssl, result);
    ERR_clear_error();
    write_wanted = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return EAGAIN;
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    broken = true;
    return error == SSL_ERROR_SYSCALL && saved != 0 && saved != EAGAIN ? saved : EPROTO;
  }
};

TlsSession::TlsSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsSession::~TlsSession() = default;

/// Records hold up to 16 KiB; as many as fit are taken at once.
ssize_t TlsSession::receive(char* out, std::size_t size) {
  std::size_t have = 0;
  while (have < size) {
    ERR_clear_error();
    const int n = SSL_read(impl_->ssl, out + have, static_cast<int>(size - have));
    if (n > 0) {
      have += static_cast<std::size_t>(n);
      continue;
    }
    const int error = impl_->error_of(n);
    if (have > 0) return static_cast<ssize_t>(have);   // the next call meets the error again
    errno = error;
    return error == 0 ? 0 : -1;
  }
  return static_cast<ssize_t>(have);
}

ssize_t TlsSession::send(const char* bytes, std::size_t size) {
  constexpr std::size_t kMost = 1 << 30;
  ERR_clear_error();
  const int n = SSL_write(impl_->ssl, bytes, static_cast<int>(std::min(size, kMost)));
  if (n > 0) return n;
  const int error = impl_->error_of(n);
  errno = error == 0 ? EPIPE : error;
  return -1;
}

bool TlsSession::waits_for_writing() const { return impl_->write_wanted; }
bool TlsSession::has_more() const { return SSL_pending(impl_->ssl) > 0; }
bool TlsSession::established() const { return SSL_is_init_finished(impl_->ssl) == 1; }

void TlsSession::say_goodbye() {
  if (impl_->broken || !established()) return;
  ERR_clear_error();
  SSL_shutdown(impl_->ssl);
  ERR_clear_error();
}

struct TlsContext::Shared {
  Context context;
  std::chrono::steady_clock::time_point made = std::chrono::steady_clock::now();
};

TlsContext::TlsContext(std::string certificate_file, std::string key_file) : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::load(const std::string& certificate_file, const std::string& key_file) {
  std::shared_ptr<TlsContext> out(new TlsContext(certificate_file, key_file));
  MACHIYA_CHECK(out->reload());
  return out;
}

Result<void> TlsContext::reload() {
  auto fresh = std::make_shared<Shared>();
  MACHIYA_TRY(fresh->context, make_context(certificate_file_, key_file_));
  std::lock_guard lock(mutex_);
  shared_ = std::move(fresh);
  return {};
}

std::unique_ptr<TlsSession> TlsContext::accept(int fd) {
  std::shared_ptr<Shared> now;
  bool old = false;
  {
    std::lock_guard lock(mutex_);
    now = shared_;
    if ((old = std::chrono::steady_clock::now() - now->made > kTicketKeyLife)) now->made = std::chrono::steady_clock::now();   // one thread is enough
  }
  if (old) {
    if (auto done = reload(); !done.ok()) log(LogLevel::error, "tls-not-reloaded", {{"why", done.error().to_string()}});
  }
  SSL* ssl = SSL_new(now->context.get());
  BIO* bio = BIO_new(socket_method());
  if (!ssl || !bio) {
    SSL_free(ssl);
    BIO_free(bio);
    return nullptr;
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsSession>(std::make_unique<TlsSession::Impl>(ssl));
}

}  // namespace machiya::http
