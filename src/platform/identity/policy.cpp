#include "platform/identity/policy.h"

#include <algorithm>

#include "base/json.h"

namespace machiya::identity {
namespace {

Error fault(const std::string& where, std::string what) { return Error(ErrorCode::definition_error, std::move(what), where); }

bool matches(std::string_view pattern, std::string_view permission) {
  if (pattern == "*" || pattern == permission) return true;
  if (pattern.size() < 2 || pattern.substr(pattern.size() - 2) != ".*") return false;
  const std::string_view prefix = pattern.substr(0, pattern.size() - 1);  // with the dot
  return permission.size() > prefix.size() && permission.substr(0, prefix.size()) == prefix;
}

Result<std::vector<std::string>> texts(const json::Value& list, const std::string& where) {
  if (!list.is_array()) return fault(where, "a list of texts is needed");
  std::vector<std::string> out;
  for (const json::Value& item : list.items()) {
    if (!item.is_string() || item.as_string().empty()) return fault(where, "a text is needed");
    out.push_back(item.as_string());
  }
  return out;
}

/// {"name": {"for": […]}}: purposes and relations look alike.
Result<std::map<std::string, std::vector<std::string>, std::less<>>> lists(const json::Value& of, const std::string& at, std::string_view member) {
  std::map<std::string, std::vector<std::string>, std::less<>> out;
  if (of.is_null()) return out;
  if (!of.is_object()) return fault(at, "an object is needed");
  for (const auto& [name, body] : of.members()) {
    const std::string where = at + "/" + json::pointer_token(name);
    for (const auto& [key, value] : body.members())
      if (key != member && key != "name" && key != "description") return fault(where, "\"" + key + "\" is not known here");
    MACHIYA_TRY(out[name], texts(body[member], where));
  }
  return out;
}

Result<Policy::Role> role_of(const json::Value& body, const std::string& where) {
  if (!body.is_object()) return fault(where, "a role is an object");
  Policy::Role role;
  for (const auto& [key, value] : body.members()) {
    if (key == "permissions") {
      MACHIYA_TRY(role.permissions, texts(value, where));
    } else if (key == "purposes") {
      MACHIYA_TRY(role.purposes, texts(value, where));
    } else if (key == "scope" && (value.as_string() == "all" || value.as_string() == "own-department")) {
      role.everywhere = value.as_string() == "all";
    } else if (key != "name" && key != "description") {
      return fault(where, "\"" + key + "\" is not known here, or has a wrong value (scope: all, own-department)");
    }
  }
  if (!body.has("scope")) return fault(where, "a role needs a scope: all or own-department");
  return role;
}

}  // namespace

bool covered(const std::vector<std::string>& list, std::string_view permission) {
  return !permission.empty() && std::any_of(list.begin(), list.end(), [&](const std::string& pattern) { return matches(pattern, permission); });
}

Result<Policy> Policy::parse(std::string_view json_text) {
  MACHIYA_TRY(const json::Value root, json::parse(json_text));
  const json::Value& roles = root["roles"];
  if (!roles.is_object()) return Error(ErrorCode::definition_error, "a policy needs an object \"roles\"", "/roles");
  Policy policy;
  MACHIYA_TRY(policy.purposes_, lists(root["purposes"], "/purposes", "for"));
  MACHIYA_TRY(policy.relations_, lists(root["relations"], "/relations", "may"));
  for (const auto& [relation, may] : policy.relations_)
    if (std::find(std::begin(kRelations), std::end(kRelations), relation) == std::end(kRelations)) return fault("/relations/" + relation, "no such relation");
  for (const auto& [name, body] : roles.members()) {
    const std::string where = "/roles/" + json::pointer_token(name);
    MACHIYA_TRY(Role role, role_of(body, where));
    for (const std::string& purpose : role.purposes)
      if (!policy.has_purpose(purpose)) return fault(where, "no such purpose: " + purpose);
    policy.roles_.emplace(name, std::move(role));
  }
  return policy;
}

const Policy::Role* Policy::role(std::string_view name) const {
  const auto found = roles_.find(name);
  return found == roles_.end() ? nullptr : &found->second;
}

bool Policy::needs_purpose(std::string_view permission) const {
  return std::any_of(purposes_.begin(), purposes_.end(), [&](const auto& p) { return covered(p.second, permission); });
}

bool Policy::covers(std::string_view purpose, std::string_view permission) const {
  const auto found = purposes_.find(purpose);
  return found != purposes_.end() && covered(found->second, permission);
}

bool Policy::relation_may(std::string_view relation, std::string_view permission) const {
  const auto found = relations_.find(relation);
  return found != relations_.end() && covered(found->second, permission);
}

}  // namespace machiya::identity
