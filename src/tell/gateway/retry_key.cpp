#include "tell/gateway/retry_key.h"

#include "platform/jose/keys.h"

namespace machiya::tell {

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return false;
  }
  return true;
}

std::string part_key(std::string_view key, std::string_view part) {
  std::string hash = jose::sha256(std::string(key) + '\n' + std::string(part)).substr(0, 16);
  hash[6] = static_cast<char>((hash[6] & 0x0f) | 0x80);   // version 8
  hash[8] = static_cast<char>((hash[8] & 0x3f) | 0x80);   // variant
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    const auto byte = static_cast<unsigned char>(hash[i]);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace machiya::tell
