// The records of the search tokens that were asked for last, in memory.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "platform/store/store.h"

namespace machiya::registers {

/// Lists as they were once read, and the records that were written since, which are asked for in the database. Thread-safe.
class TokenLists {
 public:
  /// Newest records that carry all of the tokens, at most `limit`. `tx` sees what touched() was told of, and no more.
  Result<std::vector<std::int64_t>> records(store::ReadTx& tx, const std::vector<std::int64_t>& tokens, std::size_t limit);
  /// Records from `first` to `last` may have other tokens now.
  void touched(std::int64_t first, std::int64_t last);
  void clear();

 private:
  using List = std::shared_ptr<const std::vector<std::int64_t>>;   ///< sorted
  Result<List> list_of(store::ReadTx& tx, std::int64_t token);
  std::mutex mutex_;
  std::unordered_map<std::int64_t, List> lists_;
  std::size_t entries_ = 0;
  std::set<std::int64_t> touched_;
};

}  // namespace machiya::registers
