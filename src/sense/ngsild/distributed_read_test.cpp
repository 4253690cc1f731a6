// Questions that registered sources answer, too (§5.7.1, §5.7.2, §6.3.17). Merging without observedAt would fail TheNewerValueWins.
#include "sense/ngsild/distributed_bench.h"

namespace machiya::sense::ngsild {
namespace {

class DistributedRead : public DistributedBench {
 protected:
  static std::string speed(int value, const std::string& more = {}) { return R"("speed":{"type":"Property","value":)" + std::to_string(value) + more + "}"; }
  static std::string brand(const std::string& name) { return R"("brandName":{"type":"Property","value":")" + name + "\"}"; }
  std::string found(const std::string& line, const std::string& body = {}) {
    const Answer a = expect(200, line, body);
    warnings = a.header("NGSILD-Warning");
    return ids(a);
  }
  std::string warnings;
};

TEST_F(DistributedRead, AnEntityThatOnlyASourceHas) {
  NGSI("D010_01_inc", "5.7.1");
  source_is("inclusive", kVehicles);
  source().on("GET /entities/urn:ngsi-ld:Vehicle:1", 200, vehicle(speed(55)));
  same(expect(200, std::string("GET ") + kOne).body, vehicle(speed(55)));
  EXPECT_EQ(source().lines(), std::string("GET ") + kOne);
  expect(404, std::string("GET ") + kOne + "?local=true");
}

TEST_F(DistributedRead, AnAuxiliarySourceFillsWhatIsMissing) {
  NGSI("D010_01_aux", "4.3.6.2 5.7.1");
  create("urn:ngsi-ld:Vehicle:1", speed(1), "Vehicle");
  source_is("auxiliary", kVehicles);
  source().on("GET ", 200, vehicle(speed(99, R"(,"observedAt":"2030-01-01T00:00:00Z")") + "," + brand("Audi")));
  same(expect(200, std::string("GET ") + kOne + "?format=simplified").body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":1,"brandName":"Audi"})");
}

TEST_F(DistributedRead, AnExclusiveSourceOwnsItsAttribute) {
  create("urn:ngsi-ld:Vehicle:1", brand("Audi"), "Vehicle");
  source_is("exclusive", kSpeed, kRedirection);
  NGSI("D010_01_exc", "4.3.6.3 5.7.1");
  source().on("GET /entities/urn:ngsi-ld:Vehicle:1?attrs=speed", 200, vehicle(speed(55)));
  same(expect(200, std::string("GET ") + kOne + "?format=simplified").body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":55,"brandName":"Audi"})");
  NGSI("D010_02_exc", "4.3.6.3 5.7.1");
  same(expect(200, std::string("GET ") + kOne + "?attrs=speed&format=simplified").body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":55})");
  source().forget();
  same(expect(200, std::string("GET ") + kOne + "?attrs=brandName&format=simplified").body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","brandName":"Audi"})");
  EXPECT_EQ(source().lines(), "");
}

TEST_F(DistributedRead, ARedirectSourceThatHasNothing) {
  NGSI("D010_02_red", "4.3.6.3 5.7.1");
  source_is("redirect", kVehicles, kRedirection);
  source().forget();
  EXPECT_EQ(expect(404, std::string("GET ") + kOne).header("NGSILD-Warning"), "");
}

TEST_F(DistributedRead, ALocalOnlySourceIsToldSo) {
  NGSI("436_04", "4.3.6.4 6.3.18");
  source_is("exclusive", kSpeed, kRedirection, R"("management":{"localOnly":true})");
  source().on("GET ", 200, vehicle(speed(55)));
  expect(200, std::string("GET ") + kOne);
  EXPECT_NE(source().lines().find("local=true"), std::string::npos) << source().lines();
}

TEST_F(DistributedRead, TheMediaTypeOfTheSource) {
  NGSI("436_06_03", "4.3.6.6");
  source_is("exclusive", kSpeed, kRedirection, R"("contextSourceInfo":[{"key":"accept","value":"application/ld+json"}])");
  source().on("GET ", 200, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":{"type":"Property","value":5},"@context":")" + std::string(kSuiteContext) + "\"}", "application/ld+json");
  same(expect(200, std::string("GET ") + kOne + "?format=simplified").body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":5})");
  EXPECT_EQ(source().seen[0].header("Accept"), "application/ld+json");
}

