#include "tell/webpush/payload.h"

#include <algorithm>

#include "base/json.h"
#include "platform/jose/keys.h"
#include "platform/locale/locale.h"
#include "platform/vault/vault.h"
#include "tell/channel/characters.h"
#include "tell/webpush/encryption.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kLongestTopic = 32;
constexpr std::size_t kRoomForTitle = 64 * 4;
constexpr std::string_view kCut = "…";

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
