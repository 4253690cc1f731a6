// Keys of ID columns taken from their sequences in blocks, so that a row's key is known before the row is written.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/store/pg_connection.h"

namespace machiya::store {

/// Of one store. Thread-safe. A block lives for a second: what is left then is dropped, so that the order of keys stays the order
/// of time among processes to about a second.
class PgKeys {
 public:
  /// The next key of `table`.id; asks the server through `connection` when none is left.
  Result<std::int64_t> next(std::string_view table, PgConnection& connection);

 private:
  struct Block {
    std::vector<std::int64_t> left;   ///< the smallest last
    std::chrono::steady_clock::time_point until;
  };
  std::mutex mutex_;
  std::map<std::string, Block, std::less<>> blocks_;
};

}  // namespace machiya::store
