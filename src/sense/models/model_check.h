// Does an entity fit what the city says of its type? Pure.
#pragma once
#include <string>
#include <vector>

#include "sense/entities/draft.h"
#include "sense/entities/entity.h"
#include "sense/models/entity_type.h"

namespace machiya::sense {

/// One thing that does not fit, for a person.
struct Misfit {
  std::string code;         ///< kebab-case and stable: "missing", "unknown-attribute", "wrong-kind", "too-large" …
  std::string attribute;    ///< the term, or the IRI of one without definition; "" of the entity itself
  std::string ja, en;       ///< names the attribute and what would be right; the value itself never stands in it
};

/// Everything that does not fit, in the order of the definition, then of the entity. Every instance (datasetId) is looked at. `type.check` is not asked.
/// Attributes without definition are misfits of strict types only.
std::vector<Misfit> check(const EntityType& type, const Entity& entity);
std::vector<Misfit> check(const EntityType& type, const Draft& draft);
/// All of them in one text: "availableSpaces: at most 500; name: missing". For problem details and logs.
std::string to_text(const std::vector<Misfit>& misfits, bool japanese = false);

}  // namespace machiya::sense
