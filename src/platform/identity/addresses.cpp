#include "platform/identity/addresses.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::identity {
namespace {
constexpr std::size_t kLongestAddress = 254;   // RFC 5321 §4.5.3.1.3, without the angle brackets
constexpr std::size_t kLongestLocalPart = 64;  // RFC 5321 §4.5.3.1.1
constexpr std::size_t kLongestPath = 1024;

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
/// atext of RFC 5322 §3.2.3 after folding to lower case.
bool is_atext(char c) { return is_alnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos; }

bool is_domain(std::string_view domain) {
  bool dot = false;
  for (std::string_view label : split(domain, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; })) return false;
  }
  dot = domain.find('.') != std::string_view::npos;
  return dot;
}
}  // namespace

Result<std::string> normal_email(std::string_view text) {
  const Error wrong(ErrorCode::invalid_input, "not an e-mail address", "email");
  if (text.size() > 4 * kLongestAddress || !is_utf8(text)) return wrong;
  const std::string email = lower_ascii(trim(fold_width(text)));
  const std::size_t at = email.rfind('@');
  if (at == std::string::npos || at == 0 || at > kLongestLocalPart || email.size() > kLongestAddress) return wrong;
  const std::string_view local = std::string_view(email).substr(0, at);
  // Dots at the ends or twice are wrong by RFC 5321, yet Japanese mobile carriers handed out such addresses until 2009.
  if (!std::all_of(local.begin(), local.end(), [](char c) { return is_atext(c) || c == '.'; })) return wrong;
  if (!is_domain(std::string_view(email).substr(at + 1))) return wrong;
  return email;
}

std::string local_path(std::string_view text) {
  const bool local = !text.empty() && text.size() <= kLongestPath && text[0] == '/' && text.substr(0, 2) != "//" &&
                     std::all_of(text.begin(), text.end(), [](char c) {
                       return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '\\' && c != '"' && c != '<' && c != '>';
                     });
  return local ? std::string(text) : "/";
}

}  // namespace machiya::identity
