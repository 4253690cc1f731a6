#include "sense/query/query.h"

#include <algorithm>

namespace machiya::sense {
namespace {

bool selected(const std::vector<EntitySelector>& selectors, const Entity& entity) {
  return selectors.empty() || std::any_of(selectors.begin(), selectors.end(), [&](const EntitySelector& s) { return s.selects(entity); });
}

bool has_any(const std::vector<std::string>& attrs, const Entity& entity) {
  return attrs.empty() || std::any_of(attrs.begin(), attrs.end(), [&](const std::string& a) { return entity.attribute(a) != nullptr; });
}

template <class List> std::string joined(const List& list) {
  std::string out;
  for (const auto& item : list) out.append(out.empty() ? "" : ", ").append(item);
  return out;
}

void explain_selector(const EntitySelector& s, const Entity& entity, std::vector<ExplainedTerm>& out) {
  if (!s.type.empty()) out.push_back({"type", s.type.text(), s.type.matches(entity), joined(entity.types)});
  if (!s.ids.empty()) out.push_back({"id", joined(s.ids), s.has_id(entity.id), std::string(entity.id)});
  if (s.ids.empty() && s.id_pattern) out.push_back({"id", s.id_pattern->source(), s.has_id(entity.id), std::string(entity.id)});
}

std::string common_prefix(std::string a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  a.erase(end, a.end());
  return a;
}

// Of several selectors only what all of them say may be used.
void hint_selectors(const std::vector<EntitySelector>& selectors, Hints& out) {
  const bool v2 = selectors.front().v2;
  const bool ids = std::all_of(selectors.begin(), selectors.end(), [v2](const EntitySelector& s) { return !s.ids.empty() && s.v2 == v2; });
  const bool types = std::all_of(selectors.begin(), selectors.end(), [](const EntitySelector& s) { return !s.type.any_of().empty(); });
  const bool patterns = std::all_of(selectors.begin(), selectors.end(), [](const EntitySelector& s) { return s.ids.empty() && s.id_pattern && !s.v2; });
  out.seen_ids = v2;
  for (const EntitySelector& s : selectors) {
    if (ids) out.ids.insert(out.ids.end(), s.ids.begin(), s.ids.end());
    if (types) out.types.insert(out.types.end(), s.type.any_of().begin(), s.type.any_of().end());
    if (patterns) out.id_prefix = &s == selectors.data() ? s.id_pattern->prefix() : common_prefix(std::move(out.id_prefix), s.id_pattern->prefix());
  }
}

}  // namespace

std::string Explanation::to_text() const {
  std::string out;
  for (const ExplainedTerm& term : terms) {
    if (!term.held) out += term.part + " " + term.term + ": " + term.found + "\n";
  }
  return out;
}

bool EntityQuery::matches(const Entity& entity, const EntityLookup* lookup) const {
  return selected(entities, entity) && has_any(attrs, entity) && scope.matches(entity.scopes) && paths.matches(entity.scopes) && (q.linked_depth() > 0 || q.matches(entity)) &&
         (!geo || geo->matches(entity)) && (q.linked_depth() == 0 || q.matches(entity, lookup));
}

Explanation EntityQuery::explain(const Entity& entity, const EntityLookup* lookup) const {
  Explanation out;
  out.matches = matches(entity, lookup);
  for (const EntitySelector& s : entities) explain_selector(s, entity, out.terms);
  if (!attrs.empty()) {
    const bool held = has_any(attrs, entity);
    out.terms.push_back({"attrs", joined(attrs), held, held ? "" : "none of them"});
  }
  if (!scope.empty()) out.terms.push_back({"scopeQ", scope.text(), scope.matches(entity.scopes), entity.scopes.empty() ? "no scope" : joined(entity.scopes)});
  if (!paths.any_of.empty()) out.terms.push_back({"servicePath", paths.text(), paths.matches(entity.scopes), entity.scopes.empty() ? "/" : joined(entity.scopes)});
  q.explain(entity, lookup, out.terms);
  if (geo) geo->explain(entity, out.terms.emplace_back());
  return out;
}

Hints EntityQuery::hints() const {
  Hints out;
  if (!entities.empty()) hint_selectors(entities, out);
  out.attrs = attrs;
  out.facts = q.facts();
  if (geo) out.geo_attribute = geo->attribute(), out.box = geo->box(), out.circle = geo->circle();
  return out;
}

}  // namespace machiya::sense
