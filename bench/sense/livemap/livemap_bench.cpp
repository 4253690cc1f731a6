// Vector tiles of many points: ours beside PostGIS (ST_AsMVT, points in EPSG:3857 under a GiST index), the same points, the same tiles, one after the other.
//   livemap_bench ROOT COUNT [PG_URL]     ROOT: the repository. Without PG_URL ours alone.
// Ours are made in this process, PostGIS's fetched over a Unix socket as prepared statements: a round trip costs it some 0.05 ms.
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "base/rng.h"
#include "base/temporary_folder.h"
#include "base/time.h"
#include "platform/vault/vault.h"
#include "sense/access/access.h"
#include "sense/broker/entity_store.h"
#include "sense/broker/journal.h"
#include "sense/entities/read.h"
#include "sense/livemap/livemap.h"
#include "sense/livemap/livemap_sample.h"

using namespace machiya;
using namespace machiya::sense;
using namespace machiya::sense::livemap;

namespace {

struct Place {
  double lat, lon;
  int free;
  bool closed;
};

double now_ms() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Times {
  std::vector<double> ms;
  std::size_t bytes = 0;
  void print(const char* who, const char* what) {
    std::sort(ms.begin(), ms.end());
    double sum = 0;
    for (const double m : ms) sum += m;
    std::printf("%-8s %-26s %8.0f tiles/s   p50 %8.3f ms   p95 %8.3f ms   max %8.2f ms   %6.1f kB a tile (%zu tiles)\n", who, what, 1000.0 * static_cast<double>(ms.size()) / sum, ms[ms.size() / 2], ms[ms.size() * 95 / 100], ms.back(),
                static_cast<double>(bytes) / 1000 / static_cast<double>(ms.size()), ms.size());
    std::fflush(stdout);
  }
};

int klass_of(const Place& p) { return p.closed ? 0 : p.free < 1 ? 1 : p.free < 10 ? 2 : 3; }

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

class Peer {
 public:
  Peer(const char* url, const std::vector<Place>& places) : connection_(PQconnectdb(url)) {
    if (PQstatus(connection_) != CONNECTION_OK) die(PQerrorMessage(connection_));
    run("CREATE EXTENSION IF NOT EXISTS postgis");
    run("DROP TABLE IF EXISTS place");
    run("CREATE TABLE place (id text, title text, class int, free int, spaces int, state text, lon float8, lat float8)");
    PQclear(PQexec(connection_, "COPY place FROM STDIN"));
    for (std::size_t i = 0; i < places.size(); ++i) {
      const Place& p = places[i];
      char line[300];
      const int n = std::snprintf(line, sizeof line, "urn:ngsi-ld:TestParking:%zu\t駐輪場 %zu\t%d\t%d\t%d\t%s\t%.7f\t%.7f\n", i, i, klass_of(p), p.free, p.free + 20, p.closed ? "closed" : "open", p.lon, p.lat);
      PQputCopyData(connection_, line, n);
    }
    PQputCopyEnd(connection_, nullptr);
    while (PGresult* result = PQgetResult(connection_)) PQclear(result);
    run("ALTER TABLE place ADD COLUMN geom geometry(Point, 3857)");
    run("UPDATE place SET geom = ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 3857)");
    run("CREATE INDEX ON place USING gist (geom)");
    run("VACUUM ANALYZE place");
    prepare("points", "SELECT ST_AsMVT(t, 'parkings', 4096, 'geom') FROM (SELECT ST_AsMVTGeom(geom, ST_TileEnvelope($1, $2, $3), 4096, 0, true) AS geom, id, title, class, free, spaces, state "
                      "FROM place WHERE geom && ST_TileEnvelope($1, $2, $3)) t");
    // Eight by eight cells of the tile, counts by class, the middle of the points.
    prepare("clusters",
            "SELECT ST_AsMVT(t, 'parkings', 4096, 'geom') FROM (SELECT ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(avg(x), avg(y)), 3857), env, 4096, 0, true) AS geom, count(*) AS count, count(*) FILTER (WHERE class = 0) AS n0, "
            "count(*) FILTER (WHERE class = 1) AS n1, count(*) FILTER (WHERE class = 2) AS n2, count(*) FILTER (WHERE class = 3) AS n3 FROM (SELECT ST_X(geom) AS x, ST_Y(geom) AS y, class, env, "
            "floor((ST_X(geom) - ST_XMin(env)) / (ST_XMax(env) - ST_XMin(env)) * 8) AS cx, floor((ST_Y(geom) - ST_YMin(env)) / (ST_YMax(env) - ST_YMin(env)) * 8) AS cy "
            "FROM place, (SELECT ST_TileEnvelope($1, $2, $3) AS env) e WHERE geom && env) p GROUP BY cx, cy, env) t");
  }
  ~Peer() { PQfinish(connection_); }

  std::size_t tile(const char* statement, TileId t) {
    const std::string texts[] = {std::to_string(t.z), std::to_string(t.x), std::to_string(t.y)};
    const char* values[] = {texts[0].c_str(), texts[1].c_str(), texts[2].c_str()};
    PGresult* result = PQexecPrepared(connection_, statement, 3, values, nullptr, nullptr, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) die(PQerrorMessage(connection_));
    const auto bytes = static_cast<std::size_t>(PQgetlength(result, 0, 0));
    PQclear(result);
    return bytes;
  }

 private:
  PGconn* connection_;
  void check(PGresult* result) {
    const auto status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) die(PQerrorMessage(connection_));
    PQclear(result);
  }
  void run(const char* sql) { check(PQexec(connection_, sql)); }
  void prepare(const char* name, const char* sql) {
    const Oid types[] = {23, 23, 23};
    check(PQprepare(connection_, name, sql, 3, types));
  }
};

