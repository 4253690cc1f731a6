// Unsigned integers of N 64-bit limbs (little end first), for the few places where 128 bits are too few.
#pragma once
#include <array>
#include <cstdint>

namespace machiya::feel {

using U128 = unsigned __int128;

template <int N>
struct Wide {
  std::array<std::uint64_t, N> limb{};

  Wide() = default;
  explicit Wide(U128 v) {
    limb[0] = static_cast<std::uint64_t>(v);
    if constexpr (N > 1) limb[1] = static_cast<std::uint64_t>(v >> 64);
  }
  bool is_zero() const {
    for (auto l : limb)
      if (l) return false;
    return true;
  }
  bool fits128() const {
    for (int i = 2; i < N; ++i)
      if (limb[i]) return false;
    return true;
  }
  U128 low128() const { return (static_cast<U128>(N > 1 ? limb[1] : 0) << 64) | limb[0]; }

  Wide& operator+=(const Wide& o) {
    U128 carry = 0;
    for (int i = 0; i < N; ++i) {
      carry += static_cast<U128>(limb[i]) + o.limb[i];
      limb[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    return *this;
  }
  /// The caller makes sure that o <= *this.
  Wide& operator-=(const Wide& o) {
    std::uint64_t borrow = 0;
    for (int i = 0; i < N; ++i) {
      U128 d = static_cast<U128>(limb[i]) - o.limb[i] - borrow;
      limb[i] = static_cast<std::uint64_t>(d);
      borrow = static_cast<std::uint64_t>(d >> 64) ? 1 : 0;
    }
    return *this;
  }
  friend int compare(const Wide& a, const Wide& b) {
    for (int i = N - 1; i >= 0; --i)
      if (a.limb[i] != b.limb[i]) return a.limb[i] < b.limb[i] ? -1 : 1;
    return 0;
  }
  void multiply(std::uint64_t f) {
    U128 carry = 0;
    for (int i = 0; i < N; ++i) {
      carry += static_cast<U128>(limb[i]) * f;
      limb[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
  }
  /// Divides in place; returns the remainder.
  std::uint64_t divide(std::uint64_t d) {
    U128 rem = 0;
    for (int i = N - 1; i >= 0; --i) {
      rem = (rem << 64) | limb[i];
      limb[i] = static_cast<std::uint64_t>(rem / d);
      rem %= d;
    }
    return static_cast<std::uint64_t>(rem);
  }
  int bits() const {
    for (int i = N - 1; i >= 0; --i)
      if (limb[i]) return i * 64 + 64 - __builtin_clzll(limb[i]);
    return 0;
  }
  bool bit(int i) const { return (limb[i / 64] >> (i % 64)) & 1; }
  void set_bit(int i) { limb[i / 64] |= std::uint64_t{1} << (i % 64); }
  void shift_left_one() {
    for (int i = N - 1; i > 0; --i) limb[i] = (limb[i] << 1) | (limb[i - 1] >> 63);
    limb[0] <<= 1;
  }
  void shift_right_one() {
    for (int i = 0; i + 1 < N; ++i) limb[i] = (limb[i] >> 1) | (limb[i + 1] << 63);
    limb[N - 1] >>= 1;
  }
};

template <int N>
Wide<2 * N> multiply_wide(const Wide<N>& a, const Wide<N>& b) {
  Wide<2 * N> r;
  for (int i = 0; i < N; ++i) {
    U128 carry = 0;
    for (int j = 0; j < N; ++j) {
      carry += static_cast<U128>(a.limb[i]) * b.limb[j] + r.limb[i + j];
      r.limb[i + j] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    r.limb[i + N] = static_cast<std::uint64_t>(carry);
  }
  return r;
}

/// Shift-and-subtract division: a becomes the quotient, the result is the remainder. b is not zero.
template <int N>
Wide<N> divide_wide(Wide<N>& a, const Wide<N>& b) {
  Wide<N> quotient, rem;
  for (int i = a.bits() - 1; i >= 0; --i) {
    rem.shift_left_one();
    if (a.bit(i)) rem.limb[0] |= 1;
    if (compare(rem, b) >= 0) {
      rem -= b;
      quotient.set_bit(i);
    }
  }
  a = quotient;
  return rem;
}

using U256 = Wide<4>;

}  // namespace machiya::feel
