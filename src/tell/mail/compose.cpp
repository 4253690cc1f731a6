#include "tell/mail/compose.h"

#include <algorithm>

#include "base/text.h"
#include "platform/locale/locale.h"
#include "platform/vault/vault.h"
#include "tell/mail/html_part.h"
#include "tell/mail/mime_text.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kMostLine = 900;   // below RFC 5322's 998, since relays add to lines what they like
constexpr std::size_t kFoldAt = 76;

/// May stand between angle brackets in a header.
bool is_header_uri(std::string_view uri) {
  return (starts_with(uri, "https://") || starts_with(uri, "http://")) && uri.size() <= kMostLine &&
         std::all_of(uri.begin(), uri.end(), [](char c) { return c > ' ' && c < 0x7f && c != '<' && c != '>' && c != ','; });
}

void add_part(std::string_view kind, const std::string& text, Charset charset, std::string& out) {
  const bool ascii = is_plain_ascii(text, kMostLine);
  const std::string bytes = ascii || charset == Charset::utf8 ? text : to_iso_2022_jp(text).value_or(std::string());
  const bool seven = ascii || is_plain_ascii(bytes, kMostLine);
  out.append("Content-Type: ").append(kind).append("; charset=").append(charset_name(charset)).append("\r\n");
  out += seven ? "Content-Transfer-Encoding: 7bit\r\n\r\n" : "Content-Transfer-Encoding: base64\r\n\r\n";
  out += seven ? bytes : base64_lines(bytes);
  if (!out.ends_with("\r\n")) out += "\r\n";
}

void add_from(const MailHead& head, const Content& content, Charset charset, std::string& out) {
  const std::size_t start = out.size();
  out += "From: ";
  const std::string name = display_name(content.sender, charset, out.size() - start);
  const std::string address = '<' + head.from.path() + ">\r\n";
  out += name;
  if (!name.empty()) out += out.size() - std::max(start, out.rfind('\n') + 1) + address.size() > kFoldAt ? "\r\n " : " ";
  out += address;
}

/// One charset for the whole mail: the one wished for, when it has every character.
Charset charset_for(const Content& content, Charset wished) {
  for (const std::string* one : {&content.title, &content.body, &content.link_text, &content.sender, &content.leave_text})
    if (!can_say(wished, *one)) return Charset::utf8;
  return wished;
}
}  // namespace

std::string message_id_of(std::string_view parcel_key, const Addressee& to) {
  std::string all(parcel_key);
  all.append(1, '\0').append(std::to_string(to.recipient)).append(1, '\0').append(to.address);
  return vault::sha256_hex(all).substr(0, 32);
}

std::string compose(const MailHead& head, const MailPerson& person, const Content& content, Instant now) {
  const Charset charset = charset_for(content, person.charset);
  std::string out;
  out.reserve(3072 + 4 * content.body.size());
  out += "Date: " + mail_date(now) + "\r\n";
  add_from(head, content, charset, out);
  out += "To: <" + person.to.path() + ">\r\n";
  if (!head.reply_to.empty()) out += "Reply-To: <" + head.reply_to + ">\r\n";
  out += header_line("Subject", content.title, charset);
  out += "Message-ID: <" + person.message_id + '@' + head.from.domain + ">\r\n";
  out.append("Content-Language: ").append(locale::html_lang(content.lang)).append("\r\n");
  out += "Auto-Submitted: auto-generated\r\n";
  out += content.emergency ? "Priority: urgent\r\nImportance: high\r\nX-Priority: 1\r\n" : "Precedence: bulk\r\n";
  if (is_header_uri(person.leave)) {
    out += "List-Unsubscribe: <" + person.leave + ">\r\n";
    if (starts_with(person.leave, "https://")) out += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  }
  // Neither base64 nor an escape of ISO-2022-JP makes "=_"; the id makes it this mail's own.
  const std::string boundary = "=_" + person.message_id;
  out += "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n";
  add_part("text/plain", text_part(content, person.leave), charset, out);
  out += "--" + boundary + "\r\n";
  add_part("text/html", html_part(content, person.leave, charset), charset, out);
  return out + "--" + boundary + "--\r\n";
}

}  // namespace machiya::tell
