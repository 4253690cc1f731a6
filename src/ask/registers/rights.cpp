#include "ask/registers/rights.h"

#include <algorithm>

namespace machiya::registers {

Access::Access(const Register& reg, const json::Value& policy, const identity::Principal& who) : reg_(reg) {
  if (who.kind == identity::PrincipalKind::staff) {
    const json::Value& known = policy["roles"];
    for (const std::string& role : who.roles)
      if (known.has(role) && (who.department == reg.owner || known[role].text("scope") == "all")) roles_.push_back(role);
  } else if (who.kind == identity::PrincipalKind::client) {
    constexpr std::string_view kPrefix = "register.";
    for (const std::string& scope : who.scopes)
      if (scope.compare(0, kPrefix.size(), kPrefix) == 0) roles_.push_back(scope.substr(kPrefix.size()));
  }
}

bool Access::any(const std::vector<std::string>& wanted) const {
  return std::any_of(roles_.begin(), roles_.end(), [&](const std::string& role) { return std::find(wanted.begin(), wanted.end(), role) != wanted.end(); });
}

}  // namespace machiya::registers
