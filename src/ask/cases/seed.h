// Demonstration data: clearly fictitious residents and cases from a fixed seed, made through the same interview engine and
// state machine as everybody else's. Never by INSERT.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "ask/cases/scenario_runner.h"

namespace machiya::cases {

struct SeedParts {
  std::shared_ptr<const city::City> city;
  Platform platform;               ///< its clock gives "today"; every seeding thread has a clock of its own
  Ports ports;
  std::function<std::shared_ptr<const interview::Procedure>(const std::string& id)> procedure;
  std::uint64_t seed = 20260401;
  int cases = 5000;
  int residents = 3000;
  int threads = 16;
  /// Called about every hundred cases with (done, all). May be empty.
  std::function<void(int, int)> progress;
};
struct SeedReport {
  int cases = 0, decided = 0, in_correction = 0, skipped = 0;
  std::string first_problem;       ///< why the first skipped one was not made
};
/// Takes the answers of the city's scenarios, gives them other people, places and days, and lets clerks work on them.
Result<SeedReport> seed_demonstration(const SeedParts& parts);

}  // namespace machiya::cases
