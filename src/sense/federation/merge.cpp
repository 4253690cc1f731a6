#include "sense/federation/merge.h"

#include <algorithm>

#include "sense/entities/read.h"
#include "sense/entities/stamp.h"

namespace machiya::sense::federation {
namespace {
using tree::Value;

std::int64_t time_in(const Value& object, std::string_view member) {
  const Value& v = object[member];
  if (!v.is_string()) return kNoTime;
  const auto stamp = parse_stamp(v.text());
  return stamp ? stamp->us : kNoTime;
}

void take_times(const Value& instance, DraftAttribute& attribute) {
  if (!instance.is_object()) return;
  Instance* i = attribute.instance(instance["datasetId"].text());
  if (i == nullptr) return;
  i->created_us = time_in(instance, "createdAt"), i->modified_us = time_in(instance, "modifiedAt");
}

// Is `b` to be shown rather than `a`?
bool newer(const Instance& a, const Instance& b) {
  if (a.observed_at.present() || b.observed_at.present()) {
    if (a.observed_at.us != b.observed_at.us) return a.observed_at.us < b.observed_at.us;   // kNoTime is before all
  }
  return a.modified_us < b.modified_us;
}

void add_instances(const Attribute& from, bool auxiliary, Draft& to) {
  DraftAttribute* there = to.find(from.name);
  if (there == nullptr) {
    to.attributes.push_back({from.name, {from.instances.begin(), from.instances.end()}});
    return;
  }
  for (const Instance& i : from.instances) {
    Instance* other = there->instance(i.dataset_id);
    if (other == nullptr) {
      there->instances.push_back(i);
    } else if (!auxiliary && newer(*other, i)) {
      *other = i;
    }
  }
}

template <class List> void add_words(const List& from, std::vector<std::string_view>& to) {
  for (const std::string_view w : from)
    if (std::ranges::find(to, w) == to.end()) to.push_back(w);
}

void add_part(const Part& part, Draft& to) {
  const Entity& e = *part.entity;
  add_words(e.types, to.types);
  if (!part.auxiliary || to.scopes.empty()) add_words(e.scopes, to.scopes);
  for (const Attribute& a : e.attributes) add_instances(a, part.auxiliary, to);
  if (part.auxiliary) return;
  if (e.created_us != kNoTime) to.created_us = to.created_us == kNoTime ? e.created_us : std::min(to.created_us, e.created_us);
  to.modified_us = std::max(to.modified_us, e.modified_us);
  if (!to.expires_at.present()) to.expires_at = e.expires_at;
}

}  // namespace

Result<EntityPtr> read_remote(const Value& body, const Terms& terms, machiya::sense::Names& names) {
  tree::Arena arena;
  MACHIYA_TRY(Draft draft, read_entity(body, BodyOf::entity, terms, arena));
  draft.created_us = time_in(body, "createdAt"), draft.modified_us = time_in(body, "modifiedAt");
  for (const tree::Member& m : body.members()) {
    if (is_own_member(m.key)) continue;
    DraftAttribute* a = draft.find(terms.expand_term(m.key, arena));
    if (a == nullptr) continue;
    if (m.value.is_object()) take_times(m.value, *a);
    for (const Value& item : m.value.items()) take_times(item, *a);
  }
  return draft.finish(names);
}

EntityPtr merge(std::span<const Part> parts, machiya::sense::Names& names) {
  if (parts.size() == 1) return parts.front().entity;
  std::vector<Part> ordered(parts.begin(), parts.end());
  std::ranges::stable_partition(ordered, [](const Part& p) { return !p.auxiliary; });
  Draft draft = Draft::of(*ordered.front().entity);
  for (std::size_t i = 1; i < ordered.size(); ++i) add_part(ordered[i], draft);
  return draft.finish(names);
}

EntityPtr without(const EntityPtr& entity, std::span<const std::string> attrs, bool all, machiya::sense::Names& names) {
  if (!entity || all) return nullptr;
  const auto taken = [&](const auto& a) { return std::ranges::find(attrs, a.name) != attrs.end(); };
  if (std::ranges::none_of(entity->attributes, taken)) return entity;
  Draft draft = Draft::of(*entity);
  std::erase_if(draft.attributes, taken);
  return draft.finish(names);
}

}  // namespace machiya::sense::federation
