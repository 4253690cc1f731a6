// Scenarios of registers: given / when / then in the words of the clerk who keeps the register (docs/registers.md).
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ask/cases/period.h"
#include "ask/registers/register.h"
#include "city/city.h"

namespace machiya::registers {

/// A row that is there before, or one that a step adds.
struct ScenarioRow {
  std::string as, register_id;
  json::Value values;               ///< typed by the columns; "$name" stands for the number of another row
};
struct ScenarioStep {
  enum class Kind : std::uint8_t { add, change, act, bulk, wait } kind = Kind::add;
  std::string register_id;          ///< of the row that it adds, changes or acts on
  std::string as, by, row, action, reason;   ///< row: name without "$"; by: "" for the first role that may
  json::Value values;               ///< of add; what change and bulk set
  std::vector<Condition> where;
  cases::Period wait;
  json::Value then;                 ///< null: nothing is checked after this step
};
class Scenario final : public city::Definition {
 public:
  std::string name, register_id;
  Date today;
  std::vector<ScenarioRow> rows;
  std::vector<ScenarioStep> steps;
  json::Value then;
};

/// Kind "register-scenario" (folder scenarios/): also checks its columns, rows, roles and actions. Behind the kind "register".
city::Kind scenario_kind();

}  // namespace machiya::registers
