// The one door out: every call that this house makes to another machine goes through here. Deny by default: an origin that
// the operator did not list is not called, whatever a definition or a visitor says (server-side request forgery).
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "platform/outbound/address.h"

namespace machiya::outbound {

/// One origin that may be called.
struct Rule {
  std::string origin;      ///< "https://id.example"; scheme, host and port must agree
  bool internal = false;   ///< its name may lead to this machine or a private network
};

struct Options {
  std::vector<Rule> rules;
  bool http_on_loopback = false;   ///< tests and the demonstration: http:// to an internal origin on this machine
  bool this_machine = false;       ///< besides the rules: every origin whose addresses all lead to this machine, whatever its port
  std::string ca_file;             ///< roots of trust as PEM; "" for the machine's own
  /// All addresses of a name; "" of getaddrinfo when empty. Tests plant answers of a hostile name server here.
  std::function<Result<std::vector<Address>>(const std::string& host)> resolve;
  /// How long what a name led to, judged, serves calls that keep their connection: thousands of them a second must not ask a name server each.
  int name_ms = 30'000;
};

struct Call {
  std::string method = "GET";   ///< GET, POST, PUT, PATCH or DELETE; invalid_input for others
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::size_t most_bytes = 256 * 1024;   ///< of the answer's body
  int timeout_ms = 10'000;               ///< for the whole exchange once the name is known
  /// The connection is kept for the next call to this origin. A kept one may have died unnoticed; the request is then sent a second time
  /// by itself (RFC 9112 §9.3.1), so only for what may be sent twice: questions, and requests with an idempotency key.
  bool keep = false;
  std::vector<std::string> reads;   ///< names of headers of the answer that are wanted, in lower case
};
struct Answer {
  int status = 0;   ///< 200–299 or 400–599; a redirect is an error
  std::string content_type;
  std::string body;
  std::string retry_after;   ///< as it stands: seconds or a date (RFC 9110 §10.2.3); "" for none
  std::vector<std::pair<std::string, std::string>> read;   ///< of Call::reads those that came; the last one of a name that came twice
  /// "" when it did not come.
  std::string_view header(std::string_view name) const {
    std::string_view out;
    for (const auto& [key, value] : read)
      if (key == name) out = value;
    return out;
  }
};
/// Error::where of an `unavailable` when no byte of the request left this machine: what was to be done has certainly not been done.
inline constexpr const char* kUnsent = "outbound-unsent";

/// A mail to one mailbox over SMTP (RFC 5321). The operator's own relay: its URL is its permission.
struct Mail {
  std::string url;      ///< smtp:// or smtps://
  bool require_tls = false;
  std::string user, password;   ///< "" for none; with a password TLS is required
  std::string from, to, text;
  int timeout_s = 20;
};

struct SmtpOptions;
class SmtpSession;

/// Thread-safe.
class Outbound {
 public:
  /// invalid_input for a rule that is no origin, or for http:// without `internal`.
  static Result<std::unique_ptr<Outbound>> create(Options options);
  ~Outbound();

  /// The name is resolved once, every address of it is judged, and the connection is made to one of these only. Errors:
  /// invalid_input (no address), forbidden (not listed, refused address, redirect), too_large, unavailable (network, TLS, time).
  /// Details name the origin, never path, query or content.
  Result<Answer> call(const Call& call) const;
  /// Would call() try it, as far as is known without the network?
  Result<void> allows(std::string_view url) const;
  /// Hands one mail to the relay; its addresses may be internal, but never link-local, multicast or reserved.
  Result<void> send(const Mail& mail) const;
  /// A conversation with the relay that takes many mails (smtp_session.h), under the same door: name resolved once, addresses judged and pinned.
  /// forbidden, or unavailable when the relay is away, does not speak TLS as required, or refuses the log-in.
  Result<std::unique_ptr<SmtpSession>> open_mail(const SmtpOptions& options) const;

 private:
  Outbound();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::outbound
