#include "tell/sending/line_work.h"

#include <algorithm>
#include <set>

#include "base/log.h"

namespace machiya::tell {
namespace {
using std::chrono::steady_clock;
constexpr auto kLook = std::chrono::milliseconds(200);   ///< how often it is looked for what another process placed, or what is due
}  // namespace

LineWork::LineWork(store::Store& store, Ledger& ledger, Handing& handing, const Clock& clock, Line line, std::int64_t lease_us, std::function<void(std::int64_t)> changed, std::function<void()> idle)
    : store_(store), ledger_(ledger), handing_(handing), clock_(clock), line_(std::move(line)), lease_us_(lease_us), changed_(std::move(changed)), idle_(std::move(idle)),
      owner_(store::new_lease_owner()), cost_of_one_(cost_of(*line_.channel, 1)), cost_of_many_(cost_of(*line_.channel, std::min(2, line_.channel->most()))),
      grows_(cost_of(*line_.channel, line_.channel->most()) > cost_of_many_), window_(line_.per_second) {
  status_.id = line_.id;
}
LineWork::~LineWork() { stop(); }

int LineWork::most() const {
  const int takes = line_.channel->most();
  if (!grows_ || line_.per_second <= 0) return takes;
  return std::clamp(static_cast<int>(line_.per_second / 2 / cost_of_one_), 1, takes);
}

void LineWork::start() {
  stopping_ = false, news_ = true;
  threads_.emplace_back([this] { claim_loop(); });
  for (int i = 0; i < line_.workers; ++i) threads_.emplace_back([this] { work_loop(); });
}

void LineWork::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  claims_.notify_all(), works_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (const Claim& claim : waiting_) write_down(claim, handing_.put_back(claim, "stopped", 0), {});
  waiting_.clear();
  if (!lease_) return;
  auto released = store_.write([&](store::Tx& tx) { return store::release_lease(tx, *lease_); });
  if (!released.ok()) log(LogLevel::warn, "sender-lease-kept", {{"channel", line_.id}, {"why", released.error().to_string()}});
  lease_.reset();
}

void LineWork::wake() {
  {
    std::lock_guard lock(mutex_);
    news_ = true;
  }
  claims_.notify_all();
}

LineStatus LineWork::status() const {
  std::lock_guard lock(mutex_);
  LineStatus out = status_;
  out.owner = lease_.has_value(), out.down = breaker_.open(steady_clock::now());
  return out;
}

bool LineWork::hold_lease() {
  const auto now = steady_clock::now();
  if (lease_ && now < lease_until_ - std::chrono::microseconds(lease_us_ * 2 / 3)) return true;
  auto taken = store_.write([&](store::Tx& tx) { return store::take_lease(tx, clock_, "tell-sender/" + line_.id, owner_, lease_us_); });
  if (!taken.ok()) {
    log(LogLevel::warn, "sender-lease-not-taken", {{"channel", line_.id}, {"why", taken.error().to_string()}});
    return lease_ && now < lease_until_;
  }
  const bool changed = *taken && (!lease_ || lease_->fence != (*taken)->fence);
  if (changed)
    if (auto over = ledger_.take_over(**taken, line_.number); !over.ok()) {
      log(LogLevel::warn, "sender-not-taken-over", {{"channel", line_.id}, {"why", over.error().to_string()}});
      return false;
    }
  std::lock_guard lock(mutex_);
  if (changed || !*taken) waiting_.clear();   // the next owner has them
  lease_ = std::move(*taken);
  lease_until_ = now + std::chrono::microseconds(lease_us_);
  return lease_.has_value();
}

void LineWork::claim_loop() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      claims_.wait_for(lock, kLook, [&] { return stopping_ || news_; });
      if (stopping_) return;
      news_ = false;
    }
    if (!hold_lease()) continue;
    drop_cancelled();
    refill();
  }
}

void LineWork::drop_cancelled() {
  std::set<std::int64_t> messages;
  {
    std::lock_guard lock(mutex_);
    for (const Claim& claim : waiting_) messages.insert(claim.message);
  }
  if (messages.empty()) return;
  std::set<std::int64_t> over;
  const auto read = store_.read([&](store::ReadTx& tx) -> Result<void> {
    over.clear();
    for (const std::int64_t id : messages) {
      MACHIYA_TRY(const auto message, ledger_.message(tx, id));
      if (!message || message->state >= MessageState::cancelling) over.insert(id);
    }
    return {};
  });
  if (!read.ok() || over.empty()) return;   // the worker asks once more before it sends
  std::vector<Claim> gone;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](Claim& claim) {
      if (!over.contains(claim.message)) return false;
      gone.push_back(std::move(claim));
      return true;
    });
  }
  for (const Claim& claim : gone) stop_claim(claim);
}

void LineWork::stop_claim(const Claim& claim) {
  Claim stopped = claim;
  stopped.cancelled = true;
  Settlement settlement = handing_.put_back(claim, "cancelled", 0);
  settlement.over = true;
  write_down(stopped, settlement, {});
}

