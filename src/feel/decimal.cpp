#include "feel/decimal.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "feel/wide.h"

namespace machiya::feel {
namespace {

constexpr int kDigits = 34;
constexpr int kMinExponent = -6176, kMaxExponent = 6111;

struct Powers {
  U128 p[39];
  constexpr Powers() : p{} {
    p[0] = 1;
    for (int i = 1; i < 39; ++i) p[i] = p[i - 1] * 10;
  }
};
constexpr Powers kPowers;
constexpr U128 kLimit = kPowers.p[kDigits];

int digits_of_u128(U128 v) {
  if (v == 0) return 1;
  auto hi = static_cast<std::uint64_t>(v >> 64);
  int bits = hi ? 128 - __builtin_clzll(hi) : 64 - __builtin_clzll(static_cast<std::uint64_t>(v));
  int d = (bits * 1233) >> 12;  // bits × log10(2), one too low at most
  return d > 38 || v < kPowers.p[d] ? std::max(d, 1) : d + 1;
}

// Divides by 10^n; whether anything was cut off is added to `sticky`, the highest lost digit is left in `lost`.
template <class T>
void drop_digits(T& v, int n, int& lost, bool& sticky) {
  for (; n > 0; --n) {
    sticky = sticky || lost != 0;
    if constexpr (std::is_same_v<T, U128>) {
      lost = static_cast<int>(v % 10);
      v /= 10;
    } else {
      lost = static_cast<int>(v.divide(10));
    }
  }
}

bool round_away(Rounding mode, bool negative, bool odd, int lost, bool sticky) {
  if (lost == 0 && !sticky) return false;
  switch (mode) {
    case Rounding::up: return true;
    case Rounding::down: return false;
    case Rounding::floor: return negative;
    case Rounding::ceiling: return !negative;
    case Rounding::half_up: return lost >= 5;
    case Rounding::half_down: return lost > 5 || (lost == 5 && sticky);
    case Rounding::half_even: break;
  }
  return lost > 5 || (lost == 5 && (sticky || odd));
}

Decimal round_wide(bool negative, U256 c, int exponent, bool sticky) {
  int lost = 0;
  while (!c.fits128()) {
    sticky = sticky || lost != 0;
    lost = static_cast<int>(c.divide(10));
    ++exponent;
  }
  U128 v = c.low128();
  int more = std::max(0, digits_of_u128(v) - kDigits);
  drop_digits(v, more, lost, sticky);
  exponent += more;
  if (lost == 0 && !sticky) return Decimal::make(negative, v, exponent);
  if (v < kPowers.p[kDigits - 1]) {  // fewer than 34 digits with a lost part: only for sticky callers that scale enough
    return Decimal::make(negative, v, exponent, sticky || lost != 0);
  }
  if (round_away(Rounding::half_even, negative, v & 1, lost, sticky)) ++v;
  return Decimal::make(negative, v, exponent);
}

U256 scaled(U128 c, int n) {
  U256 w(c);
  for (; n >= 19; n -= 19) w.multiply(static_cast<std::uint64_t>(kPowers.p[19]));
  if (n > 0) w.multiply(static_cast<std::uint64_t>(kPowers.p[n]));
  return w;
}

}  // namespace

U128 power_of_ten(int n) { return kPowers.p[n]; }

int Decimal::digits() const { return digits_of_u128(coefficient()); }

Decimal Decimal::make(bool negative, U128 c, int exponent, bool sticky) {
  int lost = 0;
  int more = std::max(0, digits_of_u128(c) - kDigits);
  if (exponent + more < kMinExponent) more = std::min(kMinExponent - exponent, 60);
  if (more > 0) {
    drop_digits(c, more, lost, sticky);
    exponent += more;
    if (round_away(Rounding::half_even, negative, c & 1, lost, sticky)) ++c;
    if (c == kLimit) {
      c /= 10;
      ++exponent;
    }
  }
  if (c == kLimit) {
    c /= 10;
    ++exponent;
  }
  if (c == 0) exponent = std::clamp(exponent, kMinExponent, kMaxExponent);
  while (exponent > kMaxExponent && c < kPowers.p[kDigits - 1]) {
    c *= 10;
    --exponent;
  }
  if (exponent > kMaxExponent) return nan();
  if (exponent < kMinExponent) c = 0, exponent = kMinExponent;
  Decimal d;
  d.lo_ = static_cast<std::uint64_t>(c);
  d.hi_ = static_cast<std::uint64_t>(c >> 64);
  d.exponent_ = static_cast<std::int16_t>(exponent);
  d.negative_ = negative && c != 0;
  return d;
}

std::optional<Decimal> Decimal::parse(std::string_view s) {
  std::size_t i = 0;
  bool negative = false;
  if (i < s.size() && (s[i] == '-' || s[i] == '+')) negative = s[i++] == '-';
  U128 c = 0;
  int exponent = 0, lost = 0;
  bool any = false, point = false, sticky = false;
  for (; i < s.size(); ++i) {
    if (s[i] == '.' && !point) {
      point = true;
      continue;
    }
    if (s[i] < '0' || s[i] > '9') break;
    any = true;
    if (c < kPowers.p[36]) {
      c = c * 10 + static_cast<unsigned>(s[i] - '0');
      if (point) --exponent;
    } else {
      sticky = sticky || s[i] != '0';
      if (!point) ++exponent;
    }
    if (exponent > 20000 || exponent < -20000) return std::nullopt;
  }
  if (!any || s[i - 1] == '.') return std::nullopt;
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    bool minus = false;
    if (i < s.size() && (s[i] == '-' || s[i] == '+')) minus = s[i++] == '-';
    int e = 0, n = 0;
    for (; i < s.size() && s[i] >= '0' && s[i] <= '9'; ++i, ++n)
      if (e < 100000) e = e * 10 + (s[i] - '0');
    if (n == 0) return std::nullopt;
    exponent += minus ? -e : e;
  }
  if (i != s.size()) return std::nullopt;
  (void)lost;
  return make(negative, c, exponent, sticky);
}

