// Roles, scopes and the like as a JSON list.
#pragma once
#include <string>
#include <vector>

#include "base/json.h"

namespace machiya::identity {

/// In their order.
inline json::Value word_list(const std::vector<std::string>& words) {
  json::Value out = json::Value::array();
  for (const std::string& word : words) out.push(word);
  return out;
}

}  // namespace machiya::identity
