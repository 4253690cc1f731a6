#include "ask/registers/rights.h"

#include <algorithm>

namespace machiya::registers {

Access::Access(const Register& reg, const json::Value& policy, const identity::Principal& who) : reg_(reg), who_(who) {
  const auto scope = [&](std::string_view name) { return std::find(who.scopes.begin(), who.scopes.end(), name) != who.scopes.end(); };
  const bool client = who.kind == identity::PrincipalKind::client;
  if (client) writes_ = scope(kWriteScope);
  if (who.kind != identity::PrincipalKind::staff && !(client && (writes_ || scope(kReadScope)))) return;
  const json::Value& known = policy["roles"];
  for (const std::string& role : who.roles)
    if (known.has(role) && (who.department == reg.owner || known[role].text("scope") == "all")) roles_.push_back(role);
}

bool Access::any(const std::vector<std::string>& wanted) const {
  return std::any_of(roles_.begin(), roles_.end(), [&](const std::string& role) { return std::find(wanted.begin(), wanted.end(), role) != wanted.end(); });
}

}  // namespace machiya::registers
