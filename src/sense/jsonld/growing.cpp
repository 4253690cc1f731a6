#include "sense/jsonld/growing.h"

#include <algorithm>

namespace machiya::sense::jsonld {

void Growing::clear() {
  entries_.clear();
  index_.clear();
  live_ = 0;
}

void Growing::index_all() {
  index_.assign(std::size_t{4} << (64 - __builtin_clzll(entries_.size())), 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t at = hash_of(entries_[i].key) & (index_.size() - 1);
    while (index_[at] != 0) at = (at + 1) & (index_.size() - 1);
    index_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

const Growing::Entry* Growing::place(std::string_view key) const {
  if (index_.empty()) {
    for (const Entry& e : entries_)
      if (e.key == key && !e.gone) return &e;
    return nullptr;
  }
  for (std::size_t at = hash_of(key) & (index_.size() - 1); index_[at] != 0; at = (at + 1) & (index_.size() - 1))
    if (const Entry& e = entries_[index_[at] - 1]; e.key == key && !e.gone) return &e;
  return nullptr;
}

Growing::Entry& Growing::at(std::string_view key) {
  if (const Entry* e = place(key)) return const_cast<Entry&>(*e);
  entries_.push_back({key, {}, 0, false, false, nullptr});
  ++live_;
  if (entries_.size() == kFew || (!index_.empty() && entries_.size() * 2 > index_.size())) index_all();
  else if (!index_.empty()) {
    std::size_t at = hash_of(key) & (index_.size() - 1);
    while (index_[at] != 0) at = (at + 1) & (index_.size() - 1);
    index_[at] = static_cast<std::uint32_t>(entries_.size());
  }
  return entries_.back();
}

const Value* Growing::find(std::string_view key) const {
  const Entry* e = place(key);
  return e != nullptr ? &e->value : nullptr;
}

void Growing::set(std::string_view key, const Value& v) {
  Entry& e = at(key);
  e.value = v, e.room = 0, e.has_value = true, e.inner = nullptr;
}

void Growing::append(Entry& e, const Value& v, Arena& arena) {
  if (e.room == e.value.count) {
    const std::uint32_t room = std::max<std::uint32_t>(e.value.count * 2, e.value.count + 1);
    Value* to = arena.room<Value>(room);
    std::uninitialized_copy_n(e.value.elements, e.value.count, to);
    e.value.elements = to, e.room = room;
  }
  // The array is ours alone (room > 0 says so) until finish() hands it out.
  new (const_cast<Value*>(e.value.elements) + e.value.count) Value(v);
  ++e.value.count;
}

void Growing::add(std::string_view key, const Value& v, bool as_array, Arena& arena) {
  Entry& e = at(key);
  if (!e.has_value) {
    if (v.is_array() && (as_array || v.count != 1)) {
      // Shared with whoever made it, so nothing is written into it: room 0. An empty array only counts as an entry when arrays are asked for.
      if (v.count == 0 && !as_array) { if (e.inner == nullptr) erase(key); return; }
      e.value = v, e.room = 0, e.has_value = true;
      if (v.count == 0) e.value.elements = nullptr;
      return;
    }
    e.has_value = true, e.room = 0;
    e.value = v.is_array() ? v.elements[0] : v;
    if (!as_array) return;
    const Value single = e.value;
    e.value = Value::array({});
    append(e, single, arena);
    return;
  }
  if (!e.value.is_array()) {
    if (v.is_array() && v.count == 0) return;
    const Value first = e.value;
    e.value = Value::array({}), e.room = 0;
    append(e, first, arena);
  } else if (e.room == 0 && e.value.count > 0) {
    const Value* from = e.value.elements;
    Value* to = arena.room<Value>(e.value.count * 2);
    std::uninitialized_copy_n(from, e.value.count, to);
    e.value.elements = to, e.room = e.value.count * 2;
  }
  if (v.is_array()) for (const Value& one : v.items()) append(e, one, arena);
  else append(e, v, arena);
}

Growing& Growing::map(std::string_view key) {
  Entry& e = at(key);
  if (e.inner == nullptr) e.inner = &pool_.take();
  return *e.inner;
}

void Growing::erase(std::string_view key) {
  if (const Entry* e = place(key)) const_cast<Entry*>(e)->gone = true, --live_;
}

Value Growing::finish(Arena& arena) {
  Member* out = arena.room<Member>(live_ > 0 ? live_ : 1);
  std::size_t n = 0;
  for (Entry& e : entries_) {
    if (e.gone) continue;
    if (e.inner != nullptr) {
      const Value inner = e.inner->finish(arena);
      e.inner = nullptr;
      if (e.has_value) { const std::string_view key = e.key; add(key, inner, true, arena); } else e.value = inner;
    }
    new (out + n++) Member{e.key, e.value};
  }
  return Value::object({out, n});
}

}  // namespace machiya::sense::jsonld
