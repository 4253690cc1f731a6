#include <algorithm>

#include "base/json.h"
#include "sense/jsonld/contexts.h"
#include "sense/models/entity_type.h"

namespace machiya::sense {

const AttributeType* EntityType::attribute(std::string_view iri) const {
  const auto it = std::ranges::find(attributes, iri, &AttributeType::iri);
  return it == attributes.end() ? nullptr : &*it;
}

const AttributeType* EntityType::attribute_named(std::string_view term) const {
  const auto it = std::ranges::find(attributes, term, &AttributeType::name);
  return it == attributes.end() ? nullptr : &*it;
}

std::vector<const EntityType*> entity_types_of(const city::City& city) {
  std::vector<const EntityType*> out;
  for (const city::Loaded* loaded : city.all("entity-type")) out.push_back(static_cast<const EntityType*>(loaded->definition.get()));
  return out;
}

EntityTypes::EntityTypes(std::shared_ptr<const city::City> city) : city_(std::move(city)) {
  if (!city_) return;
  all_ = entity_types_of(*city_);
  for (const EntityType* type : all_) {
    by_iri_.emplace(type->iri, type), by_id_.emplace(type->id, type);
    if (type->open) by_open_.emplace(type->open->name, type);
  }
}

namespace {
const EntityType* found(const std::map<std::string, const EntityType*, std::less<>>& among, std::string_view key) {
  const auto it = among.find(key);
  return it == among.end() ? nullptr : it->second;
}
}  // namespace

const EntityType* EntityTypes::by_iri(std::string_view type) const { return found(by_iri_, type); }
const EntityType* EntityTypes::by_id(std::string_view id) const { return found(by_id_, id); }
const EntityType* EntityTypes::by_open_name(std::string_view name) const { return found(by_open_, name); }

std::string city_context(const city::City& city) {
  Contexts contexts(nullptr);
  tree::Arena scratch;
  std::map<std::string, std::pair<std::string, bool>> terms;   // term → IRI, does its value name something
  const auto add = [&](const std::string& term, const std::string& iri, bool id) {
    // What the core context defines stands for itself: it is applied last and wins (§5.5.7).
    if (contexts.core()->expand_term(term, scratch) == iri && !iri.starts_with(kDefaultVocab)) return;
    terms.emplace(term, std::pair(iri, id));
  };
  for (const EntityType* type : entity_types_of(city)) {
    add(type->term, type->iri, false);
    for (const AttributeType& a : type->attributes) add(a.name, a.iri, a.kind == ValueKind::relation);
  }
  json::Value context = json::Value::object();
  for (const auto& [term, meaning] : terms) {
    if (meaning.second) context.set(term, json::Value::object({{"@id", meaning.first}, {"@type", "@id"}}));
    else context.set(term, meaning.first);
  }
  return json::to_text(json::Value::object({{"@context", std::move(context)}}));
}

}  // namespace machiya::sense
