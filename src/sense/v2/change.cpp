#include "sense/v2/change.h"

#include <algorithm>

#include "sense/v2/attribute.h"
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
  const Draft& draft = *update.draft;
  switch (update.action) {
    case Action::remove: return update.whole ? Result<Change>(delete_entity(before)) : remove_attributes(before, draft, context);
    case Action::replace: return replace_all(before, draft, context);
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
  return append_attributes(before, with_metadata(*before, draft, update.override_metadata, arena), false, context);
}

Result<Change> set_value(const EntityPtr& before, const std::string& iri, const tree::Value& value, const NameMap& names, const ChangeContext& context) {
  const Attribute* attribute = seen_attribute(*before, iri);
  if (attribute == nullptr) return absent();
  tree::Arena arena(1024);
  const Instance& was = *seen_instance(*attribute);
  MACHIYA_TRY(Instance now, read_value(type_of(was, names), value, names, arena));
  keep_metadata(was, now, arena);
  Draft draft;
  draft.attributes.push_back({attribute->name, {now}});
  return append_attributes(before, draft, false, context);
}

}  // namespace machiya::sense::ngsiv2
