// Subscriptions of NGSIv2 as JSON: what a client sends, checked; what is kept; and back. Frozen form: {"id", "~about": "v2", "path", "armedAt", "description",
// "v2": {description, subject, notification, expires, status, throttling as they were sent}}.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "sense/subscriptions/subscription_dao.h"
#include "sense/tree/tree.h"

namespace machiya::sense {

/// `body`: {"path": Fiware-ServicePath, "body": what the client sent}. invalid_input with Orion's kind of description.
Result<std::string> read_v2_subscription(const tree::Value& body, const std::string& id, std::int64_t now_us);
/// PATCH: members of the fragment take the place of those that are kept.
Result<std::string> merge_v2_subscription(const std::string& kept, const tree::Value& fragment, std::int64_t now_us);
/// As GET shows it, with what the broker adds.
std::string write_v2_subscription(const std::string& kept, const SubscriptionState& state, std::int64_t now_us);
/// Its service path, as it was sent.
std::string v2_path_of(const std::string& kept);

/// µs since 1970 of an ISO 8601 date-time with Z or an offset, or a day; nothing else.
std::optional<std::int64_t> v2_instant(std::string_view text);

}  // namespace machiya::sense
