// Money is whole yen in int64; rates are fractions of integers. Nothing here passes through floating point.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace machiya {

/// What happens to a fraction of a yen or of a unit. The default of public claims is to drop below one yen
/// (国等の債権債務等の金額の端数計算に関する法律 2条); taxes name their own unit (地方税法 20条の4の2: 100円, 1,000円).
enum class Rounding : std::uint8_t { down, up, half_up };

/// amount × numerator ÷ denominator, rounded to a whole number of `unit` yen. Rounding is by magnitude: down goes towards zero.
/// Nothing when the result does not fit or denominator or unit is not positive.
std::optional<std::int64_t> multiply_yen(std::int64_t amount, std::int64_t numerator, std::int64_t denominator, Rounding rounding, std::int64_t unit = 1);
std::optional<std::int64_t> add_yen(std::int64_t a, std::int64_t b);

/// "1,234,567"; with a minus sign U+2212 for negative amounts.
std::string group_digits(std::int64_t amount);
/// Reads what a person typed: "1,234", "１２３４円", "¥1,234", "3万5千" is not accepted. Nothing when it is no whole, non-negative amount
/// below 10^15.
std::optional<std::int64_t> read_yen(std::string_view text);

}  // namespace machiya
