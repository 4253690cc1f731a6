// Update operators and forcedUpdate through the router: by every way of writing. Faults that were tried: the type of the request left out of compute(), forced() that keeps
// the value before.
#include "sense/ngsiv2/bench.h"

namespace machiya::sense::ngsiv2 {
namespace {

class OperatorsV2 : public Bench {};
MACHIYA_ON_BOTH_ENGINES(OperatorsV2);

TEST_P(OperatorsV2, EveryWayToWrite) {
  create(R"({"id":"Z","type":"Zone","count":{"type":"Integer","value":43,"metadata":{"source":{"value":"gate A"}}},"list":{"value":[1]},"o":{"value":{"a":1}}})");
  expect(204, "PUT /v2/entities/Z/attrs/count", R"({"value":{"$inc":1}})");
  same("GET /v2/entities/Z/attrs/count", R"({"type":"Integer","value":44,"metadata":{"source":{"type":"Text","value":"gate A"}}})");
  expect(204, "PUT /v2/entities/Z/attrs/count", R"({"type":"Number","value":{"$inc":1},"metadata":{"source":{"value":"gate B"}}})");
  same("GET /v2/entities/Z/attrs/count", R"({"type":"Number","value":45,"metadata":{"source":{"type":"Text","value":"gate B"}}})");
  expect(204, "PUT /v2/entities/Z/attrs/count/value", R"({"$mul":2})");
  expect(204, "PATCH /v2/entities/Z/attrs?options=keyValues", R"({"count":{"$max":91},"list":{"$push":2}})");
  expect(204, "POST /v2/entities/Z/attrs", R"({"fresh":{"value":{"$inc":7}},"o":{"value":{"$set":{"b":2}}}})");
  expect(204, "POST /v2/op/update", R"({"actionType":"update","entities":[{"id":"Z","type":"Zone","list":{"value":{"$addToSet":3}}}]})");
  expect(204, "POST /v2/entities?options=upsert", R"({"id":"Z","type":"Zone","count":{"value":{"$inc":9}}})");
  same("GET /v2/entities/Z?options=keyValues", R"({"id":"Z","type":"Zone","count":100,"list":[1,2,3],"o":{"a":1,"b":2},"fresh":7})");
  // What NGSI-LD sees is the value, never the operator.
  EXPECT_NE(expect(200, "GET /ngsi-ld/v1/entities/urn:ngsiv2:Z:Zone?options=keyValues").body.find("\"count\":100"), std::string::npos);
}

TEST_P(OperatorsV2, WhereThereWasNothing) {
  create(R"({"id":"N","type":"T","n":{"value":{"$inc":2}},"l":{"value":{"$push":"x"}}})");
  same("GET /v2/entities/N?options=keyValues", R"({"id":"N","type":"T","n":2,"l":["x"]})");
  expect(204, "PUT /v2/entities/N/attrs", R"({"n":{"value":{"$inc":5}}})");
  same("GET /v2/entities/N?options=keyValues", R"({"id":"N","type":"T","n":5})");
}

TEST_P(OperatorsV2, WhatIsRefusedChangesNothing) {
  create(R"({"id":"A","type":"T","n":{"value":1},"t":{"value":"x"}})");
  refused(422, "Unprocessable", "PATCH /v2/entities/A/attrs", R"({"n":{"value":2},"t":{"value":{"$inc":1}}})");
  bad("PATCH /v2/entities/A/attrs", R"({"n":{"value":{"$inc":"x"}}})");
  bad("PATCH /v2/entities/A/attrs", R"({"n":{"value":{"$inc":1,"$mul":2}}})");
  refused(404, "NotFound", "PUT /v2/entities/A/attrs/absent", R"({"value":{"$inc":1}})");
  same("GET /v2/entities/A?options=keyValues", R"({"id":"A","type":"T","n":1,"t":"x"})");
  // An object that only looks like one is a value.
  expect(204, "PATCH /v2/entities/A/attrs", R"({"n":{"value":{"$inc":1,"x":2}}})");
  same("GET /v2/entities/A/attrs/n/value", R"({"$inc":1,"x":2})", {{"accept", "application/json"}});
}

TEST_P(OperatorsV2, ForcedUpdatesAreTold) {
  create(R"({"id":"A","type":"T","n":{"value":1}})");
  expect(201, "POST /v2/subscriptions", R"({"subject":{"entities":[{"id":"A","type":"T"}]},"notification":{"http":{"url":"http://h:1/n"},"metadata":["previousValue","actionType"]}})");
  expect(204, "PATCH /v2/entities/A/attrs", R"({"n":{"value":1}})");
  EXPECT_EQ(news().size(), 0u);
  for (const char* line : {"PATCH /v2/entities/A/attrs?options=forcedUpdate", "POST /v2/entities/A/attrs?options=forcedUpdate", "PUT /v2/entities/A/attrs?options=forcedUpdate"}) {
    expect(204, line, R"({"n":{"value":1}})");
    const auto told = news();
    ASSERT_EQ(told.size(), 1u) << line;
    EXPECT_NE(told[0].body.find(R"("n":{"type":"Number","value":1,"metadata":{"previousValue":{"type":"Number","value":1},"actionType":{"type":"Text","value":"update"}}})"), std::string::npos) << told[0].body;
  }
  expect(204, "PUT /v2/entities/A/attrs/n?options=forcedUpdate,flowControl", R"({"value":1})");
  expect(204, "PUT /v2/entities/A/attrs/n/value?options=forcedUpdate", "1", {{"content-type", "text/plain"}});
  expect(204, "POST /v2/op/update?options=forcedUpdate", R"({"actionType":"append","entities":[{"id":"A","type":"T","n":{"value":1}}]})");
  EXPECT_EQ(news().size(), 3u);
  // It stands in the journal: after a crash it is told once more.
  expect(204, "PATCH /v2/entities/A/attrs?options=forcedUpdate", R"({"n":{"value":1}})");
  crash();
  EXPECT_GE(news().size(), 1u);
}

TEST_P(OperatorsV2, AnOperatorIsToldAsWhatItMade) {
  create(R"({"id":"A","type":"T","n":{"value":1}})");
  expect(201, "POST /v2/subscriptions", R"({"subject":{"entities":[{"id":"A","type":"T"}]},"notification":{"http":{"url":"http://h:1/n"},"attrsFormat":"keyValues"}})");
  expect(204, "PATCH /v2/entities/A/attrs", R"({"n":{"value":{"$inc":2}}})");
  const auto told = news();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].body.find(R"("n":3)"), std::string::npos) << told[0].body;
}

}  // namespace
}  // namespace machiya::sense::ngsiv2
