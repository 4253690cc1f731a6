#include "tell/sms/sms_number.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::tell {
namespace {
Error wrong() { return Error(ErrorCode::invalid_input, "no number that an SMS can reach", "number"); }
/// The ten digits of a mobile number of Japan behind its leading 0: [6-9]0 and eight more.
bool is_mobile(std::string_view digits) { return digits.size() == 10 && digits[0] >= '6' && digits[0] <= '9' && digits[1] == '0'; }
}  // namespace

Result<std::string> sms_number(std::string_view written) {
  std::string digits;
  bool international = false;
  for (const char c : fold_width(trim(written))) {
    if (c >= '0' && c <= '9') digits += c;
    else if (c == '+' && digits.empty() && !international) international = true;
    else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '.') return wrong();
  }
  if (!international) {
    if (digits.size() != 11 || digits[0] != '0' || !is_mobile(std::string_view(digits).substr(1))) return wrong();
    return "+81" + digits.substr(1);
  }
  if (starts_with(digits, "81")) {
    std::string_view national = std::string_view(digits).substr(2);
    if (starts_with(national, "0")) national.remove_prefix(1);   // "+81 (0)90": written by many, dialled by nobody
    if (!is_mobile(national)) return wrong();
    return "+81" + std::string(national);
  }
  if (digits.size() < 7 || digits.size() > 15 || digits[0] == '0') return wrong();
  return "+" + digits;
}

}  // namespace machiya::tell
