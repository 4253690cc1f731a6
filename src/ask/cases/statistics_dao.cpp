#include "ask/cases/statistics_dao.h"

namespace machiya::cases {

Result<void> add_count(store::Tx& tx, std::string_view procedure, std::string_view month, std::string_view what, std::int64_t n) {
  return tx.execute_later("INSERT INTO case_count (procedure, month, what, amount) VALUES (:procedure, :month, :what, :n) "
                          "ON CONFLICT (procedure, month, what) DO UPDATE SET amount = case_count.amount + excluded.amount",
                          {{"procedure", procedure}, {"month", month}, {"what", what}, {"n", n}});
}

Result<void> add_state_days(store::Tx& tx, std::string_view procedure, std::string_view month, std::string_view state, std::int64_t days,
                            std::int64_t n) {
  return tx.execute_later("INSERT INTO case_state_days (procedure, month, state, days, amount) VALUES (:procedure, :month, :state, :days, :n) "
                          "ON CONFLICT (procedure, month, state, days) DO UPDATE SET amount = case_state_days.amount + excluded.amount",
                          {{"procedure", procedure}, {"month", month}, {"state", state}, {"days", days}, {"n", n}});
}

Result<void> add_visits(store::Tx& tx, std::string_view procedure, std::string_view month, std::string_view page, int place, std::int64_t n) {
  return tx.execute_later("INSERT INTO page_visit (procedure, month, page, place, amount) VALUES (:procedure, :month, :page, :place, :n) "
                          "ON CONFLICT (procedure, month, page) DO UPDATE SET amount = page_visit.amount + excluded.amount, "
                          "place = excluded.place",
                          {{"procedure", procedure}, {"month", month}, {"page", page}, {"place", place}, {"n", n}});
}

Result<std::vector<MonthCount>> read_counts(store::ReadTx& tx, std::string_view from, std::string_view to) {
  MACHIYA_TRY(auto rows, tx.query("SELECT procedure, month, what, amount FROM case_count WHERE month >= :since AND month <= :until "
                                   "ORDER BY procedure, month, what",
                                   {{"since", from}, {"until", to}}));
  std::vector<MonthCount> out;
  for (const store::Row& r : rows) out.push_back({r.text(0), r.text(1), r.text(2), r.integer(3)});
  return out;
}

Result<std::vector<DaysCell>> read_state_days(store::ReadTx& tx, std::string_view procedure, std::string_view from, std::string_view to) {
  MACHIYA_TRY(auto rows, tx.query("SELECT state, days, CAST(SUM(amount) AS BIGINT) FROM case_state_days WHERE procedure = :procedure AND "
                                   "month >= :since AND month <= :until GROUP BY state, days ORDER BY state, days",
                                   {{"procedure", procedure}, {"since", from}, {"until", to}}));
  std::vector<DaysCell> out;
  for (const store::Row& r : rows) out.push_back({r.text(0), r.integer(1), r.integer(2)});
  return out;
}

Result<std::vector<PageStep>> read_steps(store::ReadTx& tx, std::string_view procedure, std::string_view from, std::string_view to) {
  MACHIYA_TRY(auto rows, tx.query("SELECT page, MAX(place), CAST(SUM(amount) AS BIGINT) FROM page_visit WHERE procedure = :procedure AND "
                                   "month >= :since AND month <= :until GROUP BY page ORDER BY 2, 1",
                                   {{"procedure", procedure}, {"since", from}, {"until", to}}));
  std::vector<PageStep> out;
  for (const store::Row& r : rows) out.push_back({r.text(0), static_cast<int>(r.integer(1)), r.integer(2)});
  return out;
}

}  // namespace machiya::cases
