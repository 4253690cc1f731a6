#include "tell/bulletins/xml_writer.h"

#include "base/result.h"
#include "base/text.h"

namespace machiya::bulletins {
namespace {

/// Char of XML 1.0 §2.2. A lone U+FFFD is one; whether it stood there or is a broken byte's is told by the bytes.
bool is_char(char32_t c) { return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c != 0xFFFE && c != 0xFFFF); }

}  // namespace

XmlWriter::XmlWriter() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

void XmlWriter::finish_tag() {
  if (in_tag_) out_ += '>';
  in_tag_ = false;
}

void XmlWriter::append(std::string_view value, bool attribute) {
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(value, at);
    const bool broken = c == 0xFFFD && value.substr(begin, at - begin) != "\xEF\xBF\xBD";
    if (broken || !is_char(c)) {
      out_ += "\xEF\xBF\xBD";
      ++replaced_;
    } else if (c == '<') out_ += "&lt;";
    else if (c == '>') out_ += "&gt;";
    else if (c == '&') out_ += "&amp;";
    else if (c == '\r') out_ += "&#13;";
    else if (attribute && c == '"') out_ += "&quot;";
    else if (attribute && c == '\n') out_ += "&#10;";
    else if (attribute && c == '\t') out_ += "&#9;";
    else out_ += value.substr(begin, at - begin);
  }
}

XmlWriter& XmlWriter::open(std::string_view name) {
  finish_tag();
  (out_ += '<') += name;
  open_.push_back(name);
  in_tag_ = true;
  return *this;
}

XmlWriter& XmlWriter::attribute(std::string_view name, std::string_view value) {
  MACHIYA_ASSERT(in_tag_);
  ((out_ += ' ') += name) += "=\"";
  append(value, true);
  out_ += '"';
  return *this;
}

XmlWriter& XmlWriter::text(std::string_view value) {
  MACHIYA_ASSERT(!open_.empty());
  if (value.empty()) return *this;
  finish_tag();
  append(value, false);
  return *this;
}

XmlWriter& XmlWriter::close() {
  MACHIYA_ASSERT(!open_.empty());
  if (in_tag_) out_ += "/>";
  else ((out_ += "</") += open_.back()) += '>';
  in_tag_ = false;
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::element(std::string_view name, std::string_view value) { return open(name).text(value).close(); }

XmlWriter& XmlWriter::optional(std::string_view name, std::string_view value) { return value.empty() ? *this : element(name, value); }

XmlWriter& XmlWriter::comment(std::string_view text) {
  finish_tag();
  out_ += "<!-- ";
  char last = ' ';
  for (const char c : text) {
    if (c == '-' && last == '-') out_ += ' ';
    const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    if (control) ++replaced_;
    out_ += control ? std::string_view("\xEF\xBF\xBD") : std::string_view(&c, 1);
    last = c;
  }
  out_ += " -->";
  return *this;
}

std::string XmlWriter::take() {
  MACHIYA_ASSERT(open_.empty());
  return std::move(out_) + "\n";
}

}  // namespace machiya::bulletins
