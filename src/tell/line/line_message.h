// A message as LINE shows it: a Flex bubble, or plain text. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tell/channel/channel.h"

namespace machiya::tell {

/// LINE's limits (Messaging API reference, "Message objects" and "Action objects"), in UTF-16 units unless said otherwise. Labels of actions are
/// counted by LINE in grapheme clusters: units are never fewer.
inline constexpr std::size_t kMostLineText = 5000;
inline constexpr std::size_t kMostLineAlt = 400;      ///< notifications show less; Flex may have more by now (要確認)
inline constexpr std::size_t kMostLineLabel = 20;
inline constexpr std::size_t kMostLineUri = 1000;
inline constexpr std::size_t kMostLineBody = 3000;    ///< ours: keeps any bubble below the 30 KB of one, whatever stands in it
inline constexpr std::size_t kMostLineTitle = 400;    ///< ours

enum class LineForm : std::uint8_t {
  fitting,   ///< text for やさしい日本語 (it can be copied, enlarged and read aloud as it stands), Flex for every other language
  flex,
  text
};

/// The one message object that is sent. `leave`: the person's own address of "why do I get this", only where the message goes to one person.
/// What is too long is cut between whole characters and ends in "…"; a link that LINE would refuse is left out. line_faults() names both
/// before anything is sent. An emergency is marked in words and by a symbol first, then by colour and border.
json::Value line_message(const Content& content, std::string_view leave = {}, LineForm form = LineForm::fitting);

/// What would be cut, left out or refused, as names of members: "title", "body", "link", "link_text", "text" (no well-formed UTF-8, or no title).
std::vector<std::string> line_faults(const Content& content, LineForm form = LineForm::fitting);

/// The notification's and chat list's text: mark of an emergency, title and the beginning of the body in kMostLineAlt.
std::string line_alt_text(const Content& content);

/// An address as LINE takes it (http, https, line, tel; at most kMostLineUri): characters beyond ASCII become percent codes (RFC 3987 §3.1). "" when it cannot be.
std::string line_uri(std::string_view link);

/// A user id as webhooks give it: "U" and 32 lower-case hex digits.
bool is_line_user(std::string_view id);

}  // namespace machiya::tell
