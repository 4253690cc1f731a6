#include "platform/http/rate_limit.h"

#include <arpa/inet.h>
#include <sys/random.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace machiya::http {
namespace {
std::uint64_t mix(std::uint64_t x) {  // finaliser of SplitMix64
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// An IPv6 client owns a /64 at least, so that is what counts.
std::uint64_t client_key(std::string_view client, std::uint64_t seed) {
  std::uint64_t h = seed;
  in6_addr v6{};
  if (client.find(':') != std::string_view::npos && ::inet_pton(AF_INET6, std::string(client).c_str(), &v6) == 1) {
    std::uint64_t network = 0;
    std::memcpy(&network, v6.s6_addr, 8);
    return mix(h ^ mix(network + 1));
  }
  for (unsigned char c : client) h = mix(h + c + 0x9e3779b97f4a7c15ULL);
  return h;
}
}  // namespace

RateLimiter::RateLimiter(std::size_t buckets)
    : sets_(std::max<std::size_t>(1, (buckets + kWays - 1) / kWays)), shards_(std::make_unique<std::mutex[]>(kShards)), seed_(1) {
  if (::getrandom(&seed_, sizeof seed_, 0) != sizeof seed_) seed_ = 1;  // the seed only spreads keys
}

int RateLimiter::take(std::string_view client, int route, int per_minute, Instant now) {
  if (per_minute <= 0) return 0;
  const std::uint64_t key = mix(client_key(client, seed_) ^ (static_cast<std::uint64_t>(route) + 0x9e3779b97f4a7c15ULL)) | 1;
  const std::size_t index = (key >> 8) % sets_.size();
  std::lock_guard lock(shards_[index % kShards]);
  Bucket* bucket = nullptr;
  Bucket* oldest = &sets_[index].buckets[0];
  for (Bucket& b : sets_[index].buckets) {
    if (b.key == key) bucket = &b;
    if (b.at_us < oldest->at_us) oldest = &b;
  }
  const double full = per_minute, per_us = per_minute / 60e6;
  if (!bucket) {
    *oldest = {key, now.us, full};
    bucket = oldest;
  }
  const double elapsed = static_cast<double>(std::max<std::int64_t>(0, now.us - bucket->at_us));
  bucket->tokens = std::min(full, bucket->tokens + elapsed * per_us);
  bucket->at_us = now.us;
  if (bucket->tokens < 1) return std::max(1, static_cast<int>(std::ceil((1 - bucket->tokens) / per_us / 1e6 - 1e-6)));
  bucket->tokens -= 1;
  return 0;
}

}  // namespace machiya::http
