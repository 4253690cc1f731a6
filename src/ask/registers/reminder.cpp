#include "ask/registers/reminder.h"

#include <algorithm>

namespace machiya::registers {

std::int64_t watch_of(const Register& reg, const Reminder& reminder) { return field_of(reg.id, "reminder:" + reminder.id); }

Date reminded_until(const Reminder& reminder, Date today, const cases::WorkingDay& is_working_day) {
  return deadline_date(today, reminder.before, is_working_day);
}

std::optional<Date> reminded(const Register& reg, const Reminder& reminder, const Values& values, std::string_view state, bool ended, Instant now) {
  if (ended) return std::nullopt;
  const auto date = parse_iso_date(values.text(reminder.date));
  if (!date || !reminder.when) return date;
  const auto wanted = reminder.when.evaluate(row_slots(reg, values, state), feel::Environment(now));
  return wanted.ok() && wanted->is_true() ? date : std::nullopt;
}

bool may_see(const Register& reg, const Reminder& reminder, const Access& access) {
  const auto readable = [&](const std::string& name) {
    const Column* column = reg.column(name);
    return column != nullptr && access.read(*column);
  };
  return access.read() && readable(reminder.date) && std::all_of(reminder.reads.begin(), reminder.reads.end(), readable);
}

bool needs_everything(const Register& reg, const Reminder& reminder) {
  return std::any_of(reminder.reads.begin(), reminder.reads.end(), [&](const std::string& name) {
    const Column* column = reg.column(name);
    return column != nullptr && (column->personal || column->moves);
  });
}

}  // namespace machiya::registers
