#include "sense/ngsild/entity_maps.h"

#include <algorithm>

#include "sense/ngsild/distribution.h"

namespace machiya::sense::ngsild {
namespace {

Error absent() { return Error(ErrorCode::not_found, "there is no such entity map"); }

// The map that the request names: its id, or its address.
std::string_view named(const Call& call) {
  const std::string_view header = call.request.header("ngsild-entitymap");
  constexpr std::string_view kPlace = "/entityMaps/";
  const std::size_t at = header.find(kPlace);
  return at == std::string_view::npos ? header : header.substr(at + kPlace.size());
}

std::string location(const EntityMap& map) { return std::string(kBase) + "/entityMaps/" + map.id; }

void narrow(EntityQuery& query, const EntityMap& map) {
  if (query.entities.empty()) query.entities.emplace_back();
  for (EntitySelector& s : query.entities) {
    std::vector<std::string> ids;
    for (const std::string& id : map.ids)
      if (s.ids.empty() || std::ranges::find(s.ids, id) != s.ids.end()) ids.push_back(id);
    if (ids.empty()) ids.emplace_back("urn:ngsi-ld:none");   // an empty list would mean every id
    s.ids = std::move(ids);
  }
}

}  // namespace

Result<EntityMap> EntityMaps::make(std::string_view tenant, std::vector<std::string> ids, std::int64_t lifetime_us, std::vector<std::vector<std::string>> sources) {
  if (ids.size() > options_.most_ids) return Error(ErrorCode::limit_exceeded, "too many entities for a map", std::string(reason::kTooMany));
  const std::int64_t now = clock_.now().us;
  EntityMap map{"urn:ngsi-ld:EntityMap:" + new_public_id(rng_), std::string(tenant), now + std::min(lifetime_us > 0 ? lifetime_us : options_.lifetime_us, options_.most_lifetime_us), std::move(ids), std::move(sources)};
  std::lock_guard hold(mutex_);
  std::erase_if(maps_, [now](const auto& m) { return m.second.expires_us <= now; });
  if (maps_.size() >= options_.most) maps_.erase(std::ranges::min_element(maps_, {}, [](const auto& m) { return m.second.expires_us; }));
  maps_.emplace(map.id, map);
  return map;
}

std::optional<EntityMap> EntityMaps::find(std::string_view tenant, std::string_view id) const {
  std::lock_guard hold(mutex_);
  const auto it = maps_.find(id);
  if (it == maps_.end() || it->second.tenant != tenant || it->second.expires_us <= clock_.now().us) return std::nullopt;
  return it->second;
}

Result<void> EntityMaps::set_expiry(std::string_view tenant, std::string_view id, std::int64_t expires_us) {
  if (!find(tenant, id)) return absent();
  const std::int64_t most = clock_.now().us + options_.most_lifetime_us;
  std::lock_guard hold(mutex_);
  if (const auto it = maps_.find(id); it != maps_.end()) it->second.expires_us = std::min(expires_us, most);
  return {};
}

Result<void> EntityMaps::remove(std::string_view tenant, std::string_view id) {
  if (!find(tenant, id)) return absent();
  std::lock_guard hold(mutex_);
  maps_.erase(std::string(id));
  return {};
}

namespace {

using IdsAndSources = std::function<Result<std::vector<std::string>>(std::vector<std::vector<std::string>>& sources)>;

Result<MapUse> map_for(Call& call, Asking& asking, const IdsAndSources& found) {
  EntityMaps* maps = call.broker.maps;
  const std::string_view asked = named(call);
  if (maps == nullptr || !call.snapshot.empty() || (asked.empty() && !asking.map)) return MapUse();   // a snapshot is of one moment as it is
  if (!asked.empty())
    if (const auto map = maps->find(call.owner(), asked)) {
      narrow(asking.query, *map);
      return MapUse{location(*map), false};
    }
  std::vector<std::vector<std::string>> sources;
  MACHIYA_TRY(std::vector<std::string> ids, found(sources));
  MACHIYA_TRY(const EntityMap map, maps->make(call.owner(), std::move(ids), asking.map_lifetime_us, std::move(sources)));
  return MapUse{location(map), true};
}

}  // namespace

Result<MapUse> use_map(Call& call, Asking& asking) {
  std::optional<Everywhere> everywhere;
  return use_map(call, asking, everywhere);
}

Result<MapUse> use_map(Call& call, Asking& asking, std::optional<Everywhere>& everywhere) {
  return map_for(call, asking, [&](std::vector<std::vector<std::string>>& sources) -> Result<std::vector<std::string>> {
    MACHIYA_TRY(everywhere, find_everywhere(call, asking));
    std::vector<std::string> ids;
    if (everywhere) {
      for (const EntityPtr& e : everywhere->entities) ids.emplace_back(e->id);
      sources = everywhere->sources;
      return ids;
    }
    const Found all = call.find({.query = &asking.query, .order = &asking.order, .limit = SIZE_MAX});
    for (const EntityPtr& e : all.entities) ids.emplace_back(e->id);
    return ids;
  });
}

Result<MapUse> use_map(Call& call, Asking& asking, const std::function<Result<std::vector<std::string>>()>& found) {
  return map_for(call, asking, [&](std::vector<std::vector<std::string>>&) { return found(); });
}

Result<MapUse> use_map_of(Call& call, const Asking& asking, const std::string& id) {
  EntityMaps* maps = call.broker.maps;
  const std::string_view asked = named(call);
  if (maps == nullptr || !call.snapshot.empty() || (asked.empty() && !asking.map)) return MapUse();   // a snapshot is of one moment as it is
  if (!asked.empty())
    if (const auto map = maps->find(call.owner(), asked)) return MapUse{location(*map), false};
  MACHIYA_TRY(const EntityMap map, maps->make(call.owner(), {id}, asking.map_lifetime_us));
  return MapUse{location(map), true};
}

}  // namespace machiya::sense::ngsild
