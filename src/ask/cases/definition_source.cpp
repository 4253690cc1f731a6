#include "ask/cases/definition_source.h"

namespace machiya::cases {

std::uint64_t CityDefinitions::revision() const {
  auto city = current_();
  return city ? city->revision() : 0;
}

std::optional<DefinitionText> CityDefinitions::find(std::string_view kind, std::string_view id) const {
  auto city = current_();
  const city::Loaded* loaded = city ? city->find(kind, id) : nullptr;
  if (!loaded || !loaded->canonical) return std::nullopt;
  return DefinitionText{loaded->source.id, loaded->source.hash, loaded->source.version, loaded->source.initiative, loaded->canonical};
}

std::vector<std::string> CityDefinitions::ids(std::string_view kind) const {
  std::vector<std::string> out;
  if (auto city = current_())
    for (const city::Loaded* loaded : city->all(kind)) out.push_back(loaded->source.id);
  return out;
}

}  // namespace machiya::cases
