#include "platform/vault/key_cache.h"

#include <sodium.h>

#include <cstring>
#include <list>

#include "base/result.h"

namespace machiya::vault {

using SteadyClock = std::chrono::steady_clock;

struct KeyCache::Shard {
  struct Entry {
    std::int64_t id = 0;
    std::size_t slot = 0;
    bool erased = false;
    SteadyClock::time_point since;
  };
  mutable std::mutex mutex;
  std::list<Entry> order;  // most recently used first
  std::unordered_map<std::int64_t, std::list<Entry>::iterator> index;
  std::size_t capacity;
  unsigned char* memory;   // sodium_malloc: guarded, locked where the limit allows, left out of core dumps
  std::vector<std::size_t> free_slots;

  explicit Shard(std::size_t n) : capacity(n), memory(static_cast<unsigned char*>(sodium_allocarray(n, sizeof(Key)))) {
    MACHIYA_ASSERT(memory != nullptr);
    for (std::size_t i = n; i-- > 0;) free_slots.push_back(i);
  }
  ~Shard() { sodium_free(memory); }  // wipes

  unsigned char* at(std::size_t slot) { return memory + slot * sizeof(Key); }

  void remove(std::list<Entry>::iterator entry) {
    sodium_memzero(at(entry->slot), sizeof(Key));
    free_slots.push_back(entry->slot);
    index.erase(entry->id);
    order.erase(entry);
  }
  Entry& insert(std::int64_t id) {
    if (free_slots.empty()) remove(std::prev(order.end()));
    const std::size_t slot = free_slots.back();
    free_slots.pop_back();
    order.push_front({id, slot, false, SteadyClock::now()});
    index[id] = order.begin();
    return order.front();
  }
};

KeyCache::KeyCache(std::size_t capacity, SteadyClock::duration lifetime) : lifetime_(lifetime) {
  const std::size_t each = capacity / kShards == 0 ? 1 : capacity / kShards;
  for (std::size_t i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>(each));
}
KeyCache::~KeyCache() = default;

KeyCache::State KeyCache::get(std::int64_t id, Key& out) {
  Shard& s = shard(id);
  std::lock_guard lock(s.mutex);
  auto found = s.index.find(id);
  if (found == s.index.end()) return State::absent;
  auto entry = found->second;
  if (entry->erased) return State::erased;
  if (SteadyClock::now() - entry->since > lifetime_) {
    s.remove(entry);
    return State::absent;
  }
  s.order.splice(s.order.begin(), s.order, entry);
  std::memcpy(out.data(), s.at(entry->slot), out.size());
  return State::present;
}

void KeyCache::put(std::int64_t id, const Key& key) {
  Shard& s = shard(id);
  std::lock_guard lock(s.mutex);
  auto found = s.index.find(id);
  if (found != s.index.end()) {
    if (found->second->erased) return;
    s.remove(found->second);
  }
  std::memcpy(s.at(s.insert(id).slot), key.data(), key.size());
}

void KeyCache::put_new(std::int64_t id, const Key& key) {
  drop(id);
  put(id, key);
}

void KeyCache::drop(std::int64_t id) {
  Shard& s = shard(id);
  std::lock_guard lock(s.mutex);
  if (auto found = s.index.find(id); found != s.index.end()) s.remove(found->second);
}

void KeyCache::mark_erased(std::int64_t id) {
  Shard& s = shard(id);
  std::lock_guard lock(s.mutex);
  if (auto found = s.index.find(id); found != s.index.end()) s.remove(found->second);
  s.insert(id).erased = true;
}

std::size_t KeyCache::size() const {
  std::size_t n = 0;
  for (const auto& s : shards_) {
    std::lock_guard lock(s->mutex);
    n += s->order.size();
  }
  return n;
}

}  // namespace machiya::vault
