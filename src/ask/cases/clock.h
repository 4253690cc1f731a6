// 標準処理期間 (行政手続法6条): the time in which an office means to decide. It runs from the day after arrival (民法140条: the
// first day does not count), stops while a correction is asked (the applicant's time is not the office's), and is over
// when the case ends. Counted in calendar or working days; due at the end of the last day, Japan time.
#pragma once
#include <optional>

#include "ask/cases/period.h"
#include "ask/records/records_dao.h"
#include "base/time.h"

namespace machiya::cases {

struct StatutoryClock {
  records::ClockState state = records::ClockState::none;
  std::optional<Instant> due;        ///< start of the day after the last day
  std::optional<int> left;           ///< days left when it stopped
};

/// Starts it on receipt. A target without days (or none) gives a clock that is not there.
StatutoryClock start_clock(Instant received, const Period& target, const WorkingDay& is_working_day);
StatutoryClock stop_clock(const StatutoryClock& clock, Instant now, const Period& target, const WorkingDay& is_working_day);
StatutoryClock resume_clock(const StatutoryClock& clock, Instant now, const Period& target, const WorkingDay& is_working_day);
StatutoryClock end_clock(const StatutoryClock& clock);
/// Whole days from today to the last day (0: today is the last; negative: overdue); what was left while it is stopped.
std::optional<int> days_left(const StatutoryClock& clock, Instant now, const Period& target, const WorkingDay& is_working_day);

}  // namespace machiya::cases
