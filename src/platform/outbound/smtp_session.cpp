#include "platform/outbound/smtp_session.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "platform/outbound/outbound.h"
#include "platform/outbound/url.h"
#include "platform/outbound/wire.h"

namespace machiya::outbound {
namespace {
constexpr int kMostLines = 100;   // of one reply
constexpr int kStartMail = 354;
constexpr int kClosing = 421;     // RFC 5321 §3.8: may come at any time

Error failed(const std::string& why) { return Error(ErrorCode::unavailable, "mail relay: " + why, "smtp"); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "5.1.1" at the start of a reply's text (RFC 3463 §2); "" when there is none.
std::string status_of(std::string_view text) {
  std::size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == begin || at - begin > 3) return {};
    if (part < 2 && (at >= text.size() || text[at++] != '.')) return {};
  }
  return at == text.size() || text[at] == ' ' ? std::string(text.substr(0, at)) : std::string();
}

std::string base64(std::string_view in) {
  std::string out(4 * ((in.size() + 2) / 3) + 1, '\0');   // OpenSSL ends it with a NUL
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(in.data()), static_cast<int>(in.size()))));
  return out;
}

/// Nothing that could end a command or an address early.
bool is_path(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f && c != '<' && c != '>'; });
}
bool has_bare_ends(std::string_view text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string_view::npos; ++at)
    if (at == 0 || text[at - 1] != '\r') return true;
  for (std::size_t at = 0; (at = text.find('\r', at)) != std::string_view::npos; ++at)
    if (at + 1 >= text.size() || text[at + 1] != '\n') return true;
  return text.find('\0') != std::string_view::npos;
}

/// The text as RFC 5321 §4.5.2 sends it, its end included.
std::string stuffed(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 160);
  if (!text.empty() && text.front() == '.') out += '.';
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find("\r\n.", at)) != std::string_view::npos; at += 2) {
    out.append(text, from, at + 3 - from).append(".");
    from = at + 3;
  }
  out.append(text, from, text.size() - from);
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out.append(".\r\n");
}
}  // namespace

SmtpSession::SmtpSession(SmtpOptions options, std::unique_ptr<Wire> wire) : options_(std::move(options)), wire_(std::move(wire)) {}
SmtpSession::~SmtpSession() = default;
bool SmtpSession::encrypted() const { return wire_->encrypted(); }
bool SmtpSession::alive() const { return !broken_ && !wire_->disturbed(); }

Result<std::unique_ptr<SmtpSession>> SmtpSession::open(SmtpOptions options, const std::vector<Address>& addresses, const std::string& ca_file) {
  MACHIYA_TRY(const Url url, parse_url(options.url));
  auto wire = Wire::connect(addresses, url.port, options.connect_ms);
  if (!wire.ok()) return failed(wire.error().detail);
  std::unique_ptr<SmtpSession> out(new SmtpSession(std::move(options), std::move(*wire)));
  MACHIYA_CHECK(out->greet(url.host, url.scheme == "smtps", ca_file));
  return out;
}

Result<void> SmtpSession::greet(const std::string& host, bool tls_at_once, const std::string& ca_file) {
  // Credentials never go over a line that anybody reads.
  const bool must = tls_at_once || options_.require_tls || !options_.user.empty();
  if (tls_at_once) MACHIYA_CHECK(wire_->start_tls(host, true, ca_file, Wire::in(options_.connect_ms)));
  Reply reply;
  if (!hear(reply, options_.reply_ms)) return failed("no greeting");
  if (reply.code != 220) return failed("greets with " + std::to_string(reply.code));
  MACHIYA_CHECK(hello());
  if (!tls_at_once && abilities_.starttls) {
    if (!ask("STARTTLS\r\n", reply) || reply.code != 220) return failed("does not begin TLS that it offers");
    if (auto begun = wire_->start_tls(host, must, ca_file, Wire::in(options_.reply_ms)); !begun.ok()) return failed(begun.error().detail);
    MACHIYA_CHECK(hello());   // what was said in the clear counts no more (RFC 3207 §4.2)
  }
  if (must && !wire_->encrypted()) return failed("offers no TLS, and TLS is required");
  return options_.user.empty() ? Result<void>() : log_in();
}

