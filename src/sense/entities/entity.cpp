#include "sense/entities/entity.h"

#include <algorithm>
#include <array>

namespace machiya::sense {
namespace {

struct KindWords {
  std::string_view name, member;
};
constexpr std::array<KindWords, 8> kKinds = {{{"Property", "value"},
                                              {"Relationship", "object"},
                                              {"GeoProperty", "value"},
                                              {"LanguageProperty", "languageMap"},
                                              {"VocabProperty", "vocab"},
                                              {"JsonProperty", "json"},
                                              {"ListProperty", "valueList"},
                                              {"ListRelationship", "objectList"}}};

}  // namespace

std::string_view kind_name(AttributeKind kind) { return kKinds[static_cast<std::size_t>(kind)].name; }
std::string_view value_member(AttributeKind kind) { return kKinds[static_cast<std::size_t>(kind)].member; }

std::optional<AttributeKind> kind_of_name(std::string_view name) {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (kKinds[i].name == name) return static_cast<AttributeKind>(i);
  return std::nullopt;
}

const Instance* Attribute::instance(std::string_view dataset_id) const {
  const auto it = std::ranges::find(instances, dataset_id, &Instance::dataset_id);
  return it == instances.end() ? nullptr : &*it;
}

const Attribute* find_attribute(std::span<const Attribute> among, std::string_view name) {
  for (const Attribute& a : among)
    if (a.name.size() == name.size() && (a.name.data() == name.data() || a.name == name)) return &a;
  return nullptr;
}

const Attribute* Entity::attribute(std::string_view name) const { return find_attribute(attributes, name); }
bool Entity::has_type(std::string_view type) const { return std::ranges::find(types, type) != types.end(); }

}  // namespace machiya::sense
