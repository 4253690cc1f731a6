// Names and groups of operations (§4.20).
#include <algorithm>
#include <array>

#include "sense/registrations/registration.h"

namespace machiya::sense {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 43> kNames = {
    "createEntity", "updateEntity", "appendAttrs", "updateAttrs", "deleteAttrs", "deleteEntity", "createBatch", "upsertBatch", "updateBatch", "deleteBatch",
    "upsertTemporal", "appendAttrsTemporal", "deleteAttrsTemporal", "updateAttrInstanceTemporal", "deleteAttrInstanceTemporal", "deleteTemporal",
    "mergeEntity", "replaceEntity", "replaceAttrs", "mergeBatch", "purgeEntity",
    "retrieveEntity", "queryEntity", "queryBatch", "retrieveTemporal", "queryTemporal",
    "retrieveEntityTypes", "retrieveEntityTypeDetails", "retrieveEntityTypeInfo", "retrieveAttrTypes", "retrieveAttrTypeDetails", "retrieveAttrTypeInfo",
    "createSubscription", "updateSubscription", "retrieveSubscription", "querySubscription", "deleteSubscription",
    "retrieveEntityMap", "updateEntityMap", "deleteEntityMap", "createEntityMapQueryEntity", "createEntityMapQueryTemporal", "retrieveContextSourceIdentity"};
static_assert(static_cast<std::size_t>(Operation::retrieve_context_source_identity) + 1 == kNames.size());
static_assert(kNames.size() <= 64);

using enum Operation;
constexpr Operations kTypes{retrieve_entity_types, retrieve_entity_type_details, retrieve_entity_type_info,
                            retrieve_attr_types, retrieve_attr_type_details, retrieve_attr_type_info};
constexpr Operations kMaps{retrieve_entity_map, update_entity_map, delete_entity_map, create_entity_map_query_entity, create_entity_map_query_temporal};
constexpr Operations kSubscriptions{create_subscription, update_subscription, retrieve_subscription, query_subscription, delete_subscription};

constexpr Operations together(std::initializer_list<Operations> list) {
  Operations out;
  for (const Operations o : list) out.add(o);
  return out;
}

// Table 4.20-2.
constexpr Operations kRetrieve{retrieve_entity, query_entity};
constexpr Operations kUpdate{update_entity, update_attrs, replace_entity, replace_attrs};
constexpr Operations kAssociation = together({kRetrieve, {query_batch, retrieve_context_source_identity}, kTypes, kSubscriptions});
constexpr Operations kFederation = together({kAssociation, kMaps});
constexpr Operations kRedirection =
    together({kRetrieve, kUpdate, {create_entity, append_attrs, delete_attrs, delete_entity, merge_entity, purge_entity}, kTypes, kMaps});

}  // namespace

std::string_view operation_name(Operation operation) { return kNames[static_cast<std::size_t>(operation)]; }

std::optional<Operation> operation_of(std::string_view name) {
  const auto it = std::ranges::find(kNames, name);
  return it == kNames.end() ? std::nullopt : std::optional(static_cast<Operation>(it - kNames.begin()));
}

Operations operations_of(std::string_view name) {
  if (name == "federationOps") return kFederation;
  if (name == "associationOps") return kAssociation;
  if (name == "retrieveOps") return kRetrieve;
  if (name == "updateOps") return kUpdate;
  if (name == "redirectionOps") return kRedirection;
  const auto one = operation_of(name);
  return one ? Operations{*one} : Operations{};
}

Operations writing_operations() {
  Operations out;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(purge_entity); ++i) out.add(static_cast<Operation>(i));
  return out;
}

}  // namespace machiya::sense
