#include "sense/entities/gate.h"

#include <algorithm>
#include <vector>

namespace machiya::sense {
namespace {

/// A part of an entity: attributes that are left, in the memory of the whole.
struct Part {
  EntityPtr whole;
  std::vector<Attribute> attributes;
  Entity entity;
};

EntityPtr part_of(const Gate& gate, const EntityPtr& entity) {
  auto part = std::make_shared<Part>();
  part->whole = entity, part->entity = *entity;
  std::int64_t modified = entity->created_us;
  for (const Attribute& a : entity->attributes) {
    if (!gate.sees(entity->types, a.name)) continue;
    part->attributes.push_back(a);
    for (const Instance& i : a.instances) modified = std::max(modified, i.modified_us);
  }
  part->entity.attributes = part->attributes;
  // A change of what is not seen would show in the whole's own time.
  part->entity.modified_us = std::min(modified, entity->modified_us);
  const Entity* at = &part->entity;
  return EntityPtr(std::move(part), at);
}

}  // namespace

EntityPtr seen(const Gate* gate, const EntityPtr& entity) {
  if (gate == nullptr || !entity) return entity;
  if (!gate->sees(entity->types)) return nullptr;
  if (std::ranges::all_of(entity->attributes, [&](const Attribute& a) { return gate->sees(entity->types, a.name); })) return entity;
  return part_of(*gate, entity);
}

std::optional<Record> seen(const Gate* gate, const Record& record) {
  if (gate == nullptr) return record;
  Record out = record;
  out.before = seen(gate, record.before), out.after = seen(gate, record.after);
  if (!out.before && !out.after) return std::nullopt;
  const auto hidden = [&](const AttributeChange& c) { return !gate->sees(record.entity().types, c.name); };
  std::erase_if(out.changes, hidden);
  // Only what is not seen has changed: nothing happened. Types and scopes change without any attribute.
  if (out.changes.empty() && !record.changes.empty() && out.before && out.after) return std::nullopt;
  return out;
}

void read_through(Gate* gate, const Entity& entity, const std::function<bool(std::string_view)>& shown) {
  if (gate == nullptr) return;
  for (const Attribute& a : entity.attributes)
    if (shown(a.name)) gate->read(entity.types, a.name);
}

}  // namespace machiya::sense