TEST_F(DistributedRead, TheNewerValueWins) {
  create("urn:ngsi-ld:Vehicle:1", speed(1, R"(,"observedAt":"2026-01-02T00:00:00Z")") + "," + brand("Audi"), "Vehicle");
  source_is("inclusive", kVehicles);
  const auto both = [&](const std::string& members) {
    source().on("GET ", 200, vehicle(members));
    return expect(200, std::string("GET ") + kOne + "?format=simplified").body;
  };
  same(both(speed(2, R"(,"observedAt":"2026-01-01T00:00:00Z")")), R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":1,"brandName":"Audi"})");
  same(both(speed(2, R"(,"observedAt":"2026-01-03T00:00:00Z")")), R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":2,"brandName":"Audi"})");
  same(both(R"("brandName":{"type":"Property","value":"BMW","modifiedAt":"2040-01-01T00:00:00Z"})"), R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":1,"brandName":"BMW"})");
  same(both(R"("brandName":{"type":"Property","value":"BMW","modifiedAt":"2000-01-01T00:00:00Z"})"), R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":1,"brandName":"Audi"})");
  EXPECT_NE(source().lines().find("options=sysAttrs"), std::string::npos);
  // Other datasets stand beside it.
  const std::string two = both(R"("brandName":{"type":"Property","value":"BMW","datasetId":"urn:d:1"})");
  EXPECT_NE(two.find("Audi"), std::string::npos);
  EXPECT_NE(two.find("BMW"), std::string::npos) << two;
}

TEST_F(DistributedRead, SourcesThatFailAreWarnedOf) {
  create("urn:ngsi-ld:Vehicle:1", speed(1), "Vehicle");
  source_is("inclusive", kVehicles);
  source().breaks("GET ");
  EXPECT_EQ(expect(200, std::string("GET ") + kOne).header("NGSILD-Warning"), "199 - Miscellaneous Warning");
  EXPECT_EQ(found("GET /entities?type=Vehicle"), "1");
  EXPECT_EQ(warnings, "199 - Miscellaneous Warning");
  source().on("GET ", 500, "x");
  EXPECT_EQ(expect(200, std::string("GET ") + kOne).header("NGSILD-Warning"), "199 - Miscellaneous Warning");
  source().on("GET ", 200, "<html>");
  EXPECT_EQ(expect(200, std::string("GET ") + kOne).header("NGSILD-Warning"), "299 - Miscellaneous Persistent Warning");
  source().on("GET ", 200, "[{\"nothing\":1}]");
  found("GET /entities?type=Vehicle");
  EXPECT_EQ(warnings, "299 - Miscellaneous Persistent Warning");
  expect(404, "GET /entities/urn:ngsi-ld:Other:1");
}

TEST_F(DistributedRead, AnswersAreKeptForAsLongAsTheRegistrationSays) {
  source_is("inclusive", kVehicles, {}, R"("management":{"cacheDuration":"PT10S"})");
  source().on("GET ", 200, vehicle(speed(5)));
  EXPECT_EQ(expect(200, std::string("GET ") + kOne).header("NGSILD-Warning"), "");
  source().on("GET ", 200, vehicle(speed(6)));
  const Answer kept = expect(200, std::string("GET ") + kOne);
  EXPECT_EQ(kept.header("NGSILD-Warning"), "110 - Response is Stale");
  same(kept.body, vehicle(speed(5)));
  clock.advance(11 * kSecond);
  same(expect(200, std::string("GET ") + kOne).body, vehicle(speed(6)));
}

TEST_F(DistributedRead, AQueryFindsHereAndThere) {
  NGSI("D011_01_01_inc", "5.7.2");
  source_is("inclusive", kVehicles);
  source().on("GET /entities?", 200, "[" + vehicle(speed(55)) + "]");
  EXPECT_EQ(found("GET /entities?type=Vehicle"), "1");
  EXPECT_EQ(source().lines(), "GET /entities?type=Vehicle");   // nobody else tells the same, so no times are needed
  NGSI("D011_01_05_inc", "5.7.2");
  expect(201, "POST /entities?local=true", vehicle(brand("Audi")));
  same(expect(200, "GET /entities?type=Vehicle&format=simplified").body, R"([{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":55,"brandName":"Audi"}])");
  NGSI("D011_02_inc", "5.7.2 6.3.18");
  source().forget();
  same(expect(200, "GET /entities?type=Vehicle&format=simplified&local=true").body, R"([{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","brandName":"Audi"}])");
  EXPECT_EQ(source().lines(), "");
  NGSI("D011_01_02_inc", "5.7.2");
  NGSI("D011_01_04_inc", "5.7.2");
  source().on("GET /entities?", 200, "[]");
  EXPECT_EQ(found("GET /entities?type=Vehicle&attrs=almostFull"), "");
  EXPECT_EQ(source().lines(), "GET /entities?type=Vehicle&attrs=almostFull");
}

