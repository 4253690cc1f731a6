// Token buckets per client and route in a fixed amount of memory.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace machiya::http {

/// A bucket holds a minute's worth of tokens and fills evenly. When a set of the table is full, the bucket that was
/// touched longest ago makes room: under a flood of addresses the limit becomes lenient, never the memory larger.
/// Thread-safe.
class RateLimiter {
 public:
  /// `buckets` is rounded up to whole sets; 24 bytes each.
  explicit RateLimiter(std::size_t buckets = 65'536);
  /// 0 when one more request of `client` (an address; IPv6 counts by /64) to route number `route` is fine, else the
  /// seconds to wait.
  int take(std::string_view client, int route, int per_minute, Instant now);

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kShards = 64;
  struct Bucket {
    std::uint64_t key = 0;
    std::int64_t at_us = 0;
    double tokens = 0;
  };
  struct Set {
    std::array<Bucket, kWays> buckets;
  };
  std::vector<Set> sets_;
  std::unique_ptr<std::mutex[]> shards_;
  std::uint64_t seed_;
};

}  // namespace machiya::http
