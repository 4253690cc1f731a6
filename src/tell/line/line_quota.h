// What LINE still delivers this month, for whoever is about to release a message.
#pragma once
#include <mutex>
#include <optional>

#include "base/time.h"
#include "tell/line/line_api.h"

namespace machiya::tell {

/// Asks LINE at most once a minute, and never longer than kMostMs a question (two make an answer). Thread-safe: while one thread asks, others get
/// what was known before.
class LineQuotaWatch {
 public:
  static constexpr int kMostMs = 1'500;
  LineQuotaWatch(LineOptions options, const outbound::Outbound& door, const Clock& clock) : api_(in_time(std::move(options)), door), clock_(clock) {}

  /// Nothing when LINE did not answer.
  std::optional<LineQuota> now();

 private:
  static LineOptions in_time(LineOptions options) {
    options.timeout_ms = kMostMs;
    return options;
  }
  const LineApi api_;
  const Clock& clock_;
  std::mutex mutex_;
  bool asking_ = false;
  std::optional<Instant> asked_;
  std::optional<LineQuota> known_;
};

}  // namespace machiya::tell
