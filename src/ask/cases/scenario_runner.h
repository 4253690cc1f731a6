// Runs scenarios through the same doors as citizens and clerks: the interview engine, then Cases. Never by INSERT.
#pragma once
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ask/cases/scenario.h"
#include "ask/interview/procedure.h"

namespace machiya::cases {

struct ScenarioParts {
  std::shared_ptr<const city::City> city;
  std::string folder;               ///< of the city, for file:line
  store::Store& store;              ///< a fresh database with all migrations
  vault::Vault& vault;
  WorkingDay is_working_day;
  /// The compiled procedure of an id, as the web uses it.
  std::function<std::shared_ptr<const interview::Procedure>(const std::string& id)> procedure;
};
struct ScenarioResult {
  std::string file, name, procedure;   ///< procedure: or register
  int initiative = 0;
  std::vector<std::string> problems;   ///< "file:line: expected …, got …"
  bool passed() const { return problems.empty(); }
};
struct ScenarioFilter {
  int initiative = 0;               ///< 0: all
  std::string procedure;            ///< or register; "": all
};

/// Scenarios name their files freely ("sample-photo"): the same name gives the same well-formed public id.
json::Value with_file_ids(const json::Value& answers);

/// Runs them one after the other, each with its own people and its own day.
std::vector<ScenarioResult> run_scenarios(const ScenarioParts& parts, const ScenarioFilter& filter = {});
/// A readable report on `out`, ending with "N passed, N failed". Gives the exit code: 0 only when at least one ran and none
/// failed.
int report_scenarios(const std::vector<ScenarioResult>& results, bool verbose, std::ostream& out);
/// "file:line" of a JSON pointer in a definition file of a city folder.
std::string scenario_place(const std::string& folder, const std::string& file, const std::string& pointer);

}  // namespace machiya::cases
