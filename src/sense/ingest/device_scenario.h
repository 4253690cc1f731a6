// Scenarios of devices: given a device, when it sends something, then what is taken of it and what goes to the steward (docs/devices.md). The mapping is pure,
// and so is this.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "city/city.h"

namespace machiya::sense::ingest {

struct DeviceScenario final : city::Definition {
  std::string name;
  json::Value body;   ///< typed by the schema, names checked
};

/// Kind "device-scenario" (folder scenarios/), behind the kinds "entity-type" and "device-profile".
city::Kind device_scenario_kind();

struct ScenarioResult {
  std::string file, name;
  int initiative = 0;
  std::vector<std::pair<std::string, std::string>> problems;   ///< JSON pointer into the file, what is wrong there
};
/// All of a city, by file name.
std::vector<ScenarioResult> run_device_scenarios(const city::City& city);

}  // namespace machiya::sense::ingest
