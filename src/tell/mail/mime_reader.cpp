#include "tell/mail/mime_reader.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kMostFields = 500;
constexpr std::size_t kMostBlocks = 200;

/// The line at `at` without its end; moves behind it.
std::string_view next_line(std::string_view text, std::size_t& at) {
  const std::size_t end = std::min(text.find('\n', at), text.size());
  std::string_view line = text.substr(at, end - at);
  at = std::min(end + 1, text.size());
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// Fields up to the empty line; moves behind it.
std::vector<std::pair<std::string, std::string>> read_fields(std::string_view text, std::size_t& at) {
  std::vector<std::pair<std::string, std::string>> out;
  while (at < text.size()) {
    const std::string_view line = next_line(text, at);
    if (line.empty()) break;
    if ((line.front() == ' ' || line.front() == '\t') && !out.empty()) {
      out.back().second.append(" ").append(trim(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && out.size() < kMostFields) out.emplace_back(lower_ascii(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
  }
  return out;
}

int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

std::string from_quoted_printable(std::string_view in) {
  std::string out;
  for (std::size_t at = 0; at < in.size(); ++at) {
    if (in[at] != '=') {
      out += in[at];
    } else if (at + 2 < in.size() && hex(in[at + 1]) >= 0 && hex(in[at + 2]) >= 0) {
      out += static_cast<char>(hex(in[at + 1]) * 16 + hex(in[at + 2]));
      at += 2;
    } else {
      at = std::min(in.find('\n', at), in.size());   // a soft line end
    }
  }
  return out;
}
std::string from_base64(std::string_view in) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : in) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) continue;
    buffer = buffer << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits >= 8) out += static_cast<char>(buffer >> (bits -= 8) & 255);
  }
  return out;
}
}  // namespace

std::string_view MimeEntity::field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& one) { return one.first == name; });
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

std::string MimeEntity::type() const {
  const std::string_view value = field("content-type");
  return value.empty() ? "text/plain" : lower_ascii(trim(value.substr(0, value.find(';'))));
}

std::string MimeEntity::parameter(std::string_view name) const {
  std::string_view rest = field("content-type");
  for (std::size_t at; (at = rest.find(';')) != std::string_view::npos;) {
    rest = trim(rest.substr(at + 1));
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos || lower_ascii(trim(rest.substr(0, equals))) != name) continue;
    rest = trim(rest.substr(equals + 1));
    if (rest.empty() || rest.front() != '"') return std::string(trim(rest.substr(0, rest.find_first_of("; \t"))));
    std::string out;
    for (std::size_t i = 1; i < rest.size() && rest[i] != '"'; ++i) out += rest[i] == '\\' && i + 1 < rest.size() ? rest[++i] : rest[i];
    return out;
  }
  return {};
}

std::string MimeEntity::decoded() const {
  const std::string encoding = lower_ascii(field("content-transfer-encoding"));
  if (encoding == "base64") return from_base64(body);
  return encoding == "quoted-printable" ? from_quoted_printable(body) : std::string(body);
}

std::vector<MimeEntity> MimeEntity::parts(std::size_t most) const {
  std::vector<MimeEntity> out;
  const std::string boundary = "--" + parameter("boundary");
  if (boundary.size() == 2 || !starts_with(type(), "multipart/")) return out;
  std::size_t begin = std::string_view::npos;
  for (std::size_t at = 0; at < body.size() && out.size() < most;) {
    const std::size_t line_at = at;
    const std::string_view line = next_line(body, at);
    if (!starts_with(line, boundary)) continue;
    if (begin != std::string_view::npos) out.push_back(read_entity(body.substr(begin, line_at - begin)));
    begin = at;
    if (starts_with(line.substr(boundary.size()), "--")) return out;
  }
  if (begin != std::string_view::npos && begin < body.size() && out.size() < most) out.push_back(read_entity(body.substr(begin)));   // cut off
  return out;
}

MimeEntity read_entity(std::string_view raw) {
  MimeEntity out;
  std::size_t at = 0;
  out.fields = read_fields(raw, at);
  out.body = raw.substr(at);
  return out;
}

std::vector<MimeEntity> read_blocks(std::string_view text) {
  std::vector<MimeEntity> out;
  for (std::size_t at = 0; at < text.size() && out.size() < kMostBlocks;) {
    MimeEntity one;
    one.fields = read_fields(text, at);
    if (!one.fields.empty()) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace machiya::tell
