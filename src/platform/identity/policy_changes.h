// What differs between two policies, as the lines that somebody responsible reads. Pure.
#pragma once
#include <string>
#include <vector>

#include "base/json.h"

namespace machiya::identity {

/// One statement of a policy: "roles", "clerk", "permissions", "case.read".
struct PolicyLine {
  std::string section;   ///< "purposes", "roles", "relations"
  std::string entry;     ///< the role, purpose or relation
  std::string part;      ///< "permissions", "purposes", "scope", "for", "may"; "" for the entry itself
  std::string value;
  auto operator<=>(const PolicyLine&) const = default;
};
struct PolicyChange {
  PolicyLine line;
  bool added = false;    ///< else removed
};

/// Every statement, sorted; names for people are none.
std::vector<PolicyLine> policy_lines(const json::Value& policy);
/// Sorted by line; a changed scope is one line removed and one added.
std::vector<PolicyChange> policy_changes(const json::Value& before, const json::Value& after);

}  // namespace machiya::identity
