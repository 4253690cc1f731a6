// Streams of bytes to listed MQTT brokers, under the same rules as every other way out: listed origins, judged addresses, verified TLS.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/outbound/address.h"

namespace machiya::outbound {

class Wire;

struct StreamRule {
  std::string origin;      ///< "mqtts://broker.example" or "mqtt://10.0.0.5:1883"
  bool internal = false;   ///< its name may lead to this machine or a private network
};
struct StreamOptions {
  std::vector<StreamRule> rules;
  bool plain_inside = false;   ///< mqtt:// (no TLS) to internal origins
  bool this_machine = false;   ///< besides the rules: every broker whose addresses all lead to this machine, whatever its port
  std::string ca_file;         ///< roots of trust as PEM; "" for the machine's own
  std::function<Result<std::vector<Address>>(const std::string& host)> resolve;   ///< "" of getaddrinfo when empty
};

/// Not thread-safe: one thread at a time.
class Stream {
 public:
  explicit Stream(std::unique_ptr<Wire> wire);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  /// Bytes that are there now, 0 for none, -1 at the end.
  long read(char* out, std::size_t size);
  /// False when not everything left within the time.
  bool write(std::string_view bytes, int timeout_ms);
  /// For poll(): readable when read() may give something.
  int descriptor() const;
  /// The descriptor is readable only once so many bytes have come, or the end: for who waits for many short answers. read() gives what is there all the same.
  void readable_at(int bytes);

 private:
  std::unique_ptr<Wire> wire_;
};

/// Thread-safe.
class Streams {
 public:
  /// invalid_input for a rule that is no origin of mqtt or mqtts; forbidden for mqtt:// without `internal` and `plain_inside`.
  static Result<std::unique_ptr<Streams>> create(StreamOptions options);
  /// Connects, with TLS for mqtts. forbidden: not listed, or an address that may not be called. unavailable: nobody answers, no trust.
  Result<std::unique_ptr<Stream>> open(const std::string& url, int timeout_ms) const;

 private:
  explicit Streams(StreamOptions options) : options_(std::move(options)) {}
  const StreamOptions options_;
};

}  // namespace machiya::outbound
