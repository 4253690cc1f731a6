// The policy: role × department × purpose × relation, one readable file, loaded from JSON. Pure; decision.h judges by it.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::identity {

/// {"purposes":  {"decide":{"for":["case.*"]}},
///  "roles":     {"clerk":{"permissions":["case.read"],"scope":"own-department","purposes":["decide"]}},
///  "relations": {"owner":{"may":["case.read"]}}}
/// A list of permissions holds "case.read", "case.*" or "*".
class Policy {
 public:
  struct Role {
    std::vector<std::string> permissions;
    bool everywhere = false;               ///< its permissions hold in every department
    std::vector<std::string> purposes;     ///< those it may claim; the first that covers a permission is claimed when none is named
  };

  /// Refuses unknown members, scopes, purposes and relations (definition_error with a JSON pointer in `where`). A policy without
  /// purposes asks for none; one without relations gives nobody a right of their own.
  static Result<Policy> parse(std::string_view json_text);

  const Role* role(std::string_view name) const;
  bool has_role(std::string_view name) const { return role(name) != nullptr; }
  /// Reads personal data: some purpose is for it, and staff must claim one.
  bool needs_purpose(std::string_view permission) const;
  /// Is this purpose for that permission?
  bool covers(std::string_view purpose, std::string_view permission) const;
  bool has_purpose(std::string_view purpose) const { return purposes_.find(purpose) != purposes_.end(); }
  /// May somebody in this relation ("owner") do it?
  bool relation_may(std::string_view relation, std::string_view permission) const;

 private:
  using Lists = std::map<std::string, std::vector<std::string>, std::less<>>;
  std::map<std::string, Role, std::less<>> roles_;
  Lists purposes_;    ///< purpose → permissions that it is for
  Lists relations_;   ///< relation → what it may do
};

/// Does a permission stand in this list, itself or under a "*"?
bool covered(const std::vector<std::string>& list, std::string_view permission);

/// How people are related to a case, draft or row; every other word is refused.
inline constexpr std::string_view kRelations[] = {
    "owner",         // 本人: whose it is
    "guardian",      // 法定代理人・後見人: a clerk recorded it with evidence
    "delegate",      // 代理人: the person gave it, with an end, and can take it back
    "case-member",   // 担当職員: the case is assigned to this member of staff, of whatever department
    "emergency",     // 緊急閲覧: opened with a reason, for an hour, to be reviewed
    "holder",        // 番号を知る人: holds the number of a report that has no owner
    "signed-out",    // not logged in, at the address of a person's draft: what was typed is kept, nothing is shown
    "sender",        // the API client that sent it
};

}  // namespace machiya::identity
