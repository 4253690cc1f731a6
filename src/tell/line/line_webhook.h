// What LINE tells us: webhooks, verified over the bytes that came and read with tolerance for what is new. Pure.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::tell {

/// X-Line-Signature: base64 of HMAC-SHA256 over the raw body, keyed by the channel secret. Constant time; only the canonical form of base64
/// (RFC 4648 §3.5, §4) is taken. False for an empty secret.
bool verify_line_signature(std::string_view secret, std::string_view raw_body, std::string_view header);

enum class LineEventKind : std::uint8_t { follow, unfollow, text, postback, account_link, unknown };

/// One event. Members that its kind does not have are empty.
struct LineEvent {
  LineEventKind kind = LineEventKind::unknown;
  std::string type;               ///< as LINE names it; for `unknown` too
  std::string id;                 ///< webhookEventId: the same for every delivery of this event
  bool redelivery = false;        ///< LINE says that it tried before; an event may come twice without
  std::int64_t at_ms = 0;         ///< since 1970-01-01T00:00:00Z
  bool standby = false;           ///< another module of the channel answers: we must not
  std::string user;               ///< user id, when the event is one person's; "" in groups and for those who did not consent
  std::string reply_token;
  bool unblocked = false;         ///< follow: was a friend before
  std::string text;               ///< text: the words
  std::string message;            ///< text: id of the message
  std::string data;               ///< postback
  std::string nonce;              ///< account_link: names who asked to link
  bool linked = false;            ///< account_link: it worked
};
struct LineDelivery {
  std::string destination;        ///< our own user id
  std::vector<LineEvent> events;  ///< may be empty: LINE tries whether we are there
};

inline constexpr std::size_t kMostLineWebhookBytes = 512 * 1024;
inline constexpr std::size_t kMostLineEvents = 500;

/// Reads a verified body. An event of a type or with a content that is not ours stays as `unknown`; members that nobody knows are passed over.
/// too_large beyond the limits; malformed_request when it is no webhook at all.
Result<LineDelivery> read_line_webhook(std::string_view raw_body);

/// The events of a delivery that are new: neither known to `seen` (the ledger keeps the ids) nor twice in this delivery. Events without an id
/// (none should be) are new each time.
std::vector<const LineEvent*> unseen_events(const LineDelivery& delivery, const std::function<bool(std::string_view id)>& seen);

}  // namespace machiya::tell
