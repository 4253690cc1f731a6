#include <utility>

#include "city/schema.h"

namespace machiya::city {

/// Generated from schema/*.schema.json by CMakeLists.txt.
std::vector<std::pair<std::string_view, std::string_view>> embedded_schemas();

namespace {
const std::vector<std::pair<std::string_view, std::string_view>>& all_schemas() {
  static const auto schemas = embedded_schemas();
  return schemas;
}
}  // namespace

std::string_view schema_text(std::string_view name) {
  for (const auto& [known, text] : all_schemas())
    if (known == name) return text;
  return {};
}

std::vector<std::string> schema_names() {
  std::vector<std::string> names;
  for (const auto& [name, text] : all_schemas()) names.emplace_back(name);
  return names;
}

}  // namespace machiya::city
