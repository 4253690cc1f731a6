// Workflows as a kind of definition of the city: schema, compilation, and the checks against procedures that use them.
#include "ask/cases/definitions.h"
#include "ask/cases/workflow.h"
#include "city/schema.h"

namespace machiya::cases {
namespace {

/// "line:column" of a FEEL error.
std::pair<int, int> place_of(const std::string& where) {
  const std::size_t colon = where.find(':');
  if (colon == std::string::npos) return {0, 0};
  return {std::atoi(where.c_str()), std::atoi(where.c_str() + colon + 1)};
}

void link(const city::City& city, const city::Source& source, const city::Definition& definition, Diagnostics& faults) {
  const auto* workflow = dynamic_cast<const Workflow*>(&definition);
  if (!workflow) return;
  bool guarded = false;
  for (const Action& a : workflow->actions) guarded = guarded || !a.when.empty();
  if (!guarded) return;
  for (const city::Loaded* loaded : city.all("procedure")) {
    if (!loaded->canonical) continue;
    auto body = json::parse(*loaded->canonical);
    if (!body.ok() || body->text("case") != source.id) continue;
    const feel::Scope scope = guard_scope(*body);
    for (std::size_t i = 0; i < workflow->actions.size(); ++i) {
      const Action& a = workflow->actions[i];
      if (a.when.empty()) continue;
      auto guard = feel::compile(a.when, scope);
      if (guard.ok()) continue;
      auto [line, column] = place_of(guard.error().where);
      faults.error("/actions/" + std::to_string(i) + "/when",
                   "手続「" + loaded->source.id + "」の項目では、この式を読み取れません: " + guard.error().detail,
                   "with the answers of procedure '" + loaded->source.id + "': " + guard.error().detail, line, column);
    }
  }
}

}  // namespace

city::Kind workflow_kind() {
  city::Kind kind;
  kind.name = "workflow", kind.folder = "workflows";
  kind.compile = [](const json::Value& body, const city::Source&, Diagnostics& faults) -> std::shared_ptr<const city::Definition> {
    return compile_workflow(body, faults);
  };
  kind.link = link;
  return kind;
}

}  // namespace machiya::cases
