// kill -9 at random, again and again on the same database: what the tests of that kind share.
#pragma once
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "platform/store/testing.h"

namespace machiya::faults {

/// A child process on one database: what it acknowledged, and what must be there after each of its deaths.
class KillTest {
 public:
  virtual ~KillTest() = default;
  /// Program and arguments of its next life.
  virtual std::vector<std::string> child() const = 0;
  /// Remembers what the child says is done; false when the line is something else.
  virtual bool acknowledge(const std::string& line) = 0;
  /// Every fault of what is there now.
  virtual std::vector<std::string> check(store::Store& store) = 0;
};

struct KillPlan {
  std::string name;           ///< of the program
  std::string acknowledged;   ///< what its child acknowledges, for the report
  std::string damage;         ///< SQL that --sabotage runs before each check: it must then end with faults
  std::function<std::unique_ptr<KillTest>(const store::testing::TestDatabase& database)> begin;
  int on_one_database = std::numeric_limits<int>::max();   ///< rounds; then another database
};
/// The program: [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--sabotage 1]. Gives its exit code: 0 when there was no fault.
int kill_rounds(int argc, char** argv, const KillPlan& plan);

}  // namespace machiya::faults
