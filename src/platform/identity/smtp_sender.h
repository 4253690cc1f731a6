// Mails one-time codes over SMTP (RFC 5321), in the background: the visitor's answer never waits for a mail server, nor
// shows by its time whether an address exists.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/identity/identity.h"

namespace machiya::locale {
class Catalogue;
}
namespace machiya::outbound {
class Outbound;
}

namespace machiya::identity {

struct SmtpOptions {
  std::string url = "smtp://127.0.0.1:25";   ///< smtp:// or smtps://
  bool require_starttls = false;             ///< refuse to speak without TLS (for smtp:// beyond this machine); with a password always
  std::string user, password;                ///< "" for none
  std::string from;                          ///< "no-reply@city.example"
  int timeout_s = 20;
  int attempts = 4;
  int first_retry_ms = 500;                  ///< doubles; the code lives only ten minutes
  std::size_t queue = 1000;                  ///< waiting mails; more are refused (unavailable)
};

/// Thread-safe. One background thread; mails that wait at the end of the process are lost, their codes can be asked again.
class SmtpSender final : public CodeSender {
 public:
  SmtpSender(SmtpOptions options, const outbound::Outbound& door, const locale::Catalogue& texts, const Clock& clock);
  ~SmtpSender() override;
  Result<void> send(std::string_view email, std::string_view code, std::string_view lang) override;
  Result<void> notify(std::string_view email, std::string_view notice, std::string_view lang) override;
  /// Any other short mail to one person, on its way when this returns; unavailable when too many wait.
  Result<void> mail(std::string_view email, std::string_view subject, std::string_view body, std::string_view lang);

  struct Counts {
    std::int64_t sent = 0;
    std::int64_t failed = 0;
  };
  Counts counts() const;
  /// Waits until nothing is queued or under way.
  void flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Sends nothing: in the demonstration the page shows the code.
class DemonstrationSender final : public CodeSender {
 public:
  Result<void> send(std::string_view, std::string_view, std::string_view) override { return {}; }
  Result<void> notify(std::string_view, std::string_view, std::string_view) override { return {}; }
};

/// A mail of one text part (RFC 5322; RFC 2047 words and base64).
std::string plain_mail(std::string_view from, std::string_view to, std::string_view subject, std::string_view body, std::string_view lang, Instant now);
/// The whole mail with headers (RFC 5322; texts as RFC 2047 words and base64). Holds the code, or what was changed, and nothing else of
/// anybody.
std::string notice_mail(std::string_view from, std::string_view to, std::string_view notice, std::string_view lang,
                        const locale::Catalogue& texts, Instant now);
std::string code_mail(std::string_view from, std::string_view to, std::string_view code, std::string_view lang,
                      const locale::Catalogue& texts, Instant now);

}  // namespace machiya::identity
