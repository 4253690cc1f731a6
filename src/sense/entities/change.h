// The writes of the standard (§5.6), each as a function from an entity to its successor: what changed is said instance by instance, for subscriptions and
// for the entity's history. Pure; the clock's time and new instanceIds are given.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sense/entities/draft.h"
#include "sense/entities/read.h"

namespace machiya::sense {

/// What a write made. `after` is nullptr when the entity was deleted, the same as before when nothing changed.
struct Change {
  EntityPtr before, after;
  std::vector<AttributeChange> attributes;
  bool types_or_scopes = false;           ///< the entity's types or scopes changed
  /// Names (expanded) of attributes that the request named: done, and not done with the reason (UpdateResult, §5.2.18).
  struct NotDone {
    std::string name, reason;
  };
  std::vector<std::string> done;
  std::vector<NotDone> not_done;
};

/// What every write needs besides the entity: time and identities.
struct ChangeContext {
  Names& names;
  std::int64_t now_us;                          ///< µs since 1970
  std::function<std::string()> new_instance_id; ///< "urn:ngsi-ld:…", unguessable
};

/// §5.6.1 and upserts that create: all times are now.
Change create_entity(const Draft& draft, const ChangeContext& context);
/// §5.6.18 (PUT): everything is new but createdAt; types may differ.
Change replace_entity(const EntityPtr& before, const Draft& draft, const ChangeContext& context);
/// §5.6.3: adds types, scopes and instances; instances that exist are replaced, and so are scopes, unless `no_overwrite`.
Change append_attributes(const EntityPtr& before, const Draft& draft, bool no_overwrite, const ChangeContext& context);
/// §5.6.2 (V1.9.1): replaces instances that exist, adds those that do not. The standard's null deletes an instance; where there is none it is not done.
Change update_attributes(const EntityPtr& before, const Draft& draft, const ChangeContext& context);
/// §5.6.17: RFC 7396 with the standard's null. `body` as sent; `simplified`: in the simplified representation, so that objects are values.
Result<Change> merge_entity(const EntityPtr& before, const tree::Value& body, const Terms& terms, const Stamp& observed_at, std::string_view lang, const ChangeContext& context,
                            bool simplified = false);
/// §5.6.4: merges the members of `body` into the instance that it names by datasetId. not_found when there is none.
Result<Change> update_attribute(const EntityPtr& before, std::string_view name, const tree::Value& body, const Terms& terms, const ChangeContext& context);
/// §5.6.19: the instance becomes `body`. not_found when there is none of its datasetId.
Result<Change> replace_attribute(const EntityPtr& before, std::string_view name, const tree::Value& body, const Terms& terms, const ChangeContext& context);
/// §5.6.5: one instance ("": the default one), or all. not_found when there is none.
Result<Change> delete_attribute(const EntityPtr& before, std::string_view name, std::string_view dataset_id, bool all, const ChangeContext& context);
/// The entity loses its scopes (§5.6.5). not_found when it has none.
Result<Change> delete_scopes(const EntityPtr& before, const ChangeContext& context);
/// What `left` no longer has is deleted (purge, §5.6.21); everything else stays as it is.
Change keep_attributes(const EntityPtr& before, const Draft& left, const ChangeContext& context);
Change delete_entity(const EntityPtr& before);

}  // namespace machiya::sense
