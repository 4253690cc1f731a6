// Decimal numbers of FEEL: 34 significant digits, exponents of IEEE 754-2008 decimal128, half-even rounding.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace machiya::feel {

enum class Rounding : std::uint8_t { half_even, half_up, half_down, up, down, floor, ceiling };

/// A decimal number or "not a number" (overflow, division by zero: FEEL turns it into null). Pure value.
class Decimal {
 public:
  constexpr Decimal() = default;
  constexpr Decimal(std::int64_t v)
      : lo_(v < 0 ? ~static_cast<std::uint64_t>(v) + 1 : static_cast<std::uint64_t>(v)), negative_(v < 0) {}
  static constexpr Decimal nan() { Decimal d; d.nan_ = true; return d; }
  /// -1.5, .5, 1e3; more than 34 digits are rounded half-even. Nothing when the text is no number.
  static std::optional<Decimal> parse(std::string_view text);
  /// coefficient × 10^exponent, rounded to 34 digits; `sticky` says that digits below were lost.
  static Decimal make(bool negative, unsigned __int128 coefficient, int exponent, bool sticky = false);
  /// The nearest decimal of 17 digits.
  static Decimal from_double(double d);

  bool is_nan() const { return nan_; }
  bool is_zero() const { return !nan_ && lo_ == 0 && hi_ == 0; }
  bool is_negative() const { return negative_ && !is_zero(); }
  bool is_integer() const;
  /// The exact integer; nothing when there is a fraction or it does not fit.
  std::optional<std::int64_t> to_int64() const;
  double to_double() const;
  /// Plain notation without exponent, trailing zeros kept: "2.50".
  std::string to_string() const;
  /// Without trailing zeros of the fraction.
  Decimal reduced() const;

  unsigned __int128 coefficient() const { return (static_cast<unsigned __int128>(hi_) << 64) | lo_; }
  int exponent() const { return exponent_; }
  /// Count of digits of the coefficient (1 for zero).
  int digits() const;

  Decimal operator-() const { Decimal d = *this; d.negative_ = !d.negative_ && !is_zero(); return d; }
  Decimal abs() const { Decimal d = *this; d.negative_ = false; return d; }
  friend Decimal operator+(const Decimal& a, const Decimal& b) {
    if ((a.hi_ | b.hi_) == 0 && a.exponent_ == b.exponent_ && ((a.lo_ | b.lo_) >> 62) == 0 && !a.nan_ && !b.nan_) {
      auto x = a.negative_ ? -static_cast<std::int64_t>(a.lo_) : static_cast<std::int64_t>(a.lo_);
      auto y = b.negative_ ? -static_cast<std::int64_t>(b.lo_) : static_cast<std::int64_t>(b.lo_);
      Decimal d(x + y);
      d.exponent_ = a.exponent_;
      return d;
    }
    return add_slow(a, b);
  }
  friend Decimal operator-(const Decimal& a, const Decimal& b) { return a + (-b); }
  friend Decimal operator*(const Decimal& a, const Decimal& b);
  friend Decimal operator/(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return compare(a, b) == 0; }
  friend bool operator<(const Decimal& a, const Decimal& b) { return compare(a, b) < 0; }
  /// -1, 0, 1; NaN is equal to itself and below everything.
  friend int compare(const Decimal& a, const Decimal& b) {
    if ((a.hi_ | b.hi_) == 0 && a.exponent_ == b.exponent_ && !a.nan_ && !b.nan_) {
      bool an = a.negative_ && a.lo_, bn = b.negative_ && b.lo_;
      if (an != bn) return an ? -1 : 1;
      if (a.lo_ == b.lo_) return 0;
      return (a.lo_ < b.lo_) != an ? -1 : 1;
    }
    return compare_slow(a, b);
  }

  /// Rounded to `scale` digits behind the point (negative: before it).
  Decimal rounded(int scale, Rounding mode) const;
  Decimal floor() const { return rounded(0, Rounding::floor); }
  Decimal sqrt() const;                    ///< NaN for negatives
  Decimal ln() const;                      ///< NaN for zero and negatives
  Decimal exp() const;
  Decimal power(const Decimal& y) const;   ///< NaN where there is no real value
  /// a - b × floor(a / b), exact (DMN 10.3.4.5); NaN for b = 0.
  friend Decimal modulo(const Decimal& a, const Decimal& b);

 private:
  static Decimal add_slow(const Decimal& a, const Decimal& b);
  static int compare_slow(const Decimal& a, const Decimal& b);

  std::uint64_t lo_ = 0;
  std::uint64_t hi_ = 0;
  std::int16_t exponent_ = 0;
  bool negative_ = false;
  bool nan_ = false;
};

/// 10^n for n in 0..38.
unsigned __int128 power_of_ten(int n);

}  // namespace machiya::feel
