#include "tell/sms/code_sms.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "tell/gateway/retry_key.h"

namespace machiya::tell {
namespace {
struct Waiting {
  Parcel parcel;
  Instant asked;
};
constexpr std::int64_t kMostWaitMs = 30'000;   // what a gateway asks for beyond this is longer than a person looks at the telephone
}  // namespace

struct CodeSms::Impl {
  Channel& channel;
  const Clock& clock;
  Rng& rng;
  CodeSmsOptions options;
  mutable std::mutex mutex;
  std::condition_variable wake, idle;
  std::deque<Waiting> queue;
  bool busy = false, stopping = false;
  Counts counts;
  std::thread thread;

  Impl(Channel& c, const Clock& k, Rng& r, CodeSmsOptions o) : channel(c), clock(k), rng(r), options(o) {}

  /// Tries a few times; false when it was refused, the gateway went on failing, the code is too old by now or the process is stopping.
  bool deliver(Waiting& one) {
    std::int64_t wait_ms = options.first_retry_ms;
    for (;; ++one.parcel.attempt, wait_ms *= 2) {
      if (clock.now().us - one.asked.us >= options.valid_s * kSecond) return false;
      const HandOff answer = channel.hand_off(one.parcel);
      const Outcome& outcome = answer.each.front();
      if (outcome.fate == Fate::accepted) return true;
      log(LogLevel::warn, "code-sms-attempt-failed", {{"attempt", std::to_string(one.parcel.attempt)}, {"reason", outcome.reason}});
      if ((outcome.fate != Fate::again && outcome.fate != Fate::unknown) || one.parcel.attempt >= options.attempts) return false;
      std::unique_lock lock(mutex);
      if (wake.wait_for(lock, std::chrono::milliseconds(std::clamp(answer.wait_ms, wait_ms, std::max(wait_ms, kMostWaitMs))), [this] { return stopping; })) return false;
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (stopping) return;
      Waiting one = std::move(queue.front());
      queue.pop_front();
      busy = true;
      lock.unlock();
      const bool sent = deliver(one);
      if (!sent) log(LogLevel::error, "code-sms-lost");
      lock.lock();
      ++(sent ? counts.sent : counts.failed);
      busy = false;
      idle.notify_all();
    }
  }
};

CodeSms::CodeSms(Channel& channel, const Clock& clock, Rng& rng, CodeSmsOptions options) : impl_(std::make_unique<Impl>(channel, clock, rng, options)) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

CodeSms::~CodeSms() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
}

Result<void> CodeSms::send(const std::string& number, const std::string& lang, const std::string& text) {
  auto content = std::make_shared<Content>();
  content->lang = lang, content->title = content->short_text = text;   // no link, no mark: the code stands first
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->queue.size() >= impl_->options.queue) return Error(ErrorCode::unavailable, "too many codes are waiting");
    Waiting one;
    one.parcel.message = new_public_id(impl_->rng), one.parcel.key = part_key(one.parcel.message, number), one.parcel.content = std::move(content);
    one.parcel.to.resize(1), one.parcel.to.front().address = number;
    one.asked = impl_->clock.now();
    impl_->queue.push_back(std::move(one));
  }
  impl_->wake.notify_all();
  return {};
}

CodeSms::Counts CodeSms::counts() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->counts;
}

void CodeSms::flush() {
  std::unique_lock lock(impl_->mutex);
  impl_->idle.wait(lock, [this] { return impl_->queue.empty() && !impl_->busy; });
}

}  // namespace machiya::tell
