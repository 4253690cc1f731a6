#include "sense/entities/draft.h"

#include <algorithm>

namespace machiya::sense {
namespace {

struct Stored {
  explicit Stored(std::size_t bytes) : arena(bytes) {}
  tree::Arena arena;
  Entity entity;
};

std::string_view word(std::string_view text, tree::Arena& arena, Names& names) {
  if (text.empty()) return {};
  const std::string_view kept = names.keep(text);
  return kept.empty() ? arena.text(text) : kept;
}

Stamp copy_stamp(const Stamp& stamp, tree::Arena& arena) { return {stamp.us, arena.text(stamp.text)}; }

std::span<const Instance> copy_instances(std::span<const Instance> from, tree::Arena& arena, Names& names) {
  auto* to = arena.room<Instance>(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) new (to + i) Instance(copy_instance(from[i], arena, names));
  return {to, from.size()};
}

// A guess that is seldom too small: most entities then are one block.
std::size_t room_for(const Draft& draft) {
  std::size_t bytes = sizeof(Entity) + draft.id.size() + 64;
  for (const DraftAttribute& a : draft.attributes) {
    bytes += sizeof(Attribute);
    for (const Instance& i : a.instances)
      bytes += sizeof(Instance) + 96 + i.value.count * (i.value.is_scalar() ? 1 : 64) + i.sub.size() * (sizeof(Attribute) + sizeof(Instance) + 64);
  }
  return bytes;
}

}  // namespace

Instance* DraftAttribute::instance(std::string_view dataset_id) {
  const auto it = std::ranges::find(instances, dataset_id, &Instance::dataset_id);
  return it == instances.end() ? nullptr : &*it;
}

Instance copy_instance(const Instance& from, tree::Arena& arena, Names& names) {
  Instance to = from;
  to.value = arena.copy(from.value);
  to.dataset_id = arena.text(from.dataset_id);
  to.instance_id = arena.text(from.instance_id);
  to.unit_code = word(from.unit_code, arena, names);
  to.object_type = arena.copy(from.object_type), to.value_type = arena.copy(from.value_type), to.proof = arena.copy(from.proof);
  to.observed_at = copy_stamp(from.observed_at, arena), to.expires_at = copy_stamp(from.expires_at, arena);
  if (!from.sub.empty()) {
    auto* sub = arena.room<Attribute>(from.sub.size());
    for (std::size_t i = 0; i < from.sub.size(); ++i)
      new (sub + i) Attribute{word(from.sub[i].name, arena, names), copy_instances(from.sub[i].instances, arena, names)};
    to.sub = {sub, from.sub.size()};
  }
  return to;
}

Draft Draft::of(const Entity& entity) {
  Draft out{entity.id, {entity.types.begin(), entity.types.end()}, {entity.scopes.begin(), entity.scopes.end()}, entity.created_us, entity.modified_us, entity.expires_at, {}};
  out.attributes.reserve(entity.attributes.size() + 1);
  for (const Attribute& a : entity.attributes) out.attributes.push_back({a.name, {a.instances.begin(), a.instances.end()}});
  return out;
}

DraftAttribute* Draft::find(std::string_view name) {
  const auto it = std::ranges::find(attributes, name, &DraftAttribute::name);
  return it == attributes.end() ? nullptr : &*it;
}

void Draft::add_type(std::string_view type) {
  if (std::ranges::find(types, type) == types.end()) types.push_back(type);
}

EntityPtr Draft::finish(Names& names) const {
  auto stored = std::make_shared<Stored>(room_for(*this));
  tree::Arena& arena = stored->arena;
  Entity& out = stored->entity;
  out.id = arena.text(id);
  auto words = [&](const std::vector<std::string_view>& from) {
    auto* to = arena.room<std::string_view>(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) new (to + i) std::string_view(word(from[i], arena, names));
    return std::span<const std::string_view>(to, from.size());
  };
  out.types = words(types), out.scopes = words(scopes);
  out.created_us = created_us, out.modified_us = modified_us, out.expires_at = copy_stamp(expires_at, arena);
  auto* list = arena.room<Attribute>(attributes.size());
  for (std::size_t i = 0; i < attributes.size(); ++i)
    new (list + i) Attribute{word(attributes[i].name, arena, names), copy_instances(attributes[i].instances, arena, names)};
  out.attributes = {list, attributes.size()};
  return EntityPtr(stored, &stored->entity);
}

}  // namespace machiya::sense
