#include "sense/livemap/livemap.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/log.h"
#include "sense/broker/entity_store.h"
#include "sense/history/history.h"
#include "sense/livemap/stand.h"

namespace machiya::sense::livemap {
namespace {

constexpr std::size_t kMostWaiting = 500'000;   ///< changes; beyond, everything is read anew
constexpr std::size_t kMostPast = 100'000;      ///< entities of a layer at a past moment
constexpr std::size_t kPastKept = 4;            ///< past moments in memory
constexpr std::size_t kMostCells = 3'000;       ///< told of one map in one second; beyond, everybody who looks at it is told
constexpr auto kTick = std::chrono::seconds(1);

struct Changed {
  std::string id;
  EntityPtr after;
};

using Layers = std::vector<std::shared_ptr<Stand>>;

/// Everything that follows from one city's definitions.
struct World {
  std::shared_ptr<const city::City> city;
  std::shared_ptr<const Wards> wards;
  std::map<std::string, Layers, std::less<>> maps;
};

}  // namespace

struct Livemap::Inside {
  explicit Inside(Parts given) : p(std::move(given)), words(1'000'000) {}
  Parts p;
  Names words;                               ///< of past entities

  mutable std::mutex queue_lock;
  std::vector<Changed> queue;
  bool overflown = false;

  std::mutex taking;                         ///< who takes the queue over, or makes a world; readers of `world` need not wait
  mutable std::mutex world_lock;
  std::shared_ptr<const World> world;
  std::map<std::string, std::set<std::tuple<int, std::uint32_t, std::uint32_t>>> touched;   ///< by map: cells that are to be told; guarded by `taking`
  std::int64_t clocked_at = 0;

  std::mutex past_lock;
  struct Past {
    std::string key;
    std::shared_ptr<const city::City> city;
    Layers layers;
  };
  std::deque<Past> past;

  std::mutex wake_lock;
  std::condition_variable wake;
  bool ending = false;
  std::thread thread;

