// A procedure as a register that staff see: its rows are its cases, nothing is copied. Cases are changed by their applicants'
// corrections and by Cases::act; here they are listed, filtered, grouped and exported like the rows of every register.
#pragma once
#include <memory>
#include <string>

#include "ask/records/records_dao.h"
#include "ask/registers/register.h"

namespace machiya::registers {

// What a case keeps beside its answers. No question can have such a name.
inline constexpr char kReceived[] = "_received", kDue[] = "_due", kAssignee[] = "_assignee", kDepartment[] = "_department", kOutcome[] = "_outcome",
                      kEnded[] = "_ended", kFee[] = "_fee", kChannel[] = "_channel";

/// The register of a procedure with a workflow; null for one without (self-checks make no cases). Columns: the above, then every question
/// outside repeats; a repeat is the number of its items. Answers are sealed and personal unless their question has `filter: yes` or is the
/// category of a public map, which stands in the clear anyway. `source`: of the procedure.
std::shared_ptr<const Register> register_of_procedure(std::shared_ptr<const interview::Procedure> procedure, const city::Source& source, const city::City& city);
/// A case by the columns of its register. `answers`: by question, of whichever version the case began with; null while they stay sealed.
json::Value values_of_case(const Register& reg, const records::RecordRow& row, const json::Value& answers);
/// True when the index of the rows needs their answers.
bool indexes_answers(const Register& reg);

}  // namespace machiya::registers
