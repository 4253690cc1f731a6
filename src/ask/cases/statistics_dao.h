// Tables case_count, case_state_days and page_visit.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ask/cases/statistics.h"

namespace machiya::cases {

Result<void> add_count(store::Tx& tx, std::string_view procedure, std::string_view month, std::string_view what, std::int64_t n);
Result<void> add_state_days(store::Tx& tx, std::string_view procedure, std::string_view month, std::string_view state, std::int64_t days,
                            std::int64_t n);
Result<void> add_visits(store::Tx& tx, std::string_view procedure, std::string_view month, std::string_view page, int place, std::int64_t n);
Result<std::vector<MonthCount>> read_counts(store::ReadTx& tx, std::string_view from, std::string_view to);
struct DaysCell {
  std::string state;
  std::int64_t days = 0, amount = 0;
};
/// Ordered by state and days.
Result<std::vector<DaysCell>> read_state_days(store::ReadTx& tx, std::string_view procedure, std::string_view from, std::string_view to);
Result<std::vector<PageStep>> read_steps(store::ReadTx& tx, std::string_view procedure, std::string_view from, std::string_view to);

}  // namespace machiya::cases
