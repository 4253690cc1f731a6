// Scenarios of alarms: given entities and a time, when values come or time passes or somebody acts, then states and events (docs/alarms.md).
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "city/city.h"
#include "platform/identity/principal.h"

namespace machiya::sense::rules {

struct AlarmScenario final : city::Definition {
  std::string name;
  Instant now;
  json::Value body;   ///< typed by the schema, names checked
};

/// Kind "alarm-scenario" (folder scenarios/), behind the kind "alarm".
city::Kind alarm_scenario_kind();

struct ScenarioParts {
  std::shared_ptr<const city::City> city;
  std::string folder;               ///< a private one: each scenario has its database and its journals there
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
};
struct ScenarioResult {
  std::string file, name;
  int initiative = 0;
  std::vector<std::pair<std::string, std::string>> problems;   ///< JSON pointer into the file, what is wrong there
};
/// One after the other, each with a broker, a history and a clock of its own. `room`: only this initiative; 0: all.
std::vector<ScenarioResult> run_alarm_scenarios(const ScenarioParts& parts, int room = 0);

}  // namespace machiya::sense::rules
