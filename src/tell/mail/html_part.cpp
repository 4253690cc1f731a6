#include "tell/mail/html_part.h"

#include "base/text.h"
#include "platform/locale/locale.h"
#include "tell/mail/mime_text.h"

namespace machiya::tell {
namespace {
void escape(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
}
bool is_link(std::string_view link) { return starts_with(link, "https://") || starts_with(link, "http://"); }

void add_link(std::string_view address, std::string_view says, std::string& out) {
  out += "<a href=\"";
  escape(address, out);
  out += "\">";
  escape(says.empty() ? address : says, out);
  out += "</a>";
}
/// Paragraphs at empty lines, line breaks inside. `text` has CRLF line ends.
void add_paragraphs(std::string_view text, std::string& out) {
  bool open = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 2;
    if (trim(line).empty()) {
      if (open) out += "</p>\r\n";
      open = false;
      continue;
    }
    out += open ? "<br>\r\n" : "<p>";
    escape(line, out);
    open = true;
  }
  if (open) out += "</p>\r\n";
}
}  // namespace

std::string html_part(const Content& content, std::string_view leave, Charset charset) {
  std::string out = "<!DOCTYPE html>\r\n<html lang=\"";
  out.reserve(1024 + 2 * content.body.size());
  escape(locale::html_lang(content.lang), out);
  out.append("\">\r\n<head>\r\n<meta charset=\"").append(charset_name(charset));
  out += "\">\r\n<meta name=\"viewport\" content=\"width=device-width\">\r\n<title>";
  escape(content.title, out);
  out += "</title>\r\n</head>\r\n<body>\r\n<main>\r\n<h1>";
  escape(content.title, out);
  out += "</h1>\r\n";
  add_paragraphs(crlf_lines(content.body), out);
  if (is_link(content.link)) {
    out += "<p>";
    add_link(content.link, content.link_text, out);
    out += "</p>\r\n";
  }
  out += "</main>\r\n<footer>\r\n<hr>\r\n";
  if (!content.sender.empty()) add_paragraphs(content.sender, out);
  if (is_link(leave)) {
    out += "<p>";
    add_link(leave, content.leave_text, out);
    out += "</p>\r\n";
  }
  return out + "</footer>\r\n</body>\r\n</html>\r\n";
}

std::string text_part(const Content& content, std::string_view leave) {
  std::string out = crlf_lines(content.body);
  out += "\r\n\r\n";
  if (is_link(content.link)) {
    if (!content.link_text.empty()) out += content.link_text + "\r\n";
    out += content.link + "\r\n\r\n";
  }
  out += "-- \r\n" + content.sender + "\r\n";   // what mail programs know as a signature (RFC 3676 §4.3)
  if (is_link(leave)) {
    if (!content.leave_text.empty()) out += content.leave_text + "\r\n";
    out.append(leave).append("\r\n");
  }
  return out;
}

}  // namespace machiya::tell
