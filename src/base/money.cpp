#include "base/money.h"

#include <limits>

#include "base/text.h"

namespace machiya {

std::optional<std::int64_t> multiply_yen(std::int64_t amount, std::int64_t numerator, std::int64_t denominator, Rounding rounding, std::int64_t unit) {
  if (denominator <= 0 || unit <= 0) return {};
  __extension__ using Wide = __int128;
  Wide product = Wide(amount) * numerator;
  bool negative = product < 0;
  if (negative) product = -product;
  Wide divisor = Wide(denominator) * unit;
  Wide quotient = product / divisor, rest = product % divisor;
  if ((rounding == Rounding::up && rest > 0) || (rounding == Rounding::half_up && rest * 2 >= divisor)) ++quotient;
  quotient *= unit;
  if (quotient > std::numeric_limits<std::int64_t>::max()) return {};
  auto whole = static_cast<std::int64_t>(quotient);
  return negative ? -whole : whole;
}

std::optional<std::int64_t> add_yen(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return {};
  return sum;
}

std::string group_digits(std::int64_t amount) {
  bool negative = amount < 0;
  std::string digits = std::to_string(negative ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount));
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return negative ? "−" + out : out;
}

std::optional<std::int64_t> read_yen(std::string_view typed) {
  std::string folded = fold_width(typed);
  std::string_view text = trim(folded);
  for (std::string_view sign : {"¥", "￥", "\\"})
    if (starts_with(text, sign)) {
      text = trim(text.substr(sign.size()));
      break;
    }
  constexpr std::string_view yen = "円";
  if (text.size() > yen.size() && text.substr(text.size() - yen.size()) == yen) text = trim(text.substr(0, text.size() - yen.size()));
  std::string digits;
  std::size_t since_comma = 0;
  bool comma = false;
  for (char c : text) {
    if (c == ',') {
      if (digits.empty() || (comma ? since_comma != 3 : digits.size() > 3)) return {};
      comma = true;
      since_comma = 0;
    } else if (c >= '0' && c <= '9') {
      digits += c;
      ++since_comma;
    } else {
      return {};
    }
  }
  if (digits.empty() || digits.size() > 15 || (comma && since_comma != 3)) return {};
  std::int64_t amount = 0;
  for (char c : digits) amount = amount * 10 + (c - '0');
  return amount;
}

}  // namespace machiya
