#include "platform/http/multipart.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace machiya::http {
namespace {
Error bad(const char* why) { return Error(ErrorCode::malformed_request, why); }

bool is_boundary_char(char c) {  // RFC 2046 §5.1.1, without the trailing-space rule
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

/// The value of a parameter; `at` stands on its first character and is moved behind it. Browsers write '"' as %22
/// (WHATWG form submission); a backslash escapes as in RFC 9110 §5.6.4 only before '"' and '\'.
std::string parameter_value(std::string_view text, std::size_t& at) {
  std::string out;
  if (at >= text.size() || text[at] != '"') {
    const std::size_t end = std::min(text.find(';', at), text.size());
    out = trim(text.substr(at, end - at));
    at = end;
    return out;
  }
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
    out += text[at];
  }
  at = std::min(text.find(';', at), text.size());
  return out;
}

/// Calls `use(name, value)` for each parameter behind the first ';'.
template <class Use>
void parameters(std::string_view text, const Use& use) {
  std::size_t at = text.find(';');
  while (at < text.size()) {
    ++at;
    const std::size_t eq = text.find('=', at);
    if (eq == std::string_view::npos) return;
    const std::string name = lower_ascii(trim(text.substr(at, eq - at)));
    at = eq + 1;
    std::string value = parameter_value(text, at);
    use(name, std::move(value));
  }
}

std::string unescape_browser(std::string text) {
  for (const auto& [from, to] : {std::pair{"%22", "\""}, std::pair{"%0D", "\r"}, std::pair{"%0A", "\n"}})
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) text.replace(at, 3, to);
  return text;
}

Result<PartHead> parse_part_head(std::string_view text) {
  PartHead head;
  bool found = false;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return bad("a part's header has no name");
    const std::string name = lower_ascii(trim(line.substr(0, colon)));
    const std::string_view value = trim(line.substr(colon + 1));
    if (name == "content-type") head.content_type = value;
    if (name != "content-disposition") continue;
    if (found || lower_ascii(trim(split(value, ';')[0])) != "form-data") return bad("a part is no form-data");
    parameters(value, [&](const std::string& key, std::string parameter) {
      if (key == "name") head.name = unescape_browser(std::move(parameter)), found = true;
      if (key == "filename") head.filename = unescape_browser(std::move(parameter)), head.is_file = true;
    });
  }
  if (!found) return bad("a part has no name");
  for (const std::string* s : {&head.name, &head.filename, &head.content_type})
    if (!is_utf8(*s) || s->find('\0') != std::string::npos) return bad("a part's header is not UTF-8 text");
  return head;
}
}  // namespace

bool is_multipart(std::string_view content_type) {
  return lower_ascii(trim(content_type.substr(0, content_type.find(';')))) == "multipart/form-data";
}

Result<std::string> multipart_boundary(std::string_view content_type) {
  std::string boundary;
  int found = 0;
  parameters(content_type, [&](const std::string& name, std::string value) {
    if (name == "boundary") boundary = std::move(value), ++found;
  });
  if (found != 1 || boundary.empty() || boundary.size() > MultipartLimits().boundary || boundary.back() == ' ')
    return bad("multipart without a usable boundary");
  for (char c : boundary)
    if (!is_boundary_char(c)) return bad("multipart without a usable boundary");
  return boundary;
}

MultipartParser::MultipartParser(std::string boundary, MultipartLimits limits, PartSink& sink)
    : delimiter_("\r\n--" + boundary), limits_(limits), sink_(sink), buffer_("\r\n") {}

Result<void> MultipartParser::feed(std::string_view bytes) {
  if (state_ == State::done) return {};  // the epilogue is dropped
  buffer_ += bytes;
  for (bool more = true; more;) {
    MACHIYA_TRY(more, step());
  }
  return {};
}

Result<void> MultipartParser::finish() const {
  if (state_ != State::done) return bad("the multipart body ends too early");
  return {};
}

Result<bool> MultipartParser::step() {
  switch (state_) {
    case State::preamble:
    case State::data: return step_data();
    case State::boundary_tail: return step_boundary_tail();
    case State::head: return step_head();
    case State::done: buffer_.clear(); return false;
  }
  return false;
}

Result<void> MultipartParser::deliver(std::size_t size) {
  if (size == 0 || !in_part_) return {};
  part_size_ += size;
  if (part_size_ > (is_file_ ? limits_.file : limits_.text_field)) return Error(ErrorCode::too_large, "a part of the form is too large");
  return sink_.data(std::string_view(buffer_).substr(0, size));
}

Result<bool> MultipartParser::step_data() {
  const std::size_t at = buffer_.find(delimiter_);
  if (at == std::string::npos) {  // keep what may be the beginning of a boundary
    std::size_t keep = std::min(buffer_.size(), delimiter_.size() - 1);
    while (keep > 0 && delimiter_.compare(0, keep, buffer_, buffer_.size() - keep, keep) != 0) --keep;
    MACHIYA_CHECK(deliver(buffer_.size() - keep));
    buffer_.erase(0, buffer_.size() - keep);
    return false;
  }
  MACHIYA_CHECK(deliver(at));
  if (in_part_) MACHIYA_CHECK(sink_.end());
  in_part_ = false;
  buffer_.erase(0, at + delimiter_.size());
  state_ = State::boundary_tail;
  return true;
}

Result<bool> MultipartParser::step_boundary_tail() {
  if (buffer_.size() < 2) return false;
  if (buffer_[0] == '-' && buffer_[1] == '-') {
    state_ = State::done;
    return true;
  }
  std::size_t at = 0;  // transport padding, RFC 2046 §5.1.1
  while (at < buffer_.size() && (buffer_[at] == ' ' || buffer_[at] == '\t')) ++at;
  if (at > limits_.boundary) return bad("white space behind a boundary");
  if (buffer_.size() < at + 2) return false;
  if (buffer_[at] != '\r' || buffer_[at + 1] != '\n') return bad("a boundary does not end its line");
  buffer_.erase(0, at);  // the line end stays: a part without headers ends its head with it
  state_ = State::head;
  return true;
}

Result<bool> MultipartParser::step_head() {
  const std::size_t end = buffer_.find("\r\n\r\n");
  if (std::min(end, buffer_.size()) > limits_.part_head) return Error(ErrorCode::header_too_large, "a part's header is too large");
  if (end == std::string::npos) return false;
  if (++parts_ > limits_.parts) return Error(ErrorCode::limit_exceeded, "too many parts in the form");
  MACHIYA_TRY(PartHead head, parse_part_head(end < 2 ? std::string_view() : std::string_view(buffer_).substr(2, end - 2)));
  if (head.is_file && limits_.file == 0 && !head.filename.empty()) return Error(ErrorCode::unsupported_type, "no files are taken here");
  buffer_.erase(0, end + 4);
  is_file_ = head.is_file;
  in_part_ = true;
  part_size_ = 0;
  MACHIYA_CHECK(sink_.begin(head));
  state_ = State::data;
  return true;
}

}  // namespace machiya::http
