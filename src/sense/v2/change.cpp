#include "sense/v2/change.h"

#include <algorithm>

#include "sense/v2/attribute.h"
#include "sense/v2/operators.h"
#include "sense/v2/view.h"

namespace machiya::sense::ngsiv2 {
namespace {

Error absent() { return Error(ErrorCode::not_found, "The entity does not have such an attribute"); }

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : ", ") + w;
  return "[ " + out + " ]";
}

// The attributes of the draft that the entity has, or has not.
std::vector<std::string> those(const Entity& entity, const Draft& draft, bool there, const NameMap& names) {
  std::vector<std::string> out;
  for (const DraftAttribute& a : draft.attributes)
    if ((seen_attribute(entity, std::string(a.name)) != nullptr) == there) out.push_back(names.name(a.name));
  return out;
}

// An update operator becomes the value that it makes of the one that is there; the type stays unless one was sent, or follows from the value as it did.
Result<void> compute(const Entity* before, Instance& instance, std::string_view iri, const NameMap& names, tree::Arena& arena) {
  if (instance.kind != AttributeKind::property || !is_operation(instance.value)) return {};
  const Attribute* there = before != nullptr ? seen_attribute(*before, std::string(iri)) : nullptr;
  const Instance* was = there != nullptr ? seen_instance(*there) : nullptr;
  const tree::Value old = was != nullptr ? value_of(*was, names, arena) : tree::Value();
  std::string type(instance.value_type.text());
  if (type.empty() && was != nullptr && type_of(*was, names) != default_type(old)) type = type_of(*was, names);
  MACHIYA_TRY(const tree::Value value, operate(instance.value, was != nullptr ? &old : nullptr, arena));
  // The text of the type must live as long as the draft.
  MACHIYA_TRY(Instance now, read_value(arena.text(type), value, names, arena));
  std::vector<Attribute> sub(instance.sub.begin(), instance.sub.end());
  sub.insert(sub.end(), now.sub.begin(), now.sub.end());
  now.sub = arena.list(sub), now.unit_code = instance.unit_code, now.observed_at = instance.observed_at;
  instance = now;
  return {};
}

Result<Draft> computed(const Entity* before, const Draft& draft, const NameMap& names, tree::Arena& arena) {
  Draft out = draft;
  for (DraftAttribute& a : out.attributes)
    for (Instance& i : a.instances) MACHIYA_CHECK(compute(before, i, a.name, names, arena));
  return out;
}

// What is told of an instance that did not change says no value before: subscriptions take that for a change.
Result<Change> forced(Result<Change> change) {
  if (!change.ok()) return change;
  for (AttributeChange& c : change->attributes) {
    const bool same = c.before != nullptr && c.after != nullptr && c.before->kind == c.after->kind && tree::equal(c.before->value, c.after->value);
    if (same && tree::equal(c.before->value_type, c.after->value_type)) c.before = nullptr;
  }
  return change;
}

Draft with_metadata(const Entity& before, const Draft& draft, bool override_metadata, tree::Arena& arena) {
  Draft out = draft;
  if (override_metadata) return out;
  for (DraftAttribute& a : out.attributes)
    if (const Attribute* there = seen_attribute(before, std::string(a.name))) keep_metadata(*seen_instance(*there), a.instances[0], arena);
  return out;
}

Result<Change> remove_attributes(const EntityPtr& before, const Draft& draft, const ChangeContext& context) {
  Draft left = Draft::of(*before);
  for (const DraftAttribute& a : draft.attributes)
    if (std::erase_if(left.attributes, [&](const DraftAttribute& l) { return l.name == a.name; }) == 0) return absent();
  return keep_attributes(before, left, context);
}

// Everything that NGSIv2 calls an attribute is new; what the entity is and where it stands stays.
Change replace_all(const EntityPtr& before, Draft draft, const ChangeContext& context) {
  draft.types.assign(before->types.begin(), before->types.end());
  draft.scopes.assign(before->scopes.begin(), before->scopes.end());
  return replace_entity(before, draft, context);
}

}  // namespace

Result<Change> apply(const EntityPtr& before, const Update& update, const NameMap& names, const ChangeContext& context) {
  tree::Arena arena(1024);
  const bool all_new = update.action == Action::replace;
  MACHIYA_TRY(const Draft draft, computed(all_new ? nullptr : before.get(), *update.draft, names, arena));
  switch (update.action) {
    case Action::remove: return update.whole ? Result<Change>(delete_entity(before)) : remove_attributes(before, draft, context);
    case Action::replace: return update.forced ? forced(replace_all(before, draft, context)) : Result<Change>(replace_all(before, draft, context));
    case Action::append_strict:
      if (const auto there = those(*before, draft, true, names); !there.empty()) return Error(ErrorCode::conflict, "one or more of the attributes in the request already exist: " + listed(there), std::string(kUnprocessable));
      break;
    case Action::update:
      if (const auto missing = those(*before, draft, false, names); !missing.empty()) {
        if (missing.size() == draft.attributes.size()) return absent();
        return Error(ErrorCode::conflict, "one or more of the attributes in the request do not exist: " + listed(missing), std::string(kUnprocessable));
      }
      break;
    case Action::append: break;
  }
  Result<Change> out = append_attributes(before, with_metadata(*before, draft, update.override_metadata, arena), false, context);
  return update.forced ? forced(std::move(out)) : out;
}

Result<Change> make(const Draft& draft, const NameMap& names, const ChangeContext& context) {
  tree::Arena arena(1024);
  MACHIYA_TRY(const Draft whole, computed(nullptr, draft, names, arena));
  return create_entity(whole, context);
}

Result<Change> set_value(const EntityPtr& before, const std::string& iri, const tree::Value& value, bool force, const NameMap& names, const ChangeContext& context) {
  const Attribute* attribute = seen_attribute(*before, iri);
  if (attribute == nullptr) return absent();
  tree::Arena arena(1024);
  const Instance& was = *seen_instance(*attribute);
  const bool operation = is_operation(value);
  MACHIYA_TRY(Instance now, read_value(operation ? std::string_view() : std::string_view(arena.text(type_of(was, names))), value, names, arena));
  MACHIYA_CHECK(compute(before.get(), now, iri, names, arena));
  keep_metadata(was, now, arena);
  Draft draft;
  draft.attributes.push_back({attribute->name, {now}});
  Result<Change> out = append_attributes(before, draft, false, context);
  return force ? forced(std::move(out)) : out;
}

}  // namespace machiya::sense::ngsiv2
