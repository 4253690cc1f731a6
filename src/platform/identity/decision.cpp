#include "platform/identity/decision.h"

#include <algorithm>

namespace machiya::identity {
namespace {

bool among(const std::vector<std::string>& list, std::string_view word) { return std::find(list.begin(), list.end(), word) != list.end(); }
bool has_roles(const Principal& who) { return who.kind == PrincipalKind::staff || who.kind == PrincipalKind::client; }

bool place_fits(const Policy::Role& role, const Principal& who, std::string_view department) {
  return role.everywhere || department.empty() || (!who.department.empty() && who.department == department);
}

/// The purpose in which this role does it; nothing when the one that is claimed, or every one that it has, is not for this.
bool purpose_of(const Policy& policy, const Policy::Role& role, const Principal& who, std::string_view action, std::string& out) {
  if (!policy.needs_purpose(action)) return true;
  for (const std::string& purpose : role.purposes) {
    if (!policy.covers(purpose, action) || (!who.purpose.empty() && who.purpose != purpose)) continue;
    out = purpose;
    return true;
  }
  return false;
}

/// Staff who are there by a relation claim a purpose of one of their roles as well.
bool any_purpose(const Policy& policy, const Principal& who, std::string_view action, std::string& out) {
  return std::any_of(who.roles.begin(), who.roles.end(), [&](const std::string& name) {
    const Policy::Role* role = policy.role(name);
    return role != nullptr && purpose_of(policy, *role, who, action, out);
  });
}

/// By role, department and purpose. The reason is that of the role that came nearest.
Decision by_role(const Policy& policy, const Principal& who, std::string_view action, const Resource& resource) {
  Decision out;
  for (const std::string& name : who.roles) {
    const Policy::Role* role = policy.role(name);
    if (role == nullptr || !(resource.roles != nullptr ? among(*resource.roles, name) : covered(role->permissions, action))) continue;
    if (!place_fits(*role, who, resource.department)) {
      if (out.reason == Reason::no_role) out.reason = Reason::other_department;
      continue;
    }
    if (purpose_of(policy, *role, who, action, out.purpose)) {
      out.reason = Reason::granted;
      return out;
    }
    out.reason = Reason::wrong_purpose;
  }
  return out;
}

/// How somebody is related to it, by what the object itself says.
std::string_view own_relation(const Principal& who, const Resource& r) {
  switch (who.kind) {
    case PrincipalKind::citizen: return r.person != 0 && r.person == who.id ? "owner" : r.ownerless ? "holder" : "";
    case PrincipalKind::visitor:
      if (r.person == 0 && !r.session.empty() && r.session == who.session) return "owner";
      return r.person != 0 ? "signed-out" : r.ownerless ? "holder" : "";
    case PrincipalKind::staff: return !r.assignee.empty() && r.assignee == who.name ? "case-member" : r.ownerless ? "holder" : "";
    case PrincipalKind::client: return r.ownerless ? "holder" : "";
  }
  return {};
}

/// Which kinds of people can hold a stored tie of this name.
bool tie_fits(const Tie& tie, const Principal& who) {
  if (tie.relation == "guardian" || tie.relation == "delegate") return who.kind == PrincipalKind::citizen;
  if (tie.relation == "emergency") return who.kind == PrincipalKind::staff;
  return tie.relation == "sender" && who.kind == PrincipalKind::client;
}

Decision by_relation(const Policy& policy, const Principal& who, std::string_view action, const Resource& resource, Instant now) {
  Decision out;
  out.reason = Reason::no_relation;
  if (const std::string_view own = own_relation(who, resource); !own.empty() && policy.relation_may(own, action)) {
    out.purpose = own == "owner" ? "own" : std::string(own);
    const bool stated = own != "case-member" || any_purpose(policy, who, action, out.purpose);
    out.reason = stated ? Reason::granted : Reason::wrong_purpose;
    if (stated) out.relation = std::string(own);
    return out;
  }
  for (const Tie& tie : resource.ties) {
    if (!tie_fits(tie, who) || !policy.relation_may(tie.relation, action)) continue;
    if (!tie.procedure.empty() && tie.procedure != resource.procedure) continue;
    if (tie.ended || now < tie.from || !(now < tie.until)) {
      out.reason = Reason::relation_over;
      continue;
    }
    out.reason = Reason::granted, out.relation = tie.relation, out.purpose = tie.relation;
    return out;
  }
  return out;
}

}  // namespace

std::string_view reason_name(Reason reason) {
  switch (reason) {
    case Reason::granted: return "granted";
    case Reason::no_such_action: return "no-such-action";
    case Reason::no_role: return "no-role";
    case Reason::other_department: return "other-department";
    case Reason::wrong_purpose: return "wrong-purpose";
    case Reason::no_relation: return "no-relation";
    case Reason::relation_over: return "relation-over";
  }
  return "";
}

Decision judge(const Policy& policy, const Principal& who, std::string_view action, const Resource& resource, Instant now) {
  if (action.empty()) return {Reason::no_such_action, {}, {}};
  if (!has_roles(who)) return by_relation(policy, who, action, resource, now);
  Decision role = by_role(policy, who, action, resource);
  if (role.allowed()) return role;
  Decision relation = by_relation(policy, who, action, resource, now);
  return relation.allowed() || relation.reason == Reason::relation_over ? relation : role;
}

std::vector<std::string> acting_roles(const Policy& policy, const Principal& who, std::string_view department) {
  std::vector<std::string> out;
  if (!has_roles(who)) return out;
  for (const std::string& name : who.roles)
    if (const Policy::Role* role = policy.role(name); role != nullptr && place_fits(*role, who, department)) out.push_back(name);
  return out;
}

}  // namespace machiya::identity
