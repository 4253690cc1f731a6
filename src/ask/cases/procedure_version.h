// A version of a procedure as a case begins with it: its text, the decisions that it computes with, and one hash over both.
// When only a decision changes, the procedure's own text stays the same and yet its cases are of another version.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/cases/definition_source.h"
#include "base/json.h"
#include "base/result.h"

namespace machiya::cases {

struct ProcedureVersion {
  DefinitionText text;                     ///< of the procedure; its hash is of its own text
  json::Value body;                        ///< the same, read
  std::vector<DefinitionText> decisions;   ///< by id
  std::string hash;                        ///< of the whole; text.hash when there are no decisions
};
/// The version in force; nothing when there is no such procedure.
Result<std::optional<ProcedureVersion>> version_in_force(const DefinitionSource& source, std::string_view procedure);

/// The texts of a version that an interview of an old case is compiled from.
struct VersionTexts {
  bool current = false;                          ///< the version is in force: what is compiled already will do
  std::shared_ptr<const std::string> procedure;  ///< canonical JSON; null when current
  json::Value decisions;                         ///< canonical JSON by id; empty when current
};

}  // namespace machiya::cases
