#include "tell/webhook/webhook_channel.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/json.h"
#include "base/text.h"
#include "tell/gateway/gateway.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kLeastSecret = 32;

std::string hmac_hex(std::string_view key, std::string_view input) {
  unsigned char mac[32];
  unsigned size = sizeof mac;
  MACHIYA_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, &size) != nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : mac) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}
}  // namespace

std::string webhook_secret(std::string_view house_secret, std::string_view url) { return hmac_hex(house_secret, url); }

std::string webhook_signature(std::string_view receiver_secret, Instant now, std::string_view body) {
  const std::string seconds = std::to_string(now.us / kSecond);
  return "t=" + seconds + ",v1=" + hmac_hex(receiver_secret, seconds + "." + std::string(body));
}

HandOff WebhookChannel::hand_off(const Parcel& parcel) {
  if (options_.secret.size() < kLeastSecret) {
    HandOff out = whole(parcel, Fate::again, "webhook-secret");   // an operator's matter: no message is at fault
    out.down = true;
    return out;
  }
  const GatewayRules rules{"webhook", false, [](const outbound::Answer& answer) { return answer.status == 410; }};
  return post_each(parcel, door_, rules, [&](const Addressee& to, const Content& content, const std::string& key) -> std::variant<outbound::Call, Outcome> {
    for (const std::string* one : {&content.title, &content.body, &content.short_text, &content.sender})
      if (!is_utf8(*one)) return Outcome{Fate::refused, "webhook-text"};
    outbound::Call call;
    call.url = to.address;
    call.timeout_ms = options_.timeout_ms;
    call.body = json::to_text(json::Value::object({{"message", parcel.message}, {"lang", content.lang}, {"title", content.title}, {"body", content.body}, {"short", content.short_text},
                                                   {"link", content.link}, {"sender", content.sender}, {"emergency", content.emergency}}));
    call.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key},
                    {"X-Machiya-Signature", webhook_signature(webhook_secret(options_.secret, to.address), clock_.now(), call.body)}};
    return call;
  });
}

}  // namespace machiya::tell
