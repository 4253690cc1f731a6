// The door of the MQTT listener: versions 3.1.1 and 5.0 over TCP and TLS. What it acknowledges is on disk.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "sense/mqtt/ports.h"

namespace machiya::http {
class TlsContext;
}

namespace machiya::sense {

struct MqttListen {
  std::string address = "127.0.0.1";   ///< IPv4 or IPv6, no names
  std::uint16_t port = 1883;           ///< 0: any free one
  std::shared_ptr<http::TlsContext> tls;   ///< null: in the clear
};

struct MqttServerOptions {
  std::vector<MqttListen> listen;
  std::string folder;                  ///< of sessions, messages and retained messages; one process at a time
  int threads = 1;                     ///< that serve connections
  std::size_t max_connections = 50'000;
  std::size_t max_packet = std::size_t{1} << 20;
  std::uint16_t receive_maximum = 1'000;
  std::size_t max_queued = 1'000'000;  ///< messages that wait for one session; more are dropped, counted and logged
  std::size_t max_queued_bytes = std::size_t{256} << 20;   ///< of one session
  std::size_t max_queued_total = std::size_t{2} << 30;     ///< bytes that wait for all sessions together
  std::size_t max_backlog = std::size_t{256} << 10;   ///< bytes that a slow reader may be behind
  std::uint32_t max_session_expiry_s = 7 * 86'400;
  std::uint16_t max_keep_alive_s = 0;
  int connect_timeout_s = 10;          ///< until CONNECT has come
  std::size_t segment_bytes = std::size_t{64} << 20;      ///< of the log
  std::size_t checkpoint_bytes = std::size_t{256} << 20;  ///< of log until the state is written anew and the log cut
};

struct MqttFigures {
  std::uint64_t received = 0, sent = 0, connects = 0, refused = 0, faults = 0;
  std::uint64_t dropped_qos0 = 0, dropped_full = 0, expired = 0, too_large = 0;
  std::size_t connections = 0, sessions = 0, retained = 0;
  std::uint64_t log_bytes = 0, syncs = 0, checkpoints = 0;
  bool failed = false;   ///< the disk: nobody is served until it is back
};

/// Thread-safe.
///
/// PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK leave when what they promise has been synced, and nobody is sent a message of QoS 1
/// or 2 before that. When the disk fails, all connections are closed without an answer, and nobody is let in until the state could be read
/// from disk again (tried every few seconds).
class MqttServer {
 public:
  /// Reads the state in `folder`, opens the ports, serves. `ingest` may be null. Errors: of AppendLog::open(); unavailable: a port.
  static Result<std::unique_ptr<MqttServer>> start(const MqttServerOptions& options, MqttGate& gate, MqttIngest* ingest, const Clock& clock, Rng& rng);
  /// Tells connected clients (version 5), finishes what is under way.
  ~MqttServer();
  void stop();
  /// Of options.listen[i].
  std::uint16_t port(std::size_t i = 0) const;
  /// A message from the house. Does not wait; what is not on disk when the house stops is lost.
  void publish(std::string_view topic, std::string_view payload, std::uint8_t qos, bool retain);
  MqttFigures figures() const;

 private:
  MqttServer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::sense
