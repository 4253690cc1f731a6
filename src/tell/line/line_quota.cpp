#include "tell/line/line_quota.h"

namespace machiya::tell {
namespace {
constexpr std::int64_t kFreshUs = 60 * 1'000'000;
}

std::optional<LineQuota> LineQuotaWatch::now() {
  {
    std::lock_guard lock(mutex_);
    if (asking_ || (asked_ && clock_.now().us - asked_->us < kFreshUs)) return known_;
    asking_ = true;
  }
  const auto answer = api_.quota();
  std::lock_guard lock(mutex_);
  asking_ = false, asked_ = clock_.now();
  known_ = answer.ok() ? std::optional<LineQuota>(*answer) : std::nullopt;
  return known_;
}

}  // namespace machiya::tell
