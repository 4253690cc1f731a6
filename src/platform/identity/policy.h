// Which role may do what, and where: one readable policy, loaded from JSON. Pure.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::identity {

/// {"roles":{"clerk":{"permissions":["case.read","case.*"],"scope":"own-department"},"admin":{"permissions":["*"],"scope":"all"}}}
class Policy {
 public:
  /// Refuses unknown members, scopes and empty permissions (definition_error with a JSON pointer in `where`).
  static Result<Policy> parse(std::string_view json_text);

  /// True when one of the roles grants the permission for `department` to somebody of `own_department`;
  /// `department` "" asks whether it is granted anywhere. Unknown roles grant nothing.
  bool grants(const std::vector<std::string>& roles, std::string_view own_department, std::string_view permission,
              std::string_view department) const;
  bool has_role(std::string_view role) const { return roles_.find(role) != roles_.end(); }

 private:
  struct Role {
    std::vector<std::string> permissions;   ///< "case.read", "case.*", "*"
    bool everywhere = false;
  };
  std::map<std::string, Role, std::less<>> roles_;
};

}  // namespace machiya::identity
