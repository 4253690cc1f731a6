#include "tell/webpush/payload.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "platform/jose/keys.h"
#include "platform/locale/locale.h"
#include "platform/vault/vault.h"
#include "tell/webpush/encryption.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kLongestTopic = 32;
constexpr std::size_t kRoomForTitle = 64 * 4;
constexpr std::string_view kCut = "…";

bool between(char32_t c, char32_t low, char32_t high) { return c >= low && c <= high; }
/// Shown together with what stands before it: marks, variation selectors, joiners, skin tones, tags of flags (UAX 29, as far as texts of a
/// city need it).
bool extends(char32_t c) {
  return c == 0x200d || between(c, 0x300, 0x36f) || between(c, 0x20d0, 0x20ff) || c == 0x3099 || c == 0x309a || between(c, 0xfe00, 0xfe0f) ||
         between(c, 0x1f3fb, 0x1f3ff) || between(c, 0xe0020, 0xe007f) || between(c, 0xe0100, 0xe01ef);
}
bool is_flag_half(char32_t c) { return between(c, 0x1f1e6, 0x1f1ff); }

/// Behind the character that begins at `at`.
std::size_t character_end(std::string_view text, std::size_t at) {
  char32_t before = next_code_point(text, at);
  for (bool flag = is_flag_half(before); at < text.size();) {
    std::size_t next = at;
    const char32_t c = next_code_point(text, next);
    if (!extends(c) && before != 0x200d && !(flag && is_flag_half(c))) break;
    flag = false;
    before = c;
    at = next;
  }
  return at;
}

std::string quoted(std::string_view text) {
  std::string out;
  json::write_string(text, out);
  return out;
}

/// As a JSON string of at most `room` bytes, quotes included. "" when not even the mark of the cut has room.
std::string fitted(std::string_view text, std::size_t room) {
  std::string whole = quoted(text);
  if (whole.size() <= room) return whole;
  if (room < 2 + kCut.size()) return {};
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = character_end(text, at);
    const std::string one = quoted(text.substr(at, end - at));
    if (out.size() + one.size() - 2 + kCut.size() + 1 > room) break;
    out.append(one, 1, one.size() - 2);
    at = end;
  }
  return out.append(kCut) + '"';
}
}  // namespace

std::string push_topic(std::string_view id) {
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; };
  if (!id.empty() && id.size() <= kLongestTopic && std::all_of(id.begin(), id.end(), fits)) return std::string(id);
  return vault::base64url(jose::sha256(id)).substr(0, kLongestTopic);
}

std::string push_payload(const Content& content, std::string_view tag) {
  std::string rest = ",\"lang\":" + quoted(locale::html_lang(content.lang)) + ",\"tag\":" + quoted(push_topic(tag));
  if (content.emergency) rest += ",\"urgent\":true";
  rest += '}';
  static constexpr std::string_view kTitle = "{\"title\":", kBody = ",\"body\":", kLink = ",\"link\":";
  std::size_t room = kMostPushPlain - rest.size() - kTitle.size() - kBody.size() - 2;
  std::string link = content.link.empty() ? std::string() : std::string(kLink) + quoted(content.link);
  if (link.size() + kRoomForTitle > room) link.clear();
  room -= link.size();
  const std::string title = fitted(content.title, room);
  const std::string body = fitted(content.body, room + 2 - title.size());
  std::string out(kTitle);
  out += title;
  if (!body.empty()) out.append(kBody).append(body);
  return out + link + rest;
}

}  // namespace machiya::tell