Decimal Decimal::from_double(double d) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", d);
  auto v = parse(text);
  return v ? *v : nan();
}

bool Decimal::is_integer() const {
  if (nan_) return false;
  if (exponent_ >= 0 || is_zero()) return true;
  if (-exponent_ > 38) return false;
  return coefficient() % kPowers.p[-exponent_] == 0;
}

std::optional<std::int64_t> Decimal::to_int64() const {
  if (!is_integer()) return std::nullopt;
  U128 c = coefficient();
  if (c == 0) return 0;
  if (exponent_ < 0) c /= kPowers.p[-exponent_];
  if (exponent_ > 0) {
    if (exponent_ > 18 || digits_of_u128(c) + exponent_ > 19) return std::nullopt;
    c *= kPowers.p[exponent_];
  }
  constexpr U128 kMax = static_cast<U128>(INT64_MAX);
  if (c > kMax + (negative_ ? 1 : 0)) return std::nullopt;
  auto u = static_cast<std::uint64_t>(c);
  return static_cast<std::int64_t>(negative_ ? ~u + 1 : u);
}

double Decimal::to_double() const {
  if (nan_) return __builtin_nan("");
  std::string s = digits() > 25 || exponent_ > 300 || exponent_ < -300 ? std::string() : to_string();
  if (!s.empty()) return std::strtod(s.c_str(), nullptr);
  Decimal c = *this;
  c.exponent_ = 0;
  s = c.to_string() + "e" + std::to_string(exponent_);
  return std::strtod(s.c_str(), nullptr);
}

std::string Decimal::to_string() const {
  if (nan_) return "null";
  char buffer[48];
  int n = sizeof buffer;
  U128 c = coefficient();
  do {
    buffer[--n] = static_cast<char>('0' + static_cast<int>(c % 10));
    c /= 10;
  } while (c != 0);
  std::string s(buffer + n, sizeof buffer - static_cast<std::size_t>(n));
  if (exponent_ > 0 && !is_zero()) s.append(static_cast<std::size_t>(exponent_), '0');
  if (exponent_ < 0) {
    auto places = static_cast<std::size_t>(-exponent_);
    if (s.size() <= places) s.insert(0, places + 1 - s.size(), '0');
    s.insert(s.size() - places, 1, '.');
  }
  return is_negative() ? "-" + s : s;
}

Decimal Decimal::reduced() const {
  if (nan_) return *this;
  U128 c = coefficient();
  int e = exponent_;
  if (c == 0) return Decimal();
  while (e < 0 && c % 10 == 0) {
    c /= 10;
    ++e;
  }
  return make(negative_, c, e);
}

Decimal Decimal::add_slow(const Decimal& a, const Decimal& b) {
  if (a.nan_ || b.nan_) return nan();
  if (a.exponent_ < b.exponent_) return add_slow(b, a);
  // Here a has the larger exponent and is scaled up; what of b lies too far below becomes a sticky digit.
  int diff = a.exponent_ - b.exponent_, up = std::min(diff, 40), down = a.is_zero() ? 0 : diff - up;
  if (a.is_zero()) return make(b.negative_, b.coefficient(), b.exponent_);
  U256 x = scaled(a.coefficient(), up);
  U128 small = b.coefficient();
  int lost = 0;
  bool sticky = false;
  if (down > 40) {
    sticky = small != 0;
    small = 0;
  } else {
    drop_digits(small, down, lost, sticky);
  }
  if ((sticky || lost) && small % 5 == 0) ++small;
  U256 y(small);
  int e = a.exponent_ - up;
  if (a.negative_ == b.negative_) {
    x += y;
    return round_wide(a.negative_, x, e, false);
  }
  int order = compare(x, y);
  if (order == 0) return make(false, 0, e);
  if (order > 0) {
    x -= y;
    return round_wide(a.negative_, x, e, false);
  }
  y -= x;
  return round_wide(b.negative_, y, e, false);
}

