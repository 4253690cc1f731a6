// One entity from what several sources say of it (§4.5.5: instances of one attribute are told apart by datasetId; where two differ, the one observed, or else
// modified, later is taken). Pure.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "sense/entities/draft.h"
#include "sense/jsonld/contexts.h"

namespace machiya::sense::federation {

/// An entity of another broker, normalized, with its system times when it has some. invalid_input: it is none.
Result<EntityPtr> read_remote(const tree::Value& body, const Terms& terms, machiya::sense::Names& names);

struct Part {
  EntityPtr entity;
  bool auxiliary = false;   ///< only fills what is missing (§4.3.6.2)
};
/// All of one id, at least one. Of equals the earlier part counts. Types and scopes of all are together; createdAt is the earliest, modifiedAt the latest.
EntityPtr merge(std::span<const Part> parts, machiya::sense::Names& names);

/// The entity without these attributes; nullptr when `all`.
EntityPtr without(const EntityPtr& entity, std::span<const std::string> attrs, bool all, machiya::sense::Names& names);

}  // namespace machiya::sense::federation
