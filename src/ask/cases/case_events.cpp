#include "ask/cases/case_events.h"

#include "ask/cases/cases.h"
#include "platform/jobs/jobs.h"

namespace machiya::cases {
namespace {

json::Value text_property() { return json::Value::object({{"type", "string"}}); }

/// An object schema: every member is required; "hours" and "initiative" are integers, all others text.
json::Value schema(std::initializer_list<const char*> members) {
  json::Value properties = json::Value::object(), required = json::Value::array();
  for (const char* name : members) {
    const std::string_view n(name);
    properties.set(name, n == "hours" || n == "initiative" ? json::Value::object({{"type", "integer"}}) : text_property());
    required.push(name);
  }
  return json::Value::object({{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}});
}

}  // namespace

std::vector<events::EventType> case_event_types() {
  auto submitted = schema({"number", "procedure", "initiative", "department", "state", "channel"});
  auto changed = schema({"number", "procedure", "initiative", "department", "action", "from", "state", "hours"});
  auto decided = schema({"number", "procedure", "initiative", "department", "action", "from", "state", "outcome", "hours"});
  return {{std::string(kCaseSubmitted), "cases", submitted, false},
          {std::string(kCaseChanged), "cases", changed, false},
          {std::string(kCaseDecided), "cases", decided, false},
          {std::string(kCaseWithdrawn), "cases", changed, false}};
}

void Cases::declare(events::Events& events, jobs::Jobs& jobs) {
  for (events::EventType& type : case_event_types()) events.declare(std::move(type));
  jobs.declare({std::string(kAutomaticJob), 60, 8, 5});
  jobs.declare({std::string(kRetentionJob), 600, 8, 60});
}

}  // namespace machiya::cases
