#include "tell/mail/report.h"

#include <algorithm>

#include "base/text.h"
#include "tell/mail/mime_reader.h"
#include "tell/mail/smtp_fate.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kMostParts = 32;
constexpr int kMostDepth = 4;

using TokenOf = std::function<std::optional<std::string>(std::string_view)>;

/// What one reading collects.
struct Findings {
  const TokenOf& token_of;
  std::string token;
  std::optional<ReportKind> kind;
  std::string status, message;

  void note_address(std::string_view value) {
    if (!token.empty()) return;
    if (const std::size_t open = value.rfind('<'); open != std::string_view::npos) value = value.substr(open + 1, value.find('>', open) - open - 1);
    // Address types stand before a semicolon: "rfc822; somebody@example.jp".
    if (const std::size_t type = value.rfind(';'); type != std::string_view::npos) value = value.substr(type + 1);
    if (auto found = token_of(trim(value))) token = *found;
  }
  /// Of several recipients the worst counts: a mail of this house has one.
  void note(ReportKind found, std::string_view said) {
    if (kind && *kind <= found && *kind != ReportKind::soft) return;
    if (!kind || found != ReportKind::soft) {
      kind = found;
      status = said;
    }
  }
};

bool is_status(std::string_view text) {
  return text.size() >= 5 && text.size() <= 11 && text[1] == '.' && (text[0] == '4' || text[0] == '5') && std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}
/// The first word of it that is a reply code; 0 for none.
int code_in(std::string_view text) {
  for (std::size_t at = 0; at + 3 <= text.size(); ++at) {
    if ((at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9') || (text[at] != '4' && text[at] != '5')) continue;
    if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(at) + 3, [](char c) { return c >= '0' && c <= '9'; })) continue;
    if (at + 3 == text.size() || text[at + 3] == ' ' || text[at + 3] == '-') return (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  }
  return 0;
}

/// RFC 3464 §2.3: one block for each recipient; only a failed one is news.
void read_status(std::string_view text, Findings& out) {
  for (const MimeEntity& block : read_blocks(text)) {
    if (lower_ascii(block.field("action")) != "failed") continue;
    std::string status(trim(block.field("status").substr(0, block.field("status").find_first_of(" ("))));
    if (!is_status(status)) status.clear();
    const int code = code_in(block.field("diagnostic-code"));
    // "failed" with 4.x.x: given up after days.
    const bool dead = status.empty() || status.front() == '5' ? fate_of_reply(code >= 500 ? code : status.empty() ? 0 : 500, status) == Fate::dead_address : false;
    out.note(dead ? ReportKind::dead : ReportKind::soft, status);
  }
}

void read_complaint(std::string_view text, Findings& out) {
  for (const MimeEntity& block : read_blocks(text)) {
    if (const std::string kind = lower_ascii(block.field("feedback-type")); kind.empty() || kind == "not-spam") continue;
    out.note_address(block.field("original-mail-from"));
    out.note(ReportKind::complaint, "");
  }
}

/// The part before the "@" when it looks like one of this house's (compose.h); "" for those of others.
std::string own_message_id(std::string_view field) {
  constexpr std::size_t kHex = 32;
  field = trim(field);
  if (field.size() < kHex + 2 || field.front() != '<' || field[kHex + 1] != '@') return {};
  const std::string_view id = field.substr(1, kHex);
  return std::all_of(id.begin(), id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }) ? std::string(id) : std::string();
}

/// The mail that came back tells who sent it and which it was; itself it is read no further.
void read_returned(std::string_view text, Findings& out) {
  const MimeEntity mail = read_entity(text);
  if (out.message.empty()) out.message = own_message_id(mail.field("message-id"));
  for (const char* name : {"return-path", "x-return-path", "sender"}) out.note_address(mail.field(name));
}

void read_parts(const MimeEntity& entity, int depth, Findings& out) {
  for (const MimeEntity& part : entity.parts(kMostParts)) {
    const std::string type = part.type();
    if (type == "message/delivery-status" || type == "message/global-delivery-status") read_status(part.decoded(), out);
    else if (type == "message/feedback-report") read_complaint(part.decoded(), out);
    else if (type == "message/rfc822" || type == "text/rfc822-headers" || type == "message/global" || type == "message/global-headers") read_returned(part.decoded(), out);
    else if (starts_with(type, "multipart/") && depth < kMostDepth) read_parts(part, depth + 1, out);
  }
}

/// Some relays write letters in their own words. What is sent to one of our envelope senders by a mail system is taken for a failure; for a dead address only
/// when it says so in the words that carriers use.
void read_free_words(const MimeEntity& mail, Findings& out) {
  const std::string from = lower_ascii(mail.field("from"));
  if (from.find("mailer-daemon") == std::string::npos && from.find("postmaster") == std::string::npos) return;
  const std::string text = lower_ascii(mail.decoded().substr(0, 8192));
  if (text.find("will be retried") != std::string::npos || text.find("has been delayed") != std::string::npos) return;
  const bool dead = text.find("unknown user") != std::string::npos || text.find("user unknown") != std::string::npos || text.find("550 5.1.1") != std::string::npos ||
                    text.find("host unknown") != std::string::npos || text.find("no such user") != std::string::npos;
  out.note(dead ? ReportKind::dead : ReportKind::soft, "");
}
}  // namespace

std::optional<MailReport> read_report(std::string_view raw, std::string_view envelope_to, const TokenOf& token_of) {
  const MimeEntity mail = read_entity(raw.substr(0, kMostBytes));
  Findings found{token_of, {}, {}, {}, {}};
  found.note_address(envelope_to);
  for (const char* name : {"x-original-to", "delivered-to", "to"}) found.note_address(mail.field(name));
  // Somebody who is away is no failure (RFC 3834 §2).
  if (starts_with(lower_ascii(mail.field("auto-submitted")), "auto-replied") && mail.type() != "multipart/report") return std::nullopt;
  read_parts(mail, 0, found);
  if (!found.kind && !starts_with(mail.type(), "multipart/")) read_free_words(mail, found);
  if (!found.kind || found.token.empty()) return std::nullopt;
  return MailReport{found.token, *found.kind, found.status, found.message};
}

}  // namespace machiya::tell
