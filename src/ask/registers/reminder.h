// When a row's reminder holds, and who may see it: one rule for the job, the writes, the inbox and what is due on demand. Pure.
#pragma once
#include <optional>
#include <vector>

#include "ask/registers/registers.h"
#include "ask/registers/rights.h"

namespace machiya::registers {

/// Stable key of a register's reminder in the tables of reminders.
std::int64_t watch_of(const Register& reg, const Reminder& reminder);
/// The latest date that is reminded of on `today`.
Date reminded_until(const Reminder& reminder, Date today, const cases::WorkingDay& is_working_day);
/// The date that a row with these values is to be reminded of, however far it lies ahead; nothing when it has none, has ended or `when` is
/// not true.
std::optional<Date> reminded(const Register& reg, const Reminder& reminder, const Values& values, std::string_view state, bool ended, Instant now);
/// Who may not read the date, or a column that `when` rests on, does not learn of the reminder.
bool may_see(const Register& reg, const Reminder& reminder, const Access& access);
/// True when `when` cannot be answered without what is sealed or worked out again each day.
bool needs_everything(const Register& reg, const Reminder& reminder);

}  // namespace machiya::registers
