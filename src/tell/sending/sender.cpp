#include "tell/sending/sender.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/log.h"
#include "tell/sending/handing.h"
#include "tell/sending/line_work.h"

namespace machiya::tell {
namespace {
using std::chrono::steady_clock;
}

/// Tells of a message at most twice a second, and of the last change for sure.
class Teller {
 public:
  explicit Teller(std::function<void(std::int64_t)> tell) : tell_(std::move(tell)) {}
  void changed(std::int64_t message) {
    if (!tell_) return;
    {
      std::lock_guard lock(mutex_);
      const auto now = steady_clock::now();
      auto& last = told_[message];
      if (now - last < kGap) {
        late_[message] = true;
        return;
      }
      last = now;
    }
    tell_(message);
  }
  /// Every half second.
  void catch_up() {
    std::map<std::int64_t, bool> late;
    {
      std::lock_guard lock(mutex_);
      late.swap(late_);
      if (told_.size() > 1000) told_.clear();
    }
    for (const auto& [message, is] : late) tell_(message);
  }

 private:
  static constexpr std::chrono::milliseconds kGap{500};
  const std::function<void(std::int64_t)> tell_;
  std::mutex mutex_;
  std::map<std::int64_t, steady_clock::time_point> told_;
  std::map<std::int64_t, bool> late_;
};

struct Sender::Impl {
  Impl(store::Store& s, Ledger& l, Audiences& a, const Clock& c, Rng& r, SenderOptions o)
      : store(s), ledger(l), clock(c), options(std::move(o)), handing(s, l, a, c, r, options), teller(options.changed) {}

  store::Store& store;
  Ledger& ledger;
  const Clock& clock;
  const SenderOptions options;
  Handing handing;
  Teller teller;
  std::vector<std::unique_ptr<LineWork>> lines;
  std::thread expander;
  std::mutex mutex;
  std::condition_variable wakes;
  bool news = true, stopping = false, running = false;
  RowsMade made;   ///< under mutex

  /// The expander looks what there is to do.
  void look() {
    {
      std::lock_guard lock(mutex);
      news = true;
    }
    wakes.notify_all();
  }

  void wake_lines() {
    for (auto& line : lines) line->wake();
  }

  /// Rows first, then what is finished or cancelled.
  void expand_loop() {
    const std::string owner = store::new_lease_owner();
    std::optional<store::Lease> lease;
    auto lease_until = steady_clock::time_point{};
    while (true) {
      {
        std::unique_lock lock(mutex);
        wakes.wait_for(lock, std::chrono::milliseconds(500), [&] { return stopping || news; });
        if (stopping) break;
        news = false;
      }
      teller.catch_up();
      if (!lease || steady_clock::now() > lease_until) {
        auto taken = store.write([&](store::Tx& tx) { return store::take_lease(tx, clock, "tell-expander", owner, options.lease_s * kSecond); });
        lease = taken.ok() ? *taken : std::nullopt;
        lease_until = steady_clock::now() + std::chrono::seconds(options.lease_s) / 3;
        if (!lease) continue;
      }
      if (step(*lease)) {
        std::lock_guard lock(mutex);
        news = true;
      }
    }
    if (!lease) return;
    if (auto released = store.write([&](store::Tx& tx) { return store::release_lease(tx, *lease); }); !released.ok())
      log(LogLevel::warn, "expander-lease-kept", {{"why", released.error().to_string()}});
  }

  void note(const Ledger::Step& step) {
    std::lock_guard lock(mutex);
    ++made.transactions;
    made.rows += step.rows, made.longest_us = std::max(made.longest_us, step.work_us), made.over_20_ms += step.work_us > 20'000;
  }

  /// True while there is more to do.
  bool step(const store::Lease& lease) {
    auto step_made = ledger.expand(lease);
    if (!step_made.ok()) {
      log(LogLevel::warn, "rows-not-made", {{"why", step_made.error().to_string()}});
      return false;
    }
    if (const auto& one = *step_made) {
      note(*one);
      if (one->cls == Class::emergency || one->done) wake_lines();
      if (one->message) teller.changed(one->message);
      return true;
    }
    auto tidied = ledger.tidy();
    if (!tidied.ok()) log(LogLevel::warn, "messages-not-closed", {{"why", tidied.error().to_string()}});
    return tidied.ok() && *tidied > 0;
  }
};

Sender::Sender(store::Store& store, Ledger& ledger, Audiences& audiences, const Clock& clock, Rng& rng, SenderOptions options)
    : impl_(std::make_unique<Impl>(store, ledger, audiences, clock, rng, std::move(options))) {}
Sender::~Sender() { stop(); }

void Sender::add(Line line) {
  impl_->lines.push_back(std::make_unique<LineWork>(impl_->store, impl_->ledger, impl_->handing, impl_->clock, std::move(line), impl_->options.lease_s * kSecond,
                                                    [this](std::int64_t message) { impl_->teller.changed(message); }, [this] { impl_->look(); }));
}

void Sender::start() {
  if (impl_->running) return;
  impl_->running = true, impl_->stopping = false, impl_->news = true;
  impl_->expander = std::thread([this] { impl_->expand_loop(); });
  for (auto& line : impl_->lines) line->start();
}

void Sender::stop() {
  if (!impl_->running) return;
  impl_->running = false;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wakes.notify_all();
  impl_->expander.join();
  for (auto& line : impl_->lines) line->stop();
}

void Sender::wake() {
  impl_->look();
  impl_->wake_lines();
}

RowsMade Sender::made() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->made;
}

std::vector<LineStatus> Sender::status() const {
  std::vector<LineStatus> out;
  for (const auto& line : impl_->lines) out.push_back(line->status());
  return out;
}

}  // namespace machiya::tell
