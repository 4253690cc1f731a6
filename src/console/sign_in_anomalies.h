// What is unusual about the log-ins of staff: worked out from the audit's rows alone, so that it can be checked there. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/audit/audit.h"

namespace machiya::console {

enum class Anomaly : std::uint8_t {
  guessed,   ///< five refusals or more within an hour, then a log-in
  guessing,  ///< five refusals or more within an hour
  spraying,  ///< ten refusals or more within an hour for names that do not exist
  night      ///< a log-in between 22:00 and 6:00
};
struct SignInAnomaly {
  Anomaly kind = Anomaly::night;
  std::string actor;   ///< "staff:…"
  Instant at;          ///< of the last row
  int count = 0;       ///< rows that make it up
};

/// `rows`: of session.open and session.refused, in any order. The newest first.
std::vector<SignInAnomaly> sign_in_anomalies(std::vector<audit::Audit::Record> rows);

}  // namespace machiya::console
