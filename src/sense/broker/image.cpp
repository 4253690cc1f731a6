#include "sense/broker/image.h"

#include <algorithm>
#include <functional>

#include "sense/entities/seen_id.h"

namespace machiya::sense {
namespace {

bool is_place(const Attribute& a) { return std::ranges::any_of(a.instances, [](const Instance& i) { return i.kind == AttributeKind::geo_property; }); }

bool expired(const Entity& e, std::int64_t now_us) { return e.expires_at.present() && e.expires_at.us <= now_us; }

}  // namespace

void Image::put(const EntityPtr& entity) {
  if (const auto it = slots_by_id_.find(entity->id); it != slots_by_id_.end()) {
    EntityPtr& there = slots_[it->second];
    const EntityPtr before = std::exchange(there, entity);
    return index(it->second, before.get(), entity.get());
  }
  std::uint32_t slot = static_cast<std::uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.push_back(entity);
  } else {
    std::ranges::pop_heap(free_, std::greater<>());
    slot = free_.back(), free_.pop_back();
    slots_[slot] = entity;
  }
  slots_by_id_.emplace(entity->id, slot);
  if (std::string buffer; entity->id.starts_with(kForeignPrefix)) slots_by_seen_id_[std::string(seen_id(entity->id, buffer))].push_back(slot);
  used_.insert(slot);
  index(slot, nullptr, entity.get());
}

void Image::erase(std::string_view id) {
  const auto it = slots_by_id_.find(id);
  if (it == slots_by_id_.end()) return;
  const std::uint32_t slot = it->second;
  const EntityPtr before = std::exchange(slots_[slot], nullptr);
  slots_by_id_.erase(it);
  if (std::string buffer; id.starts_with(kForeignPrefix)) {
    const auto seen = slots_by_seen_id_.find(seen_id(id, buffer));
    std::erase(seen->second, slot);
    if (seen->second.empty()) slots_by_seen_id_.erase(seen);
  }
  used_.erase(slot), free_.push_back(slot);
  std::ranges::push_heap(free_, std::greater<>());
  index(slot, before.get(), nullptr);
}

EntityPtr Image::get(std::string_view id) const {
  const auto it = slots_by_id_.find(id);
  return it == slots_by_id_.end() ? nullptr : slots_[it->second];
}

void Image::place(std::uint32_t slot, const Attribute& attribute) {
  Box box;
  for (const Instance& i : attribute.instances)
    if (const auto one = box_of(i.value)) box.add(*one);
  places_[std::string(attribute.name)].put(slot, box);
}

void Image::index(std::uint32_t slot, const Entity* before, const Entity* after) {
  const auto types = [](const Entity* e) { return e != nullptr ? e->types : std::span<const std::string_view>(); };
  if (!std::ranges::equal(types(before), types(after))) {
    for (const std::string_view t : types(before)) by_type_.find(t)->second.erase(slot);
    for (const std::string_view t : types(after)) {
      auto it = by_type_.find(t);
      if (it == by_type_.end()) it = by_type_.emplace(std::string(t), SlotSet()).first;
      it->second.insert(slot);
    }
  }
  if (before != nullptr)
    for (const Attribute& a : before->attributes) {
      const Attribute* now = after != nullptr ? after->attribute(a.name) : nullptr;
      if (now == nullptr) columns_.find(a.name)->second.erase(slot);
      if (is_place(a) && (now == nullptr || !is_place(*now))) places_.find(a.name)->second.erase(slot);
    }
  if (after == nullptr) return;
  for (const Attribute& a : after->attributes) {
    auto column = columns_.find(a.name);
    if (column == columns_.end()) column = columns_.emplace(std::string(a.name), Column()).first;
    column->second.set(slot, a);
    if (is_place(a)) place(slot, a);
  }
}

namespace {

/// What the indexes say of a slot, without its entity: asked of one slot, or of 64 at once.
class Sieve {
 public:
  Sieve(const Hints& hints, const SlotSet& used, const ByText<SlotSet>& by_type, const ByText<Column>& columns) : used_(used), typed_(!hints.types.empty()) {
    for (const auto& all_of : hints.types) {
      std::vector<const SlotSet*> sets;
      for (const std::string& type : all_of)
        if (const auto it = by_type.find(type); it != by_type.end()) sets.push_back(&it->second);
      if (sets.size() == all_of.size()) types_.push_back(std::move(sets));
    }
    for (const IndexFact& fact : hints.facts) {
      const auto it = columns.find(fact.attribute);
      facts_.emplace_back(it == columns.end() ? nullptr : &it->second, fact);
    }
  }

  bool lets_pass(std::uint32_t slot) const {
    const auto has = [&](const std::vector<const SlotSet*>& all_of) { return std::ranges::all_of(all_of, [&](const SlotSet* set) { return set->has(slot); }); };
    return used_.has(slot) && (!typed_ || std::ranges::any_of(types_, has)) && std::ranges::all_of(facts_, [&](const Column::Question& q) { return q.fits(slot); });
  }

  std::uint64_t word(std::size_t i) const {
    std::uint64_t bits = used_.word(i);
    if (typed_) {
      std::uint64_t any = 0;
      for (const auto& all_of : types_) {
        std::uint64_t all = bits;
        for (const SlotSet* set : all_of) all &= set->word(i);
        any |= all;
      }
      bits = any;
    }
    for (const Column::Question& q : facts_) bits = q.narrow(i, bits);
    return bits;
  }

