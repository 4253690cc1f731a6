#include "tell/webpush/subscription.h"

#include <algorithm>

#include "base/json.h"
#include "platform/outbound/url.h"
#include "platform/vault/vault.h"
#include "tell/webpush/encryption.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kLongest = 8 * 1024;

Error wrong(const char* why) { return Error(ErrorCode::invalid_input, why, "subscription"); }

/// Some browsers' libraries wrote the padding; the Push API itself does not.
template <std::size_t N>
bool read_bytes(std::string_view text, std::array<std::uint8_t, N>& out) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  const auto bytes = vault::from_base64url(text);
  if (!bytes.ok() || bytes->size() != N) return false;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return true;
}
}  // namespace

Result<Subscription> parse_subscription(std::string_view text) {
  if (text.size() > kLongest) return wrong("longer than any browser's");
  const auto value = json::parse(text, {4, 64});
  if (!value.ok() || !value->is_object()) return wrong("no JSON object");
  Subscription out;
  out.endpoint = value->text("endpoint");
  const auto url = outbound::parse_url(out.endpoint);
  if (!url.ok() || url->scheme != "https") return wrong("the endpoint is no https address");
  out.origin = url->origin();
  const json::Value& keys = (*value)["keys"];
  if (!read_bytes(keys.text("p256dh"), out.key)) return wrong("p256dh has not 65 bytes");
  if (!read_bytes(keys.text("auth"), out.auth)) return wrong("auth has not 16 bytes");
  if (!Sealer::is_point(out.key)) return wrong("p256dh is no point of P-256");
  return out;
}

}  // namespace machiya::tell
