// Procedures as a kind of definition of the city: compiled against the wards, departments and decisions around them.
#pragma once
#include <memory>

#include "ask/interview/procedure.h"
#include "city/city.h"

namespace machiya::apply {

/// A loaded procedure.
class ProcedureDefinition final : public city::Definition {
 public:
  explicit ProcedureDefinition(std::shared_ptr<const interview::Procedure> p) : procedure(std::move(p)) {}
  std::shared_ptr<const interview::Procedure> procedure;
};

/// Kind "procedure" for city::load. It names decisions and workflows: put it behind those kinds.
city::Kind procedure_kind();
/// Kind "decision": checked by itself here, against the answers of each procedure that names it there.
city::Kind decision_kind();
/// The city as an interview needs it: wards, departments and the canonical decisions.
interview::World world_of(const city::City& city);

}  // namespace machiya::apply
