#include "sense/entities/changing.h"

#include <algorithm>

namespace machiya::sense::detail {

Changing::Changing(EntityPtr before, const ChangeContext& context) : before_(std::move(before)), context_(context) {
  if (before_) draft = Draft::of(*before_);
}

void Changing::take_head(const Draft& body) {
  const std::size_t types = draft.types.size();
  for (const std::string_view type : body.types) draft.add_type(type);
  out_.types_or_scopes |= draft.types.size() != types;
  if (!body.scopes.empty() || body.scopes_gone) set_scopes(body.scopes);
  if (body.expires_at.present() || body.expiry_gone) draft.expires_at = body.expires_at;
}

void Changing::set_scopes(std::vector<std::string_view> scopes) {
  out_.types_or_scopes |= scopes != draft.scopes;
  draft.scopes = std::move(scopes);
}

void Changing::touch(std::string_view name, std::string_view dataset_id) {
  const auto same = [&](const Touched& t) { return t.name == name && t.dataset_id == dataset_id; };
  if (std::ranges::find_if(touched_, same) == touched_.end()) touched_.push_back({name, dataset_id});
}

// Times of properties of properties: those that were there keep when they came.
std::span<const Attribute> Changing::stamped(std::span<const Attribute> sub, std::span<const Attribute> before) {
  std::vector<Attribute> out;
  for (const Attribute& a : sub) {
    const Attribute* old = find_attribute(before, a.name);
    std::vector<Instance> instances(a.instances.begin(), a.instances.end());
    for (Instance& i : instances) {
      const Instance* was = old != nullptr ? old->instance(i.dataset_id) : nullptr;
      i.created_us = was != nullptr ? was->created_us : context_.now_us, i.modified_us = context_.now_us;
      i.sub = stamped(i.sub, was != nullptr ? was->sub : std::span<const Attribute>());
    }
    out.push_back({a.name, arena.list(instances)});
  }
  return arena.list(out);
}

void Changing::put(std::string_view name, Instance instance) {
  DraftAttribute* attribute = draft.find(name);
  if (attribute == nullptr) attribute = &draft.attributes.emplace_back(DraftAttribute{name, {}});
  Instance* there = attribute->instance(instance.dataset_id);
  instance.created_us = there != nullptr ? there->created_us : context_.now_us;
  instance.modified_us = context_.now_us;
  instance.instance_id = arena.text(context_.new_instance_id());
  instance.sub = stamped(instance.sub, there != nullptr ? there->sub : std::span<const Attribute>());
  touch(name, instance.dataset_id);
  there != nullptr ? void(*there = instance) : attribute->instances.push_back(instance);
}

void Changing::remove(std::string_view name, std::string_view dataset_id) {
  DraftAttribute* attribute = draft.find(name);
  if (attribute == nullptr || std::erase_if(attribute->instances, [&](const Instance& i) { return i.dataset_id == dataset_id; }) == 0) return;
  touch(name, dataset_id);
  if (attribute->instances.empty()) std::erase_if(draft.attributes, [](const DraftAttribute& a) { return a.instances.empty(); });
}

void Changing::accept(std::string_view name) {
  if (std::ranges::find(out_.done, name) == out_.done.end()) out_.done.emplace_back(name);
}
void Changing::refuse(std::string_view name, std::string reason) { out_.not_done.push_back({std::string(name), std::move(reason)}); }

Change Changing::finish() {
  out_.before = before_;
  if (before_ && touched_.empty() && !out_.types_or_scopes && draft.expires_at.us == before_->expires_at.us) {
    out_.after = before_;
    return std::move(out_);
  }
  draft.modified_us = context_.now_us;
  out_.after = draft.finish(context_.names);
  for (const Touched& t : touched_) {
    const Attribute* was = before_ ? before_->attribute(t.name) : nullptr;
    const Attribute* is = out_.after->attribute(t.name);
    const Instance* before = was != nullptr ? was->instance(t.dataset_id) : nullptr;
    const Instance* after = is != nullptr ? is->instance(t.dataset_id) : nullptr;
    if (before == nullptr && after == nullptr) continue;
    using What = AttributeChange::What;
    const What what = before == nullptr ? What::created : after == nullptr ? What::deleted : What::updated;
    out_.attributes.push_back({what, is != nullptr ? is->name : was->name, after != nullptr ? after->dataset_id : before->dataset_id, before, after});
  }
  return std::move(out_);
}

}  // namespace machiya::sense::detail