// Table 6.4.3.2-1: whatever a source tells, entities with none of the attributes are not in the answer.
TEST_F(DistributedRead, ASourceThatTellsMoreThanWasAskedIsCut) {
  source_is("inclusive", kVehicles);
  source().on("GET /entities?", 200, "[" + vehicle(R"("speed":{"type":"Property","value":55})") + "]");
  EXPECT_EQ(ids(expect(200, "GET /entities?type=Vehicle&attrs=speed")), "1");
  EXPECT_EQ(ids(expect(200, "GET /entities?type=Vehicle&attrs=brandName")), "");
}

TEST_F(DistributedRead, AQueryWithProxiedSources) {
  create("urn:ngsi-ld:Vehicle:1", brand("Audi"), "Vehicle");
  for (const char* operations : {R"(["queryEntity"])", R"(["queryBatch"])", R"(["redirectionOps"])"}) {
    NGSI("D011_01_exc", "4.3.6.3 5.7.2");
    NGSI("D011_02_exc_01", "4.3.6.3 5.7.2");
    NGSI("D011_02_exc_02", "4.3.6.3 5.7.2");
    source_is("exclusive", kSpeed, operations);
    source().on("GET /entities?", 200, "[" + vehicle(speed(55)) + "]"), source().on("POST /entityOperations/query", 200, "[" + vehicle(speed(55)) + "]");
    same(expect(200, "GET /entities?type=Vehicle&format=simplified").body, R"([{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":55,"brandName":"Audi"}])");
    const std::string sent = source().lines();
    if (sent.starts_with("GET")) EXPECT_EQ(sent, "GET /entities?type=Vehicle&id=urn:ngsi-ld:Vehicle:1&attrs=speed");
    else same(source().seen[0].body, R"({"type":"Query","entities":[{"type":"Vehicle","id":"urn:ngsi-ld:Vehicle:1"}],"attrs":["speed"]})");
    EXPECT_EQ(found("GET /entities?type=Vehicle&q=speed%3E50"), "1");
    source().on("GET /entities?", 200, "[]"), source().on("POST /entityOperations/query", 200, "[]");
    EXPECT_EQ(found("GET /entities?type=Vehicle&q=speed%3E50"), "");
    // What the source cannot judge is judged here, of the whole.
    source().on("GET /entities?", 200, "[" + vehicle(speed(55)) + "]"), source().on("POST /entityOperations/query", 200, "[" + vehicle(speed(55)) + "]");
    EXPECT_EQ(found("GET /entities?type=Vehicle&q=speed%3E50;brandName==%22Audi%22"), "1");
    EXPECT_EQ(found("GET /entities?type=Vehicle&q=speed%3E50;brandName==%22BMW%22"), "");
    EXPECT_EQ(source().seen.back().target.find("q="), std::string::npos);
    expect(204, "DELETE /csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:source");
    source().forget();
  }
}

TEST_F(DistributedRead, AQueryWithARedirectSource) {
  NGSI("D011_01_red", "4.3.6.3 5.7.2");
  NGSI("D011_02_red_01", "4.3.6.3 5.7.2");
  source_is("redirect", kVehicles, R"(["queryEntity"])");
  source().on("GET /entities?", 200, "[" + vehicle(speed(55)) + "]");
  EXPECT_EQ(found("GET /entities?type=Vehicle"), "1");
  NGSI("D011_02_red_02", "4.3.6.3 5.7.2");
  EXPECT_EQ(found("POST /entityOperations/query", R"({"type":"Query","entities":[{"type":"Vehicle"}]})"), "1");
  EXPECT_EQ(source().seen.back().method, "GET");
}

