#include "platform/identity/session_cache.h"

namespace machiya::identity {

SessionCache::SessionCache(std::size_t capacity) : each_(capacity / kShards == 0 ? 1 : capacity / kShards) {}

std::shared_ptr<CachedSession> SessionCache::get(const std::string& digest) {
  Shard& s = shard(digest);
  std::lock_guard lock(s.mutex);
  auto found = s.index.find(digest);
  if (found == s.index.end()) return nullptr;
  s.order.splice(s.order.begin(), s.order, found->second);
  return found->second->second;
}

void SessionCache::put_if(std::uint64_t epoch, const std::string& digest, std::shared_ptr<CachedSession> session) {
  Shard& s = shard(digest);
  std::lock_guard lock(s.mutex);
  if (epoch_.load() != epoch) return;
  if (auto found = s.index.find(digest); found != s.index.end()) {
    found->second->second = std::move(session);
    return;
  }
  if (s.order.size() >= each_) {
    s.index.erase(s.order.back().first);
    s.order.pop_back();
  }
  s.order.emplace_front(digest, std::move(session));
  s.index.emplace(s.order.front().first, s.order.begin());
}

void SessionCache::drop(const std::string& digest) {
  ++epoch_;
  Shard& s = shard(digest);
  std::lock_guard lock(s.mutex);
  auto found = s.index.find(digest);
  if (found == s.index.end()) return;
  auto entry = found->second;
  s.index.erase(found);
  s.order.erase(entry);
}

void SessionCache::drop_owner(std::string_view owner) {
  ++epoch_;
  for (Shard& s : shards_) {
    std::lock_guard lock(s.mutex);
    for (auto it = s.order.begin(); it != s.order.end();) {
      auto next = std::next(it);
      if (it->second->owner == owner) {
        s.index.erase(it->first);
        s.order.erase(it);
      }
      it = next;
    }
  }
}

void SessionCache::clear() {
  ++epoch_;
  for (Shard& s : shards_) {
    std::lock_guard lock(s.mutex);
    s.index.clear();
    s.order.clear();
  }
}

void SessionCache::each(const std::function<void(const std::string&, CachedSession&)>& visit) {
  for (Shard& s : shards_) {
    std::lock_guard lock(s.mutex);
    for (auto& [digest, session] : s.order) visit(digest, *session);
  }
}

std::size_t SessionCache::size() const {
  std::size_t n = 0;
  for (const Shard& s : shards_) {
    std::lock_guard lock(s.mutex);
    n += s.order.size();
  }
  return n;
}

}  // namespace machiya::identity
