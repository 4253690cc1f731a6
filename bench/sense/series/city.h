// The water meters of a city for a day, always the same: what feed.cpp sends and what day.cpp puts into the peer.
#pragma once
#include <cstdint>
#include <string>

namespace machiya::bench {

inline constexpr std::int64_t kDayStart = 1'795'186'800;   ///< 2026-11-20T15:00:00Z: midnight in Japan

/// Litres in an hour: 0 to 2 at night (0 to 5 o'clock), 0 to 39 by day, evenly; without any pattern that a code could use.
inline std::uint32_t litres(std::uint32_t meter, std::uint32_t hour) {
  std::uint64_t h = (std::uint64_t{meter} << 8 | (hour % 24)) * 0x9e3779b97f4a7c15u;
  h ^= h >> 31;
  h *= 0xbf58476d1ce4e5b9u;
  h ^= h >> 29;
  return static_cast<std::uint32_t>((h >> 32) % (hour % 24 < 5 ? 3 : 40));
}

/// Appends "water,meter=M0001234,ward=07 litres=12 1795186800\n".
inline void put_line(std::uint32_t meter, std::uint32_t hour, std::string& out) {
  char text[80];
  char* p = text;
  const auto put = [&](const char* s) { while (*s) *p++ = *s++; };
  const auto number = [&](std::uint64_t v, int digits) {
    for (int i = digits; i-- > 0; v /= 10) p[i] = static_cast<char>('0' + v % 10);
    p += digits;
  };
  put("water,meter=M"), number(meter, 7), put(",ward="), number(meter % 24, 2), put(" litres=");
  const std::uint32_t v = litres(meter, hour);
  number(v, v < 10 ? 1 : 2), put(" "), number(static_cast<std::uint64_t>(kDayStart) + hour * 3600u, 10), put("\n");
  out.append(text, p);
}

}  // namespace machiya::bench
