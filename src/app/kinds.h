// The kinds of definition that this server runs: one explicit list.
#pragma once
#include <vector>

#include "city/city.h"

namespace machiya::app {

std::vector<city::Kind> all_kinds();

}  // namespace machiya::app
