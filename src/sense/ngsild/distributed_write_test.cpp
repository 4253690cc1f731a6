// Writes with registered sources (§4.3.6, §5.6). Without the split of plan_write D001_01_exc and all of its kind would fail.
#include "sense/ngsild/distributed_bench.h"

namespace machiya::sense::ngsild {
namespace {

class DistributedWrite : public DistributedBench {};

constexpr const char* kSpeedValue = R"("speed":{"type":"Property","value":55})";
constexpr const char* kBrandValue = R"("brandName":{"type":"Property","value":"Mercedes"})";
const std::string kBoth = std::string(kSpeedValue) + "," + kBrandValue;

TEST_F(DistributedWrite, CreateGivesEachItsPart) {
  NGSI("D001_01_exc", "4.3.6.3 5.6.1");
  source_is("exclusive", kSpeed, kRedirection);
  source().on("POST /entities", 201);
  const Answer made = expect(201, "POST /entities", vehicle(kBoth));
  EXPECT_EQ(made.header("Location"), "/ngsi-ld/v1/entities/urn:ngsi-ld:Vehicle:1");
  ASSERT_EQ(source().seen.size(), 1u);
  EXPECT_EQ(source().lines(), "POST /entities");
  same(source().seen[0].body, vehicle(kSpeedValue));
  same(local().body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","brandName":"Mercedes"})");
  EXPECT_NE(source().seen[0].header("Link").find(kSuiteContext), std::string::npos);
  EXPECT_EQ(source().seen[0].header("Via"), "1.1 broker-a");
}

TEST_F(DistributedWrite, WhatIsWrongGoesNowhere) {
  NGSI("D001_02_inc", "5.6.1");
  source_is("inclusive", kVehicles, kRedirection);
  bad("POST /entities", entity("no uri", kSpeedValue, "Vehicle"));
  bad("POST /entities", vehicle(R"("speed":{"type":"Property"})"));
  bad(std::string("PATCH ") + kOne + "/attrs", R"({"speed":{"type":"Property"}})");
  EXPECT_EQ(source().lines(), "");
}

TEST_F(DistributedWrite, CreateOfWhatIsThereAlreadyIsToldInParts) {
  NGSI("D001_03_01_inc", "5.6.1 6.3.3");
  source_is("inclusive", kVehicles, kRedirection);
  source().on("POST /entities", 201);
  create("urn:ngsi-ld:Vehicle:1", kSpeedValue, "Vehicle");
  const Answer partly = expect(207, "POST /entities", vehicle(kSpeedValue));
  EXPECT_NE(partly.body.find(R"("success":["urn:ngsi-ld:Vehicle:1"])"), std::string::npos) << partly.body;
  EXPECT_NE(partly.body.find("errors/AlreadyExists"), std::string::npos) << partly.body;

  NGSI("D001_03_02_inc", "5.6.1 6.3.3");
  source().on("POST /entities", 409, problem_body("AlreadyExists"));
  const Answer none = expect(207, "POST /entities", vehicle(kSpeedValue));
  EXPECT_NE(none.body.find(R"("success":[])"), std::string::npos) << none.body;
  EXPECT_NE(none.body.find(R"("registrationId":"urn:ngsi-ld:ContextSourceRegistration:source")"), std::string::npos) << none.body;
}

TEST_F(DistributedWrite, SourcesThatCannotCreateAreAConflictOrLeftOut) {
  NGSI("5614_01_01", "5.6.1 4.20");
  source_is("redirect", kVehicles, R"(["retrieveOps"])");
  refused(409, "Conflict", "POST /entities", vehicle(kSpeedValue));
  expect(404, std::string("GET ") + kOne + "?local=true");
  NGSI("5614_01_03", "5.6.2 4.20");
  refused(409, "Conflict", std::string("PATCH ") + kOne + "/attrs", "{" + std::string(kSpeedValue) + "}");
  EXPECT_EQ(source().lines(), "");
}

TEST_F(DistributedWrite, AnInclusiveSourceThatCannotCreateIsNotAsked) {
  NGSI("5614_01_02", "5.6.1 4.20");
  source_is("inclusive", kVehicles, R"(["retrieveOps"])");
  expect(201, "POST /entities", vehicle(kSpeedValue));
  EXPECT_EQ(source().lines(), "");
  expect(200, std::string("GET ") + kOne);
}

TEST_F(DistributedWrite, DeleteGoesToAllWhoHaveAPart) {
  NGSI("D002_01_exc", "5.6.6");
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("exclusive", kSpeed, kRedirection);
  source().on("DELETE /entities/urn:ngsi-ld:Vehicle:1", 204);
  expect(204, std::string("DELETE ") + kOne);
  EXPECT_EQ(source().lines(), std::string("DELETE ") + kOne);
  // Nothing of it is here any more: the source's part alone is enough.
  expect(204, std::string("DELETE ") + kOne);
}

TEST_F(DistributedWrite, DeleteOfWhatOnlyOneHasIsTold) {
  NGSI("D002_01_inc", "5.6.6");
  source_is("inclusive", kVehicles, kRedirection);
  source().on("DELETE ", 204);
  create("urn:ngsi-ld:Vehicle:2", kBrandValue, "Vehicle2");
  expect(201, "POST /entities?local=true", vehicle(kSpeedValue));
  expect(204, std::string("DELETE ") + kOne);
  expect(404, std::string("GET ") + kOne + "?local=true");
  NGSI("D002_02_02_inc", "5.6.6 6.3.3");
  const Answer there = expect(207, std::string("DELETE ") + kOne);
  EXPECT_NE(there.body.find(R"("success":["urn:ngsi-ld:Vehicle:1"])"), std::string::npos) << there.body;
  EXPECT_NE(there.body.find("errors/ResourceNotFound"), std::string::npos) << there.body;
  NGSI("D002_03_inc", "5.6.6 6.3.18");
  expect(201, "POST /entities?local=true", vehicle(kSpeedValue));
  source().forget();
  expect(204, std::string("DELETE ") + kOne + "?local=true");
  EXPECT_EQ(source().lines(), "");
}

TEST_F(DistributedWrite, DeleteWithASourceThatCannotIsDoneInPart) {
  NGSI("D002_02_exc", "5.6.6");
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("exclusive", kSpeed, R"(["retrieveOps"])");
  const Answer partly = expect(207, std::string("DELETE ") + kOne);
  EXPECT_NE(partly.body.find("errors/Conflict"), std::string::npos) << partly.body;
  EXPECT_NE(partly.body.find(R"("success":["urn:ngsi-ld:Vehicle:1"])"), std::string::npos) << partly.body;
  EXPECT_EQ(source().lines(), "");
}

TEST_F(DistributedWrite, AppendedAttributes) {
  const std::string attrs = std::string("POST ") + kOne + "/attrs";
  NGSI("D003_01_inc", "5.6.3");
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("inclusive", kVehicles, kRedirection);
  source().on("POST ", 204);
  expect(204, attrs, "{" + kBoth + "}");
  EXPECT_EQ(source().lines(), attrs);
  same(source().seen[0].body, "{" + kBoth + "}");
  expect(204, std::string("DELETE ") + kOne + "?local=true");
  expect(204, "DELETE /csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:source");

  NGSI("D003_01_red", "5.6.3");
  source_is("redirect", kVehicles, kRedirection);
  expect(204, attrs, "{" + kBoth + "}");
  expect(404, std::string("GET ") + kOne);
  NGSI("D003_02_red", "5.6.3");
  source().on("POST ", 207, R"({"updated":["speed"],"notUpdated":[{"attributeName":"brandName","reason":"it exists"}]})");
  same(expect(207, attrs + "?options=noOverwrite", "{" + kBoth + "}").body,
       R"({"updated":["https://ngsi-ld-test-suite/context#speed"],"notUpdated":[{"attributeName":"https://ngsi-ld-test-suite/context#brandName","reason":"it exists",
          "registrationId":"urn:ngsi-ld:ContextSourceRegistration:source"}]})");
  EXPECT_NE(source().lines().find("options=noOverwrite"), std::string::npos);
  source().on("POST ", 404, problem_body("ResourceNotFound"));
  expect(207, attrs, "{" + kBoth + "}");
}

