#include "ask/registers/list_ranges.h"

#include <algorithm>

namespace machiya::registers {

bool narrowed(std::vector<Range>& ranges, const Range& more) {
  if (more.negated || more.has || more.many) return false;
  for (Range& r : ranges) {
    if (r.field != more.field || r.negated || r.has || r.many) continue;
    r.low = std::max(r.low, more.low);
    if (more.high) r.high = r.high ? std::min(*r.high, *more.high) : *more.high;
    return true;
  }
  return false;
}

Result<Range> range_of(const Register& reg, const Condition& condition, const Access& access, Date today) {
  Range out;
  const Column* column = condition.column == "state" ? nullptr : reg.column(condition.column);
  std::optional<std::string> key;
  if (column == nullptr) {
    if (condition.column != "state" || reg.workflow.empty()) return Error(ErrorCode::invalid_input, "no such column", condition.column);
    out.field = state_field(reg), key = condition.value;
  } else {
    if (!access.read(*column)) return Error(ErrorCode::forbidden, "no right to this column", condition.column);
    if (!column->in_index()) return Error(ErrorCode::invalid_input, "not a column to filter by", condition.column);
    out.field = column->field, out.many = column->type == interview::AnswerType::choices;
    key = key_of_text(*column, column->type == interview::AnswerType::date ? value_on(condition.value, today) : condition.value);
  }
  const std::string& op = condition.op;
  if (op == "empty") return out.high = "", out;
  if (op == "filled") return out.low = std::string(1, '\x01'), out;   // below every character of a key
  if (!key) return Error(ErrorCode::invalid_input, "no value of this column", condition.column);
  out.low = *key;
  if (op == "is") return out.high = *key, out;
  if (op == "not") return out.high = *key, out.negated = true, out;
  if (op == "from") return out;
  if (op == "to") return out.low = std::string(1, '\x01'), out.high = *key, out;
  if (op == "has") {
    if (out.many || (column != nullptr && column->kind == ColumnKind::relation)) out.high = *key;
    else out.has = true;
    return out;
  }
  return Error(ErrorCode::invalid_input, "no such operator", condition.column);
}

}  // namespace machiya::registers
