#include "platform/outbound/url.h"

#include <algorithm>

#include "base/text.h"
#include "platform/outbound/address.h"

namespace machiya::outbound {
namespace {
constexpr std::size_t kLongest = 4096;
constexpr std::size_t kLongestHost = 253;    // RFC 1035 §2.3.4, without the root's dot
constexpr std::size_t kLongestLabel = 63;

Error refused(const char* why) { return Error(ErrorCode::invalid_input, std::string("this address cannot be called: ") + why, "url"); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

int default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : scheme == "http" ? 80 : scheme == "smtp" ? 25 : scheme == "smtps" ? 465 : scheme == "mqtt" ? 1883 : scheme == "mqtts" ? 8883 : 0;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

/// A name, or a dotted quad in its only form.
bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kLongestHost) return false;
  const auto labels = split(host, '.');
  if (!std::all_of(labels.begin(), labels.end(), is_label)) return false;
  const std::string_view last = labels.back();
  const bool numeric = std::all_of(last.begin(), last.end(), is_digit) || starts_with(last, "0x");
  const auto address = parse_address(host);
  return numeric ? address && !address->v6 : true;
}

Result<std::uint16_t> port_of(std::string_view text) {
  int port = 0;
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return refused("the port is no number");
  for (const char c : text) port = port * 10 + (c - '0');
  if (port < 1 || port > 65535) return refused("the port is out of range");
  return static_cast<std::uint16_t>(port);
}
}  // namespace

std::string Url::origin() const {
  std::string out = scheme + "://" + (host.find(':') == std::string::npos ? host : "[" + host + "]");
  if (port != default_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kLongest) return refused("too long");
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '\\'; })) return refused("a character that does not belong there");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return refused("no scheme");
  Url out;
  out.scheme = lower_ascii(text.substr(0, colon));
  if (default_port(out.scheme) == 0) return refused("unknown scheme");
  text.remove_prefix(colon + 3);
  if (text.find('#') != std::string_view::npos) return refused("a fragment");
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  const std::string authority = lower_ascii(text.substr(0, end));
  out.target = std::string(text.substr(end));
  if (out.target.empty() || out.target.front() == '?') out.target.insert(0, "/");
  if (authority.find('@') != std::string::npos) return refused("a user name in the address");
  std::string_view rest = authority;
  if (!rest.empty() && rest.front() == '[') {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return refused("an open bracket");
    const auto address = parse_address(rest.substr(1, close - 1));
    if (!address || !address->v6) return refused("no IPv6 address in the brackets");
    out.host = address->text();
    rest.remove_prefix(close + 1);
    if (!rest.empty() && rest.front() != ':') return refused("something behind the bracket");
  } else {
    out.host = std::string(rest.substr(0, rest.find(':')));
    if (!is_host(out.host)) return refused("the host is no name and no address");
    rest.remove_prefix(out.host.size());
  }
  if (rest.empty()) {
    out.port = static_cast<std::uint16_t>(default_port(out.scheme));
  } else {
    MACHIYA_TRY(out.port, port_of(rest.substr(1)));
  }
  return out;
}

}  // namespace machiya::outbound
