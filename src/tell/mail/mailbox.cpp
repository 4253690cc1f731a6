#include "tell/mail/mailbox.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kLongest = 254, kLongestLocal = 64, kLongestLabel = 63;

Error wrong() { return Error(ErrorCode::invalid_input, "no mailbox", "email"); }
bool is_ascii(std::string_view text) { return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }); }

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || static_cast<unsigned char>(c) >= 0x80;
  });
}
/// May stand without quotes (RFC 5322 §3.2.3, RFC 6532 §3.2).
bool is_dot_atom(std::string_view local) {
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) return false;
  return std::all_of(local.begin(), local.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
  });
}
}  // namespace

std::string Mailbox::path() const { return (is_dot_atom(local) ? local : '"' + local + '"') + '@' + domain; }

Result<Mailbox> parse_mailbox(std::string_view text) {
  if (text.size() > kLongest || !is_utf8(text)) return wrong();
  const auto forbidden = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' || c == '\\'; };
  if (std::any_of(text.begin(), text.end(), forbidden)) return wrong();
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > kLongestLocal) return wrong();
  Mailbox out{std::string(text.substr(0, at)), lower_ascii(text.substr(at + 1)), !is_ascii(text)};
  const auto labels = split(out.domain, '.');
  if (!std::all_of(labels.begin(), labels.end(), is_label)) return wrong();
  return out;
}

}  // namespace machiya::tell
