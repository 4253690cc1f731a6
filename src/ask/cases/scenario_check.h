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
std::vector<Difference> differences(const json::Value& then, const ScenarioWorld& world);

}  // namespace machiya::cases
