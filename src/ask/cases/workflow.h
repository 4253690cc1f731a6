// Workflows: the state machine of a case as a definition (docs/definitions.md, "Workflow"), compiled once.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/cases/period.h"
#include "base/diagnostics.h"
#include "base/json.h"
#include "base/result.h"
#include "city/city.h"

namespace machiya::cases {

/// Who may take an action.
enum class By : std::uint8_t { staff, applicant, system };
/// What the statutory clock does in a state.
enum class ClockRule : std::uint8_t { running, stopped, none };

struct State {
  std::string id;
  city::Text name;             ///< for staff
  city::Text citizen;          ///< what the applicant reads; the name when empty
  ClockRule clock = ClockRule::none;
  std::string end;             ///< "": goes on; "decided", "withdrawn", "closed"
  std::string outcome;         ///< of a decision
  bool opens_correction = false;
  const city::Text& told() const { return citizen.empty() ? name : citizen; }
};
struct Action {
  std::string id;
  city::Text name;
  std::vector<std::string> from;
  std::string to;
  By by = By::staff;
  std::string permission;
  bool needs_note = false, needs_reason = false, needs_fields = false;
  bool four_eyes = false;
  std::string when;            ///< FEEL over answers, calculated values, fee, today, submitted, state
  std::string document;
  Period after;                ///< of a system action: how long after entering the state
  bool leaves(std::string_view state) const;
};
struct Document {
  std::string id;
  city::Text title, body;
};
struct Retention {
  Period keep;
  bool from_end = true;        ///< else from the day of receipt
  std::string basis;
};

class Workflow final : public city::Definition {
 public:
  std::string id;
  int version = 1;
  std::string start;
  std::vector<State> states;
  std::vector<Action> actions;
  std::vector<Document> documents;
  std::optional<Retention> retention;

  const State* state(std::string_view id) const;
  const Action* action(std::string_view id) const;
  const Document* document(std::string_view id) const;
  /// Actions that leave a state, in the order of the definition.
  std::vector<const Action*> from(std::string_view state) const;
};

/// The `retention` of a definition; nothing when it has none.
std::optional<Retention> read_retention(const json::Value& retention, Diagnostics& faults);
/// Compiles the canonical JSON of a definition; every fault with its JSON pointer. Null when there is an error.
std::shared_ptr<const Workflow> compile_workflow(const json::Value& body, Diagnostics& faults);
/// The checks that need the whole workflow: states reachable, an end reachable from every state, actions' states and
/// documents exist. Called by compile_workflow.
void check_graph(const Workflow& workflow, const json::Value& body, Diagnostics& faults);

/// Kind "workflow" for city::load: compiles, and links the FEEL guards against every procedure that uses the workflow.
city::Kind workflow_kind();

}  // namespace machiya::cases
