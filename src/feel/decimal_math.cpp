// Square root, logarithm, exponential and powers, worked out in binary fixed point of 192 fraction bits so that
// the 34 digits of the result stand. The same integers on every machine.
#include <cmath>

#include "feel/decimal.h"
#include "feel/wide.h"

namespace machiya::feel {
namespace {

// Unsigned fixed point: 64 bits before the point, 192 behind.
using Fixed = Wide<4>;

Fixed fixed(std::uint64_t n) {
  Fixed f;
  f.limb[3] = n;
  return f;
}

Fixed times(const Fixed& a, const Fixed& b) {
  auto p = multiply_wide(a, b);
  Fixed f;
  for (std::size_t i = 0; i < 4; ++i) f.limb[i] = p.limb[i + 3];
  return f;
}

Fixed over(const Fixed& a, const Fixed& b) {
  Wide<8> n, d;
  for (std::size_t i = 0; i < 4; ++i) n.limb[i + 3] = a.limb[i], d.limb[i] = b.limb[i];
  divide_wide(n, d);
  Fixed f;
  for (std::size_t i = 0; i < 4; ++i) f.limb[i] = n.limb[i];
  return f;
}

Fixed from_double_positive(double d) {
  Fixed f;
  for (int i = 3; i >= 0; --i) {
    double whole = std::floor(d);
    f.limb[static_cast<std::size_t>(i)] = static_cast<std::uint64_t>(whole);
    d = (d - whole) * 18446744073709551616.0;
  }
  return f;
}

// e^r for 0 <= r < 20 or so.
Fixed exp_fixed(const Fixed& r) {
  Fixed sum = fixed(1), term = fixed(1);
  for (std::uint64_t n = 1; n < 400; ++n) {
    term = times(term, r);
    term.divide(n);
    if (term.is_zero()) break;
    sum += term;
  }
  return sum;
}

// ln x for 1 <= x < 10: Halley's steps from the double's logarithm.
Fixed ln_fixed(const Fixed& x, double guess) {
  Fixed y = from_double_positive(guess < 0 ? 0 : guess);
  for (int i = 0; i < 3; ++i) {
    Fixed e = exp_fixed(y), sum = x;
    sum += e;
    bool up = compare(x, e) >= 0;
    Fixed d = up ? x : e;
    d -= up ? e : x;
    d = over(d, sum);
    d.multiply(2);
    if (up)
      y += d;
    else if (compare(y, d) > 0)
      y -= d;
    else
      y = Fixed();
  }
  return y;
}

const Fixed& ln_ten() {
  static const Fixed kValue = ln_fixed(fixed(10), 2.302585092994045684);
  return kValue;
}

// The value below 2^64 as a decimal of 38 digits or so.
Decimal to_decimal(Fixed f, bool negative, int exponent) {
  int shift = 0;
  while (f.limb[3] == 0 && shift < 60 && !f.is_zero()) {  // small values: gain digits first
    f.multiply(10);
    ++shift;
  }
  U128 c = f.limb[3];
  f.limb[3] = 0;
  while (c < power_of_ten(36)) {
    f.multiply(10);
    c = c * 10 + f.limb[3];
    f.limb[3] = 0;
    ++shift;
    if (c == 0 && shift > 80) break;
  }
  return Decimal::make(negative, c, exponent - shift, !f.is_zero());
}

// |d| < 2^60 as fixed point.
Fixed to_fixed(const Decimal& d) {
  Wide<8> w(d.coefficient());
  int e = d.exponent();
  for (; e > 0; --e) w.multiply(10);
  Wide<8> shifted;
  for (std::size_t i = 0; i < 5; ++i) shifted.limb[i + 3] = w.limb[i];
  for (; e < 0 && !shifted.is_zero(); ++e) shifted.divide(10);
  Fixed f;
  for (std::size_t i = 0; i < 4; ++i) f.limb[i] = shifted.limb[i];
  return f;
}

// ln of a positive decimal as sign and fixed point.
Fixed ln_of(const Decimal& d, bool& negative) {
  int scale = d.digits() - 1;
  Decimal m = Decimal::make(false, d.coefficient(), -scale);
  int tens = d.exponent() + scale;
  Fixed y = ln_fixed(to_fixed(m), std::log(m.to_double()));
  Fixed t = ln_ten();
  t.multiply(static_cast<std::uint64_t>(tens < 0 ? -tens : tens));
  negative = false;
  if (tens >= 0) {
    y += t;
    return y;
  }
  if (compare(y, t) >= 0) {
    y -= t;
    return y;
  }
  negative = true;
  t -= y;
  return t;
}

// e^±x; NaN beyond the exponents.
Decimal exp_of(Fixed x, bool negative) {
  if (x.limb[3] > 15000) return negative ? Decimal() : Decimal::nan();
  auto k = static_cast<std::uint64_t>(static_cast<double>(x.limb[3]) / 2.302585092994045684);
  Fixed t = ln_ten();
  t.multiply(k);
  while (k > 0 && compare(t, x) > 0) {
    t -= ln_ten();
    --k;
  }
  x -= t;
  Fixed e = exp_fixed(x);
  if (!negative) return to_decimal(e, false, static_cast<int>(k));
  return to_decimal(over(fixed(1), e), false, -static_cast<int>(k));
}

Decimal integer_power(Decimal base, std::uint64_t n) {
  Decimal result(1);
  for (;; base = base * base) {
    if (n & 1) result = result * base;
    n >>= 1;
    if (n == 0 || result.is_nan()) return result;
  }
}

}  // namespace

Decimal Decimal::sqrt() const {
  if (nan_ || is_negative()) return nan();
  if (is_zero()) return Decimal::make(false, 0, exponent_ / 2);
  // Scale the coefficient to 69 or 70 digits with an even exponent; its integer root has 35.
  int up = 69 - digits();
  if ((exponent_ - up) % 2 != 0) ++up;
  U256 n(coefficient());
  for (int i = 0; i < up; ++i) n.multiply(10);
  U128 root = 0;
  for (int bit = 117; bit >= 0; --bit) {
    U128 tried = root | (static_cast<U128>(1) << bit);
    Wide<2> t(tried);
    if (compare(multiply_wide(t, t), n) <= 0) root = tried;
  }
  Wide<2> r(root);
  bool exact = compare(multiply_wide(r, r), n) == 0;
  Decimal d = make(false, root, (exponent_ - up) / 2, !exact);
  if (!exact) return d;
  U128 c = d.coefficient();
  int e = d.exponent();
  while (e < exponent_ / 2 && c % 10 == 0) {
    c /= 10;
    ++e;
  }
  return make(false, c, e);
}

Decimal Decimal::ln() const {
  if (nan_ || is_negative() || is_zero()) return nan();
  bool negative;
  Fixed y = ln_of(*this, negative);
  return y.is_zero() ? Decimal() : to_decimal(y, negative, 0).reduced();
}

Decimal Decimal::exp() const {
  if (nan_) return nan();
  if (is_zero()) return Decimal(1);
  if (!(abs() < Decimal(20000))) return is_negative() ? Decimal() : nan();
  return exp_of(to_fixed(abs()), is_negative()).reduced();
}

Decimal Decimal::power(const Decimal& y) const {
  if (nan_ || y.nan_) return nan();
  if (y.is_zero()) return Decimal(1);
  auto n = y.to_int64();
  if (n && *n >= -999'999'999 && *n <= 999'999'999) {
    if (is_zero()) return *n < 0 ? nan() : Decimal();
    Decimal p = integer_power(*this, static_cast<std::uint64_t>(*n < 0 ? -*n : *n));
    return *n < 0 ? Decimal(1) / p : p;
  }
  if (is_zero()) return y.is_negative() ? nan() : Decimal();
  if (is_negative()) return nan();
  if (*this == Decimal(1)) return Decimal(1);
  bool minus;
  Fixed l = ln_of(*this, minus);
  if (!(y.abs() < Decimal(1'000'000'000))) return (minus != y.is_negative()) ? Decimal() : nan();
  Decimal bound = to_decimal(l, false, 0) * y.abs();
  if (!(bound < Decimal(15000))) return (minus != y.is_negative()) ? Decimal() : nan();
  return exp_of(times(l, to_fixed(y.abs())), minus != y.is_negative()).reduced();
}

}  // namespace machiya::feel
