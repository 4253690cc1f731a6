// Entities as answers: one, a page of a query, GeoJSON, with linked entities; and the change of one that must be there.
#pragma once
#include "sense/entities/change.h"
#include "sense/entities/stamp.h"
#include "sense/ngsild/asking.h"

namespace machiya::sense::ngsild {

/// 200 with this entity; with join=flat a list of it and those that it leads to.
http::Response answer_one(Call& call, Asking& asking, const EntityPtr& entity);
/// 200 with a page of what the query finds.
Result<http::Response> answer_query(Call& call, Asking& asking);
/// A query was asked whose conditions and order look at attributes: they were read, too, whatever it finds.
void asked(Call& call, const EntityQuery& query, const Ordering* order);
/// Is there a member left that the shape shows?
bool shows_anything(const Entity& entity, const Shape& shape);
/// The parameter "type" selects the entity (true when it is absent).
Result<bool> of_asked_type(Call& call, const Entity& entity);
/// Writes the entity of this id, which must be there and of the type that was asked for (ResourceNotFound).
Result<Change> change_entity(Call& call, const std::string& id, const EntityStore::Make& make);

}  // namespace machiya::sense::ngsild
