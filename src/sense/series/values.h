// Doubles as integers that pack well: decimal fractions as the number of their last digits, anything else by its bits. Pure, exact.
#pragma once
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace machiya::sense::series {

/// How the values of a block stand: an exponent 0 … 6 (value = integer / 10^e), or the bits of the double.
inline constexpr std::uint8_t kBits = 255, kMostDecimals = 6;
inline constexpr std::array<double, kMostDecimals + 1> kPower{1, 10, 100, 1e3, 1e4, 1e5, 1e6};

/// The integer behind a decimal fraction; false when there is none that gives exactly this double back.
inline bool to_decimal(double value, std::uint8_t exponent, std::int64_t& out) {
  const double scaled = value * kPower[exponent];
  if (!(std::fabs(scaled) < 2251799813685248.0)) return false;   // 2^51: nothing is lost on the way; infinity stays bits
  out = static_cast<std::int64_t>(std::nearbyint(scaled));
  return std::bit_cast<std::uint64_t>(static_cast<double>(out) / kPower[exponent]) == std::bit_cast<std::uint64_t>(value);   // −0 stays bits
}
inline double from_integer(std::int64_t v, std::uint8_t scale) {
  return scale == kBits ? std::bit_cast<double>(v) : static_cast<double>(v) / kPower[scale];
}

/// The least exponent that does for all values (given by `at(i)`), or kBits.
template <class At>
std::uint8_t common_scale(std::size_t count, At at) {
  std::uint8_t e = 0;
  std::int64_t ignored = 0;
  for (std::size_t i = 0; i < count; ++i)
    while (!to_decimal(at(i), e, ignored))
      if (++e > kMostDecimals) return kBits;
  // An earlier value that was whole at a smaller exponent is so at a greater one, too, unless it is very large.
  for (std::size_t i = 0; e > 0 && i < count; ++i)
    if (!to_decimal(at(i), e, ignored)) return kBits;
  return e;
}
inline std::int64_t to_integer(double value, std::uint8_t scale) {
  if (scale == kBits) return std::bit_cast<std::int64_t>(value);
  std::int64_t out = 0;
  to_decimal(value, scale, out);
  return out;
}

}  // namespace machiya::sense::series
