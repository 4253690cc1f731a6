#include "app/kinds.h"

#include "ask/cases/workflow.h"

namespace machiya::app {

std::vector<city::Kind> all_kinds() {
  // In the order of who needs whom: forms name decisions and workflows, scenarios name forms.
  return {cases::workflow_kind()};
}

}  // namespace machiya::app
