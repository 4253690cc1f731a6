#include "sense/subscriptions/subscription_index.h"

#include <algorithm>

#include "sense/entities/seen_id.h"

namespace machiya::sense {
namespace {

template <class Map> void add_of(const Map& map, std::string_view key, std::vector<SlotPtr>& out) {
  if (const auto it = map.find(key); it != map.end()) out.insert(out.end(), it->second.begin(), it->second.end());
}

// Every text that an attribute's instances have, as IndexFact::text means them.
template <class Visit> void each_text(const tree::Value& v, const Visit& visit) {
  if (v.is_string()) visit(v.text());
  for (const tree::Value& item : v.items()) each_text(item, visit);
  for (const tree::Member& m : v.members()) each_text(m.value, visit);
}

// A fact with few texts that q wants, or nullptr.
const IndexFact* telling(const std::vector<IndexFact>& facts) {
  for (const IndexFact& f : facts)
    if (f.what == IndexFact::What::text && !f.texts.empty() && f.texts.size() <= 16) return &f;
  return nullptr;
}

}  // namespace

// Calls `act` with each list that the subscription stands in.
template <class Do> void SubscriptionIndex::each_place(const Subscription& s, const Do& act) {
  const std::vector<IndexFact> facts = s.query.q.facts();
  const IndexFact* fact = telling(facts);
  const auto in_group = [&](Group& group) {
    if (fact != nullptr) {
      for (const std::string& text : fact->texts) act(group.by_value[fact->attribute][text]);
    } else if (!s.watched.empty()) {
      for (const std::string& a : s.watched) act(group.by_watched[a]);
    } else {
      act(group.others);
    }
  };
  if (s.query.entities.empty()) return in_group(of_any_type_);
  for (const EntitySelector& e : s.query.entities) {
    for (const std::string& id : e.ids) act(by_id_[id]);
    if (!e.ids.empty()) continue;
    if (e.type.any_of().empty()) in_group(of_any_type_);
    for (const std::vector<std::string>& types : e.type.any_of()) in_group(by_type_[types.front()]);
  }
}

void SubscriptionIndex::put(const SlotPtr& slot, const SubscriptionPtr& s) {
  if (s->interval_us > 0) return;
  each_place(*s, [&](List& list) {
    if (list.empty() || list.back() != slot) list.push_back(slot);
  });
}

namespace {
template <class Map> void erase_empty(Map& map) {
  std::erase_if(map, [](const auto& entry) { return entry.second.empty(); });
}
template <class Map> void erase_everywhere(Map& map, const SlotPtr& slot) {
  for (auto& entry : map) std::erase(entry.second, slot);
  erase_empty(map);
}
}  // namespace

void SubscriptionIndex::erase_from(Group& group, const SlotPtr& slot) {
  std::erase(group.others, slot);
  erase_everywhere(group.by_watched, slot);
  for (auto& entry : group.by_value) erase_everywhere(entry.second, slot);
  erase_empty(group.by_value);
}

void SubscriptionIndex::erase(const SlotPtr& slot) {
  erase_everywhere(by_id_, slot);
  for (auto& entry : by_type_) erase_from(entry.second, slot);
  erase_empty(by_type_);
  erase_from(of_any_type_, slot);
}

void SubscriptionIndex::collect(const Group& group, const Record& record, std::vector<SlotPtr>& out) {
  out.insert(out.end(), group.others.begin(), group.others.end());
  if (!group.by_watched.empty())
    for (const AttributeChange& c : record.changes) add_of(group.by_watched, c.name, out);
  for (const auto& entry : group.by_value) {
    const Attribute* there = record.entity().attribute(entry.first);
    if (there == nullptr) continue;
    for (const Instance& i : there->instances) each_text(i.value, [&](std::string_view text) { add_of(entry.second, text, out); });
  }
}

void SubscriptionIndex::candidates(const Record& record, std::vector<SlotPtr>& out) const {
  const Entity& entity = record.entity();
  add_of(by_id_, entity.id, out);
  if (std::string buffer; entity.id.starts_with(kForeignPrefix)) add_of(by_id_, seen_id(entity.id, buffer), out);   // NGSIv2 asks for it as it is shown
  for (const std::string_view type : entity.types)
    if (const auto it = by_type_.find(type); it != by_type_.end()) collect(it->second, record, out);
  collect(of_any_type_, record, out);
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

}  // namespace machiya::sense
