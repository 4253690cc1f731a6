// Registers as a kind of definition of the city: schema, compilation, and the checks against what they name.
#include "ask/registers/register.h"
#include "city/schema.h"

namespace machiya::registers {
namespace {

/// Where a condition, lane or column speaks of "state": the states that there are.
void check_state(const cases::Workflow& workflow, const std::string& state, const std::string& at, Diagnostics& faults) {
  if (workflow.state(state) == nullptr)
    faults.error(at, "ワークフロー「" + workflow.id + "」に状態「" + state + "」はありません", "the workflow '" + workflow.id + "' has no state '" + state + "'");
}

void check_views(const cases::Workflow& workflow, const json::Value& body, Diagnostics& faults) {
  for (std::size_t i = 0; i < body["views"].size(); ++i)
    for (std::size_t j = 0; j < body["views"][i]["where"].size(); ++j) {
      const json::Value& condition = body["views"][i]["where"][j];
      if (condition.text("column") != "state") continue;
      for (const char* op : {"is", "not"})
        if (condition.has(op)) check_state(workflow, condition.text(op), "/views/" + std::to_string(i) + "/where/" + std::to_string(j) + "/" + op, faults);
    }
}

/// Staff act on rows; there is no applicant, and nothing is asked of one.
void check_actions(const Register& reg, const cases::Workflow& workflow, Diagnostics& faults) {
  const auto wrong = [&](const cases::Action& action, const std::string& ja, const std::string& en) {
    faults.error("/workflow", "ワークフロー「" + workflow.id + "」の操作「" + action.id + "」" + ja, "action '" + action.id + "' of workflow '" + workflow.id + "' " + en);
  };
  const feel::Scope scope = row_scope(reg.columns);
  for (const cases::Action& action : workflow.actions) {
    if (action.by == cases::By::applicant) wrong(action, "は申請者が行います。台帳には申請者がいません", "is taken by an applicant: a register has none");
    if (action.needs_fields) wrong(action, "は補正を求めます。台帳に補正はありません", "asks for a correction: a register has none");
    if (action.when.empty()) continue;
    if (auto guard = feel::compile(action.when, scope); !guard.ok())
      wrong(action, "の条件は、この台帳の列では読み取れません: " + guard.error().detail, "has a condition that does not fit this register: " + guard.error().detail);
  }
}

/// What the register reads of others, now that they are all there: compiled once more, for the faults alone.
void check_others(const Register& reg, const json::Value& body, const city::City& city, const city::Source& source, Diagnostics& faults) {
  if (!reg.reads_others()) return;
  Diagnostics found;
  (void)compile_register(body, source, city, found);
  for (const Diagnostic& d : found.list())
    if (d.severity == Severity::error) faults.error(d.pointer, d.ja, d.en, d.line, d.column);
  check_circles(city, reg, faults);
}

void link(const city::City& city, const city::Source& source, const city::Definition& definition, Diagnostics& faults) {
  const auto* reg = dynamic_cast<const Register*>(&definition);
  const city::Loaded* loaded = city.find("register", source.id);
  if (reg == nullptr || loaded == nullptr) return;
  const auto body = json::parse(*loaded->canonical);
  if (!body.ok()) return;
  check_others(*reg, *body, city, source, faults);
  const auto* workflow = reg->workflow.empty() ? nullptr : city.get<cases::Workflow>("workflow", reg->workflow);
  if (workflow == nullptr) return;   // none, or the schema's x-ref has said so
  check_actions(*reg, *workflow, faults);
  check_views(*workflow, *body, faults);
}

}  // namespace

city::Kind register_kind() {
  city::Kind kind;
  kind.name = "register", kind.folder = "registers";
  kind.compile_with = [](const json::Value& body, const city::Source& source, const city::City& earlier, Diagnostics& faults) -> std::shared_ptr<const city::Definition> {
    return compile_register(body, source, earlier, faults);
  };
  kind.link = link;
  return kind;
}

}  // namespace machiya::registers
