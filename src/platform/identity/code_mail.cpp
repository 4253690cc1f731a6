// The texts of the mails of a log-in: a one-time code, and what was changed.
#include "base/text.h"
#include "platform/identity/smtp_sender.h"
#include "platform/locale/locale.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {
constexpr std::size_t kWordBytes = 45;   // 60 base64 characters: an encoded word stays below 75 (RFC 2047 §2)
constexpr std::size_t kLineBytes = 57;   // 76 base64 characters (RFC 2045 §6.8)

using vault::base64;

/// "=?UTF-8?B?…?=" words, cut between code points (RFC 2047 §5).
std::string encoded_words(std::string_view text) {
  std::string out, word;
  auto flush = [&] {
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64(word) + "?=";
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    next_code_point(text, at);
    if (word.size() + (at - from) > kWordBytes) flush();
    word += text.substr(from, at - from);
  }
  if (!word.empty() || out.empty()) flush();
  return out;
}

std::string base64_lines(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += kLineBytes) out += base64(text.substr(i, kLineBytes)) + "\r\n";
  return out;
}

}  // namespace

std::string plain_mail(std::string_view from, std::string_view to, std::string_view subject, std::string_view body, std::string_view lang, Instant now) {
  std::string date = to_http_date(now);
  date.replace(date.size() - 3, 3, "+0000");  // "GMT" is obsolete in mail (RFC 5322 §4.3)
  std::string out;
  out += "From: <" + std::string(from) + ">\r\n";
  out += "To: <" + std::string(to) + ">\r\n";
  out += "Subject: " + encoded_words(subject) + "\r\n";
  out += "Date: " + date + "\r\n";
  out += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
  out += "Content-Language: " + std::string(locale::html_lang(lang)) + "\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  out += base64_lines(body);
  return out;
}

std::string code_mail(std::string_view from, std::string_view to, std::string_view code, std::string_view lang,
                      const locale::Catalogue& texts, Instant now) {
  const locale::Args args = {{"code", std::string(code)}};
  return plain_mail(from, to, texts.text(lang, "login.mail_subject"), texts.text(lang, "login.mail_body", args), lang, now);
}

std::string notice_mail(std::string_view from, std::string_view to, std::string_view notice, std::string_view lang,
                        const locale::Catalogue& texts, Instant now) {
  const std::string what = texts.text(lang, "security.notice." + std::string(notice));
  const locale::Args args = {{"what", what}, {"when", locale::format_time(now, lang)}};
  return plain_mail(from, to, texts.text(lang, "security.notice_subject"), texts.text(lang, "security.notice_body", args), lang, now);
}

}  // namespace machiya::identity