TEST_F(DistributedWrite, AppendWithASourceThatCannotIsDoneInPart) {
  NGSI("D003_02_exc", "5.6.3");
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("exclusive", kSpeed, R"(["retrieveOps"])");
  const Answer partly = expect(207, std::string("POST ") + kOne + "/attrs", "{" + std::string(kSpeedValue) + R"(,"isParked":{"type":"Property","value":true}})");
  EXPECT_NE(partly.body.find(R"("updated":["https://uri.etsi.org/ngsi-ld/default-context/isParked"])"), std::string::npos) << partly.body;
  EXPECT_NE(partly.body.find(R"("attributeName":"https://ngsi-ld-test-suite/context#speed")"), std::string::npos) << partly.body;
}

TEST_F(DistributedWrite, UpdatedAttributes) {
  NGSI("D004_01_exc", "5.6.2");
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("exclusive", kSpeed, kRedirection);
  source().on("PATCH ", 204);
  expect(204, std::string("PATCH ") + kOne + "/attrs", "{" + kBoth + "}");
  EXPECT_EQ(source().lines(), std::string("PATCH ") + kOne + "/attrs");
  same(source().seen[0].body, "{" + std::string(kSpeedValue) + "}");
  expect(204, std::string("PATCH ") + kOne + "/attrs", "{" + std::string(kSpeedValue) + "}");
}

TEST_F(DistributedWrite, OneAttribute) {
  const std::string speed = std::string(kOne) + "/attrs/speed";
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("inclusive", kVehicles, kRedirection);
  for (const char* method : {"PATCH ", "PUT ", "DELETE "}) source().on(method, 204);
  NGSI("D005_01_inc", "5.6.4");
  const Answer partly = expect(207, "PATCH " + speed, R"({"value":7})");
  EXPECT_NE(partly.body.find(R"({"updated":["https://ngsi-ld-test-suite/context#speed"],"notUpdated":[{"attributeName":"https://ngsi-ld-test-suite/context#speed")"), std::string::npos) << partly.body;
  NGSI("D009_01_inc", "5.6.19");
  expect(207, "PUT " + speed, kSpeedValue[0] == '"' ? R"({"type":"Property","value":7})" : "");
  NGSI("D006_02_inc", "5.6.5");
  expect(204, std::string("POST ") + kOne + "/attrs?local=true", "{" + std::string(kSpeedValue) + "}");
  source().forget();
  expect(204, "DELETE " + speed + "?deleteAll=true");
  EXPECT_EQ(source().lines(), "DELETE " + speed + "?deleteAll=true");
}

TEST_F(DistributedWrite, OneAttributeThatIsElsewhere) {
  const std::string speed = std::string(kOne) + "/attrs/speed";
  for (const char* mode : {"exclusive", "redirect"}) {
    source_is(mode, kSpeed, kRedirection);
    for (const char* method : {"PATCH ", "PUT ", "DELETE "}) source().on(method, 204);
    NGSI("D005_01_red", "5.6.4");
    expect(204, "PATCH " + speed, R"({"value":7})");
    same(source().seen.back().body, R"({"value":7})");
    NGSI("D009_01_red", "5.6.19");
    expect(204, "PUT " + speed, R"({"type":"Property","value":7})");
    NGSI("D006_01_exc", "5.6.5");
    NGSI("D006_01_red", "5.6.5");
    NGSI("D006_02_exc", "5.6.5");
    expect(204, "DELETE " + speed + "?datasetId=urn:ngsi-ld:Dataset:1");
    EXPECT_EQ(source().lines(), "PATCH " + speed + "\nPUT " + speed + "\nDELETE " + speed + "?datasetId=urn:ngsi-ld:Dataset:1");
    expect(204, "DELETE /csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:source");
    source().forget();
  }
}

TEST_F(DistributedWrite, ReplacedAndMergedEntities) {
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("inclusive", kVehicles, kRedirection);
  source().on("PUT ", 204), source().on("PATCH ", 204);
  NGSI("D007_01_inc", "5.6.18");
  expect(204, std::string("PUT ") + kOne, vehicle(kSpeedValue));
  same(source().seen[0].body, vehicle(kSpeedValue));
  same(local().body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":55})");
  NGSI("D008_01_inc", "5.6.17");
  expect(204, std::string("PATCH ") + kOne, vehicle(kBrandValue));
  same(local().body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":55,"brandName":"Mercedes"})");
  EXPECT_EQ(source().lines(), std::string("PUT ") + kOne + "\nPATCH " + kOne);
}

TEST_F(DistributedWrite, ReplacedAndMergedElsewhere) {
  source_is("redirect", kVehicles, kRedirection);
  source().on("PUT ", 204), source().on("PATCH ", 204);
  NGSI("D007_01_red", "5.6.18");
  expect(204, std::string("PUT ") + kOne, vehicle(kSpeedValue));
  NGSI("D008_01_red", "5.6.17");
  expect(204, std::string("PATCH ") + kOne + "?observedAt=2026-01-01T00:00:00Z", vehicle(kBrandValue));
  EXPECT_EQ(source().lines(), std::string("PUT ") + kOne + "\nPATCH " + kOne + "?observedAt=2026-01-01T00:00:00Z");
  expect(404, std::string("GET ") + kOne + "?local=true");
}

TEST_F(DistributedWrite, AReplacedEntityKeepsWhatIsElsewhereThere) {
  NGSI("D007_01_exc", "5.6.18");
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("exclusive", kSpeed, kRedirection);
  source().on("PUT ", 204);
  expect(204, std::string("PUT ") + kOne, vehicle(kBoth));
  same(source().seen[0].body, vehicle(kSpeedValue));
  same(local().body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","brandName":"Mercedes"})");
}

TEST_F(DistributedWrite, PurgeGoesToTheSource) {
  NGSI("D017_01_red", "5.6.21");
  source_is("redirect", kVehicles, kRedirection);
  source().on("POST ", 201), source().on("DELETE ", 204);
  expect(201, "POST /entities", vehicle(kSpeedValue));
  expect(204, "DELETE /entities?type=Vehicle");
  EXPECT_EQ(source().lines(), "POST /entities\nDELETE /entities?type=Vehicle");
  expect(404, std::string("GET ") + kOne);
}

TEST_F(DistributedWrite, LoopsAreSeen) {
  NGSI("D018_01", "6.3.18");
  source_is("redirect", kVehicles, kRedirection, {}, "a");   // this broker itself
  refused(508, "LoopDetected", std::string("DELETE ") + kOne);
  refused(508, "LoopDetected", "POST /entities", vehicle(kSpeedValue), {{"via", "1.1 somebody, 1.1 broker-a"}});
  refused(508, "LoopDetected", "POST /entities", vehicle(kSpeedValue), {{"via", "1.1 broker-a.other (a comment), HTTP/1.1 broker-a"}});
  expect(201, "POST /entities?local=true", vehicle(kSpeedValue), {{"via", "1.1 broker-a.other"}});
}

TEST_F(DistributedWrite, ViaNamesAllWhoPassed) {
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("inclusive", kVehicles, kRedirection);
  for (const char* method : {"POST ", "PATCH ", "PUT ", "DELETE "}) source().on(method, 204);
  source().on("POST /entities", 201);
  source().on("GET ", 404);
  const Headers via = {{"via", "1.1 somebody"}};
  NGSI("D018_02_01", "6.3.18");
  expect(201, "POST /entities", entity("urn:ngsi-ld:Vehicle:9", kSpeedValue, "Vehicle"), via);
  NGSI("D018_02_02", "6.3.18");
  expect(204, std::string("PATCH ") + kOne + "/attrs", "{" + std::string(kBrandValue) + "}", via);
  NGSI("D018_02_04", "6.3.18");
  expect(204, std::string("PUT ") + kOne, vehicle(kBrandValue), via);
  NGSI("D018_02_05", "6.3.18");
  expect(200, std::string("GET ") + kOne, {}, via);
  NGSI("D018_02_03", "6.3.18");
  expect(204, std::string("DELETE ") + kOne, {}, via);
  ASSERT_EQ(source().seen.size(), 5u);
  for (const auto& s : source().seen) EXPECT_EQ(s.header("Via"), "1.1 somebody, 1.1 broker-a");
}

TEST_F(DistributedWrite, ASourceThatWasPassedIsNotAskedAgain) {
  source_is("inclusive", kVehicles, kRedirection, R"("hostAlias":"elsewhere")");
  expect(201, "POST /entities", vehicle(kSpeedValue), {{"via", "1.1 elsewhere"}});
  EXPECT_EQ(source().lines(), "");
}

TEST_F(DistributedWrite, TheContextOfTheSource) {
  NGSI("436_06_01", "4.3.6.6");
  source_is("exclusive", kSpeed, kRedirection, R"("contextSourceInfo":[{"key":"contentType","value":"application/ld+json"}])");
  source().on("POST ", 201), source().on("DELETE ", 204);
  expect(201, "POST /entities", vehicle(kSpeedValue));
  EXPECT_NE(source().seen[0].body.find(std::string(R"("@context":")") + kSuiteContext + '"'), std::string::npos) << source().seen[0].body;
  EXPECT_EQ(source().seen[0].header("Content-Type"), "application/ld+json");
  expect(204, "DELETE /csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:source");

  NGSI("436_06_02", "4.3.6.6");
  std::ofstream(home.path() + "/c.jsonld") << R"({"@context":{"Car":"https://ngsi-ld-test-suite/context#Vehicle","velocity":"https://ngsi-ld-test-suite/context#speed"}})";
  source_is("exclusive", kSpeed, kRedirection, R"("contextSourceInfo":[{"key":"jsonldContext","value":"https://files.example/c.jsonld"},{"key":"X-Key","value":"7"},
    {"key":"X-Asked","value":"urn:ngsi-ld:request"},{"key":"X-Absent","value":"urn:ngsi-ld:request"}])");
  source().forget();
  expect(201, "POST /entities", vehicle(kSpeedValue), {{"x-asked", "yes"}});
  same(source().seen[0].body, entity("urn:ngsi-ld:Vehicle:1", R"("velocity":{"type":"Property","value":55})", "Car"));
  EXPECT_NE(source().seen[0].header("Link").find("https://files.example/c.jsonld"), std::string::npos);
  EXPECT_EQ(source().seen[0].header("X-Key"), "7");
  EXPECT_EQ(source().seen[0].header("X-Asked"), "yes");
  EXPECT_EQ(source().seen[0].header("X-Absent"), "");
  source().on("PATCH ", 204);
  expect(204, std::string("PATCH ") + kOne + "/attrs/speed", R"({"value":7})");
  EXPECT_EQ(source().lines(), std::string("POST /entities\nPATCH ") + kOne + "/attrs/velocity");
  source().on("GET ", 200, entity("urn:ngsi-ld:Vehicle:1", R"("velocity":{"type":"Property","value":55})", "Car"));
  same(expect(200, std::string("GET ") + kOne + "?format=simplified").body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":55})");
}

TEST_F(DistributedWrite, AContextWithoutAddressTravelsInTheBody) {
  source_is("redirect", R"([{"entities":[{"type":"https://example.org/Car"}]}])", kRedirection);
  source().on("POST ", 201);
  always.clear();
  expect(201, "POST /entities", R"({"id":"urn:c","type":"Car","a":{"type":"Property","value":1},"@context":{"Car":"https://example.org/Car"}})");
  EXPECT_NE(source().seen[0].body.find(R"("@context":{"Car":"https://example.org/Car"})"), std::string::npos) << source().seen[0].body;
}

TEST_F(DistributedWrite, TenantsOfSources) {
  source_is("redirect", kVehicles, kRedirection, R"("tenant":"theirs")");
  source().on("POST ", 201);
  expect(201, "POST /entities", vehicle(kSpeedValue));
  EXPECT_EQ(source().seen[0].header("NGSILD-Tenant"), "theirs");
}

TEST_F(DistributedWrite, SourcesThatFailAreNamed) {
  create("urn:ngsi-ld:Vehicle:1", kBrandValue, "Vehicle");
  source_is("inclusive", kVehicles, kRedirection, R"("management":{"cooldown":60000})");
  source().breaks("PATCH ");
  const Answer partly = expect(207, std::string("PATCH ") + kOne + "/attrs", "{" + std::string(kBrandValue) + "}");
  EXPECT_NE(partly.body.find(R"("reason":"the context source cannot be reached")"), std::string::npos) << partly.body;
  // It is left in peace for a minute.
  expect(207, std::string("PATCH ") + kOne + "/attrs", "{" + std::string(kBrandValue) + "}");
  EXPECT_EQ(source().seen.size(), 1u);
  clock.advance(61 * kSecond);
  source().on("PATCH ", 204);
  expect(204, std::string("PATCH ") + kOne + "/attrs", "{" + std::string(kBrandValue) + "}");
}

TEST_F(DistributedWrite, Batches) {
  const std::string vehicles = R"([{"entities":[{"idPattern":"urn:ngsi-ld:Vehicle:*","type":"Vehicle"}]}])";
  const std::string list = "[" + vehicle(kBoth) + "," + entity("urn:ngsi-ld:Other:1", kBrandValue, "Other") + "]";
  source_is("inclusive", vehicles, kBatches);
  NGSI("D012_01_inc", "5.6.7");
  source().on("POST /entityOperations/create", 201, R"(["urn:ngsi-ld:Vehicle:1"])");
  same(expect(201, "POST /entityOperations/create", list).body, R"(["urn:ngsi-ld:Vehicle:1","urn:ngsi-ld:Other:1"])");
  same(source().seen[0].body, "[" + vehicle(kBoth) + "]");
  NGSI("D013_01_inc", "5.6.8");
  NGSI("D013_02_inc", "5.6.8");
  source().on("POST /entityOperations/upsert", 204);
  expect(204, "POST /entityOperations/upsert", list);
  expect(204, "POST /entityOperations/upsert?options=update", list);
  NGSI("D014_01_inc", "5.6.9");
  NGSI("D014_02_inc", "5.6.9");
  source().on("POST /entityOperations/update", 204);
  expect(204, "POST /entityOperations/update", list);
  expect(204, "POST /entityOperations/update?options=noOverwrite", "[" + entity("urn:ngsi-ld:Vehicle:1", R"("isParked":{"type":"Property","value":1})", "Vehicle") + "]");
  NGSI("D016_01_inc", "5.6.20");
  source().on("POST /entityOperations/merge", 204);
  expect(204, "POST /entityOperations/merge", list);
  NGSI("D015_01_inc", "5.6.10");
  source().on("POST /entityOperations/delete", 204);
  expect(204, "POST /entityOperations/delete", R"(["urn:ngsi-ld:Vehicle:1","urn:ngsi-ld:Other:1"])");
  EXPECT_EQ(source().seen.back().body, R"(["urn:ngsi-ld:Vehicle:1"])");
  EXPECT_EQ(source().lines(),
            "POST /entityOperations/create\nPOST /entityOperations/upsert\nPOST /entityOperations/upsert?options=update\nPOST /entityOperations/update\n"
            "POST /entityOperations/update?options=noOverwrite\nPOST /entityOperations/merge\nPOST /entityOperations/delete");
}

TEST_F(DistributedWrite, BatchesThatAreElsewhere) {
  const std::string list = "[" + vehicle(kBoth) + "]";
  source_is("redirect", kVehicles, kBatches);
  source().on("POST ", 204);
  NGSI("D013_02_red", "5.6.8");
  expect(204, "POST /entityOperations/upsert?options=update", list);
  NGSI("D014_01_red", "5.6.9");
  expect(204, "POST /entityOperations/update", list);
  NGSI("D016_01_red", "5.6.20");
  expect(204, "POST /entityOperations/merge", list);
  NGSI("D015_01_red", "5.6.10");
  expect(204, "POST /entityOperations/delete", R"(["urn:ngsi-ld:Vehicle:1"])");
  EXPECT_EQ(source().seen.size(), 4u);
  expect(404, std::string("GET ") + kOne + "?local=true");
}

TEST_F(DistributedWrite, BatchesOfWhichAPartIsElsewhere) {
  source_is("exclusive", kSpeed, kBatches);
  NGSI("D012_01_exc", "5.6.7");
  source().on("POST /entityOperations/create", 201, R"(["urn:ngsi-ld:Vehicle:1"])");
  same(expect(201, "POST /entityOperations/create", "[" + vehicle(kBoth) + "]").body, R"(["urn:ngsi-ld:Vehicle:1"])");
  same(source().seen[0].body, "[" + vehicle(kSpeedValue) + "]");
  same(local().body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","brandName":"Mercedes"})");
  NGSI("D014_02_exc", "5.6.9");
  source().on("POST /entityOperations/update", 204);
  expect(204, "POST /entityOperations/update?options=noOverwrite", "[" + vehicle(kSpeedValue) + "]");
  NGSI("D016_01_exc", "5.6.20");
  source().on("POST /entityOperations/merge", 207, R"({"success":[],"errors":[{"entityId":"urn:ngsi-ld:Vehicle:1","error":{"type":"https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound","title":"no"}}]})");
  same(expect(207, "POST /entityOperations/merge", "[" + vehicle(kBoth) + "]").body,
       R"({"success":[],"errors":[{"entityId":"urn:ngsi-ld:Vehicle:1","registrationId":"urn:ngsi-ld:ContextSourceRegistration:source",
          "error":{"type":"https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound","title":"no"}}]})");
  source().on("POST /entityOperations/merge", 204);
  expect(204, "POST /entityOperations/merge", "[" + vehicle(kBoth) + "]");
  NGSI("D015_01_exc", "5.6.10");
  source().on("POST /entityOperations/delete", 204);
  expect(204, "POST /entityOperations/delete", R"(["urn:ngsi-ld:Vehicle:1"])");
  expect(204, "POST /entityOperations/delete", R"(["urn:ngsi-ld:Vehicle:1"])");
}

}  // namespace
}  // namespace machiya::sense::ngsild
