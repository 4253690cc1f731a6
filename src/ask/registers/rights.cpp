#include "ask/registers/rights.h"

#include <algorithm>

namespace machiya::registers {

Access::Access(const Register& reg, std::shared_ptr<const city::City> city, const identity::Principal& who, const MayCase& may_case)
    : reg_(reg), city_(std::move(city)), who_(who), may_case_(may_case) {
  if (reg.of_cases) return;
  const auto scope = [&](std::string_view name) { return std::find(who.scopes.begin(), who.scopes.end(), name) != who.scopes.end(); };
  const bool client = who.kind == identity::PrincipalKind::client;
  if (client) writes_ = scope(kWriteScope);
  if (who.kind != identity::PrincipalKind::staff && !(client && (writes_ || scope(kReadScope)))) return;
  const json::Value& known = city_->policy()["roles"];
  for (const std::string& role : who.roles)
    if (known.has(role) && (who.department == reg.owner || known[role].text("scope") == "all")) roles_.push_back(role);
}

bool Access::any(const std::vector<std::string>& wanted) const {
  return std::any_of(roles_.begin(), roles_.end(), [&](const std::string& role) { return std::find(wanted.begin(), wanted.end(), role) != wanted.end(); });
}

bool Access::read(const Column& column) const {
  if (reg_.of_cases) return !departments(is_answer(column) ? "case.read" : "case.list").empty();
  return read() && (column.read.empty() || any(column.read));
}

std::vector<std::string> Access::departments(std::string_view permission) const {
  std::vector<std::string> out;
  for (const city::Department& d : city_->departments())
    if (may(permission, d.id)) out.push_back(d.id);
  return out;
}

bool Access::everywhere(std::string_view permission) const { return departments(permission).size() == city_->departments().size(); }

}  // namespace machiya::registers
