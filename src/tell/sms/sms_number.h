// Telephone numbers that an SMS can reach. Pure.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::tell {

/// E.164 of what a person wrote: "090-1234-5678", "０９０ １２３４ ５６７８", "+81 (0)90 1234 5678", "+84 91 234 56 78". Numbers of Japan must be
/// mobile ones (060, 070, 080, 090: 電気通信番号計画 別表; 060 is being opened, 要確認); other countries' are taken as they are, 7 to 15 digits. invalid_input
/// for anything else.
Result<std::string> sms_number(std::string_view written);

}  // namespace machiya::tell
