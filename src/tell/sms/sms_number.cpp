#include "tell/sms/sms_number.h"

#include <optional>

#include "base/text.h"

namespace machiya::tell {
namespace {
Error wrong() { return Error(ErrorCode::invalid_input, "no number that an SMS can reach", "number"); }
/// What is left of a number when its punctuation is taken away.
struct Digits {
  std::string digits;
  bool international = false;   ///< a + stood before them
};

std::optional<Digits> digits_in(std::string_view written) {
  Digits out;
  for (const char c : fold_width(trim(written))) {
    if (c >= '0' && c <= '9') out.digits += c;
    else if (c == '+' && out.digits.empty() && !out.international) out.international = true;
    else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '.') return {};
  }
  return out;
}

/// A number of Japan without its leading 0; nothing for another country's and for what has no such 0.
std::optional<std::string> national(const Digits& number) {
  std::string out = number.digits;
  if (number.international) {
    if (!starts_with(out, "81")) return {};
    out.erase(0, 2);
    if (starts_with(out, "0")) out.erase(0, 1);   // "+81 (0)90": written by many, dialled by nobody
    return out;
  }
  if (!starts_with(out, "0")) return {};
  out.erase(0, 1);
  return out;
}

/// [6-9]0, a digit that is not 0 (0800 is 着信課金), and seven more.
bool is_mobile(std::string_view digits) { return digits.size() == 10 && digits[0] >= '6' && digits[0] <= '9' && digits[1] == '0' && digits[2] != '0'; }
}  // namespace

Result<std::string> sms_number(std::string_view written) {
  const auto number = digits_in(written);
  if (!number) return wrong();
  const auto at_home = national(*number);
  if (at_home && is_mobile(*at_home)) return "+81" + *at_home;
  if (at_home || !number->international) return wrong();
  if (number->digits.size() < 7 || number->digits.size() > 15 || number->digits[0] == '0') return wrong();
  return "+" + number->digits;
}

std::string_view sms_number_fault(std::string_view written) {
  const auto number = digits_in(written);
  if (!number) return "number";
  const auto at_home = national(*number);
  if (!at_home) return number->international && sms_number(written).ok() ? "foreign" : "number";
  const std::string_view digits = *at_home;
  if (is_mobile(digits)) return "";
  for (const std::string_view service : {"120", "170", "180", "570", "990"})
    if (digits.size() == 9 && starts_with(digits, service)) return "service";
  if (digits.size() == 10 && starts_with(digits, "800")) return "service";
  if (digits.size() == 10 && starts_with(digits, "50")) return "ip-telephone";
  if ((digits.size() == 10 || digits.size() == 13) && starts_with(digits, "20")) return "machine";
  if (digits.size() == 9 && digits[0] != '0' && digits[1] != '0') return "landline";   // 0A0 is no area code
  return "number";
}

std::string shown_number(std::string_view number) {
  if (!starts_with(number, "+81") || !is_mobile(number.substr(3))) return std::string(number);
  return "0" + std::string(number.substr(3, 2)) + "-" + std::string(number.substr(5, 4)) + "-" + std::string(number.substr(9));
}

}  // namespace machiya::tell
