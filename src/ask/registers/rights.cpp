#include "ask/registers/rights.h"

#include <algorithm>

#include "platform/identity/decision.h"

namespace machiya::registers {

Access::Access(const Register& reg, std::shared_ptr<const city::City> city, std::shared_ptr<const identity::Policy> policy, const identity::Principal& who, const MayCase& may_case)
    : reg_(reg), city_(std::move(city)), who_(who), may_case_(may_case) {
  identity::Resource rows;   // of a register it says itself which roles count; of cases the policy does
  rows.department = reg.owner;
  if (!reg.of_cases) rows.roles = &reg.rights.read;
  const identity::Decision reads = identity::judge(*policy, who, reg.of_cases ? "case.list" : "register.read", rows, Instant{});
  purpose_ = reads.purpose;
  if (reg.of_cases || reads.reason == identity::Reason::wrong_purpose) return;
  const auto scope = [&](std::string_view name) { return std::find(who.scopes.begin(), who.scopes.end(), name) != who.scopes.end(); };
  const bool client = who.kind == identity::PrincipalKind::client;
  if (client) writes_ = scope(kWriteScope);
  if (who.kind != identity::PrincipalKind::staff && !(client && (writes_ || scope(kReadScope)))) return;
  roles_ = identity::acting_roles(*policy, who, reg.owner);
}

namespace {

bool shared(const std::vector<std::string>& roles, const std::vector<std::string>& wanted) {
  return std::any_of(roles.begin(), roles.end(), [&](const std::string& role) { return std::find(wanted.begin(), wanted.end(), role) != wanted.end(); });
}

}  // namespace

bool Access::any(const std::vector<std::string>& wanted) const { return shared(roles_, wanted); }

bool Access::read(const Column& column) const {
  if (reg_.of_cases) return !departments(is_answer(column) ? "case.read" : "case.list").empty();
  return read() && (column.read.empty() || any(column.read) || (emergency_ && shared(who_.roles, column.read)));
}

void Access::open_in_emergency() {
  if (reg_.of_cases) return;   // module cases opens a case
  emergency_ = true, writes_ = false, purpose_ = kEmergency;
}

std::vector<std::string> Access::departments(std::string_view permission) const {
  std::vector<std::string> out;
  for (const city::Department& d : city_->departments())
    if (may(permission, d.id)) out.push_back(d.id);
  return out;
}

bool Access::everywhere(std::string_view permission) const { return departments(permission).size() == city_->departments().size(); }

}  // namespace machiya::registers
