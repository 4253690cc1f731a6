// Plain data keys in memory: bounded, in pages that are locked and wiped, the least recently used one leaves first.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace machiya::vault {

/// Thread-safe (16 shards). An id can also be marked as erased: then it answers `erased`, so that a reader with an
/// older snapshot cannot bring the key back.
class KeyCache {
 public:
  using Key = std::array<unsigned char, 32>;
  enum class State : std::uint8_t { absent, present, erased };

  /// Entries older than `lifetime` are read again, so that other processes forget an erased key too.
  KeyCache(std::size_t capacity, std::chrono::steady_clock::duration lifetime);
  ~KeyCache();
  KeyCache(const KeyCache&) = delete;
  KeyCache& operator=(const KeyCache&) = delete;

  State get(std::int64_t id, Key& out);
  /// Does nothing when the id is marked as erased.
  void put(std::int64_t id, const Key& key);
  /// A key just made under this id: replaces whatever a rolled-back transaction left behind.
  void put_new(std::int64_t id, const Key& key);
  void drop(std::int64_t id);
  void mark_erased(std::int64_t id);
  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Shard;
  Shard& shard(std::int64_t id) const { return *shards_[static_cast<std::uint64_t>(id) % kShards]; }
  std::chrono::steady_clock::duration lifetime_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace machiya::vault
