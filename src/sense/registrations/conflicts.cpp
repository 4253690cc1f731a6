#include "sense/registrations/conflicts.h"

#include <algorithm>

namespace machiya::sense {
namespace {

bool share(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(a, [&](const std::string& x) { return std::ranges::find(b, x) != b.end(); });
}

bool same_attribute(const RegistrationInfo& a, const RegistrationInfo& b) {
  if (a.every_attribute() || b.every_attribute()) return true;
  const auto any = [&](const std::vector<std::string>& names) { return std::ranges::any_of(names, [&](const std::string& n) { return b.has_attribute(n); }); };
  return any(a.properties) || any(a.relationships);
}

bool same_id(const RegisteredEntity& a, const RegisteredEntity& b) {
  if (!a.id.empty() && !b.id.empty()) return a.id == b.id;
  if (!a.id.empty()) return !b.id_pattern || b.id_pattern->found_in(a.id);
  if (!b.id.empty()) return !a.id_pattern || a.id_pattern->found_in(b.id);
  return true;   // two patterns, or anything
}

bool same_entity(const RegistrationInfo& a, const RegistrationInfo& b) {
  if (a.entities.empty() || b.entities.empty()) return true;
  const auto same = [](const RegisteredEntity& x, const RegisteredEntity& y) { return (x.types.empty() || y.types.empty() || share(x.types, y.types)) && same_id(x, y); };
  return std::ranges::any_of(a.entities, [&](const RegisteredEntity& x) {
    return std::ranges::any_of(b.entities, [&](const RegisteredEntity& y) { return same(x, y); });
  });
}

}  // namespace

bool overlap(const Registration& a, const Registration& b) {
  return std::ranges::any_of(a.information, [&](const RegistrationInfo& x) {
    return std::ranges::any_of(b.information, [&](const RegistrationInfo& y) { return same_attribute(x, y) && same_entity(x, y); });
  });
}

bool exclude_each_other(const Registration& a, const Registration& b) {
  const bool one_is_exclusive = a.mode == RegistrationMode::exclusive || b.mode == RegistrationMode::exclusive;
  return one_is_exclusive && a.proxied() && b.proxied() && overlap(a, b);
}

bool held_here(const Registration& registration, const EntityStore& entities) {
  if (!registration.proxied()) return false;
  for (const RegistrationInfo& info : registration.information) {
    EntityQuery query;
    for (const RegisteredEntity& e : info.entities) {
      EntitySelector& one = query.entities.emplace_back();
      if (!e.id.empty()) one.ids.push_back(e.id);
      one.id_pattern = e.id_pattern;
      if (!e.types.empty()) one.type = TypeSelection::any(e.types);
    }
    query.attrs = info.properties;
    query.attrs.insert(query.attrs.end(), info.relationships.begin(), info.relationships.end());
    Find what;
    what.query = &query, what.limit = 1;
    if (!entities.find(registration.tenant, what).entities.empty()) return true;
  }
  return false;
}

}  // namespace machiya::sense
