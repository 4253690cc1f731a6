// What an SMS says and how long it is. Pure.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tell/channel/channel.h"

namespace machiya::tell {

/// Long SMS of the Japanese carriers: 660 UTF-16 units (要確認 per carrier and gateway).
inline constexpr std::size_t kMostSmsUnits = 660;

/// As it goes over the air (3GPP TS 23.038, 23.040).
struct SmsLength {
  bool gsm = true;         ///< every character is of the 7-bit alphabet or its extension; otherwise UCS-2
  std::size_t units = 0;   ///< septets (a character of the extension has two), or UTF-16 units
  int segments = 0;        ///< of 160 or 70 units; when there are several, of 153 or 67 each, no character cut in two
};
SmsLength sms_length(std::string_view text);

/// The mark of an emergency, short_text (or the title), the link and the sender's name, in at most kMostSmsUnits: what is cut is the text, never
/// the link.
std::string sms_text(const Content& content);
/// What would be cut or left out, as names of members: "short_text" (or "title"), "link"; "text" when it is no well-formed UTF-8 or empty.
std::vector<std::string> sms_faults(const Content& content);

}  // namespace machiya::tell
