#include "platform/http/target.h"

#include "base/text.h"

namespace machiya::http {
namespace {
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error bad(const char* why) { return Error(ErrorCode::malformed_request, why); }

bool has_dot_segment(std::string_view path) {
  for (std::string_view segment : split(path, '/'))
    if (segment == "." || segment == "..") return true;
  return false;
}

Result<std::string> decode_path(std::string_view raw) {
  std::string path;
  path.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    int c = static_cast<unsigned char>(raw[i]);
    if (c == '%') {
      const int high = i + 2 < raw.size() ? hex_digit(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? hex_digit(raw[i + 2]) : -1;
      if (high < 0 || low < 0) return bad("broken escape in the path");
      i += 2;
      c = high * 16 + low;
      if (c == '/' || c == '%') {
        path += c == '/' ? "%2F" : "%25";
        continue;
      }
    }
    if (c < 0x20 || c == 0x7f) return bad("control character in the path");
    if (c == '\\') return bad("backslash in the path");
    path += static_cast<char>(c);
  }
  if (!is_utf8(path)) return bad("the path is not UTF-8");
  if (has_dot_segment(path)) return bad("dot segment in the path");
  return path;
}
}  // namespace

bool is_clean_text(std::string_view text) { return text.find('\0') == std::string_view::npos && is_utf8(text); }

Result<Target> normalise_target(std::string_view raw) {
  if (raw.size() > kMaxTarget) return bad("the target is too long");
  if (raw == "*") return Target{"*", {}};
  if (!raw.empty() && raw.front() != '/') {  // absolute-form: http://host/path
    const std::size_t scheme = raw.find("://");
    const std::string name = scheme == std::string_view::npos ? std::string() : lower_ascii(raw.substr(0, scheme));
    if (name != "http" && name != "https") return bad("unknown form of target");
    raw.remove_prefix(scheme + 3);
    const std::size_t path = raw.find_first_of("/?");
    if (path == 0) return bad("target without a host");
    raw = path == std::string_view::npos ? std::string_view() : raw.substr(path);
  }
  const std::size_t question = raw.find('?');
  const std::string_view path = raw.substr(0, question);
  Target out;
  if (question != std::string_view::npos) out.query = raw.substr(question + 1);
  for (unsigned char c : raw)
    if (c < 0x21 || c == 0x7f || c == '#') return bad("character not allowed in a target");
  MACHIYA_TRY(out.path, decode_path(path));
  if (out.path.empty()) out.path = "/";
  return out;
}

}  // namespace machiya::http
