// Sends confirmation codes by the SMS channel, in the background: whoever asks for a code never waits for the gateway, and nobody can tell by the time
// whether anything was sent.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "tell/channel/channel.h"

namespace machiya::tell {

struct CodeSmsOptions {
  int attempts = 4;            ///< under one key: an attempt whose answer was lost rings nobody twice
  int first_retry_ms = 500;    ///< doubles
  int valid_s = 600;           ///< a code that has waited so long is of no use and is not sent
  std::size_t queue = 1000;    ///< waiting codes; more are refused (unavailable)
};

/// Thread-safe. One background thread; codes that wait at the end of the process are lost and can be asked for again. Neither numbers nor texts are
/// in any log.
class CodeSms {
 public:
  /// `channel` and the others must outlive it.
  CodeSms(Channel& channel, const Clock& clock, Rng& rng, CodeSmsOptions options = {});
  ~CodeSms();
  /// `number` in E.164. On its way when this returns; unavailable when too many wait.
  Result<void> send(const std::string& number, const std::string& lang, const std::string& text);

  struct Counts {
    std::int64_t sent = 0, failed = 0;
  };
  Counts counts() const;
  /// Waits until nothing is queued or under way.
  void flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::tell
