#include "platform/identity/smtp_sender.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "platform/outbound/outbound.h"

namespace machiya::identity {
namespace {
struct Mail {
  std::string to, text;
};
}  // namespace

struct SmtpSender::Impl {
  SmtpOptions options;
  const outbound::Outbound& door;
  const locale::Catalogue& texts;
  const Clock& clock;
  mutable std::mutex mutex;
  std::condition_variable wake, idle;
  std::deque<Mail> queue;
  bool busy = false, stopping = false;
  Counts counts;
  std::thread thread;

  Impl(SmtpOptions o, const outbound::Outbound& d, const locale::Catalogue& t, const Clock& c) : options(std::move(o)), door(d), texts(t), clock(c) {}

  /// One conversation with the mail server.
  Result<void> deliver(const Mail& mail) const {
    return door.send({options.url, options.require_starttls, options.user, options.password, options.from, mail.to, mail.text, options.timeout_s});
  }

  /// Tries a few times; false when the server went on refusing, or the process is stopping.
  bool deliver_patiently(const Mail& mail) {
    auto wait = std::chrono::milliseconds(options.first_retry_ms);
    for (int attempt = 1;; ++attempt, wait *= 2) {
      const auto state = deliver(mail);
      if (state.ok()) return true;
      log(LogLevel::warn, "login-mail-attempt-failed", {{"attempt", std::to_string(attempt)}, {"error", state.error().detail}});
      if (attempt >= options.attempts) return false;
      std::unique_lock lock(mutex);
      if (wake.wait_for(lock, wait, [this] { return stopping; })) return false;
    }
  }

  Result<void> queue_mail(Mail mail) {
    {
      std::lock_guard lock(mutex);
      if (queue.size() >= options.queue) return Error(ErrorCode::unavailable, "too many mails are waiting");
      queue.push_back(std::move(mail));
    }
    wake.notify_all();
    return {};
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (stopping) return;
      const Mail mail = std::move(queue.front());
      queue.pop_front();
      busy = true;
      lock.unlock();
      const bool sent = deliver_patiently(mail);
      if (!sent) log(LogLevel::error, "login-mail-lost");
      lock.lock();
      ++(sent ? counts.sent : counts.failed);
      busy = false;
      idle.notify_all();
    }
  }
};

SmtpSender::SmtpSender(SmtpOptions options, const outbound::Outbound& door, const locale::Catalogue& texts, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), door, texts, clock)) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

SmtpSender::~SmtpSender() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
}

Result<void> SmtpSender::send(std::string_view email, std::string_view code, std::string_view lang) {
  return impl_->queue_mail({std::string(email), code_mail(impl_->options.from, email, code, lang, impl_->texts, impl_->clock.now())});
}

Result<void> SmtpSender::notify(std::string_view email, std::string_view notice, std::string_view lang) {
  return impl_->queue_mail({std::string(email), notice_mail(impl_->options.from, email, notice, lang, impl_->texts, impl_->clock.now())});
}

Result<void> SmtpSender::mail(std::string_view email, std::string_view subject, std::string_view body, std::string_view lang) {
  return impl_->queue_mail({std::string(email), plain_mail(impl_->options.from, email, subject, body, lang, impl_->clock.now())});
}

SmtpSender::Counts SmtpSender::counts() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->counts;
}

void SmtpSender::flush() {
  std::unique_lock lock(impl_->mutex);
  impl_->idle.wait(lock, [this] { return impl_->queue.empty() && !impl_->busy; });
}

}  // namespace machiya::identity
