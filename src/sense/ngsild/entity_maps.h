// Entity maps (§5.14): which entities a query found, kept for a while, so that its pages are of one moment. In memory: a start forgets them, and whoever names one
// that is not there gets a new one (§5.5.14).
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "sense/ngsild/asking.h"

namespace machiya::sense::ngsild {

struct EntityMap {
  std::string id, tenant;
  std::int64_t expires_us = 0;      ///< µs since 1970
  std::vector<std::string> ids;     ///< of entities
  std::vector<std::vector<std::string>> sources;   ///< of each: ids of registrations, "@none" for this broker; empty: all of them are held here
};

/// Any thread may call. `tenant` is Call::owner(): what one asker's query found is nobody else's.
class EntityMaps {
 public:
  struct Options {
    std::int64_t lifetime_us = 5 * kMinute, most_lifetime_us = kHour;   ///< when nobody says how long; at most
    std::size_t most = 1000, most_ids = 10'000;                         ///< maps; entities of one
  };
  EntityMaps(Clock& clock, Rng& rng, Options options) : clock_(clock), rng_(rng), options_(options) {}
  EntityMaps(Clock& clock, Rng& rng) : EntityMaps(clock, rng, Options()) {}
  /// `lifetime_us` 0: as we like. limit_exceeded (TooManyResults). When there are too many maps, the one that would go first goes.
  Result<EntityMap> make(std::string_view tenant, std::vector<std::string> ids, std::int64_t lifetime_us, std::vector<std::vector<std::string>> sources = {});
  /// Not expired, of this tenant.
  std::optional<EntityMap> find(std::string_view tenant, std::string_view id) const;
  /// not_found.
  Result<void> set_expiry(std::string_view tenant, std::string_view id, std::int64_t expires_us);
  Result<void> remove(std::string_view tenant, std::string_view id);

 private:
  Clock& clock_;
  Rng& rng_;
  Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, EntityMap, std::less<>> maps_;
};

/// What a query does with a map: where it lies ("" for none), and whether it was made just now.
struct MapUse {
  std::string location;
  bool created = false;
};
struct Everywhere;
/// Takes the map that the request names, or makes one when it asks for one or names one that is gone; the query then finds what stands in the map only.
Result<MapUse> use_map(Call& call, Asking& asking);
/// The same over all sources; what had to be found for a new map is given to `everywhere`.
Result<MapUse> use_map(Call& call, Asking& asking, std::optional<Everywhere>& everywhere);
/// The same where `ids` says what the query finds (evolutions).
Result<MapUse> use_map(Call& call, Asking& asking, const std::function<Result<std::vector<std::string>>()>& ids);
/// The same for one entity (§5.7.1.4).
Result<MapUse> use_map_of(Call& call, const Asking& asking, const std::string& id);

}  // namespace machiya::sense::ngsild
