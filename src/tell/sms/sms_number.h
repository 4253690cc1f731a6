// Telephone numbers that an SMS can reach. Pure.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::tell {

/// E.164 of what a person wrote: "090-1234-5678", "０９０ １２３４ ５６７８", "+81 (0)90 1234 5678", "+84 91 234 56 78". Numbers of Japan must be
/// mobile ones (060, 070, 080, 090 and then no 0: 音声伝送携帯電話番号 of 電気通信番号計画, 令和元年総務省告示第6号; 060 is being opened, 要確認); other countries' are
/// taken as they are, 7 to 15 digits. invalid_input for anything else.
Result<std::string> sms_number(std::string_view written);

/// Why a person cannot be reached by SMS at this number; "" for a mobile number of Japan. By the numbering plan:
///   landline       固定電話番号, ten digits: no SMS
///   ip-telephone   050, 特定IP電話番号: the plan provides for no SMS, and those of the mobile carriers do not go there (要確認 per provider)
///   machine        020, データ伝送携帯電話番号 and 無線呼出番号
///   service        0120, 0800, 0570 and their like: somebody else answers
///   foreign        another country's: a gateway may charge anything for these, so nobody may make the city send codes there
///   number         none of them
std::string_view sms_number_fault(std::string_view written);

/// "+819012345678" → "090-1234-5678", for people; others as they are.
std::string shown_number(std::string_view number);

}  // namespace machiya::tell
