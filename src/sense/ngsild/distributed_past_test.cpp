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
  EXPECT_EQ(source().seen.back().target.find("limit"), std::string::npos) << source().lines();   // the source makes its page as it likes
  EXPECT_EQ(ids(expect(200, "GET /temporal/entities?type=Vehicle&timerel=after&timeAt=2025-01-01T00:00:00Z&limit=1&offset=1")), "2");
  source().breaks("GET ");
  EXPECT_EQ(expect(200, past).header("NGSILD-Warning"), "199 - Miscellaneous Warning");
  EXPECT_EQ(expect(404, "GET /temporal/entities/urn:ngsi-ld:Vehicle:7").header("NGSILD-Warning"), "199 - Miscellaneous Warning");
}

// §5.6.11–§5.6.16: an inclusive source of history gets the writes that it can do, besides this broker.
TEST_F(DistributedPast, WritesOfEvolutionsReachSources) {
  const std::string every = R"(["upsertTemporal","appendAttrsTemporal","deleteAttrsTemporal","updateAttrInstanceTemporal","deleteAttrInstanceTemporal","deleteTemporal"])";
  source_is("inclusive", kVehicles, every, {}, "keeper");
  FakeSource& keeper = source("keeper");
  for (const char* method : {"POST ", "PATCH ", "DELETE "}) keeper.on(method, method == std::string("POST ") ? 201 : 204);
  const std::string past = std::string("/temporal") + kOne;
  EXPECT_EQ(expect(201, "POST /temporal/entities", vehicle(R"("speed":[)" + at(1, 1) + "]")).header("Location"), "/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Vehicle:1");
  EXPECT_EQ(keeper.lines(), "POST /temporal/entities");
  EXPECT_NE(keeper.seen[0].body.find(R"("speed":[)"), std::string::npos) << keeper.seen[0].body;
  keeper.on("POST ", 204);
  keeper.forget();
  expect(204, "POST " + past + "/attrs", R"({"speed":[)" + at(2, 2) + "]}");
  EXPECT_EQ(keeper.lines(), "POST " + past + "/attrs");
  keeper.forget();
  expect(204, "POST " + past + "/attrs?local=true", R"({"speed":[)" + at(3, 3) + "]}");
  EXPECT_EQ(keeper.lines(), "");
  expect(204, "DELETE " + past + "/attrs/speed?deleteAll=true");
  expect(204, "DELETE " + past);
  EXPECT_EQ(keeper.lines(), "DELETE " + past + "/attrs/speed?deleteAll=true\nDELETE " + past);
  EXPECT_EQ(source().lines(), "");   // it can only be asked
  keeper.on("DELETE ", 500);
  expect(201, "POST /temporal/entities", vehicle(R"("speed":[)" + at(1, 1) + "]"));
  EXPECT_NE(expect(207, "DELETE " + past).body.find("registrationId"), std::string::npos);
}

// What a proxied source owns is not kept here.
TEST_F(DistributedPast, AProxiedSourceKeepsItsEvolutionsAlone) {
  source_is("exclusive", kSpeed, R"(["upsertTemporal","updateAttrInstanceTemporal"])", {}, "owner");
  FakeSource& owner = source("owner");
  owner.on("POST ", 201), owner.on("PATCH ", 204);
  const std::string past = std::string("/temporal") + kOne;
  expect(201, "POST /temporal/entities", vehicle(R"("speed":[)" + at(1, 1) + R"(],"name":[)" + at(2, 2) + "]"));
  EXPECT_EQ(speeds(expect(200, "GET " + past + "?local=true").body), 1);
  EXPECT_EQ(owner.seen[0].body.find("name"), std::string::npos) << owner.seen[0].body;
  expect(204, "PATCH " + past + "/attrs/speed/urn:i:1", at(1, 5));
  EXPECT_EQ(owner.lines(), "POST /temporal/entities\nPATCH " + past + "/attrs/speed/urn:i:1");
  refused(409, "Conflict", "DELETE " + past + "/attrs/speed");
}

}  // namespace
}  // namespace machiya::sense::ngsild
