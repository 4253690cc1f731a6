#include "sense/entities/change.h"

#include <algorithm>

#include "sense/entities/changing.h"

namespace machiya::sense {

using detail::Changing;

Change create_entity(const Draft& draft, const ChangeContext& context) {
  Changing work(nullptr, context);
  work.draft.id = draft.id, work.draft.created_us = context.now_us;
  work.take_head(draft);
  for (const DraftAttribute& a : draft.attributes)
    for (const Instance& i : a.instances) work.put(a.name, i);
  return work.finish();
}

Change replace_entity(const EntityPtr& before, const Draft& draft, const ChangeContext& context) {
  Changing work(before, context);
  work.draft.types.clear(), work.draft.scopes.clear(), work.draft.expires_at = {};
  work.take_head(draft);
  if (work.draft.types.empty()) work.draft.types.assign(before->types.begin(), before->types.end());
  for (const Attribute& a : before->attributes)
    for (const Instance& i : a.instances)
      if (const auto it = std::ranges::find(draft.attributes, a.name, &DraftAttribute::name); it == draft.attributes.end() || std::ranges::find(it->instances, i.dataset_id, &Instance::dataset_id) == it->instances.end())
        work.remove(a.name, i.dataset_id);
  for (const DraftAttribute& a : draft.attributes)
    for (const Instance& i : a.instances) work.put(a.name, i);
  return work.finish();
}

Change append_attributes(const EntityPtr& before, const Draft& draft, bool no_overwrite, const ChangeContext& context) {
  Changing work(before, context);
  std::vector<std::string_view> scopes;   // of the entity and of the fragment, when nothing may be overwritten
  if (no_overwrite && !draft.scopes.empty()) {
    scopes = work.draft.scopes;
    for (const std::string_view s : draft.scopes)
      if (std::ranges::find(scopes, s) == scopes.end()) scopes.push_back(s);
  }
  work.take_head(draft);
  if (!scopes.empty()) work.set_scopes(std::move(scopes));
  for (const DraftAttribute& a : draft.attributes) {
    bool left_out = false;
    for (const Instance& i : a.instances) {
      DraftAttribute* there = work.draft.find(a.name);
      if (there != nullptr && no_overwrite && there->instance(i.dataset_id) != nullptr) {
        left_out = true;
      } else {
        work.put(a.name, i);
      }
    }
    left_out ? work.refuse(a.name, "the attribute exists and noOverwrite is asked for") : work.accept(a.name);
  }
  return work.finish();
}

Change update_attributes(const EntityPtr& before, const Draft& draft, const ChangeContext& context) {
  Changing work(before, context);
  Draft head = draft;
  if (before->scopes.empty()) head.scopes.clear();   // §5.6.2.4: a scope is replaced, never added
  work.take_head(head);
  for (const DraftAttribute& a : draft.attributes) {
    bool missing = false;
    for (const Instance& i : a.instances) {
      DraftAttribute* there = work.draft.find(a.name);
      if (!is_ngsi_null(i.value)) {
        work.put(a.name, i);
      } else if (there != nullptr && there->instance(i.dataset_id) != nullptr) {
        work.remove(a.name, i.dataset_id);
      } else {
        missing = true;
      }
    }
    missing ? work.refuse(a.name, "the attribute does not exist") : work.accept(a.name);
  }
  return work.finish();
}

Result<Change> replace_attribute(const EntityPtr& before, std::string_view name, const tree::Value& body, const Terms& terms, const ChangeContext& context) {
  Changing work(before, context);
  auto instances = read_attribute(body, BodyOf::entity, terms, work.arena, "");
  if (!instances.ok()) return instances.error();
  for (const Instance& i : *instances) {
    DraftAttribute* there = work.draft.find(name);
    if (there == nullptr || there->instance(i.dataset_id) == nullptr) return Error(ErrorCode::not_found, "the entity has no such attribute");
    work.put(name, i);
  }
  work.accept(name);
  return work.finish();
}

Result<Change> delete_attribute(const EntityPtr& before, std::string_view name, std::string_view dataset_id, bool all, const ChangeContext& context) {
  Changing work(before, context);
  const Attribute* there = before->attribute(name);
  if (there == nullptr || (!all && there->instance(dataset_id) == nullptr)) return Error(ErrorCode::not_found, "the entity has no such attribute");
  for (const Instance& i : there->instances)
    if (all || i.dataset_id == dataset_id) work.remove(name, i.dataset_id);
  work.accept(name);
  return work.finish();
}

Result<Change> delete_scopes(const EntityPtr& before, const ChangeContext& context) {
  if (before->scopes.empty()) return Error(ErrorCode::not_found, "the entity has no scope");
  Changing work(before, context);
  work.set_scopes({});
  return work.finish();
}

Change keep_attributes(const EntityPtr& before, const Draft& left, const ChangeContext& context) {
  Changing work(before, context);
  for (const Attribute& a : before->attributes)
    for (const Instance& i : a.instances)
      if (std::ranges::find(left.attributes, a.name, &DraftAttribute::name) == left.attributes.end()) work.remove(a.name, i.dataset_id);
  return work.finish();
}

Change delete_entity(const EntityPtr& before) {
  Change out{before, nullptr, {}, false, {}, {}};
  for (const Attribute& a : before->attributes)
    for (const Instance& i : a.instances) out.attributes.push_back({AttributeChange::What::deleted, a.name, i.dataset_id, &i, nullptr});
  return out;
}

}  // namespace machiya::sense
