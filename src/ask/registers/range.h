// A condition of a list on one field of the index.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace machiya::registers {

/// Values from `low` to `high` (keys as record_value has them), or (`has`) that contain `low`; `negated`: no such value.
struct Range {
  std::int64_t field = 0;
  std::string low;
  std::optional<std::string> high;
  bool has = false, negated = false, many = false;   ///< many: a row may have several values
  std::int64_t rows = 0;                             ///< as far as counted; 0: not counted
  bool equal() const { return !has && high && *high == low; }
  /// Does a value fulfil it, but for `negated`?
  bool holds(std::string_view value) const {
    if (has) return value.find(low) != std::string_view::npos;
    return value >= low && (!high || value <= *high);
  }
};

}  // namespace machiya::registers
