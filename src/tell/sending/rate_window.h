// When the next request to a channel may begin: evenly spaced, so that no window of the channel ever holds more than its limit.
#pragma once
#include <algorithm>
#include <chrono>

namespace machiya::tell {

/// Used under the lock of its channel.
class RateWindow {
 public:
  using Point = std::chrono::steady_clock::time_point;
  /// `per_second` requests; 0: no limit.
  explicit RateWindow(double per_second) : per_second_(per_second) {}
  /// From here on a request may begin.
  Point next() const { return next_; }
  void use(Point now, int cost) {
    if (per_second_ <= 0) return;
    // Requests arrive closer together than they leave: 1.5 % of the limit are left unused for that.
    const auto gap = std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(cost / (per_second_ * 0.985)));
    next_ = std::max(next_, now - kSlack) + gap;
  }
  /// The channel asked to be left alone.
  void pause(Point until) { next_ = std::max(next_, until); }

 private:
  /// What a late wake-up may be made good by: else the rate is never reached.
  static constexpr std::chrono::milliseconds kSlack{20};
  double per_second_;
  Point next_{};
};

/// A circuit breaker: after kTrip hand-offs in a row that met a channel which does not answer, one try after 1, 2, 4 … 30 s.
class Breaker {
 public:
  using Point = std::chrono::steady_clock::time_point;
  static constexpr int kTrip = 3;
  void saw(bool down, Point now) {
    if (!down) {
      failures_ = 0, open_until_ = {};
      return;
    }
    ++failures_;
    if (failures_ >= kTrip) open_until_ = now + std::min(std::chrono::seconds(30), std::chrono::seconds(1) * (1 << std::min(failures_ - kTrip, 5)));
  }
  Point open_until() const { return open_until_; }
  bool open(Point now) const { return now < open_until_; }

 private:
  int failures_ = 0;
  Point open_until_{};
};

}  // namespace machiya::tell
