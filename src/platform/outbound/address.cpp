#include "platform/outbound/address.h"

#include <arpa/inet.h>

#include <cstring>

namespace machiya::outbound {
namespace {
struct Range {
  std::array<std::uint8_t, 16> start;
  int bits;
  Reach reach;
};
// IANA IPv4 Special-Purpose Address Registry, multicast (RFC 5771) and class E.
constexpr Range kRanges4[] = {
    {{0}, 8, Reach::never},                {{10}, 8, Reach::inside},              {{100, 64}, 10, Reach::inside},
    {{127}, 8, Reach::loopback},           {{169, 254}, 16, Reach::never},        {{172, 16}, 12, Reach::inside},
    {{192, 0, 0}, 24, Reach::never},       {{192, 0, 2}, 24, Reach::never},       {{192, 88, 99}, 24, Reach::never},
    {{192, 168}, 16, Reach::inside},       {{198, 18}, 15, Reach::never},         {{198, 51, 100}, 24, Reach::never},
    {{203, 0, 113}, 24, Reach::never},     {{224}, 4, Reach::never},              {{240}, 4, Reach::never},
};
// IANA IPv6 Special-Purpose Address Registry, inside 2000::/3; what lies outside of it is named in reach_of().
constexpr Range kRanges6[] = {
    {{0x20, 0x01, 0x00}, 23, Reach::never},         // protocol assignments, Teredo among them
    {{0x20, 0x01, 0x0d, 0xb8}, 32, Reach::never},   // documentation
    {{0x20, 0x02}, 16, Reach::never},               // 6to4 carries any IPv4 address
    {{0x3f, 0xff, 0x00}, 20, Reach::never},         // documentation (RFC 9637)
};

bool within(const Address& address, const Range& range) {
  for (int bit = 0; bit < range.bits; bit += 8) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int left = range.bits - bit;
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
    if ((address.bytes[at] & mask) != range.start[at]) return false;
  }
  return true;
}
template <std::size_t N>
Reach look_up(const Address& address, const Range (&ranges)[N]) {
  for (const Range& range : ranges)
    if (within(address, range)) return range.reach;
  return Reach::open;
}
}  // namespace

std::string Address::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), out, sizeof out);
  return out;
}

std::optional<Address> parse_address(std::string_view text) {
  Address out;
  const std::string ended(text);
  if (ended.size() != std::strlen(ended.c_str())) return std::nullopt;
  out.v6 = text.find(':') != std::string_view::npos;
  if (::inet_pton(out.v6 ? AF_INET6 : AF_INET, ended.c_str(), out.bytes.data()) != 1) return std::nullopt;
  return out;
}

Reach reach_of(const Address& address) {
  if (!address.v6) return look_up(address, kRanges4);
  static constexpr Range kOne{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, Reach::loopback};
  static constexpr Range kUniqueLocal{{0xfc}, 7, Reach::inside};
  static constexpr Range kGlobal{{0x20}, 3, Reach::open};
  if (within(address, kOne)) return Reach::loopback;
  if (within(address, kUniqueLocal)) return Reach::inside;
  // Everything else outside of 2000::/3 is unspecified, mapped, translated, link-local, multicast or not assigned.
  if (!within(address, kGlobal)) return Reach::never;
  return look_up(address, kRanges6);
}

bool is_this_machine(const Address& address) { return reach_of(address) == Reach::loopback || address.bytes == Address{}.bytes; }

}  // namespace machiya::outbound
