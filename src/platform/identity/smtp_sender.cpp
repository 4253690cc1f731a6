#include "platform/identity/smtp_sender.h"

#include <curl/curl.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log.h"

namespace machiya::identity {
namespace {
struct Mail {
  std::string to, text;
};
struct Upload {
  const std::string& text;
  std::size_t at = 0;
};
std::size_t read_upload(char* out, std::size_t size, std::size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const std::size_t n = std::min(size * count, upload.text.size() - upload.at);
  std::memcpy(out, upload.text.data() + upload.at, n);
  upload.at += n;
  return n;
}
}  // namespace

struct SmtpSender::Impl {
  SmtpOptions options;
  const locale::Catalogue& texts;
  const Clock& clock;
  mutable std::mutex mutex;
  std::condition_variable wake, idle;
  std::deque<Mail> queue;
  bool busy = false, stopping = false;
  Counts counts;
  std::thread thread;

  Impl(SmtpOptions o, const locale::Catalogue& t, const Clock& c) : options(std::move(o)), texts(t), clock(c) {}

  /// One conversation with the mail server; the name of libcurl's complaint, or "".
  std::string deliver(const Mail& mail) const {
    CURL* curl = curl_easy_init();
    if (!curl) return "no memory";
    const std::string from = "<" + options.from + ">", to = "<" + mail.to + ">";
    curl_slist* recipients = curl_slist_append(nullptr, to.c_str());
    Upload upload{mail.text};
    curl_easy_setopt(curl, CURLOPT_URL, options.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_upload);
    curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(options.timeout_s));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(options.require_starttls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (!options.require_starttls) {
      // Opportunistic encryption (RFC 7435): better than none, and there is no name to check a local relay against.
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!options.user.empty()) {
      curl_easy_setopt(curl, CURLOPT_USERNAME, options.user.c_str());
      curl_easy_setopt(curl, CURLOPT_PASSWORD, options.password.c_str());
    }
    const CURLcode state = curl_easy_perform(curl);
    curl_slist_free_all(recipients);
    curl_easy_cleanup(curl);
    return state == CURLE_OK ? std::string() : curl_easy_strerror(state);
  }

  /// Tries a few times; false when the server went on refusing, or the process is stopping.
  bool deliver_patiently(const Mail& mail) {
    auto wait = std::chrono::milliseconds(options.first_retry_ms);
    for (int attempt = 1;; ++attempt, wait *= 2) {
      const std::string fault = deliver(mail);
      if (fault.empty()) return true;
      log(LogLevel::warn, "login-mail-attempt-failed", {{"attempt", std::to_string(attempt)}, {"error", fault}});
      if (attempt >= options.attempts) return false;
      std::unique_lock lock(mutex);
      if (wake.wait_for(lock, wait, [this] { return stopping; })) return false;
    }
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

SmtpSender::SmtpSender(SmtpOptions options, const locale::Catalogue& texts, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), texts, clock)) {
  // libcurl's own set-up is not thread-safe; the composition root builds senders before the server starts.
  curl_global_init(CURL_GLOBAL_DEFAULT);
  // Credentials never go over a line that anybody reads.
  if (!impl_->options.user.empty()) impl_->options.require_starttls = true;
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
  Mail mail{std::string(email), code_mail(impl_->options.from, email, code, lang, impl_->texts, impl_->clock.now())};
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->queue.size() >= impl_->options.queue) return Error(ErrorCode::unavailable, "too many mails are waiting");
    impl_->queue.push_back(std::move(mail));
  }
  impl_->wake.notify_all();
  return {};
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
