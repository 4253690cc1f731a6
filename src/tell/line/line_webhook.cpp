#include "tell/line/line_webhook.h"

#include <algorithm>
#include <unordered_set>

#include "base/json.h"
#include "platform/jose/keys.h"
#include "platform/vault/vault.h"
#include "tell/line/line_message.h"

namespace machiya::tell {
namespace {
using json::Value;
constexpr std::size_t kMostId = 64;
constexpr std::size_t kMostType = 40;
constexpr std::size_t kMostToken = 512;
constexpr std::size_t kMostTextBytes = 5000 * 4;   // LINE's texts have 5,000 units
constexpr std::size_t kMostDataBytes = 300 * 4;    // and its postbacks 300 characters
constexpr std::size_t kSignature = 44;             // 32 bytes in base64

/// The text of a member when it is one of at most `most` bytes; "" otherwise.
std::string short_text(const Value& object, std::string_view name, std::size_t most) {
  const std::string& text = object.text(name);
  return text.size() <= most ? text : std::string();
}

/// Sets kind and the members that belong to it; leaves `unknown` what is not as it must be.
void read_content(const Value& from, LineEvent& out) {
  if (out.type == "follow") {
    out.kind = LineEventKind::follow;
    out.unblocked = from["follow"]["isUnblocked"].as_bool();
  } else if (out.type == "unfollow") {
    out.kind = LineEventKind::unfollow;
  } else if (out.type == "message" && from["message"].text("type") == "text") {
    out.text = short_text(from["message"], "text", kMostTextBytes);
    out.message = short_text(from["message"], "id", kMostId);
    if (!out.text.empty()) out.kind = LineEventKind::text;
  } else if (out.type == "postback") {
    out.data = short_text(from["postback"], "data", kMostDataBytes);
    if (!out.data.empty()) out.kind = LineEventKind::postback;
  } else if (out.type == "accountLink") {
    out.nonce = short_text(from["link"], "nonce", kMostToken);
    out.linked = from["link"].text("result") == "ok";
    if (!out.nonce.empty()) out.kind = LineEventKind::account_link;
  }
}

LineEvent read_event(const Value& from) {
  LineEvent out;
  out.type = short_text(from, "type", kMostType);
  out.id = short_text(from, "webhookEventId", kMostId);
  out.redelivery = from["deliveryContext"]["isRedelivery"].as_bool();
  out.at_ms = from["timestamp"].as_int();
  out.standby = from.text("mode") == "standby";
  out.reply_token = short_text(from, "replyToken", kMostToken);
  const Value& source = from["source"];
  if (source.text("type") == "user" && is_line_user(source.text("userId"))) out.user = source.text("userId");
  read_content(from, out);
  return out;
}
}  // namespace

bool verify_line_signature(std::string_view secret, std::string_view raw_body, std::string_view header) {
  if (secret.empty() || header.size() != kSignature || header.back() != '=') return false;
  std::string url_form(header.substr(0, kSignature - 1));
  for (char& c : url_form) {
    if (c == '-' || c == '_' || c == '=') return false;
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  const auto bytes = vault::from_base64url(url_form);
  if (!bytes.ok() || vault::base64url(*bytes) != url_form) return false;
  return jose::verify_hmac(secret, raw_body, *bytes);
}

Result<LineDelivery> read_line_webhook(std::string_view raw_body) {
  if (raw_body.size() > kMostLineWebhookBytes) return Error(ErrorCode::too_large, "a webhook of this size", "line");
  const auto body = json::parse(raw_body, {16, 100'000});
  if (!body.ok()) return Error(ErrorCode::malformed_request, "no JSON", "line");
  const Value& events = (*body)["events"];
  if (!body->is_object() || !events.is_array()) return Error(ErrorCode::malformed_request, "no webhook", "line");
  if (events.size() > kMostLineEvents) return Error(ErrorCode::too_large, "so many events at once", "line");
  LineDelivery out;
  out.destination = short_text(*body, "destination", kMostId);
  for (const Value& one : events.items()) {
    if (!one.is_object()) return Error(ErrorCode::malformed_request, "an event that is no object", "line");
    out.events.push_back(read_event(one));
  }
  return out;
}

std::vector<const LineEvent*> unseen_events(const LineDelivery& delivery, const std::function<bool(std::string_view id)>& seen) {
  std::vector<const LineEvent*> out;
  std::unordered_set<std::string_view> here;
  for (const LineEvent& event : delivery.events)
    if (event.id.empty() || (here.insert(event.id).second && !seen(event.id))) out.push_back(&event);
  return out;
}

}  // namespace machiya::tell
