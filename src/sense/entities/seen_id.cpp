#include "sense/entities/seen_id.h"

#include "sense/entities/read.h"

namespace machiya::sense {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

bool plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~'; }

void encode(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (plain(c)) {
      out += c;
    } else {
      out += '%', out += kHex[static_cast<unsigned char>(c) >> 4], out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
}

int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

}  // namespace

std::string foreign_id(std::string_view id, std::string_view type, std::string_view path) {
  std::string out(kForeignPrefix);
  encode(id, out);
  out += ':', encode(type, out);
  if (path.size() > 1) out += ':', out += path.substr(1);
  return out;
}

bool is_own_id(std::string_view id) { return is_uri(id) && !id.starts_with(kForeignPrefix); }

std::string_view seen_id(std::string_view id, std::string& buffer) {
  if (!id.starts_with(kForeignPrefix)) return id;
  std::string_view part = id.substr(kForeignPrefix.size());
  part = part.substr(0, part.find(':'));
  if (part.find('%') == std::string_view::npos) return part;
  buffer.clear();
  for (std::size_t i = 0; i < part.size(); ++i) {
    const int high = part[i] == '%' && i + 2 < part.size() ? digit(part[i + 1]) : -1, low = high >= 0 ? digit(part[i + 2]) : -1;
    if (low >= 0) {
      buffer += static_cast<char>(high * 16 + low), i += 2;
    } else {
      buffer += part[i];
    }
  }
  return buffer;
}

}  // namespace machiya::sense
