// Asks a clamd (ClamAV's daemon) whether an upload is known to be malicious: command INSTREAM over its socket.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "platform/blobs/ports.h"

namespace machiya::blobs {

struct ClamdOptions {
  std::string socket;   ///< "unix:/run/clamav/clamd.ctl" or "127.0.0.1:3310" (an IP address: nothing is looked up)
  std::chrono::milliseconds limit{20'000};   ///< of one file, from connecting to the verdict
};

/// Thread-safe: a connection of its own for each file. Believes "OK" only as a whole answer; everything else is infected or no verdict.
class Clamd final : public Scanner {
 public:
  /// invalid_input for an address of neither form.
  static Result<std::unique_ptr<Clamd>> open(ClamdOptions options);
  Result<Verdict> scan(std::string_view content) override;

 private:
  explicit Clamd(ClamdOptions options) : options_(std::move(options)) {}
  Result<int> connect() const;
  ClamdOptions options_;
};

}  // namespace machiya::blobs
