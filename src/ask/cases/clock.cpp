#include "ask/cases/clock.h"

namespace machiya::cases {
namespace {

using records::ClockState;

/// The last day of the clock.
Date last_day(Instant due) { return add_days(date_in_japan(due), -1); }
Instant end_of(Date day) { return start_of_day_in_japan(add_days(day, 1)); }

Date after_days(Date from, int days, bool working, const WorkingDay& is_working_day) {
  if (!working) return add_days(from, days);
  Date day = from;
  for (int left = days; left > 0;) {
    day = add_days(day, 1);
    if (is_working_day(day)) --left;
  }
  return day;
}

int days_between(Date from, Date to, bool working, const WorkingDay& is_working_day) {
  if (!working) return to.days - from.days;
  int n = 0;
  for (Date d = from; d < to;) {
    d = add_days(d, 1);
    if (is_working_day(d)) ++n;
  }
  for (Date d = to; d < from;) {
    d = add_days(d, 1);
    if (is_working_day(d)) --n;
  }
  return n;
}

}  // namespace

StatutoryClock start_clock(Instant received, const Period& target, const WorkingDay& is_working_day) {
  StatutoryClock out;
  if (!target.present) return out;
  const Date day = date_in_japan(received);
  const Date last = target.working_days > 0 ? after_days(day, target.working_days, true, is_working_day)
                                            : add_days(add_months(day, target.months), target.days);
  out.state = ClockState::running;
  out.due = end_of(last);
  return out;
}

StatutoryClock stop_clock(const StatutoryClock& clock, Instant now, const Period& target, const WorkingDay& is_working_day) {
  if (clock.state != ClockState::running) return clock;
  StatutoryClock out;
  out.state = ClockState::stopped;
  out.left = days_left(clock, now, target, is_working_day);
  return out;
}

StatutoryClock resume_clock(const StatutoryClock& clock, Instant now, const Period& target, const WorkingDay& is_working_day) {
  if (clock.state != ClockState::stopped) return clock;
  StatutoryClock out;
  out.state = ClockState::running;
  const Date today = date_in_japan(now);
  const int left = clock.left.value_or(0);
  // What was overdue stays overdue by as many days.
  out.due = end_of(left >= 0 ? after_days(today, left, target.working_days > 0, is_working_day) : add_days(today, left));
  return out;
}

StatutoryClock end_clock(const StatutoryClock& clock) {
  StatutoryClock out = clock;
  if (out.state != ClockState::none) out.state = ClockState::over;
  return out;
}

std::optional<int> days_left(const StatutoryClock& clock, Instant now, const Period& target, const WorkingDay& is_working_day) {
  if (clock.state == ClockState::stopped) return clock.left;
  if (clock.state != ClockState::running || !clock.due) return std::nullopt;
  return days_between(date_in_japan(now), last_day(*clock.due), target.working_days > 0, is_working_day);
}

}  // namespace machiya::cases
