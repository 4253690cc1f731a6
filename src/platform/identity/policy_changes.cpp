#include "platform/identity/policy_changes.h"

#include <algorithm>
#include <iterator>

namespace machiya::identity {

std::vector<PolicyLine> policy_lines(const json::Value& policy) {
  std::vector<PolicyLine> out;
  for (const char* section : {"purposes", "roles", "relations"})
    for (const auto& [entry, about] : policy[section].members()) {
      out.push_back({section, entry, "", ""});
      for (const char* part : {"permissions", "purposes", "for", "may"})
        for (const json::Value& value : about[part].items()) out.push_back({section, entry, part, value.as_string()});
      if (about.has("scope")) out.push_back({section, entry, "scope", about.text("scope")});
    }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<PolicyChange> policy_changes(const json::Value& before, const json::Value& after) {
  const auto old = policy_lines(before), now = policy_lines(after);
  std::vector<PolicyLine> removed, added;
  std::set_difference(old.begin(), old.end(), now.begin(), now.end(), std::back_inserter(removed));
  std::set_difference(now.begin(), now.end(), old.begin(), old.end(), std::back_inserter(added));
  std::vector<PolicyChange> out;
  for (auto& line : removed) out.push_back({std::move(line), false});
  for (auto& line : added) out.push_back({std::move(line), true});
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  return out;
}

}  // namespace machiya::identity
