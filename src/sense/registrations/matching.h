// Which registrations may have something of what is asked (ETSI GS CIM 009 V1.8.1 §5.12). Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sense/registrations/registration.h"

namespace machiya::sense {

/// What is asked, or written. For one entity: one selector with its id, and its types when they are known.
struct Wanted {
  std::vector<EntitySelector> entities;    ///< any of them; empty: any entity
  std::vector<std::string> attrs;          ///< expanded; any of them; empty: whatever there is
  std::optional<Operation> operation;      ///< the source must be able to do this; nothing: no matter
  /// Sources of what is now, sources of history (that overlap with `when`, if it is said), or both.
  enum class Time : std::uint8_t { latest, history, any } time = Time::latest;
  std::optional<TemporalQuery> when;
  const GeoQuery* geo = nullptr;           ///< nullptr: anywhere
  const Filter* csf = nullptr;             ///< nullptr: any source
  const ScopeQuery* scope = nullptr;       ///< nullptr: any scope
};
/// One entity, its types (empty: unknown) and attributes (empty: all).
Wanted wanted_entity(std::string id, const std::vector<std::string>& types, std::vector<std::string> attrs, std::optional<Operation> operation);

/// A registration that matches, and what of it.
struct Match {
  RegistrationPtr registration;
  std::vector<const RegistrationInfo*> infos;   ///< of the registration; at least one
  /// Attributes of which the source may know: those asked for that are registered; when none were asked for, those that are registered.
  /// every_attr: all that were asked for, or just all.
  bool every_attr = false;
  std::vector<std::string> attrs;
  /// Entities of these types, ids, patterns; empty: any. Pointers into the registration.
  std::vector<const RegisteredEntity*> entities;
};
/// Nothing: it does not match. Whether it has expired is not looked at.
std::optional<Match> match(const RegistrationPtr& registration, const Wanted& wanted);
/// Do the entity parts fit: ids, patterns, types (§5.12)?
bool may_hold(const RegisteredEntity& registered, const EntitySelector& asked);
/// Is this very entity meant? `types` empty: unknown.
bool holds(const RegisteredEntity& registered, std::string_view id, std::span<const std::string_view> types);

}  // namespace machiya::sense
