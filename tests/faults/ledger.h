// What the killed process writes: an act with two lines, its audit row and its event, all in one transaction; and the
// check that nothing of it is lost, half or double.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/store/store.h"

namespace machiya::faults {

class Ledger {
 public:
  explicit Ledger(store::Store& store);
  Result<void> migrate();
  void start();
  void stop();
  /// Durable when it returns.
  Result<std::int64_t> write();
  /// Delivers and seals what is left, then gives every fault found; empty when all is well.
  std::vector<std::string> check(const std::vector<std::int64_t>& acknowledged);

 private:
  std::int64_t count(const std::string& sql, std::vector<std::string>& faults);

  store::Store& store_;
  SystemClock clock_;
  audit::Audit audit_;
  events::Events events_;
};

}  // namespace machiya::faults