void LineWork::refill() {
  Ledger::Wanted wanted;
  wanted.channel = line_.number, wanted.most = most();
  std::size_t emergencies = 0;
  {
    std::lock_guard lock(mutex_);
    if (breaker_.open(steady_clock::now())) return;
    // A queue of a quarter of a second at most: what is claimed and not sent is what a cancel has to wait for.
    int room = line_.workers * 2;
    if (line_.per_second > 0) {
      const double parcels = line_.per_second / cost(static_cast<std::size_t>(wanted.most)) / 4;
      room = std::clamp(static_cast<int>(parcels), 1, std::max(room, 64));
    }
    wanted.parcels = room - static_cast<int>(waiting_.size());
    emergencies = static_cast<std::size_t>(std::count_if(waiting_.begin(), waiting_.end(), [](const Claim& c) { return c.cls == Class::emergency; }));
    if (wanted.parcels <= 0) {
      // Full: only what overtakes, and no more of that than a full queue either.
      wanted.parcels = room - static_cast<int>(emergencies), wanted.emergencies_only = true;
      if (wanted.parcels <= 0) return;
    }
  }
  auto claimed = ledger_.claim(*lease_, wanted);
  if (!claimed.ok()) {
    log(LogLevel::warn, "parcels-not-claimed", {{"channel", line_.id}, {"why", claimed.error().to_string()}});
    return;
  }
  if (claimed->empty()) return;
  std::lock_guard lock(mutex_);
  for (Claim& claim : *claimed) {
    const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](const Claim& other) { return other.cls < claim.cls; });
    waiting_.insert(at, std::move(claim));
  }
  news_ = !wanted.emergencies_only;   // there may be more
  works_.notify_all();
}

std::optional<Claim> LineWork::next(std::unique_lock<std::mutex>& lock) {
  while (!stopping_) {
    const auto now = steady_clock::now();
    const auto from = std::max(window_.next(), breaker_.open_until());
    if (waiting_.empty()) {
      works_.wait(lock);
    } else if (now < from) {
      works_.wait_until(lock, from);
    } else {
      Claim out = std::move(waiting_.front());
      waiting_.erase(waiting_.begin());
      window_.use(now, out.own ? static_cast<int>(out.recipients.size()) * cost_of_one_ : cost(out.recipients.size()));
      if (breaker_.open_until() != Point{}) window_.pause(now + std::chrono::milliseconds(200));   // half open: one at a time
      news_ = true;
      claims_.notify_one();
      return out;
    }
  }
  return {};
}

void LineWork::work_loop() {
  std::unique_lock lock(mutex_);
  while (auto claim = next(lock)) {
    ++busy_;
    lock.unlock();
    one(*claim);
    lock.lock();
    if (--busy_ == 0 && waiting_.empty()) idle_();
  }
}

void LineWork::one(const Claim& claim) {
  Settlement settlement;
  std::vector<Reached> dead;
  if (claim.drill) {
    // A drill ends here: no address is read, no channel is asked.
    settlement.taken = claim.recipients;
    write_down(claim, settlement, dead);
    return;
  }
  if (claim.maybe && clock_.now().us - claim.created.us > line_.channel->key_seconds() * kSecond) {
    // The key protects no longer: sent again it might arrive twice, and nobody can say whether it has arrived.
    settlement = handing_.put_back(claim, "key-too-old", 0);
    settlement.over = true;
    write_down(claim, settlement, dead);
    return;
  }
  auto packed = handing_.pack(line_, claim);
  if (!packed.ok()) {
    log(LogLevel::error, "parcel-not-packed", {{"channel", line_.id}, {"why", packed.error().to_string()}});
    settlement = handing_.put_back(claim, "not-packed", 5 * kSecond);
    settlement.over = claim.attempt >= line_.attempts;
  } else if (packed->cancelled) {
    stop_claim(claim);
    return;
  } else {
    Handing::Report report;
    settlement = handing_.hand_over(line_, claim, *packed, report, dead);
    note(report);
  }
  write_down(claim, settlement, dead);
}

void LineWork::note(const Handing::Report& report) {
  std::lock_guard lock(mutex_);
  const auto now = steady_clock::now();
  breaker_.saw(report.down, now);
  if (report.wait_ms > 0) window_.pause(now + std::chrono::milliseconds(report.wait_ms));
  ++status_.parcels;
  status_.accepted += report.accepted, status_.failed += report.failed, status_.again += report.again;
  if (!report.error.empty()) status_.last_error = report.error;
}

void LineWork::write_down(const Claim& claim, const Settlement& settlement, const std::vector<Reached>& dead) {
  std::optional<store::Lease> lease;
  {
    std::lock_guard lock(mutex_);
    lease = lease_;
  }
  if (!lease) return;   // the next owner tries it again
  while (true) {
    auto settled = handing_.settle(*lease, line_, claim, settlement, dead);
    if (settled.ok()) break;
    log(LogLevel::warn, "parcel-not-settled", {{"channel", line_.id}, {"why", settled.error().to_string()}});
    if (!settled.error().info().retryable) return;   // taken over, or a broken invariant that the log now names
    std::unique_lock lock(mutex_);
    if (works_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; })) return;
  }
  if (changed_) changed_(claim.message);
}

}  // namespace machiya::tell
