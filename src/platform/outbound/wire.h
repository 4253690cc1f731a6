// One TCP connection to a judged address, in the clear or over TLS, read in lines and never waited for beyond a deadline. Own sockets stand in this
// module alone (tests/conformance/layers.sh).
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/outbound/address.h"

namespace machiya::outbound {

/// Not thread-safe: one thread at a time.
class Wire {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static Time in(int ms) { return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms); }

  /// The first of the addresses that answers. unavailable when none does in time.
  static Result<std::unique_ptr<Wire>> connect(const std::vector<Address>& addresses, std::uint16_t port, int timeout_ms);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// TLS 1.2 or later. With `verify` the certificate must be for `host` and lead to a root of `ca_file` ("": the machine's). Refuses when bytes
  /// arrived already: they were said in the clear by whoever stands between (the injection of STARTTLS).
  Result<void> start_tls(const std::string& host, bool verify, const std::string& ca_file, Time until);
  bool encrypted() const;

  /// False when not everything could be handed over; `handed` is what may have left this machine.
  bool write(std::string_view bytes, Time until, std::size_t& handed);
  /// One line without its end. False at the end of the connection, in no time left, or for a line of more than 4,096 bytes.
  bool read_line(std::string& line, Time until);
  /// What is there now, without waiting: how many bytes, 0 for none, -1 at the end of the connection. Not together with read_line().
  long read_some(char* out, std::size_t size);
  /// To wait for something to read_some(): readable when there may be.
  int descriptor() const;
  /// Readable from so many bytes on (on the wire: TLS adds to them) or at the end of the connection; at least 1, the kernel's limit is half its buffer.
  void readable_at(int bytes);
  /// Did the other side say or end something while nobody asked?
  bool disturbed() const;
  void close();

 private:
  Wire();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::outbound
