// What a scenario knows after each step, and the comparison with its `then`.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ask/cases/cases.h"
#include "ask/interview/procedure.h"

namespace machiya::cases {

struct ScenarioWorld {
  std::optional<interview::State> interview;   ///< after the last apply or correct
  std::optional<CaseView> view;                ///< as staff see the case
  std::optional<Error> failed;                 ///< of the last step
  std::string document;                        ///< text of the decision document
};
/// One line per difference: "expected …, got …", with the key of `then` it belongs to.
struct Difference {
  std::string key, text;
};
/// Is a value what a scenario wrote? Of an object only the members that are written count; numbers by their value.
bool same_value(const json::Value& written, const json::Value& is);
std::vector<Difference> differences(const json::Value& then, const ScenarioWorld& world);

}  // namespace machiya::cases
