// Many MQTT clients in one thread: what the load program and the kill test share. Speaks with any broker on this machine.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sense/mqtt/packet.h"

namespace machiya::sense::mqtt {

struct Peer {
  int fd = -1;
  std::uint32_t number = 0;
  Version version = Version::v3_1_1;
  bool connected = false;       ///< CONNACK has come
  std::string in, out;
  std::size_t sent = 0;
  bool waits_for_room = false, dirty = false;
};

class Fleet {
 public:
  explicit Fleet(std::uint16_t port);
  virtual ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Connects and sends CONNECT; null when nobody listens.
  Peer* connect(const Connect& packet);
  /// Into the peer's buffer; flush() or the end of the turn sends it.
  void send(Peer& peer, const Packet& packet);
  void send_publish(Peer& peer, std::uint16_t id, std::string_view topic, std::string_view payload, std::uint8_t qos);
  /// Waits for something to happen, at most so long, and handles it. False when nothing happened.
  bool turn(int timeout_ms);
  void close(Peer& peer);
  void close_all();
  std::size_t open() const { return open_; }
  const std::vector<std::unique_ptr<Peer>>& peers() const { return peers_; }

 protected:
  virtual void on_packet(Peer& peer, const Packet& packet) = 0;
  virtual void on_closed(Peer& peer) = 0;

 private:
  void read(Peer& peer);
  void flush(Peer& peer);
  void touch(Peer& peer);

  const std::uint16_t port_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<Peer*> dirty_;
  std::size_t open_ = 0;
  std::string buffer_;
};

/// Processor time of a process so far, in milliseconds (/proc/PID/stat).
std::uint64_t cpu_ms(int pid);
/// A free TCP port of this machine.
std::uint16_t free_port();

}  // namespace machiya::sense::mqtt