TEST_F(DistributedRead, QueriesByBodyGoByBody) {
  source_is("inclusive", kVehicles, R"(["queryEntity","queryBatch"])");
  source().on("GET /entities?", 200, "[" + vehicle(speed(55)) + "]"), source().on("POST /entityOperations/query", 200, "[" + vehicle(speed(55)) + "]");
  NGSI("D011_03_inc_01", "5.7.2");
  EXPECT_EQ(found("GET /entities?type=Vehicle"), "1");
  EXPECT_EQ(source().seen.back().method, "GET");
  NGSI("D011_03_inc_02", "5.7.2");
  EXPECT_EQ(found("POST /entityOperations/query",
                  R"({"type":"Query","entities":[{"type":"Vehicle"}],"q":"speed>1","geoQ":{"georel":"near;maxDistance==1","geometry":"Point","coordinates":[1,2]}})"), "1");
  same(source().seen.back().body,
       R"({"type":"Query","entities":[{"type":"Vehicle"}],"q":"speed>1","geoQ":{"georel":"near;maxDistance==1","geometry":"Point","coordinates":[1,2]}})");
}

TEST_F(DistributedRead, NobodyOrdersSeveralSources) {
  NGSI("D011_05_01_inc", "4.23 5.7.2");
  source_is("inclusive", kVehicles);
  source().on("GET ", 200, "[]");
  bad("GET /entities?type=Vehicle&orderBy=speed");
  NGSI("D011_05_02_inc", "4.23 5.7.2");
  expect(200, "GET /entities?type=Vehicle&orderBy=speed&local=true");
  NGSI("D011_05_03_inc", "4.23 5.7.2");
  expect(200, "GET /entities?type=Vehicle");
}

TEST_F(DistributedRead, CsfChoosesSources) {
  source_is("inclusive", kVehicles, {}, R"("sourceType":{"type":"Property","value":"sensor"})");
  source().on("GET ", 200, "[" + vehicle(speed(55)) + "]");
  NGSI("5724_01_01", "5.7.2.4");
  EXPECT_EQ(found("GET /entities?type=Vehicle&csf=sourceType==%22sensor%22"), "1");
  NGSI("5724_01_02", "5.7.2.4");
  source().forget();
  EXPECT_EQ(found("GET /entities?type=Vehicle&csf=sourceType==%22human%22"), "");
  EXPECT_EQ(source().lines(), "");
}

