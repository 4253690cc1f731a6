// Decisions that a procedure names (docs/definitions.md, "Decision").
#include "ask/interview/compiler.h"

namespace machiya::interview {

void ProcedureCompiler::decision(const std::string& id, const std::string& at, const feel::Type& wanted, Formula& out) {
  (void)wanted;
  (void)out;
  if (out_->world.known && !out_->world.decisions.has(id)) faults_.error(at, "決定表「" + id + "」はありません", "there is no decision '" + id + "'");
}

}  // namespace machiya::interview
