// Sessions and API clients in memory, so that a page view costs no look at the database. Bounded; the least recently
// used one leaves first.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "platform/identity/identity.h"

namespace machiya::identity {

struct CachedSession {
  std::shared_ptr<Principal> principal;   ///< never changed after it was put here
  std::string owner;                      ///< "citizen:17", "staff:3", "client:2"
  Instant expires;
  bool client = false;                    ///< an API client: never idle; `seen` is its last use
  std::atomic<std::int64_t> seen{0};      ///< microseconds UTC
  std::atomic<std::int64_t> written{0};   ///< what the database knows of `seen`
};

/// Thread-safe (16 shards).
class SessionCache {
 public:
  explicit SessionCache(std::size_t capacity);
  std::shared_ptr<CachedSession> get(const std::string& digest);
  void drop(const std::string& digest);
  /// Drops every session of an owner. Walks the cache: changes of this kind are rare.
  void drop_owner(std::string_view owner);
  void clear();
  /// Grows with every drop: what was read from the database before a drop must not be put here after it.
  std::uint64_t epoch() const { return epoch_.load(); }
  void put_if(std::uint64_t epoch, const std::string& digest, std::shared_ptr<CachedSession> session);
  void each(const std::function<void(const std::string& digest, CachedSession&)>& visit);
  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 16;
  using Entry = std::pair<std::string, std::shared_ptr<CachedSession>>;
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> order;
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index;   // views into the list's strings
  };
  Shard& shard(std::string_view digest) { return shards_[std::hash<std::string_view>{}(digest) % kShards]; }
  std::size_t each_;
  std::atomic<std::uint64_t> epoch_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace machiya::identity
