// A context source registration (ETSI GS CIM 009 V1.8.1 §5.2.9–§5.2.11, §5.2.34), parsed once: which source holds what, what may be asked of it, and how.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sense/entities/entity.h"
#include "sense/jsonld/contexts.h"
#include "sense/query/query.h"
#include "sense/tree/tree.h"

namespace machiya::sense {

/// §4.20, table 4.20-1: what a source can do for others.
enum class Operation : std::uint8_t {
  create_entity, update_entity, append_attrs, update_attrs, delete_attrs, delete_entity, create_batch, upsert_batch, update_batch, delete_batch,
  upsert_temporal, append_attrs_temporal, delete_attrs_temporal, update_attr_instance_temporal, delete_attr_instance_temporal, delete_temporal,
  merge_entity, replace_entity, replace_attrs, merge_batch, purge_entity,
  retrieve_entity, query_entity, query_batch, retrieve_temporal, query_temporal,
  retrieve_entity_types, retrieve_entity_type_details, retrieve_entity_type_info, retrieve_attr_types, retrieve_attr_type_details, retrieve_attr_type_info,
  create_subscription, update_subscription, retrieve_subscription, query_subscription, delete_subscription,
  retrieve_entity_map, update_entity_map, delete_entity_map, create_entity_map_query_entity, create_entity_map_query_temporal, retrieve_context_source_identity,
};
/// "createEntity" …
std::string_view operation_name(Operation operation);
std::optional<Operation> operation_of(std::string_view name);

/// Several operations.
class Operations {
 public:
  constexpr Operations() = default;
  constexpr Operations(std::initializer_list<Operation> list) {
    for (const Operation o : list) add(o);
  }
  constexpr void add(Operation o) { bits_ |= std::uint64_t{1} << static_cast<unsigned>(o); }
  constexpr void add(Operations o) { bits_ |= o.bits_; }
  constexpr bool has(Operation o) const { return (bits_ >> static_cast<unsigned>(o) & 1) != 0; }
  constexpr bool touches(Operations o) const { return (bits_ & o.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  std::uint64_t bits_ = 0;
};
/// Table 4.20-2: "federationOps" …, or the one operation of that name; empty for another word.
Operations operations_of(std::string_view name);
/// Those that change entities, their attributes or their history.
Operations writing_operations();

/// §4.3.6: additive modes (inclusive, auxiliary) and proxied ones (exclusive, redirect).
enum class RegistrationMode : std::uint8_t { inclusive, exclusive, redirect, auxiliary };
std::string_view mode_name(RegistrationMode mode);

/// §5.2.8 EntityInfo. No types (an entity that is named by its id alone): whatever its type.
struct RegisteredEntity {
  std::string id;                          ///< empty: any
  std::optional<TextPattern> id_pattern;   ///< not looked at when there is an id
  std::vector<std::string> types;          ///< expanded; any of them
};

/// §5.2.10. Entities and attributes that go together.
struct RegistrationInfo {
  std::vector<RegisteredEntity> entities;              ///< empty: any entity
  std::vector<std::string> properties, relationships;  ///< expanded; both empty: any attribute
  bool every_attribute() const { return properties.empty() && relationships.empty(); }
  bool has_attribute(std::string_view name) const;
};

/// µs since 1970. §5.2.11
struct RegisteredInterval {
  std::int64_t from_us = kNoTime, until_us = std::numeric_limits<std::int64_t>::max();
  bool overlaps(const TemporalQuery& when) const { return from_us < when.until_us && until_us >= when.from_us; }
};

/// Immutable; shared. Names are expanded.
struct Registration {
  std::string tenant;                      ///< of this broker; "" the default one
  std::string id;                          ///< of the registration: one source may have several
  std::string endpoint;                    ///< as it was written, with or without "/" at its end
  RegistrationMode mode = RegistrationMode::inclusive;
  std::vector<RegistrationInfo> information;
  Operations operations;                   ///< groups taken apart; federationOps when none were said
  std::string source_tenant;               ///< member "tenant": the one to ask for at the source; "" its default one
  std::string alias;                       ///< contextSourceAlias, or hostAlias as it was called: whom Via names when it has passed there (§6.3.18); "" not known
  /// Headers and hints for the source (§4.3.6.6): jsonldContext, accept, contentType … as well. Values are text.
  std::vector<std::pair<std::string, std::string>> source_info;
  std::string_view info(std::string_view key) const;   ///< of source_info, whatever the case; "" when absent

  // management (§5.2.34); 0: not said
  bool local_only = false;
  std::int64_t timeout_us = 0, cooldown_us = 0, cache_us = 0, refresh_us = 0;

  std::optional<RegisteredInterval> observation, management;   ///< neither: the source tells what is now
  bool tells_history() const { return observation.has_value() || management.has_value(); }
  std::int64_t expires_us = kNoTime;
  bool expired(std::int64_t now_us) const { return expires_us != kNoTime && expires_us <= now_us; }
  bool proxied() const { return mode == RegistrationMode::exclusive || mode == RegistrationMode::redirect; }

  std::string body;                        ///< as it is kept (registration_text.h)
  std::string context;                     ///< JSON of the @context that it came with
  std::int64_t created_us = kNoTime, modified_us = kNoTime;

  /// `body` as a tree: for csf, and for location, observationSpace and operationSpace. Lives as long as this.
  const tree::Value& members() const { return members_; }

  Registration() = default;
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  friend Result<std::shared_ptr<const Registration>> parse_registration(std::string tenant, std::string body, std::string context, std::int64_t created_us, std::int64_t modified_us);
  tree::Arena arena_;
  tree::Value members_;
};
using RegistrationPtr = std::shared_ptr<const Registration>;

/// From what is kept. invalid_input: it is not what the standard allows.
Result<RegistrationPtr> parse_registration(std::string tenant, std::string body, std::string context, std::int64_t created_us, std::int64_t modified_us);

}  // namespace machiya::sense
