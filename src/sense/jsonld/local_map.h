// The map of a local context with its keys found fast, and which of its terms are defined already (§4.1, "defined").
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "sense/jsonld/context.h"

namespace machiya::sense::jsonld {

class LocalMap {
 public:
  enum class State : std::uint8_t { untouched, in_progress, defined };
  explicit LocalMap(const Value& context) : members_(context.members()), states_(members_.size(), State::untouched) {
    if (members_.size() <= kFew) return;
    index_.assign(std::size_t{4} << (64 - __builtin_clzll(members_.size())), 0);
    for (std::size_t i = 0; i < members_.size(); ++i) index_[slot(members_[i].key)] = static_cast<std::uint32_t>(i + 1);
  }
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::size_t size() const { return members_.size(); }
  const Member& operator[](std::size_t i) const { return members_[i]; }
  State& state(std::size_t i) { return states_[i]; }
  std::size_t find(std::string_view key) const {
    if (!index_.empty()) return static_cast<std::size_t>(index_[slot(key)]) - 1;
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (members_[i].key == key) return i;
    return npos;
  }

 private:
  static constexpr std::size_t kFew = 12;
  std::span<const Member> members_;
  std::vector<State> states_;
  std::vector<std::uint32_t> index_;   ///< position + 1; 0: free
  std::size_t slot(std::string_view key) const {
    const std::size_t mask = index_.size() - 1;
    std::size_t at = hash_of(key) & mask;
    while (index_[at] != 0 && members_[index_[at] - 1].key != key) at = (at + 1) & mask;
    return at;
  }
};

}  // namespace machiya::sense::jsonld