 private:
  const SlotSet& used_;
  bool typed_;
  std::vector<std::vector<const SlotSet*>> types_;   ///< a slot has all types of one of these
  std::vector<Column::Question> facts_;
};

}  // namespace

// A query of a place looks at what is near, from the lowest slot on; every other one goes over the bits, 64 slots at a time. Both stop with `visit`: the page of
// an answer costs what stands before its end, not what the image holds.
void Image::candidates(const Hints& hints, const std::function<bool(std::uint32_t)>& visit) const {
  constexpr std::size_t kSparse = 16;   // below one in so many slots a heap is quicker than a set of bits
  const Sieve sieve(hints, used_, by_type_, columns_);
  if (!hints.box) {
    for (std::size_t i = 0; i < used_.words(); ++i)
      for (std::uint64_t bits = sieve.word(i); bits != 0; bits &= bits - 1)
        if (!visit(static_cast<std::uint32_t>(i * 64 + static_cast<unsigned>(std::countr_zero(bits))))) return;
    return;
  }
  std::vector<std::uint32_t> near;
  const auto look = [&](const GeoIndex& index) { hints.circle ? index.candidates(hints.circle->first, hints.circle->second, near) : index.candidates(*hints.box, near); };
  if (hints.geo_attribute.empty()) {
    for (const auto& entry : places_) look(entry.second);   // who has several places may be there several times
  } else if (const auto it = places_.find(hints.geo_attribute); it != places_.end()) {
    look(it->second);
  }
  if (near.size() > slots_.size() / kSparse) {
    SlotSet there(slots_.size());
    for (const std::uint32_t slot : near) there.insert(slot);
    there.each([&](std::uint32_t slot) { return !sieve.lets_pass(slot) || visit(slot); });
    return;
  }
  std::ranges::make_heap(near, std::greater<>());
  for (std::uint32_t last = 0xffffffff; !near.empty(); near.pop_back()) {
    std::ranges::pop_heap(near, std::greater<>());
    const std::uint32_t slot = near.back();
    if (slot != std::exchange(last, slot) && sieve.lets_pass(slot) && !visit(slot)) return;
  }
}

// The slots of the ids that are asked for, in the ids' order, each once.
std::vector<std::uint32_t> Image::named(const Hints& hints) const {
  std::vector<std::uint32_t> out;
  const auto add = [&](std::uint32_t slot) {
    if (std::ranges::find(out, slot) == out.end()) out.push_back(slot);
  };
  for (const std::string& id : hints.ids) {
    if (const auto it = slots_by_id_.find(id); it != slots_by_id_.end()) add(it->second);
    if (const auto it = slots_by_seen_id_.find(id); hints.seen_ids && it != slots_by_seen_id_.end())
      for (const std::uint32_t slot : it->second) add(slot);
  }
  return out;
}

Found Image::find(const Find& what) const {
  Found out;
  const bool in_order = what.order == nullptr || what.order->empty();
  std::vector<const Entity*> matching;        // of a query with an order
  std::vector<EntityPtr> holders;
  std::size_t matched = 0;
  EntityPtr part;
  const auto visit = [&](const EntityPtr& whole) {
    if (expired(*whole, what.now_us)) return true;
    if (what.gate != nullptr && (part = seen(what.gate, whole)) == nullptr) return true;
    const EntityPtr& entity = what.gate != nullptr ? part : whole;
    if (!what.query->matches(*entity, what.lookup)) return true;
    ++matched;
    if (!in_order) return matching.push_back(entity.get()), holders.push_back(entity), true;
    if (matched <= what.offset) return true;
    if (out.entities.size() < what.limit) return out.entities.push_back(entity), true;
    out.more = true;
    return what.count;
  };
  const Hints hints = what.query->hints();
  if (!hints.ids.empty()) {
    for (const std::uint32_t slot : named(hints))
      if (!visit(slots_[slot])) break;
  } else {
    candidates(hints, [&](std::uint32_t slot) { return visit(slots_[slot]); });
  }
  out.total = matched;
  if (in_order) return out;
  what.order->sort(matching, what.offset + what.limit);
  std::unordered_map<const Entity*, EntityPtr> by_address;
  for (const EntityPtr& e : holders) by_address.emplace(e.get(), e);
  for (std::size_t i = what.offset; i < matching.size() && out.entities.size() < what.limit; ++i) out.entities.push_back(by_address[matching[i]]);
  out.more = what.offset + what.limit < matching.size();
  return out;
}

void Image::each(const std::function<bool(const EntityPtr&)>& visit) const {
  used_.each([&](std::uint32_t slot) { return visit(slots_[slot]); });
}

std::map<std::string, TypeFacts> Image::types(std::int64_t now_us, const Gate* gate) const {
  std::map<std::string, TypeFacts> out;
  each([&](const EntityPtr& whole) {
    if (expired(*whole, now_us)) return true;
    const EntityPtr entity = seen(gate, whole);
    if (!entity) return true;
    for (const std::string_view type : entity->types) {
      TypeFacts& t = out[std::string(type)];
      ++t.entities;
      for (const Attribute& a : entity->attributes) {
        AttributeFacts& f = t.attributes[std::string(a.name)];
        ++f.entities;
        for (const Instance& i : a.instances)
          if (std::ranges::find(f.kinds, i.kind) == f.kinds.end()) f.kinds.push_back(i.kind);
      }
    }
    return true;
  });
  return out;
}

}  // namespace machiya::sense