Result<void> SmtpSession::hello() {
  abilities_ = {};
  if (!is_path(options_.helo)) return Error(ErrorCode::invalid_input, "no name to greet with", "smtp");
  Reply reply;
  std::vector<std::string> lines;
  if (!say("EHLO " + options_.helo + "\r\n") || !hear(reply, options_.reply_ms, &lines)) return failed("no answer to EHLO");
  if (reply.code >= 500) {   // RFC 5321 §4.1.4: an old one
    if (!ask("HELO " + options_.helo + "\r\n", reply)) return failed("no answer to HELO");
    lines.clear();
  }
  if (!reply.ok()) return failed("answers the greeting with " + std::to_string(reply.code));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string word = lower_ascii(lines[i]);
    if (word == "pipelining") abilities_.pipelining = true;
    else if (word == "8bitmime") abilities_.eight_bit = true;
    else if (word == "smtputf8") abilities_.utf8 = true;
    else if (word == "starttls") abilities_.starttls = true;
    else if (starts_with(word, "size ") && word.size() < 20 && std::all_of(word.begin() + 5, word.end(), is_digit)) abilities_.size = std::stoull("0" + word.substr(5));
    else if (starts_with(word, "auth ")) {
      for (const std::string_view one : split(std::string_view(word).substr(5), ' ')) {
        abilities_.plain |= one == "plain";
        abilities_.login |= one == "login";
      }
    }
  }
  return {};
}

Result<void> SmtpSession::log_in() {
  Reply reply;
  bool heard = false;
  if (abilities_.plain) {
    heard = ask("AUTH PLAIN " + base64(std::string(1, '\0') + options_.user + '\0' + options_.password) + "\r\n", reply);
  } else if (abilities_.login) {
    heard = ask("AUTH LOGIN\r\n", reply) && (reply.code != 334 || ask(base64(options_.user) + "\r\n", reply)) &&
            (reply.code != 334 || ask(base64(options_.password) + "\r\n", reply));
  } else {
    return failed("offers no way to log in that is spoken here");
  }
  if (!heard) return failed("no answer to the log-in");
  return reply.code == 235 ? Result<void>() : Result<void>(failed("refuses the log-in with " + std::to_string(reply.code)));
}

bool SmtpSession::send(std::string_view bytes, int ms, std::size_t& handed) {
  if (broken_ || !wire_->write(bytes, Wire::in(ms), handed)) broken_ = true;
  return !broken_;
}
bool SmtpSession::say(std::string_view line) {
  std::size_t handed = 0;
  return send(line, options_.reply_ms, handed);
}
bool SmtpSession::ask(std::string_view line, Reply& out) { return say(line) && hear(out, options_.reply_ms); }

bool SmtpSession::hear(Reply& out, int ms, std::vector<std::string>* lines) {
  const Wire::Time until = Wire::in(ms);
  std::string line;
  for (int i = 0; i < kMostLines && !broken_; ++i) {
    if (!wire_->read_line(line, until)) break;
    if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit) || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) break;
    const std::string_view text = line.size() > 4 ? std::string_view(line).substr(4) : std::string_view();
    if (lines != nullptr) lines->emplace_back(text);
    if (line.size() > 3 && line[3] == '-') continue;
    out.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    out.status = status_of(text);
    if (out.code == kClosing) broken_ = true;   // this reply still counts
    return true;
  }
  broken_ = true;
  return false;
}

std::string SmtpSession::envelope(const SmtpLetter& letter) const {
  std::string out = in_transaction_ ? "RSET\r\nMAIL FROM:<" : "MAIL FROM:<";
  out.append(letter.from).append(">");
  if (abilities_.size > 0) out += " SIZE=" + std::to_string(letter.text.size());
  if (abilities_.eight_bit && letter.eight_bit) out += " BODY=8BITMIME";
  if (letter.utf8) out += " SMTPUTF8";
  return out.append("\r\nRCPT TO:<").append(letter.to).append(">\r\nDATA\r\n");
}

