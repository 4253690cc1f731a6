#include <algorithm>
#include <map>

#include "sense/entities/seen_id.h"
#include "sense/ngsiv2/forwarding.h"
#include "sense/v2/view.h"

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Value;

constexpr std::size_t kMostForwards = 1000;   // for one request, as Orion's cprForwardLimit

std::string member(std::string_view name, std::string_view text) { return "\"" + std::string(name) + "\":" + quoted(text); }

std::string type_member(const ProvidedEntity& provided) {
  if (!provided.type.empty()) return member("type", provided.type);
  return provided.type_pattern ? member("typePattern", provided.type_pattern->source()) : std::string();
}

// Everything that one holds and another holds, too: the first that says an attribute counts.
EntityPtr together(const std::vector<EntityPtr>& parts, Names& names) {
  if (parts.size() == 1) return parts[0];
  Draft draft = Draft::of(*parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i)
    for (const Attribute& a : parts[i]->attributes)
      if (draft.find(a.name) == nullptr) draft.attributes.push_back({a.name, {a.instances.begin(), a.instances.end()}});
  return draft.finish(names);
}

}  // namespace

AskingProviders::AskingProviders(Call& call, const EntityQuery& query, const std::vector<std::string>& attrs, const Ordering* order) : call_(call), query_(query), order_(order) {
  if (call.option("skipForwarding")) return;
  const std::vector<ProviderPtr> providers = call.providers(query.paths);
  if (providers.empty()) return;
  // A filter is asked here, of the whole entity; then every attribute may be needed.
  const bool all = !query.q.empty() || query.geo || (order != nullptr && !order->empty()) || std::ranges::find(attrs, "*") != attrs.end();
  if (!all)
    for (const std::string& name : attrs)
      if (!is_builtin_attribute(name)) attrs_.push_back(name);
  for (const ProviderPtr& p : providers) {
    if (!p->asked) continue;
    for (const ProvidedEntity& e : p->entities) ask(p, e);
  }
}

void AskingProviders::ask(const ProviderPtr& provider, const ProvidedEntity& provided) {
  if (query_.entities.empty()) {
    const std::string id = !provided.id.empty() ? member("id", provided.id) : member("idPattern", provided.id_pattern ? provided.id_pattern->source() : ".*");
    return add(provider, id, type_member(provided), provided.id, provided.type);
  }
  for (const EntitySelector& selector : query_.entities) ask(provider, provided, selector);
}

// What both mean: never more than what was registered.
void AskingProviders::ask(const ProviderPtr& provider, const ProvidedEntity& provided, const EntitySelector& selector) {
  const NameMap& names = call_.broker.names;
  std::vector<std::pair<std::string, std::string>> types;   // member, name
  if (!provided.type.empty()) {
    const std::string iri = names.iri(provided.type);
    const std::string_view view(iri);
    if (!selector.type.empty() && !selector.type.matches(std::span(&view, 1))) return;
    types.emplace_back(type_member(provided), provided.type);
  } else if (const auto& asked = selector.type.any_of(); !asked.empty()) {
    for (const std::vector<std::string>& one : asked)
      if (const std::string name = names.name(one.front()); provided.has_type(name)) types.emplace_back(member("type", name), name);
  } else {
    types.emplace_back(type_member(provided), "");
  }
  std::vector<std::pair<std::string, std::string>> ids;
  if (!provided.id.empty()) {
    if (!selector.ids.empty() ? std::ranges::find(selector.ids, provided.id) == selector.ids.end() : selector.id_pattern && !selector.id_pattern->found_in(provided.id)) return;
    ids.emplace_back(member("id", provided.id), provided.id);
  } else if (!selector.ids.empty()) {
    for (const std::string& id : selector.ids)
      if (provided.has_id(id)) ids.emplace_back(member("id", id), id);
  } else {
    const std::optional<TextPattern>& pattern = provided.id_pattern ? provided.id_pattern : selector.id_pattern;
    ids.emplace_back(member("idPattern", pattern ? pattern->source() : ".*"), "");
  }
  for (const auto& [id_json, id] : ids)
    for (const auto& [type_json, type] : types) add(provider, id_json, type_json, id, type);
}

void AskingProviders::add(const ProviderPtr& provider, const std::string& id_json, const std::string& type_json, std::string id, std::string type) {
  std::vector<std::string> attrs = attrs_.empty() ? provider->attrs : attrs_;
  std::erase_if(attrs, [&](const std::string& name) { return !provider->has_attribute(name); });
  if (attrs.empty() && !(attrs_.empty() && provider->attrs.empty())) return;
  const std::string entity = "{" + id_json + (type_json.empty() ? "" : ",") + type_json + "}";
  questions_.push_back({provider, {entity}, std::move(attrs), std::move(id), std::move(type)});
}

