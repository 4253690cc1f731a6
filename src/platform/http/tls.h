// TLS of a listening socket: certificate and key from files, read again while the server runs; one session a connection.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace machiya::http {

/// One connection's TLS. One thread at a time; the descriptor is the caller's.
class TlsSession {
 public:
  struct Impl;
  explicit TlsSession(std::unique_ptr<Impl> impl);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  /// As recv() and send() on a non-blocking socket: bytes, 0 at the client's end, -1 with errno (EAGAIN: wait). The handshake happens within.
  ssize_t receive(char* out, std::size_t size);
  /// What could not be sent must come again, from the same place and not less of it.
  ssize_t send(const char* bytes, std::size_t size);
  /// After EAGAIN of receive(): it is the sending side that the handshake waits for.
  bool waits_for_writing() const;
  /// Received and decrypted already, so that the socket will not tell of it.
  bool has_more() const;
  bool established() const;
  /// Tells the client that nothing more comes (close_notify), as far as the socket takes it.
  void say_goodbye();

 private:
  std::unique_ptr<Impl> impl_;
};

/// Thread-safe.
class TlsContext {
 public:
  /// PEM files; the certificate with its chain. TLS 1.3, or 1.2 with ephemeral keys and AEAD; nothing older, no renegotiation, no compression.
  /// Errors name the file and what is wrong: not readable, no certificate, not its key, a key that others may read.
  static Result<std::shared_ptr<TlsContext>> load(const std::string& certificate_file, const std::string& key_file);
  ~TlsContext();
  /// Reads the files again; connections that are open go on with what they have. When it fails the old ones stay.
  Result<void> reload();
  /// A session on a connected socket; nothing when memory is short.
  std::unique_ptr<TlsSession> accept(int fd);

 private:
  struct Shared;
  TlsContext(std::string certificate_file, std::string key_file);
  const std::string certificate_file_, key_file_;
  std::mutex mutex_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace machiya::http