/// What can be refused without asking, with the codes that a relay would use.
SmtpOutcome SmtpSession::check(const SmtpLetter& letter) const {
  using State = SmtpOutcome::State;
  if (letter.utf8 && !abilities_.utf8) return {State::refused, 553, "5.6.7"};                              // RFC 6531 §3.5
  if (letter.eight_bit && !abilities_.eight_bit) return {State::refused, 554, "5.6.3"};                    // RFC 6152 §3
  if (abilities_.size > 0 && letter.text.size() > abilities_.size) return {State::refused, 552, "5.3.4"};  // RFC 1870 §6.1
  if (!is_path(letter.from) || !is_path(letter.to) || letter.to.empty() || has_bare_ends(letter.text)) return {State::refused, 554, "5.6.0"};
  return {State::accepted, 0, ""};
}

/// Envelope and DATA; true when the relay waits for the mail itself. `said`: the commands went out already with the mail before.
bool SmtpSession::offer(const SmtpLetter& letter, bool said, SmtpOutcome& out) {
  const std::string all = said ? std::string() : envelope(letter);
  if (!said && abilities_.pipelining && !say(all)) return false;
  auto next = [&, at = std::size_t{0}](Reply& reply) mutable {
    if (!abilities_.pipelining) {
      const std::size_t end = all.find('\n', at) + 1;
      if (!say(std::string_view(all).substr(at, end - at))) return false;
      at = end;
    }
    return hear(reply, options_.reply_ms);
  };
  Reply reset, mail, recipient, data;
  if (!said && in_transaction_ && !next(reset)) return false;
  in_transaction_ = false;
  if (!next(mail)) return false;
  in_transaction_ = mail.ok();
  const Reply* bad = mail.ok() ? nullptr : &mail;
  if ((abilities_.pipelining || !bad) && !broken_) {
    if (!next(recipient)) return false;
    if (!bad && !recipient.ok()) bad = &recipient;
  }
  if ((abilities_.pipelining || !bad) && !broken_) {
    if (!next(data)) return false;
    if (!bad && data.code != kStartMail) bad = &data;
  }
  if (!bad) return true;
  out = {bad->code >= 400 ? SmtpOutcome::State::refused : SmtpOutcome::State::unsent, bad->code, bad->status};
  // The relay waits for a mail that goes to nobody: an empty one ends it (RFC 2920 §3.1).
  if (data.code == kStartMail && !broken_) {
    Reply end;
    if (ask(".\r\n", end)) in_transaction_ = false;
  }
  return false;
}

std::vector<SmtpOutcome> SmtpSession::deliver(std::span<const SmtpLetter> letters) {
  using State = SmtpOutcome::State;
  std::vector<SmtpOutcome> out(letters.size());
  bool said = false;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (!said) {
      out[i] = check(letters[i]);
      if (out[i].state == State::refused) continue;
      out[i] = {};
    }
    if (broken_ || !offer(letters[i], said, out[i])) {
      said = false;
      continue;
    }
    // The next envelope goes out behind the end of this mail (RFC 2920 §3.1); its own end waits for this one's answer.
    std::string bytes = stuffed(letters[i].text);
    const std::size_t end = bytes.size();
    in_transaction_ = false;
    said = i + 1 < letters.size() && abilities_.pipelining && check(letters[i + 1]).state == State::accepted;
    if (said) bytes += envelope(letters[i + 1]);
    std::size_t handed = 0;
    Reply reply;
    if (!send(bytes, options_.reply_ms, handed)) {
      out[i].state = handed < end ? State::unsent : State::unknown;
    } else if (!hear(reply, options_.accept_ms)) {
      out[i].state = State::unknown;
    } else {
      out[i] = {reply.ok() ? State::accepted : State::refused, reply.code, reply.status};
    }
  }
  return out;
}

bool SmtpSession::probe() {
  Reply reply;
  return alive() && ask("NOOP\r\n", reply) && reply.ok();
}

void SmtpSession::quit() {
  if (!broken_) say("QUIT\r\n");
  broken_ = true;
  wire_->close();
}

}  // namespace machiya::outbound
