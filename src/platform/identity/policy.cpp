#include "platform/identity/policy.h"

#include <algorithm>

#include "base/json.h"

namespace machiya::identity {
namespace {
Error fault(std::string_view role, std::string what) {
  return Error(ErrorCode::definition_error, std::move(what), "/roles/" + json::pointer_token(role));
}

bool covers(std::string_view pattern, std::string_view permission) {
  if (pattern == "*" || pattern == permission) return true;
  if (pattern.size() < 2 || pattern.substr(pattern.size() - 2) != ".*") return false;
  const std::string_view prefix = pattern.substr(0, pattern.size() - 1);  // with the dot
  return permission.size() > prefix.size() && permission.substr(0, prefix.size()) == prefix;
}
}  // namespace

Result<Policy> Policy::parse(std::string_view json_text) {
  MACHIYA_TRY(const json::Value root, json::parse(json_text));
  const json::Value& roles = root["roles"];
  if (!roles.is_object()) return Error(ErrorCode::definition_error, "a policy needs an object \"roles\"", "/roles");
  Policy policy;
  for (const auto& [name, body] : roles.members()) {
    Role role;
    if (!body.is_object()) return fault(name, "a role is an object");
    for (const auto& [key, value] : body.members()) {
      if (key == "permissions" && value.is_array()) {
        for (const json::Value& item : value.items()) {
          if (!item.is_string() || item.as_string().empty()) return fault(name, "a permission is a text");
          role.permissions.push_back(item.as_string());
        }
      } else if (key == "scope" && (value.as_string() == "all" || value.as_string() == "own-department")) {
        role.everywhere = value.as_string() == "all";
      } else if (key != "name" && key != "description") {
        return fault(name, "\"" + key + "\" is not known here, or has a wrong value (scope: all, own-department)");
      }
    }
    if (!body.has("scope")) return fault(name, "a role needs a scope: all or own-department");
    policy.roles_.emplace(name, std::move(role));
  }
  return policy;
}

bool Policy::grants(const std::vector<std::string>& roles, std::string_view own_department, std::string_view permission,
                    std::string_view department) const {
  if (permission.empty()) return false;
  for (const std::string& name : roles) {
    auto found = roles_.find(name);
    if (found == roles_.end()) continue;
    const Role& role = found->second;
    const bool place = role.everywhere || department.empty() || (!own_department.empty() && department == own_department);
    if (place && std::any_of(role.permissions.begin(), role.permissions.end(), [&](const auto& p) { return covers(p, permission); }))
      return true;
  }
  return false;
}

}  // namespace machiya::identity
