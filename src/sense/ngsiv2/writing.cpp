#include "sense/ngsiv2/writing.h"

#include <algorithm>
#include <set>

#include "sense/entities/seen_id.h"

namespace machiya::sense::ngsiv2 {
namespace {

Error absent() { return Error(ErrorCode::not_found, "The requested entity has not been found. Check type and id"); }
// The id was free when we looked and is not any more: it is looked at once more. Never seen outside.
constexpr std::string_view kTaken = "taken";

std::string type_said(const Read& entity) { return entity.has_type ? entity.type : std::string(); }

}  // namespace

EntityQuery query_for(const NameMap& names, const std::string& id, const std::string& type, const ServicePaths& paths) {
  EntityQuery out;
  EntitySelector& s = out.entities.emplace_back();
  s.v2 = true, s.ids = {id};
  if (!type.empty()) s.type = TypeSelection::any({names.iri(type)});
  out.paths = paths;
  return out;
}

Result<EntityPtr> find_one(const Broker& broker, const Gate* gate, const std::string& tenant, const std::string& id, const std::string& type, const ServicePaths& paths) {
  const EntityQuery query = query_for(broker.names, id, type, paths);
  const Found found = broker.entities.find(tenant, {.query = &query, .limit = 1, .gate = gate});
  if (found.entities.empty() || found.more) return no_single(found.more);
  return found.entities[0];
}

Error no_single(bool several) { return several ? Error(ErrorCode::conflict, "More than one matching entity. Please refine your query", std::string(kTooMany)) : absent(); }

// Before anything is told of what is there, and of what is made.
EntityStore::Make Writing::checked(EntityStore::Make make) const {
  if (!gate_) return make;
  return [gate = gate_, make = std::move(make)](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    if (current) MACHIYA_CHECK(gate->check(current, current));
    MACHIYA_TRY(Change change, make(current, context));
    MACHIYA_CHECK(gate->check(change.before, change.after));
    return change;
  };
}

// A URI is the id itself while it is free; everything else, and a second type or path of the same URI, gets one of its own.
std::string Writing::new_id(const Read& entity) const {
  if (is_own_id(entity.id) && !broker_.entities.get(tenant_, entity.id)) return entity.id;
  return foreign_id(entity.id, entity.has_type ? entity.type : kDefaultType, path_);
}

// nullptr: there is none and it may be made.
Result<EntityPtr> Writing::look_up(const Read& entity, bool may_make) const {
  auto there = find_one(broker_, nullptr, tenant_, entity.id, type_said(entity), here());
  if (!there.ok() && there.error().code == ErrorCode::not_found && may_make) return EntityPtr();
  return there;
}

EntityStore::Item Writing::item(const Read& entity, const EntityPtr& there, Update update) const {
  update.draft = &entity.draft, update.whole = !entity.names_attributes;
  const NameMap& names = broker_.names;
  if (there) {
    return {std::string(there->id), [update, &names](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
              if (!current) return absent();
              return apply(current, update, names, context);
            }};
  }
  const std::string iri = names.iri(entity.has_type ? entity.type : kDefaultType);
  const std::string id = new_id(entity);
  return {id, [update, &names, iri, id, path = path_](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
            if (current) {
              const bool same = current->has_type(iri) && ServicePaths{{{path, false}}}.matches(current->scopes);
              return same ? apply(current, update, names, context) : Result<Change>(Error(ErrorCode::conflict, "the id was taken meanwhile", std::string(kTaken)));
            }
            Draft draft = *update.draft;
            draft.id = id, draft.types = {iri};
            if (path != "/") draft.scopes = {path};
            return make(draft, names, context);
          }};
}

Result<void> Writing::create(const Read& entity, bool upsert, const Update& how) {
  const std::lock_guard one(broker_.creating(tenant_, entity.id));
  Read typed = entity;
  if (!typed.has_type) typed.type = kDefaultType, typed.has_type = true;
  MACHIYA_TRY(const EntityPtr there, look_up(typed, true));
  const Error exists(ErrorCode::conflict, "Already Exists", std::string(kUnprocessable));
  if (there && !upsert) return exists;
  EntityStore::Item write = item(typed, there, how);
  if (!upsert) {
    write.make = [make = std::move(write.make), exists](const EntityPtr& current, const ChangeContext& context) -> Result<Change> { return current ? Result<Change>(exists) : make(current, context); };
  }
  auto done = broker_.entities.write(tenant_, write.id, checked(write.make));
  return done.ok() ? Result<void>() : Result<void>(done.error());
}

Result<void> Writing::write(const EntityPtr& entity, const std::function<Result<Change>(const EntityPtr&, const ChangeContext&)>& make) {
  auto done = broker_.entities.write(tenant_, entity->id, checked([&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> { return current ? make(current, context) : Result<Change>(absent()); }));
  return done.ok() ? Result<void>() : Result<void>(done.error());
}

Result<void> Writing::change(const std::string& id, const std::string& type, const Update& update) {
  MACHIYA_TRY(const EntityPtr there, find_one(broker_, gate_.get(), tenant_, id, type, here()));
  return write(there, [&](const EntityPtr& current, const ChangeContext& context) { return apply(current, update, broker_.names, context); });
}

Result<void> Writing::set_value(const std::string& id, const std::string& type, const std::string& iri, const tree::Value& value, bool forced) {
  MACHIYA_TRY(const EntityPtr there, find_one(broker_, gate_.get(), tenant_, id, type, here()));
  return write(there, [&](const EntityPtr& current, const ChangeContext& context) { return ngsiv2::set_value(current, iri, value, forced, broker_.names, context); });
}

std::vector<Result<void>> Writing::batch(std::span<const Read> entities, const Update& how) {
  const Action action = how.action;
  const bool makes = action == Action::append || action == Action::append_strict;
  std::set<std::mutex*> wanted;   // in the order of their addresses, so that two batches never wait for each other
  std::vector<std::unique_lock<std::mutex>> held;
  if (makes)
    for (const Read& e : entities) wanted.insert(&broker_.creating(tenant_, e.id));
  for (std::mutex* m : wanted) held.emplace_back(*m);
  std::vector<Result<void>> out(entities.size());
  std::vector<EntityStore::Item> items;
  std::vector<std::size_t> of_item;
  for (std::size_t i = 0; i < entities.size(); ++i) {
    auto there = look_up(entities[i], makes);
    if (!there.ok()) {
      out[i] = there.error();
      continue;
    }
    items.push_back(item(entities[i], *there, how));
    items.back().make = checked(std::move(items.back().make));
    of_item.push_back(i);
  }
  const auto made = broker_.entities.write_all(tenant_, items);
  for (std::size_t k = 0; k < made.size(); ++k) {
    const std::size_t i = of_item[k];
    if (made[k].ok()) continue;
    out[i] = made[k].error();
    if (made[k].error().where != kTaken) continue;
    // Two of one URI and different types in one batch: the second finds the first now.
    auto there = look_up(entities[i], makes);
    if (!there.ok()) {
      out[i] = there.error();
      continue;
    }
    const EntityStore::Item again = item(entities[i], *there, how);
    const auto done = broker_.entities.write(tenant_, again.id, checked(again.make));
    out[i] = done.ok() ? Result<void>() : Result<void>(done.error());
  }
  return out;
}

}  // namespace machiya::sense::ngsiv2
