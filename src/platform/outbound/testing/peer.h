// For tests only: a machine on loopback that speaks whatever the test tells it to, in the clear or over TLS, one thread a connection.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace machiya::outbound::testing {

/// What a script sees of one connection. Every read ends with false or "" when the other side is gone.
class Talk {
 public:
  virtual ~Talk() = default;
  /// Without its line end.
  virtual bool read_line(std::string& line) = 0;
  virtual bool read_bytes(std::size_t size, std::string& out) = 0;
  virtual void write(const std::string& bytes) = 0;
  /// Becomes the server of TLS with the peer's certificate; false when the handshake fails.
  virtual bool start_tls() = 0;
  /// Bytes that arrived before they were asked for: what a client sent too early.
  virtual std::size_t waiting() = 0;
  /// Closes with a reset (RST) instead of an orderly end.
  virtual void cut() = 0;
};

class Peer {
 public:
  /// `names` of the certificate: "DNS:id.example,IP:127.0.0.1". The script runs once a connection, from its start.
  explicit Peer(std::function<void(Talk&)> script, const std::string& names = "DNS:relay.example");
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  int port() const { return port_; }
  int visits() const { return visits_; }
  /// The self-signed certificate as PEM: a root of trust for the test.
  const std::string& ca_file() const { return ca_file_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  int port_ = 0;
  std::atomic<int> visits_{0};
  std::string ca_file_;
};

/// One request of HTTP/1.1 with its body; false when the client is gone.
struct Request {
  std::string head;   ///< with its line ends
  std::string body;
};
bool read_request(Talk& talk, Request& out);

}  // namespace machiya::outbound::testing
