// Decisions as a kind of definition, and blocks, which have no engine of their own.
#pragma once
#include <string_view>

#include "city/city.h"
#include "feel/decision.h"

namespace machiya::city {

/// Kind "decision": checked when all are read, since decisions need each other. FEEL faults stand at their place; a
/// decision that needs itself is a fault.
Kind decision_kind();
/// Kind "block": the questions are typed by the schema here and checked where they are used.
Kind block_kind();

/// A decision with everything that it needs, compiled. not_found, or definition_error with the first fault.
Result<feel::Decision> compile_decision(const City& city, std::string_view id);

}  // namespace machiya::city
