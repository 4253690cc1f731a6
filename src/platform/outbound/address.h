// Which network addresses this house may be made to call: the special-purpose registries of IANA (RFC 6890) decide. Pure.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace machiya::outbound {

struct Address {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};   ///< network order; IPv4 uses the first four
  std::string text() const;
  friend bool operator==(const Address&, const Address&) = default;
};
/// Strict: "192.0.2.1" without leading zeros, or an IPv6 address without zone and brackets.
std::optional<Address> parse_address(std::string_view text);

enum class Reach : std::uint8_t {
  open,       ///< anybody's: the public Internet
  loopback,   ///< this machine
  inside,     ///< private networks: RFC 1918, shared address space (RFC 6598), unique local (RFC 4193)
  never       ///< nobody's service: unspecified, link-local (a cloud's metadata), multicast, documentation, mapped, tunnels, reserved
};
Reach reach_of(const Address& address);
/// Does a connection to it end on this machine? Loopback, and the unspecified address, which leads there on Linux.
bool is_this_machine(const Address& address);

}  // namespace machiya::outbound
