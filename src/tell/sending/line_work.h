// One channel at work: a thread that claims parcels, and workers that hand them over.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tell/sending/handing.h"
#include "tell/sending/rate_window.h"

namespace machiya::tell {

class LineWork {
 public:
  LineWork(store::Store& store, Ledger& ledger, Handing& handing, const Clock& clock, Line line, std::int64_t lease_us, std::function<void(std::int64_t)> changed, std::function<void()> idle);
  ~LineWork();
  void start();
  void stop();
  void wake();
  LineStatus status() const;

 private:
  using Point = std::chrono::steady_clock::time_point;
  void claim_loop();
  void work_loop();
  /// Prolongs or takes the lease; false while another process has it.
  bool hold_lease();
  void refill();
  /// What waits of a cancelled message goes back at once: it must not wait for the channel's window.
  void drop_cancelled();
  void stop_claim(const Claim& claim);
  void one(const Claim& claim);
  void write_down(const Claim& claim, const Settlement& settlement, const std::vector<Reached>& dead);
  void note(const Handing::Report& report);
  /// Rows of one parcel: what the channel takes at once, and no more than half a second of its rate.
  int most() const;
  /// Of the channel's window, by rows.
  int cost(std::size_t rows) const { return grows_ ? static_cast<int>(rows) * cost_of_one_ : rows <= 1 ? cost_of_one_ : cost_of_many_; }
  std::optional<Claim> next(std::unique_lock<std::mutex>& lock);

  store::Store& store_;
  Ledger& ledger_;
  Handing& handing_;
  const Clock& clock_;
  const Line line_;
  const std::int64_t lease_us_;
  const std::function<void(std::int64_t)> changed_;
  const std::function<void()> idle_;   ///< nothing is claimed any more: messages may be over
  const std::string owner_;
  const int cost_of_one_, cost_of_many_;
  const bool grows_;   ///< with the addressees: then a parcel is kept as small as half a second of the window

  mutable std::mutex mutex_;
  std::condition_variable claims_;    ///< the claiming thread: there is room, or news
  std::condition_variable works_;     ///< workers: there is a parcel, or its time has come
  std::vector<Claim> waiting_;        ///< claimed, not begun; emergencies first
  std::optional<store::Lease> lease_;
  Point lease_until_{};
  RateWindow window_;
  Breaker breaker_;
  LineStatus status_;
  int busy_ = 0;
  bool news_ = true;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace machiya::tell