TEST_F(DistributedRead, PagesAndMapsOverSeveralSources) {
  create("urn:ngsi-ld:Vehicle:5", speed(1), "Vehicle");
  source_is("inclusive", kVehicles, {}, {}, "one");
  source_is("inclusive", kVehicles, {}, {}, "two");
  const auto list = [&](std::initializer_list<int> ids) {
    std::string out = "[";
    for (const int i : ids) out += (out.size() > 1 ? "," : "") + entity("urn:ngsi-ld:Vehicle:" + std::to_string(i), speed(i), "Vehicle");
    return out + "]";
  };
  source("one").on("GET ", 200, list({1, 2})), source("two").on("GET ", 200, list({2, 3}));
  const Answer first = expect(200, "GET /entities?type=Vehicle&limit=2&count=true");
  EXPECT_EQ(ids(first), "5 1");
  EXPECT_EQ(first.header("NGSILD-Results-Count"), "4");
  EXPECT_EQ(ids(expect(200, "GET /entities?type=Vehicle&limit=2&offset=2")), "2 3");

  const Answer made = expect(201, "GET /entities?type=Vehicle&limit=2&entityMap=true");
  const std::string map = made.header("NGSILD-EntityMap");
  const std::string text = expect(200, "GET " + map.substr(std::string(kBase).size())).body;
  EXPECT_NE(text.find(R"("urn:ngsi-ld:Vehicle:2":["urn:ngsi-ld:ContextSourceRegistration:one","urn:ngsi-ld:ContextSourceRegistration:two"])"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("urn:ngsi-ld:Vehicle:5":["@none"])"), std::string::npos) << text;
  source("one").on("GET ", 200, list({1, 2, 9}));   // came later: not in the map
  EXPECT_EQ(ids(expect(200, "GET /entities?type=Vehicle&limit=9", {}, {{"ngsild-entitymap", map}})), "5 1 2 3");
}

TEST_F(DistributedRead, SplitEntitiesAreJudgedWhole) {
  create("urn:ngsi-ld:Vehicle:1", brand("Audi"), "Vehicle");
  source_is("inclusive", kVehicles);
  source().on("GET ", 200, "[" + vehicle(speed(55)) + "]");
  EXPECT_EQ(found("GET /entities?type=Vehicle&q=brandName==%22Audi%22;speed%3E50&splitEntities=true"), "1");
  EXPECT_EQ(source().seen.back().target.find("q="), std::string::npos);
  EXPECT_EQ(found("GET /entities?type=Vehicle&q=brandName==%22Audi%22;speed%3E90&splitEntities=true"), "");
}

TEST_F(DistributedRead, TypesAndAttributesOfSources) {
  create("urn:ngsi-ld:Vehicle:1", speed(1), "Vehicle");
  source_is("inclusive", kVehicles);
  source().on("GET /types", 200, R"({"id":"urn:x","type":"EntityTypeList","typeList":["Vehicle","Building"]})");
  EXPECT_NE(expect(200, "GET /types").body.find(R"("typeList":["Building","Vehicle"])"), std::string::npos);
  source().on("GET /types?details=true", 200, R"([{"id":"urn:x","type":"EntityType","typeName":"Building","attributeNames":["name"]}])");
  EXPECT_NE(expect(200, "GET /types?details=true").body.find(R"("typeName":"Building","attributeNames":["name"])"), std::string::npos);
  source().on("GET /types/Vehicle", 200, R"({"id":"urn:x","type":"EntityTypeInfo","typeName":"Vehicle","entityCount":2,"attributeDetails":[{"id":"urn:y","type":"Attribute","attributeName":"brandName","attributeTypes":["Property"]}]})");
  const std::string info = expect(200, "GET /types/Vehicle").body;
  EXPECT_NE(info.find(R"("entityCount":3)"), std::string::npos) << info;
  EXPECT_NE(info.find(R"("attributeName":"brandName","attributeTypes":["Property"])"), std::string::npos) << info;
  source().on("GET /attributes", 200, R"({"id":"urn:x","type":"AttributeList","attributeList":["name","speed"]})");
  EXPECT_NE(expect(200, "GET /attributes").body.find(R"("attributeList":["name","speed"])"), std::string::npos);
  source().on("GET /attributes/name", 200, R"({"id":"urn:x","type":"Attribute","attributeName":"name","attributeCount":4,"attributeTypes":["Property"],"typeNames":["Building"]})");
  EXPECT_NE(expect(200, "GET /attributes/name").body.find(R"("attributeCount":4,"attributeTypes":["Property"],"typeNames":["Building"])"), std::string::npos);
  source().breaks("GET ");
  EXPECT_EQ(expect(200, "GET /types").header("NGSILD-Warning"), "199 - Miscellaneous Warning");
  EXPECT_EQ(expect(404, "GET /attributes/name").header("NGSILD-Warning"), "199 - Miscellaneous Warning");
  source().forget();
  expect(200, "GET /types?local=true");
  EXPECT_EQ(source().lines(), "");
}

TEST_F(DistributedRead, ThreeBrokersAndALoop) {
  Site& b = site("b");
  site("c");
  const auto tell = [&](Site& at, const std::string& line, const std::string& body) {
    http::Request request = http::testing::request(http::Method::post, std::string(kBase) + line);
    request.body = body, request.headers = {{"content-type", "application/json"}, {"content-length", std::to_string(body.size())}, link().front()};
    const http::Response response = at.router.dispatch(request);
    EXPECT_EQ(response.status, 201) << response.body;
  };
  tell(*sites["c"], "/entities", vehicle(speed(3)));
  tell(b, "/entities", entity("urn:ngsi-ld:Vehicle:2", brand("Audi"), "Vehicle"));
  source_is("inclusive", kVehicles, R"(["federationOps","redirectionOps"])", {}, "b");
  tell(b, "/csourceRegistrations", registration("inclusive", kVehicles, R"(["federationOps","redirectionOps"])", {}, "c"));
  tell(b, "/csourceRegistrations", registration("inclusive", kVehicles, R"(["federationOps","redirectionOps"])", {}, "a"));   // the loop A → B → A
  create("urn:ngsi-ld:Vehicle:3", speed(9), "Vehicle3");
  EXPECT_EQ(found("GET /entities?type=Vehicle"), "1 2");
  same(expect(200, std::string("GET ") + kOne + "?format=simplified").body, R"({"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle","speed":3})");
  expect(207, std::string("DELETE ") + kOne);   // not here; the rest is told
  expect(404, std::string("GET ") + kOne);
}

}  // namespace
}  // namespace machiya::sense::ngsild
