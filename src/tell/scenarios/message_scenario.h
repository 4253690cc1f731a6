// Scenarios of messages: given / when / then in the words of the clerk who tells the city things.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "city/city.h"

namespace machiya::tell {

struct ScenarioStaff {
  std::string name, role, department;
};
/// Somebody who hears the city, with an address in each of these channels.
struct ScenarioPerson {
  std::string name;
  int lang = 0;                        ///< position in locale::kLanguages
  json::Value attributes;              ///< ward, town, age, events; {}: nothing was told
  std::vector<std::string> channels;   ///< in the order in which they want them
  std::vector<std::string> topics;
};
struct ScenarioStep {
  enum class Kind : std::uint8_t { write, submit, send_back, release, cancel, trigger, end, leave, choose, wait } kind = Kind::write;
  json::Value body;    ///< of the step, typed by the schema
  json::Value then;    ///< null: nothing is checked after this step
};
class MessageScenario final : public city::Definition {
 public:
  std::string name;
  Instant now;
  std::vector<ScenarioStaff> staff;
  std::vector<ScenarioPerson> people;
  std::vector<std::string> channels, outlets;   ///< that are configured; channels empty: all
  std::vector<ScenarioStep> steps;
  json::Value then;
};

/// Kind "message-scenario" (folder scenarios/): also checks names of staff, people, messages, channels, topics, wards. Behind the kind "outlet".
city::Kind message_scenario_kind();

/// "P1DT2H30M": days, hours, minutes; the schema has seen to the form.
std::int64_t wait_of(std::string_view text);

}  // namespace machiya::tell
