#include "sense/entities/names.h"

#include <array>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>

#include "sense/tree/tree.h"

namespace machiya::sense {
namespace {
constexpr std::size_t kShards = 16;
}

struct Names::Shard {
  mutable std::shared_mutex lock;
  std::unordered_set<std::string_view> words;
  tree::Arena arena;
};

Names::Names(std::size_t most) : shards_(new Shard[kShards]), most_(most / kShards) {}
Names::~Names() = default;

std::string_view Names::keep(std::string_view word) {
  Shard& shard = shards_[std::hash<std::string_view>{}(word) % kShards];
  {
    std::shared_lock hold(shard.lock);
    if (const auto it = shard.words.find(word); it != shard.words.end()) return *it;
  }
  std::unique_lock hold(shard.lock);
  if (const auto it = shard.words.find(word); it != shard.words.end()) return *it;
  if (shard.words.size() >= most_) return {};
  return *shard.words.insert(shard.arena.text(word)).first;
}

std::size_t Names::size() const {
  std::size_t n = 0;
  for (std::size_t i = 0; i < kShards; ++i) {
    std::shared_lock hold(shards_[i].lock);
    n += shards_[i].words.size();
  }
  return n;
}

}  // namespace machiya::sense
