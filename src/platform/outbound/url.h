// Addresses of other machines as the one door out understands them: strict, without the forms that two programs read
// differently (user names, numbers that are hosts, fragments). Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::outbound {

struct Url {
  std::string scheme;   ///< http, https, smtp, smtps, mqtt or mqtts
  std::string host;     ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string target;   ///< path and query, "/" at least
  /// "https://id.example:8443"; the default port is left out.
  std::string origin() const;
};

/// invalid_input for everything but scheme://host[:port][/path][?query] in visible ASCII, 4,096 bytes at most. A host is a
/// name of letters, digits and hyphens, a dotted quad, or an IPv6 address in brackets; whatever else ends in a number
/// ("127.1", "0x7f000001", "2130706433") is refused, since resolvers read it as an address.
Result<Url> parse_url(std::string_view text);

}  // namespace machiya::outbound
