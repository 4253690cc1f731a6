// A conversation with the operator's mail relay (RFC 5321) that takes many mails: STARTTLS (RFC 3207), AUTH (RFC 4954), PIPELINING (RFC 2920),
// 8BITMIME (RFC 6152), SIZE (RFC 1870), SMTPUTF8 (RFC 6531), enhanced status codes (RFC 2034, 3463). Made by Outbound::open_mail() alone, so that it
// can only stand on judged addresses.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/outbound/address.h"

namespace machiya::outbound {

class Wire;

struct SmtpOptions {
  std::string url;             ///< smtp://relay.example:25 or smtps://relay.example
  bool require_tls = false;    ///< without it TLS is used when it is offered, and not verified (RFC 7435): there is nothing to check against
  std::string user, password;  ///< "" for none; with a password TLS is required
  std::string helo = "localhost";   ///< this house's own name
  int connect_ms = 5'000;
  int reply_ms = 60'000;       ///< for each reply but the last
  int accept_ms = 600'000;     ///< for the reply to the end of a mail: RFC 5321 §4.5.3.2.6, or a relay that was slow sends it twice
};

/// What the relay said of itself.
struct SmtpAbilities {
  bool pipelining = false, eight_bit = false, utf8 = false, starttls = false;
  bool plain = false, login = false;
  std::size_t size = 0;   ///< largest mail in bytes; 0: not said
};

struct SmtpLetter {
  std::string from;        ///< envelope sender as it stands between < and >; "" for none
  std::string to;          ///< one recipient, likewise; quoted where RFC 5321 wants it
  bool utf8 = false;       ///< an address or a header is not ASCII
  bool eight_bit = false;  ///< the body is not ASCII
  std::string_view text;   ///< the whole mail with CRLF line ends; a bare CR or LF is refused (it could smuggle a second mail)
};

struct SmtpOutcome {
  enum class State : unsigned char {
    accepted,   ///< the relay answered 250 to the end of the mail
    refused,    ///< it answered 4xx or 5xx: it has not taken it
    unsent,     ///< the connection broke before the end of this mail left: it has not taken it
    unknown     ///< the connection broke between the end of the mail and the answer
  };
  State state = State::unsent;
  int code = 0;         ///< of the reply: 250, 550 …; 0 when there was none
  std::string status;   ///< enhanced status code, "5.1.1"; "" when there was none
};

/// Not thread-safe: one thread at a time.
class SmtpSession {
 public:
  ~SmtpSession();
  SmtpSession(const SmtpSession&) = delete;
  SmtpSession& operator=(const SmtpSession&) = delete;

  const SmtpAbilities& abilities() const { return abilities_; }
  bool encrypted() const;
  /// Mails in their order, one outcome each. Where the relay can, the end of a mail and the beginning of the next go out together: one wait a
  /// mail, and at any time at most one mail of this connection whose fate is not known.
  std::vector<SmtpOutcome> deliver(std::span<const SmtpLetter> letters);
  /// The conversation can go on. False after a broken connection, a 421, or anything the relay said without being asked.
  bool alive() const;
  /// NOOP (RFC 5321 §4.1.1.9): asks whether the relay is still there.
  bool probe();
  /// QUIT, without waiting for the answer.
  void quit();

 private:
  friend class Outbound;
  struct Reply {
    int code = 0;
    std::string status;
    bool ok() const { return code >= 200 && code < 300; }
  };
  SmtpSession(SmtpOptions options, std::unique_ptr<Wire> wire);
  static Result<std::unique_ptr<SmtpSession>> open(SmtpOptions options, const std::vector<Address>& addresses, const std::string& ca_file);
  Result<void> greet(const std::string& host, bool tls_at_once, const std::string& ca_file);
  Result<void> hello();
  Result<void> log_in();
  bool send(std::string_view bytes, int ms, std::size_t& handed);
  bool say(std::string_view line);
  bool hear(Reply& out, int ms, std::vector<std::string>* lines = nullptr);
  bool ask(std::string_view line, Reply& out);
  std::string envelope(const SmtpLetter& letter) const;
  bool offer(const SmtpLetter& letter, bool said, SmtpOutcome& out);
  SmtpOutcome check(const SmtpLetter& letter) const;

  SmtpOptions options_;
  std::unique_ptr<Wire> wire_;
  SmtpAbilities abilities_;
  bool broken_ = false;
  bool in_transaction_ = false;   ///< MAIL was accepted and nothing ended it yet: RSET before the next
};

}  // namespace machiya::outbound
