// Scenarios: given / when / then in the words of the clerk who owns the room (docs/definitions.md, "Scenario").
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ask/cases/cases.h"
#include "ask/cases/period.h"
#include "city/city.h"

namespace machiya::cases {

struct ScenarioStep {
  enum class Kind : std::uint8_t { apply, staff, confirm, correct, withdraw, applicant, wait } kind = Kind::apply;
  json::Value answers;          ///< of apply and correct
  bool send = true;
  bool is_signed = false;         ///< of apply and correct: the applicant signs it
  Act act;                      ///< of staff, confirm and applicant
  std::string role;             ///< "clerk", "approver", …
  Period wait;
  json::Value then;             ///< null: nothing is checked after this step
};
class Scenario final : public city::Definition {
 public:
  std::string name, procedure;
  Date today;
  std::string email;            ///< "": one of its own
  std::string assurance;        ///< "": what the procedure needs
  json::Value facts;            ///< of the applicant, for prefill
  std::vector<ScenarioStep> steps;
  json::Value then;
};

/// Compiles the canonical JSON; null when there is an error.
std::shared_ptr<const Scenario> compile_scenario(const json::Value& body, Diagnostics& faults);
/// Kind "scenario": also checks that its procedure and the actions of its steps exist.
city::Kind scenario_kind();

}  // namespace machiya::cases
