// The same question as SQL: the peer of temporal_bench.
#pragma once
#include <string>
#include <vector>

#include "platform/store/store.h"

namespace machiya::bench {

/// A table of points with its natural key, as one would write it; PostgreSQL only.
std::vector<store::Migration> peer_migrations();
struct PeerPoint {
  std::int64_t at_us;
  double value;
};
Result<void> add_points(store::Store& database, const std::string& entity, const std::string& attribute, const std::vector<PeerPoint>& points);
Result<void> analyze(store::Store& database);
/// Hours from `from_us` on with average, least and most. Answers how many hours there were.
Result<std::size_t> hours(store::Store& database, const std::string& entity, const std::string& attribute, std::int64_t from_us);

}  // namespace machiya::bench