// An entity of a provider's answer; nullptr for what is none, and for what it did not register.
EntityPtr AskingProviders::told(const Provider& provider, const Value& body) {
  const NameMap& names = call_.broker.names;
  auto read = read_entity(body, Head::whole, false, names, call_.arena);
  if (!read.ok()) return nullptr;
  const ProvidedEntity* provided = provider.find(read->id, read->type);
  if (provided == nullptr) return nullptr;
  const std::string type = read->has_type ? read->type : !provided->type.empty() ? provided->type : std::string(kDefaultType);
  Draft& draft = read->draft;
  std::erase_if(draft.attributes, [&](const DraftAttribute& a) { return !provider.has_attribute(names.name(a.name)); });
  draft.id = call_.arena.text(is_own_id(read->id) ? read->id : foreign_id(read->id, type, provider.path));
  draft.types = {call_.arena.text(names.iri(type))};
  if (provider.path != "/") draft.scopes = {call_.arena.text(provider.path)};
  return draft.finish(call_.broker.entities.names());
}

std::vector<EntityPtr> AskingProviders::told_by(const Providers::Forward& forward, const federation::Reply& reply) {
  std::vector<EntityPtr> out;
  if (!reply.good()) return out;
  const auto body = tree::parse(reply.body, call_.arena);
  if (!body.ok()) return out;
  for (const Value& item : body->items())
    if (EntityPtr entity = told(*forward.provider, item)) out.push_back(std::move(entity));
  return out;
}

Found AskingProviders::find(std::size_t offset, std::size_t limit) {
  EntityQuery local = query_;
  local.q = {}, local.geo.reset();
  std::vector<std::vector<EntityPtr>> all;
  std::multimap<std::pair<std::string, std::string>, std::size_t> known;   // by id and type as they are shown
  const auto place = [&](const EntityPtr& entity, bool own) {
    std::string buffer;
    const std::pair<std::string, std::string> key(seen_id(entity->id, buffer), type_of(*entity, call_.broker.names));
    const auto [from, to] = known.equal_range(key);
    for (auto it = from; !own && it != to; ++it)
      if (std::ranges::equal(all[it->second][0]->scopes, entity->scopes)) return all[it->second].push_back(entity);
    known.emplace(key, all.size()), all.push_back({entity});
  };
  const Found here = call_.find(local, nullptr, 0, SIZE_MAX, false);
  for (const EntityPtr& e : here.entities) place(e, true);
  // What is here is not asked for.
  std::erase_if(questions_, [&](const Question& q) {
    const auto it = q.id.empty() || q.type.empty() || q.attrs.empty() ? known.end() : known.find({q.id, q.type});
    if (it == known.end()) return false;
    const Entity& entity = *all[it->second][0];
    return std::ranges::all_of(q.attrs, [&](const std::string& name) { return seen_attribute(entity, call_.broker.names.iri(name)) != nullptr; });
  });
  // One request for everything that one provider holds with the same attributes.
  std::map<std::tuple<std::string, std::string, std::vector<std::string>>, Question> grouped;
  for (Question& q : questions_) {
    const auto [it, fresh] = grouped.try_emplace({q.provider->id, q.provider->url, q.attrs}, q);
    if (!fresh && std::ranges::find(it->second.entities, q.entities[0]) == it->second.entities.end()) it->second.entities.push_back(q.entities[0]);
  }
  std::vector<Providers::Forward> forwards;
  for (const auto& [key, q] : grouped) {
    if (forwards.size() == kMostForwards) break;
    std::string body = "{\"entities\":[";
    for (const std::string& e : q.entities) body += (body.ends_with('[') ? "" : ",") + e;
    body += "]";
    if (!q.attrs.empty()) body += ",\"attrs\":" + tree::array_of(q.attrs);
    forwards.push_back({q.provider, "/op/query", call_.forward_headers(*q.provider), body + "}"});
  }
  const auto replies = call_.broker.providers->send(forwards);
  for (std::size_t i = 0; i < replies.size(); ++i)
    for (const EntityPtr& e : told_by(forwards[i], replies[i])) place(e, false);
  call_.noted(query_, order_);
  std::vector<EntityPtr> fitting;
  for (const std::vector<EntityPtr>& parts : all)
    if (EntityPtr whole = seen(call_.gate.get(), together(parts, call_.broker.entities.names())); whole && query_.matches(*whole)) fitting.push_back(std::move(whole));
  if (order_ != nullptr && !order_->empty()) {
    std::vector<const Entity*> sorted;
    std::map<const Entity*, EntityPtr> owners;
    for (const EntityPtr& e : fitting) sorted.push_back(e.get()), owners[e.get()] = e;
    order_->sort(sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i) fitting[i] = owners[sorted[i]];
  }
  Found out;
  out.total = fitting.size(), out.more = offset < fitting.size() && fitting.size() - offset > limit;
  for (std::size_t i = offset; i < fitting.size() && i - offset < limit; ++i) out.entities.push_back(fitting[i]);
  return out;
}

}  // namespace machiya::sense::ngsiv2
