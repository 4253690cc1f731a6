// Runs scenarios of registers through the same door as staff: the service Registers. Never by INSERT.
#pragma once
#include <vector>

#include "ask/cases/scenario_runner.h"

namespace machiya::registers {

/// Runs them one after the other, each on its own day and with no rows but its own: what earlier ones left in the registers of
/// `parts.store` is deleted, so it must be a throw-away store.
std::vector<cases::ScenarioResult> run_scenarios(const cases::ScenarioParts& parts, const cases::ScenarioFilter& filter);

}  // namespace machiya::registers