  std::shared_ptr<const World> current();
  void take_over();
  std::shared_ptr<const World> made(const std::shared_ptr<const city::City>& city);
  void touch(const World& world, const std::string& map, const std::vector<Spot>& spots);
  void tell();
  Result<Layers> past_layers(const World& world, const Map& map, const Layers& now, Instant at);
};

Livemap::Livemap(Parts parts) : in_(std::make_unique<Inside>(std::move(parts))) {
  in_->p.entities.follow([in = in_.get()](EntityStore::Number, const Record& record) {
    if (!record.tenant.empty()) return;   // maps show the city's own entities
    std::lock_guard hold(in->queue_lock);
    if (in->queue.size() >= kMostWaiting) {
      in->queue.clear(), in->overflown = true;
      return;
    }
    if (!in->overflown) in->queue.push_back({std::string(record.entity().id), record.after});
  });
}

Livemap::~Livemap() { close(); }

void Livemap::start() {
  in_->thread = std::thread([this] {
    std::unique_lock hold(in_->wake_lock);
    while (!in_->wake.wait_for(hold, kTick, [this] { return in_->ending; })) {
      hold.unlock();
      tick();
      hold.lock();
    }
  });
}

void Livemap::close() {
  {
    std::lock_guard hold(in_->wake_lock);
    in_->ending = true;
  }
  in_->wake.notify_all();
  if (in_->thread.joinable()) in_->thread.join();
}

std::size_t Livemap::waiting() const {
  std::lock_guard hold(in_->queue_lock);
  return in_->queue.size();
}

std::shared_ptr<const city::City> Livemap::city() const { return in_->p.city(); }
std::shared_ptr<const Wards> Livemap::wards() { return in_->current()->wards; }

// The image is read after following began, and what was queued meanwhile comes on top: each change holds the whole entity, so that one that the
// image had already changes nothing.
std::shared_ptr<const World> Livemap::Inside::made(const std::shared_ptr<const city::City>& city) {
  auto out = std::make_shared<World>();
  out->city = city;
  out->wards = std::make_shared<const Wards>(city, p.boundaries, p.towns ? p.towns(*city) : nullptr);
  const Instant now = p.clock.now();
  for (const Map* map : maps_of(*city)) {
    Layers& layers = out->maps[map->id];
    for (const Layer& layer : map->layers) {
      auto bound = Bound::of(*map, layer, city);
      layers.push_back(nullptr);
      if (!bound) continue;
      EntityQuery query;
      query.entities.push_back({.type = TypeSelection::any({bound->type->iri})});
      const Found found = p.entities.find("", {.query = &query, .limit = SIZE_MAX});
      Things things(std::move(*bound), out->wards, now);
      things.load(found.entities, now);
      layers.back() = std::make_shared<Stand>(std::move(things));
    }
  }
  return out;
}

void Livemap::Inside::touch(const World&, const std::string& map, const std::vector<Spot>& spots) {
  if (!p.publish) return;
  auto& cells = touched[map];
  for (const Spot s : spots)
    for (const int z : kTold) {
      const TileId t = tile_of(s, z);
      cells.emplace(t.z, t.x, t.y);
    }
}

// With `taking` held.
void Livemap::Inside::take_over() {
  const auto city = p.city();
  std::shared_ptr<const World> now_there;
  {
    std::lock_guard hold(world_lock);
    now_there = world;
  }
  std::vector<Changed> changes;
  bool lost = false;
  {
    std::lock_guard hold(queue_lock);
    lost = std::exchange(overflown, false);
    // A world that is about to be made needs only what happens from here on.
    std::swap(changes, queue);
  }
  const Instant now = p.clock.now();
  if (city && (!now_there || now_there->city != city || lost)) {
    auto fresh = made(city);
    for (const auto& [map, layers] : fresh->maps) touched[map].emplace(0, 0, 0);
    std::lock_guard hold(world_lock);
    world = std::move(fresh);
    return;
  }
  if (!now_there) return;
  const bool minute = now.us - clocked_at >= kMinute;
  if (minute) clocked_at = now.us;
  for (const auto& [map, layers] : now_there->maps) {
    std::vector<Spot> spots;
    for (const auto& stand : layers) {
      if (!stand) continue;
      const bool due = stand->read([&](const Things& t) { return t.expires_before(now) || (minute && t.looks_at_clock()); });
      const bool concerned = stand->read([&](const Things& t) { return std::ranges::any_of(changes, [&](const Changed& c) { return (c.after && t.is_one(*c.after)) || t.has(c.id); }); });
      if (!due && !concerned) continue;
      stand->write([&](Things& t) {
        for (const Changed& c : changes) {
          const auto moved = t.put(c.id, c.after, now);
          if (moved.before) spots.push_back(*moved.before);
          if (moved.after && (!moved.before || !(*moved.after == *moved.before))) spots.push_back(*moved.after);
        }
        for (const Spot s : t.expire(now)) spots.push_back(s);
        if (minute && t.looks_at_clock()) t.again(now);
      });
    }
    touch(*now_there, map, spots);
  }
}

std::shared_ptr<const World> Livemap::Inside::current() {
  std::lock_guard take(taking);
  take_over();
  std::lock_guard hold(world_lock);
  return world;
}

void Livemap::Inside::tell() {
  decltype(touched) list;
  {
    std::lock_guard take(taking);
    std::swap(list, touched);
  }
  if (!p.publish) return;
  for (const auto& [map, cells] : list) {
    if (cells.empty()) continue;
    const bool all = cells.size() > kMostCells || cells.contains({0, 0, 0});
    if (all) {
      p.publish(topic_of(map, {}), "0/0/0");
      continue;
    }
    for (const auto& [z, x, y] : cells) p.publish(topic_of(map, {z, x, y}), std::to_string(z) + "/" + std::to_string(x) + "/" + std::to_string(y));
  }
}

void Livemap::tick() {
  in_->current();
  in_->tell();
}

Result<Layers> Livemap::Inside::past_layers(const World& world, const Map& map, const Layers& now, Instant at) {
  const std::string key = map.id + " " + std::to_string(at.us);
  std::lock_guard hold(past_lock);   // one at a time: it reads much
  std::erase_if(past, [&](const Past& one) { return one.city != world.city; });
  for (const Past& one : past)
    if (one.key == key) return one.layers;
  Layers out;
  for (const auto& stand : now) {
    out.push_back(nullptr);
    if (!stand) continue;
    const Bound& bound = stand->bound();
    std::vector<std::string> names{bound.place, bound.title};
    for (const auto* list : {&bound.shown, &bound.decides})
      for (const AttributeType* a : *list) names.push_back(a->iri);
    MACHIYA_TRY(const auto entities, p.history->as_of("", bound.type->iri, names, at, words, kMostPast));
    Things things(bound, world.wards, at);
    things.load(entities, at);
    out.back() = std::make_shared<Stand>(std::move(things));
  }
  past.push_front({key, world.city, out});
  if (past.size() > kPastKept) past.pop_back();
  return out;
}

Result<View> Livemap::view(std::string_view id, GatePtr gate, std::string_view lang, std::optional<Instant> at) {
  const auto world = in_->current();
  if (!world) return Error(ErrorCode::unavailable, "no city is loaded");
  const Map* map = world->city->get<Map>("map", id);
  const auto layers = world->maps.find(id);
  if (map == nullptr || layers == world->maps.end()) return Error(ErrorCode::not_found, "no such map");
  View out{world->city, world->wards, map, {}, {}, at, std::string(lang), gate};
  Layers shown = layers->second;
  bool any = false;
  for (const auto& stand : shown) {
    out.sights.push_back(stand ? stand->bound().sight(gate.get()) : Sight{});
    any = any || out.sights.back().layer;
  }
  if (!any) return Error(ErrorCode::not_found, "no layer of this map may be seen");
  if (at) {
    const Instant now = in_->p.clock.now();
    if (map->past_hours == 0 || in_->p.history == nullptr || at->us > now.us || at->us < now.us - (map->past_hours * kHour + map->step_minutes * kMinute))
      return Error(ErrorCode::invalid_input, "this moment is not kept for this map", "at");
    // Every asked moment is a step of the map: so they can be kept.
    out.at = Instant{at->us - at->us % (map->step_minutes * kMinute)};
    MACHIYA_TRY(shown, in_->past_layers(*world, *map, layers->second, *out.at));
  }
  out.layers.assign(shown.begin(), shown.end());
  return out;
}

std::vector<Instant> Livemap::moments(const Map& map, Instant now) {
  std::vector<Instant> out;
  if (map.past_hours == 0) return out;
  const std::int64_t step = map.step_minutes * kMinute;
  for (std::int64_t t = now.us - now.us % step; t >= now.us - map.past_hours * kHour; t -= step) out.push_back({t});
  return out;
}

std::string topic_of(std::string_view map, TileId cell) {
  return "map/" + std::string(map) + "/" + std::to_string(cell.z) + "/" + std::to_string(cell.x) + "/" + std::to_string(cell.y);
}

std::vector<std::string> topics_of(std::string_view map, const Box& seen) {
  std::vector<std::string> out{topic_of(map, {})};
  const Spot nw = spot_of({seen.west, seen.north}), se = spot_of({seen.east, seen.south});
  for (int i = static_cast<int>(std::size(kTold)) - 1; i >= 0; --i) {
    const int z = kTold[i];
    const TileId a = tile_of(nw, z), b = tile_of(se, z);
    if (b.x < a.x || b.y < a.y) break;
    if (i > 0 && std::uint64_t{b.x - a.x + 1} * (b.y - a.y + 1) > 9) continue;
    for (std::uint32_t x = a.x; x <= b.x; ++x)
      for (std::uint32_t y = a.y; y <= b.y; ++y) out.push_back(topic_of(map, {z, x, y}));
    break;
  }
  return out;
}

}  // namespace machiya::sense::livemap