EntityStore::Make putting(Contexts& contexts, std::string text) {
  return [&contexts, text = std::move(text)](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    tree::Arena arena;
    MACHIYA_TRY(const auto body, tree::parse(text, arena));
    MACHIYA_TRY(const auto draft, read_entity(body, BodyOf::append, *contexts.core(), arena));
    return current ? append_attributes(current, draft, false, context) : create_entity(draft, context);
  };
}

std::string body_of(std::size_t i, const Place& p) {
  char text[500];
  std::snprintf(text, sizeof text, R"({"id":"urn:ngsi-ld:TestParking:%zu","type":"TestParking","name":"駐輪場 %zu","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[%.7f,%.7f]}},"spaces":%d,"free":%d,"state":"%s"})", i, i, p.lon, p.lat,
                p.free + 20, p.free, p.closed ? "closed" : "open");
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) die("livemap_bench ROOT COUNT [PG_URL]");
  const auto count = static_cast<std::size_t>(std::atol(argv[2]));
  TemporaryFolder folder("livemap-bench");
  city::TestFolder files;
  testing::write_city(files, argv[1]);
  const auto report = files.load({entity_type_kind(), map_kind()});
  if (!report.city) die(city::to_line(report.faults.front()));
  SeededRng random(7);
  std::vector<Place> places;
  const auto part = [&] { return (static_cast<double>(random.below(1'000'000)) + static_cast<double>(random.below(1'000'000))) / 2e6; };
  for (std::size_t i = 0; i < count; ++i)
    places.push_back({testing::kSouth + part() * (testing::kNorth - testing::kSouth), testing::kWest + part() * (testing::kEast - testing::kWest), static_cast<int>(random.below(60)), random.below(12) == 0});

  SystemClock clock;
  vault::SystemRng rng;
  Contexts contexts{nullptr};
  auto entities = EntityStore::open(open_file_journal(folder.path() + "/broker").value(), clock, rng).value();
  const auto city = report.city;
  Livemap maps({*entities, nullptr, clock, [city] { return city; }});
  std::vector<EntityStore::Item> items;
  for (std::size_t i = 0; i < count; ++i) {
    items.push_back({"urn:ngsi-ld:TestParking:" + std::to_string(i), putting(contexts, body_of(i, places[i]))});
    if (items.size() < 5000 && i + 1 < count) continue;
    for (const auto& done : entities->write_all("", items))
      if (!done.ok()) die(done.error().to_string());
    items.clear();
    if (maps.waiting() > 400'000) maps.tick();
  }
  const double begun = now_ms();
  maps.tick();
  std::printf("%zu points; taken over in %.0f ms\n", count, now_ms() - begun);
  Access access({.city = [city] { return city; }});
  const GatePtr visitor = access.gate({});

  std::vector<TileId> low, high;
  for (int i = 0; i < 1200; ++i) {
    const Place& p = places[random.below(count)];
    const Spot at = spot_of({p.lon, p.lat});
    low.push_back(tile_of(at, 6 + i % 8)), high.push_back(tile_of(at, 14 + i % 5));
  }
  const auto ours = [&](const std::vector<TileId>& tiles, const char* what) {
    Times times;
    for (const TileId t : tiles) {
      const double from = now_ms();
      const auto view = maps.view("parkings", visitor, "ja");
      times.bytes += vector_tile(*view, t).size();
      times.ms.push_back(now_ms() - from);
    }
    times.print("ours", what);
  };
  ours(low, "clusters, zoom 6-13");
  ours(high, "points, zoom 14-18");
  // While a twentieth of a per cent of all points changes between two tiles.
  {
    Times times;
    for (std::size_t i = 0; i < 300; ++i) {
      for (std::size_t k = 0; k < std::max<std::size_t>(1, count / 2000); ++k) {
        const std::size_t which = random.below(count);
        places[which].free = static_cast<int>(random.below(60));
        items.push_back({"urn:ngsi-ld:TestParking:" + std::to_string(which), putting(contexts, body_of(which, places[which]))});
      }
      for (const auto& done : entities->write_all("", items))
        if (!done.ok()) die(done.error().to_string());
      items.clear();
      const double from = now_ms();
      const auto view = maps.view("parkings", visitor, "ja");
      times.bytes += vector_tile(*view, low[i]).size();
      times.ms.push_back(now_ms() - from);
    }
    times.print("ours", "clusters after changes");
  }
  {
    const auto view = maps.view("parkings", visitor, "ja");
    Times times;
    for (int i = 0; i < 100; ++i) {
      const Place& p = places[random.below(count)];
      const auto area = Area::parse({.circle = std::to_string(p.lat) + "," + std::to_string(p.lon) + ",1000"}, *view->wards);
      const double from = now_ms();
      times.bytes += figures(*view, *area)[0].count;
      times.ms.push_back(now_ms() - from);
    }
    times.print("ours", "figures of a circle, 1 km");
  }
  if (argc < 4) return 0;
  Peer peer(argv[3], places);
  const auto theirs = [&](const char* statement, std::vector<TileId> tiles, const char* what) {
    tiles.resize(std::min<std::size_t>(tiles.size(), count > 200'000 ? 40 : 400));
    Times times;
    for (const TileId t : tiles) peer.tile(statement, t);   // once, so that everything is in memory
    for (const TileId t : tiles) {
      const double from = now_ms();
      times.bytes += peer.tile(statement, t);
      times.ms.push_back(now_ms() - from);
    }
    times.print("PostGIS", what);
  };
  theirs("clusters", low, "clusters, zoom 6-13");
  theirs("points", high, "points, zoom 14-18");
  return 0;
}
