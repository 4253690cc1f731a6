// The writes of NGSIv2 on the entity store: which entity is meant by id, type and service path, and what is made when there is none.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "sense/ngsiv2/call.h"
#include "sense/v2/entity_read.h"

namespace machiya::sense::ngsiv2 {

/// The query for one entity: `type` empty: of any type.
EntityQuery query_for(const NameMap& names, const std::string& id, const std::string& type, const ServicePaths& paths);
/// The one entity. not_found; conflict (TooManyResults) when there are several.
/// `gate` may be nullptr: what it does not show is not there.
Result<EntityPtr> find_one(const Broker& broker, const Gate* gate, const std::string& tenant, const std::string& id, const std::string& type, const ServicePaths& paths);

/// not_found, or conflict (TooManyResults) when there are several.
Error no_single(bool several);

/// Writes of one service and service path. Any thread.
class Writing {
 public:
  explicit Writing(const Call& call) : broker_(call.broker), gate_(call.gate), tenant_(call.tenant), path_(call.path) {}

  /// POST /v2/entities. `upsert`: an entity that is there is appended to, else conflict (Unprocessable, "Already Exists").
  Result<void> create(const Read& entity, bool upsert, const Update& how);
  /// not_found, conflict.
  Result<void> change(const std::string& id, const std::string& type, const Update& update);
  Result<void> set_value(const std::string& id, const std::string& type, const std::string& iri, const tree::Value& value, bool forced);
  /// Each for itself, with one wait for the disk. append and append_strict make what is not there. `how` without a draft: each entity's own.
  std::vector<Result<void>> batch(std::span<const Read> entities, const Update& how);

 private:
  Broker& broker_;
  GatePtr gate_;
  std::string tenant_, path_;

  ServicePaths here() const { return {{{path_, false}}}; }
  EntityStore::Item item(const Read& entity, const EntityPtr& there, Update how) const;
  Result<EntityPtr> look_up(const Read& entity, bool may_make) const;
  EntityStore::Make checked(EntityStore::Make make) const;
  std::string new_id(const Read& entity) const;
  Result<void> write(const EntityPtr& entity, const std::function<Result<Change>(const EntityPtr&, const ChangeContext&)>& make);
};

/// {"type": "Thing"} is what an entity is when nothing is said.
inline constexpr std::string_view kDefaultType = "Thing";

}  // namespace machiya::sense::ngsiv2
