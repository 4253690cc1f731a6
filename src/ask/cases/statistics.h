// Numbers of the case work without personal data: cases per procedure, month and outcome, days per state, and how far
// visitors come in an interview.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::events {
class Events;
}

namespace machiya::cases {

struct MonthCount {
  std::string procedure, month, what;   ///< what: "submitted", "decided:granted", "withdrawn", "channel:web"
  std::int64_t amount = 0;
};
struct StateDays {
  std::string procedure, state;
  std::int64_t cases = 0;
  double median = 0;                    ///< days
  int ninetieth = 0;                    ///< 90 % left the state within so many days
};
struct PageStep {
  std::string page;
  int place = 0;                        ///< order in the interview
  std::int64_t visits = 0;
};

/// Keeps the sums from events, and answers questions about them. Thread-safe.
class Statistics {
 public:
  explicit Statistics(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}
  /// Consumer "case-statistics" of the case events.
  void subscribe(events::Events& events);

  /// A visitor came to a page of an interview (module apply calls it; the last step is "sent"). Kept in memory and added to
  /// the sums by flush(); no person, no session, no time of day.
  void visited(std::string_view procedure, std::string_view page, int place);
  /// Writes what visited() gathered. Call it every few seconds and before stopping.
  Result<void> flush();

  /// `procedures` empty: all. Months as "2026-11", inclusive.
  Result<std::vector<MonthCount>> counts(const std::string& from_month, const std::string& to_month);
  Result<std::vector<StateDays>> state_days(const std::string& procedure, const std::string& from_month, const std::string& to_month);
  Result<std::vector<PageStep>> steps(const std::string& procedure, const std::string& from_month, const std::string& to_month);

 private:
  store::Store& store_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::pair<int, std::int64_t>> pending_;   ///< (procedure, page) → (place, visits)
};

/// "2026-11".
std::string month_of(Instant t);

}  // namespace machiya::cases
