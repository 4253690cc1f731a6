// Demonstration rows: clearly fictitious, from a fixed seed, made by the definitions and let in through the same checks as everybody else's.
#pragma once
#include <memory>
#include <string>

#include "ask/registers/registers.h"

namespace machiya::registers {

struct SeedParts {
  Registers& registers;
  std::shared_ptr<const city::City> city;
  const Clock& clock;
  std::uint64_t seed = 20260401;
  int rows = 30;          ///< of a register that points to no other
  int related = 90;       ///< of one that points to others
};
struct SeedReport {
  int registers = 0, rows = 0, steps = 0, skipped = 0;   ///< steps: actions of workflows; skipped: rows that no try made right
  std::string first_problem;
};
/// Fills every register that has no row: dates around today, places within the city, relations to rows that are there, texts out of the
/// scenarios of its room; then lets rows take some steps of their workflow. Registers that others point to come first.
Result<SeedReport> seed_demonstration(const SeedParts& parts);

}  // namespace machiya::registers