Decimal operator*(const Decimal& a, const Decimal& b) {
  if (a.nan_ || b.nan_) return Decimal::nan();
  bool negative = a.negative_ != b.negative_;
  int e = a.exponent_ + b.exponent_;
  if ((a.hi_ | b.hi_) == 0) {
    U128 p = static_cast<U128>(a.lo_) * b.lo_;
    return Decimal::make(negative, p, e);
  }
  Wide<2> x(a.coefficient()), y(b.coefficient());
  return round_wide(negative, multiply_wide(x, y), e, false);
}

Decimal operator/(const Decimal& a, const Decimal& b) {
  if (a.nan_ || b.nan_ || b.is_zero()) return Decimal::nan();
  bool negative = a.negative_ != b.negative_;
  int ideal = a.exponent_ - b.exponent_;
  U128 n = a.coefficient(), d = b.coefficient();
  if (n == 0) return Decimal::make(false, 0, ideal);
  if (n % d == 0) return Decimal::make(negative, n / d, ideal);
  int k = std::max(0, kDigits + 1 + digits_of_u128(d) - digits_of_u128(n));
  U256 q = scaled(n, k);
  bool sticky;
  if (static_cast<std::uint64_t>(d >> 64) == 0)
    sticky = q.divide(static_cast<std::uint64_t>(d)) != 0;
  else
    sticky = !divide_wide(q, U256(d)).is_zero();
  int e = ideal - k;
  if (sticky) return round_wide(negative, q, e, true);
  U128 c = q.low128();
  while (e < ideal && c % 10 == 0) {
    c /= 10;
    ++e;
  }
  return Decimal::make(negative, c, e);
}

int Decimal::compare_slow(const Decimal& a, const Decimal& b) {
  if (a.nan_ || b.nan_) return a.nan_ == b.nan_ ? 0 : a.nan_ ? -1 : 1;
  int sa = a.is_zero() ? 0 : a.negative_ ? -1 : 1, sb = b.is_zero() ? 0 : b.negative_ ? -1 : 1;
  if (sa != sb) return sa < sb ? -1 : 1;
  if (sa == 0) return 0;
  int ma = a.digits() + a.exponent_, mb = b.digits() + b.exponent_;
  if (ma != mb) return (ma < mb) == (sa > 0) ? -1 : 1;
  int e = std::min(a.exponent_, b.exponent_);
  U256 x = scaled(a.coefficient(), a.exponent_ - e), y = scaled(b.coefficient(), b.exponent_ - e);
  int r = compare(x, y);
  return sa > 0 ? r : -r;
}

Decimal Decimal::rounded(int scale, Rounding mode) const {
  if (nan_ || -exponent_ <= scale) return *this;
  int n = -exponent_ - scale;  // digits to drop, > 0
  U128 c = coefficient();
  int lost = 0;
  bool sticky = false;
  if (n > 60) {
    sticky = c != 0;
    c = 0;
  } else {
    drop_digits(c, n, lost, sticky);
  }
  if (round_away(mode, negative_, c & 1, lost, sticky)) ++c;
  return make(negative_, c, -scale);
}

Decimal modulo(const Decimal& a, const Decimal& b) {
  if (a.nan_ || b.nan_ || b.is_zero()) return Decimal::nan();
  int e = std::min(a.exponent_, b.exponent_);
  U128 r, divisor = b.coefficient();
  bool whole_divisor = true;  // whether `divisor` is b's full magnitude at exponent e
  if (a.exponent_ >= b.exponent_) {
    r = a.coefficient() % divisor;
    for (int i = a.exponent_ - b.exponent_; i > 0 && r != 0; --i) r = (r * 10) % divisor;
  } else {
    int up = b.exponent_ - a.exponent_;
    r = a.coefficient();
    whole_divisor = up + digits_of_u128(divisor) <= 38;
    if (whole_divisor) {
      divisor *= kPowers.p[up];
      r %= divisor;
    }
  }
  Decimal rest = Decimal::make(a.negative_, r, e);
  if (r != 0 && a.negative_ != b.negative_) return rest + b;
  return rest;
}

}  // namespace machiya::feel
