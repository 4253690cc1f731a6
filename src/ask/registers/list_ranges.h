// Conditions as ranges of index fields.
#pragma once
#include <vector>

#include "ask/registers/registers_impl.h"

namespace machiya::registers {

/// True when `more` could be drawn into a range of the same column: "from" and "to" are one stretch of its index, not two wide ones.
bool narrowed(std::vector<Range>& ranges, const Range& more);
/// The order of a list: cases the newest first by their day of receipt, rows of registers (nothing) by their keys.
std::optional<Sort> order_of(const Register& reg, const Query& query);
/// forbidden, or invalid_input for what no list filters by.
Result<Range> range_of(const Register& reg, const Condition& condition, const Access& access, Date today);

}  // namespace machiya::registers
