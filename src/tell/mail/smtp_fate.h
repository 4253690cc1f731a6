// What a relay's reply, or a report that comes back days later, means for an address. Pure.
#pragma once
#include <string_view>

#include "tell/channel/channel.h"

namespace machiya::tell {

/// From a reply code and an enhanced status code ("" for none; RFC 3463): 4xx and 530 (we should have logged in) again; an address that does not exist or was closed (5.1.x of the
/// recipient, 5.2.1; 550, 551 and 553 without a better status) dead_address; every other 5xx refused: full boxes, policies and what concerns us as
/// senders (5.1.7, 5.1.8) say nothing about the person's address.
Fate fate_of_reply(int code, std::string_view status);

}  // namespace machiya::tell
