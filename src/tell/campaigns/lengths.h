// Whether a text, as one person would read it, fits a channel: by the city's limits and by the channel's own. Pure.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "tell/channel/channel.h"
#include "tell/messages/definitions.h"

namespace machiya::tell {

struct TooLong {
  std::string part;   ///< "title", "body", "short"
  std::size_t have = 0, most = 0;   ///< characters; what LINE counts: UTF-16 units; what a push holds: bytes of its body
};
/// SMS: the short text, or the title in its stead; the others: title and body.
std::vector<TooLong> too_long(const ChannelDefinition& channel, const Content& content);

}  // namespace machiya::tell
