// What the page's service worker gets and shows: small JSON that always fits one push message. Pure.
#pragma once
#include <string>
#include <string_view>

#include "tell/channel/channel.h"

namespace machiya::tell {

/// {"title","body","link","lang","tag","urgent"} in at most kMostPushPlain bytes. `tag` is the message's topic, so that a second copy
/// replaces the first on the device. What is too long is cut between whole characters (base letter with its marks, joined emoji) and ends
/// in "…": first the body, then the title. A link that leaves no room for a title of 64 characters is left out.
std::string push_payload(const Content& content, std::string_view tag);

/// RFC 8030 §5.4: at most 32 characters of base64url. The id itself when it has that form, else the start of its SHA-256.
std::string push_topic(std::string_view message_id);

}  // namespace machiya::tell
