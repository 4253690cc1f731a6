// Evolutions that sources of history know of, too (§5.7.3, §5.7.4).
#include "sense/history/history.h"
#include "sense/ngsild/distributed_bench.h"
#include "sense/ngsild/temporal_http.h"
#include "sense/series/series.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
}

namespace machiya::sense::ngsild {
namespace {

class DistributedPast : public DistributedBench {
 protected:
  std::unique_ptr<series::Store> numbers;
  std::unique_ptr<History> history;
  DistributedPast() {
    std::vector<store::Migration> all = sql_migrations_series();
    for (const auto& m : history_migrations()) all.push_back(m);
    EXPECT_TRUE(store->migrate(all).ok());
    numbers = std::move(*series::open_files(home.path() + "/series"));
    history = History::open(*store, *numbers, clock, rng).value();
    add_temporal_routes({router, *broker, "public", "public"}, *history);
    source_is("inclusive", kVehicles, R"(["retrieveTemporal","queryTemporal"])", R"("observationInterval":{"startAt":"2020-01-01T00:00:00Z"})");
  }
  static std::string at(int day, int value) { return R"({"type":"Property","value":)" + std::to_string(value) + R"(,"instanceId":"urn:i:)" + std::to_string(value) + R"(","observedAt":"2026-01-0)" + std::to_string(day) + R"(T00:00:00Z"})"; }
  static int speeds(const std::string& body) {
    int out = 0;
    for (std::size_t i = body.find("observedAt"); i != std::string::npos; i = body.find("observedAt", i + 1)) ++out;
    return out;
  }
};

TEST_F(DistributedPast, InstancesOfAllSourcesStandTogether) {
  expect(201, "POST /temporal/entities", vehicle(R"("speed":[)" + at(1, 1) + "]"));
  source().on("GET /temporal/entities/urn:ngsi-ld:Vehicle:1", 200, vehicle(R"("speed":[)" + at(2, 2) + "," + at(3, 3) + "]"));
  const std::string past = std::string("GET /temporal") + kOne;
  EXPECT_EQ(speeds(expect(200, past + "?timerel=after&timeAt=2025-01-01T00:00:00Z").body), 3);
  EXPECT_EQ(source().lines(), past + "?timerel=after&timeAt=2025-01-01T00:00:00Z");
  EXPECT_EQ(speeds(expect(200, past + "?local=true").body), 1);
  source().on("GET /temporal/entities/urn:ngsi-ld:Vehicle:3", 200, entity("urn:ngsi-ld:Vehicle:3", R"("speed":[)" + at(2, 2) + "]", "Vehicle"));
  EXPECT_EQ(speeds(expect(200, "GET /temporal/entities/urn:ngsi-ld:Vehicle:3").body), 1);   // only the source knows it
  source().on("GET /temporal/entities?", 200, "[" + entity("urn:ngsi-ld:Vehicle:2", R"("speed":[)" + at(2, 2) + "]", "Vehicle") + "]");
  const Answer both = expect(200, "GET /temporal/entities?type=Vehicle&timerel=after&timeAt=2025-01-01T00:00:00Z&count=true");
  EXPECT_EQ(ids(both), "1 2");
  EXPECT_EQ(both.header("NGSILD-Results-Count"), "2");
  EXPECT_EQ(ids(expect(200, "GET /temporal/entities?type=Vehicle&timerel=after&timeAt=2025-01-01T00:00:00Z&limit=1&offset=1")), "2");
  source().breaks("GET ");
  EXPECT_EQ(expect(200, past).header("NGSILD-Warning"), "199 - Miscellaneous Warning");
  EXPECT_EQ(expect(404, "GET /temporal/entities/urn:ngsi-ld:Vehicle:7").header("NGSILD-Warning"), "199 - Miscellaneous Warning");
}

}  // namespace
}  // namespace machiya::sense::ngsild
