#include "sense/registrations/matching.h"

#include <algorithm>

namespace machiya::sense {
namespace {

bool names_type(const std::vector<std::vector<std::string>>& any_of, const std::string& type) {
  return std::ranges::any_of(any_of, [&](const auto& together) { return std::ranges::find(together, type) != together.end(); });
}

// Of "A;B" a source of A may hold a part of the entity: every type that is named counts, whatever stands between them.
bool type_fits(const RegisteredEntity& registered, const TypeSelection& asked) {
  if (registered.types.empty() || asked.empty() || asked.every()) return true;
  if (asked.any_of().empty()) {   // a pattern of types
    const std::vector<std::string_view> types(registered.types.begin(), registered.types.end());
    return asked.matches(types);
  }
  return std::ranges::any_of(registered.types, [&](const std::string& type) { return names_type(asked.any_of(), type); });
}

// Two patterns always fit: whether one id may match both is not easily told.
bool id_fits(const RegisteredEntity& registered, const EntitySelector& asked) {
  if (registered.id.empty() && !registered.id_pattern) return true;
  const auto is = [&](const std::string& id) { return registered.id.empty() ? registered.id_pattern->found_in(id) : id == registered.id; };
  if (!asked.ids.empty()) return std::ranges::any_of(asked.ids, is);
  return !asked.id_pattern || registered.id.empty() || asked.id_pattern->found_in(registered.id);
}

bool in_time(const Registration& r, const Wanted& wanted) {
  if (wanted.time == Wanted::Time::any) return true;
  if (wanted.time == Wanted::Time::latest) return !r.tells_history();
  if (!wanted.when) return r.tells_history();
  const auto& interval = wanted.when->property == TemporalQuery::Property::observed_at ? r.observation : r.management;
  return interval && interval->overlaps(*wanted.when);
}

// §5.10.2: the geo query is asked of the registration's own location, observationSpace or operationSpace.
bool in_space(const Registration& r, const GeoQuery& geo) {
  for (const char* member : {"location", "observationSpace", "operationSpace"})
    if (geo.attribute() == "https://uri.etsi.org/ngsi-ld/" + std::string(member)) return r.members().has(member) && geo.matches(r.members()[member]);
  return r.members().has(geo.attribute()) && geo.matches(r.members()[geo.attribute()]);
}

bool in_scope(const Registration& r, const ScopeQuery& query) {
  const tree::Value& scope = r.members()["scope"];
  std::vector<std::string_view> scopes;
  if (scope.is_string()) scopes.push_back(scope.text());
  for (const tree::Value& one : scope.items()) scopes.push_back(one.text());
  return query.matches(scopes);
}

// The attributes of this element that are wanted; nothing: none.
bool add_attributes(const RegistrationInfo& info, const std::vector<std::string>& asked, Match& out) {
  if (info.every_attribute()) {
    if (asked.empty()) return out.every_attr = true;
    for (const std::string& a : asked)
      if (std::ranges::find(out.attrs, a) == out.attrs.end()) out.attrs.push_back(a);
    return true;
  }
  bool any = false;
  for (const auto* names : {&info.properties, &info.relationships})
    for (const std::string& a : *names) {
      if (!asked.empty() && std::ranges::find(asked, a) == asked.end()) continue;
      any = true;
      if (std::ranges::find(out.attrs, a) == out.attrs.end()) out.attrs.push_back(a);
    }
  return any;
}

bool add_entities(const RegistrationInfo& info, const Wanted& wanted, std::vector<const RegisteredEntity*>& out) {
  if (info.entities.empty()) return true;
  bool any = false;
  for (const RegisteredEntity& e : info.entities) {
    const bool fits = wanted.entities.empty() || std::ranges::any_of(wanted.entities, [&](const EntitySelector& s) { return may_hold(e, s); });
    if (fits) any = true, out.push_back(&e);
  }
  return any;
}

}  // namespace

bool may_hold(const RegisteredEntity& registered, const EntitySelector& asked) { return type_fits(registered, asked.type) && id_fits(registered, asked); }

bool holds(const RegisteredEntity& registered, std::string_view id, std::span<const std::string_view> types) {
  if (!registered.id.empty() && registered.id != id) return false;
  if (registered.id.empty() && registered.id_pattern && !registered.id_pattern->found_in(id)) return false;
  if (registered.types.empty() || types.empty()) return true;
  return std::ranges::any_of(types, [&](std::string_view t) { return std::ranges::find(registered.types, t) != registered.types.end(); });
}

Wanted wanted_entity(std::string id, const std::vector<std::string>& types, std::vector<std::string> attrs, std::optional<Operation> operation) {
  Wanted out;
  EntitySelector& one = out.entities.emplace_back();
  one.ids.push_back(std::move(id));
  if (!types.empty()) one.type = TypeSelection::any(types);
  out.attrs = std::move(attrs), out.operation = operation;
  return out;
}

std::optional<Match> match(const RegistrationPtr& registration, const Wanted& wanted) {
  const Registration& r = *registration;
  if (wanted.operation && !r.operations.has(*wanted.operation)) return std::nullopt;
  if (!in_time(r, wanted)) return std::nullopt;
  if (wanted.csf != nullptr && !wanted.csf->empty() && !wanted.csf->matches(r.members())) return std::nullopt;
  if (wanted.geo != nullptr && !in_space(r, *wanted.geo)) return std::nullopt;
  if (wanted.scope != nullptr && !wanted.scope->empty() && !in_scope(r, *wanted.scope)) return std::nullopt;
  Match out{registration, {}, false, {}, {}};
  bool any_entity = false;
  for (const RegistrationInfo& info : r.information) {
    std::vector<const RegisteredEntity*> entities;
    if (!add_entities(info, wanted, entities) || !add_attributes(info, wanted.attrs, out)) continue;
    any_entity |= info.entities.empty();
    out.infos.push_back(&info);
    out.entities.insert(out.entities.end(), entities.begin(), entities.end());
  }
  if (out.infos.empty()) return std::nullopt;
  if (any_entity) out.entities.clear();
  if (out.every_attr) out.attrs.clear();
  else if (!wanted.attrs.empty()) out.every_attr = out.attrs.size() == wanted.attrs.size();
  return out;
}

}  // namespace machiya::sense
