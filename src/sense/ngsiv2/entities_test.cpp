// Entities and attributes by NGSIv2, through the router.
#include "sense/ngsiv2/bench.h"

namespace machiya::sense::ngsiv2 {
namespace {

class EntitiesV2 : public Bench {};
MACHIYA_ON_BOTH_ENGINES(EntitiesV2);

const std::string kRoom = R"({"id":"Room1","type":"Room","temperature":{"type":"Float","value":21.70,"metadata":{"accuracy":{"type":"Number","value":0.1}}},"name":{"type":"Text","value":"hall","metadata":{}}})";

TEST_P(EntitiesV2, WhatIsCreatedComesBackByteForByte) {
  const Answer made = expect(201, "POST /v2/entities", kRoom, {{"fiware-correlator", "abc-1"}});
  EXPECT_EQ(made.header("Location"), "/v2/entities/Room1?type=Room");
  EXPECT_EQ(made.header("Fiware-Correlator"), "abc-1");
  EXPECT_FALSE(expect(200, "GET /v2/entities/Room1").header("Fiware-Correlator").empty());
  same("GET /v2/entities/Room1", kRoom);
  same("GET /v2/entities?id=Room1", "[" + kRoom + "]");
  same("GET /v2/entities/Room1?options=keyValues", R"({"id":"Room1","type":"Room","temperature":21.70,"name":"hall"})");
  same("GET /v2/entities/Room1/attrs?options=keyValues", R"({"temperature":21.70,"name":"hall"})");
  same("GET /v2/entities/Room1?options=values&attrs=name,temperature", R"(["hall",21.70])");
  same("GET /v2/entities/Room1/attrs/name", R"({"type":"Text","value":"hall","metadata":{}})");
  refused(422, "Unprocessable", "POST /v2/entities", kRoom);
}

TEST_P(EntitiesV2, DefaultsOfTypes) {
  create(R"({"id":"x","a":{"value":1},"b":{"value":"t"},"c":{"value":true},"d":{"value":null},"e":{"value":{"k":[null,1]}},"f":{}})");
  same("GET /v2/entities/x",
       R"({"id":"x","type":"Thing","a":{"type":"Number","value":1,"metadata":{}},"b":{"type":"Text","value":"t","metadata":{}},"c":{"type":"Boolean","value":true,"metadata":{}},)"
       R"("d":{"type":"None","value":null,"metadata":{}},"e":{"type":"StructuredValue","value":{"k":[null,1]},"metadata":{}},"f":{"type":"None","value":null,"metadata":{}}})");
  expect(201, "POST /v2/entities?options=keyValues", R"({"id":"y","type":"T","a":1.0,"b":["x"]})");
  same("GET /v2/entities/y", R"({"id":"y","type":"T","a":{"type":"Number","value":1.0,"metadata":{}},"b":{"type":"StructuredValue","value":["x"],"metadata":{}}})");
}

TEST_P(EntitiesV2, AnEntityIsItsIdTypeAndPath) {
  for (const char* id : {"E", "urn:ngsi-ld:E:1"}) {
    const std::string body = std::string(R"({"id":")") + id + R"(","type":"A","n":{"value":1}})";
    create(body);
    create(std::string(R"({"id":")") + id + R"(","type":"B","n":{"value":2}})");
    create(body, {{"fiware-servicepath", "/p/q"}});
    create(body, {{"fiware-service", "Osaka"}});
    refused(409, "TooManyResults", "GET /v2/entities/" + std::string(id));
    refused(409, "TooManyResults", "GET /v2/entities/" + std::string(id) + "?type=A");
    same("GET /v2/entities/" + std::string(id) + "?type=B&options=values", "[2]");
    same("GET /v2/entities/" + std::string(id) + "?options=values", "[1]", {{"fiware-servicepath", "/p/#"}});
    same("GET /v2/entities/" + std::string(id) + "?options=values", "[1]", {{"fiware-service", "osaka"}});
    refused(422, "Unprocessable", "POST /v2/entities", body);
    refused(422, "Unprocessable", "POST /v2/entities", body, {{"fiware-servicepath", "/p/q"}});
    refused(409, "TooManyResults", "PUT /v2/entities/" + std::string(id) + "/attrs/n", R"({"value":5})");
    expect(204, "PUT /v2/entities/" + std::string(id) + "/attrs/n?type=B", R"({"value":5})");
    expect(204, "DELETE /v2/entities/" + std::string(id) + "?type=A");
    same("GET /v2/entities/" + std::string(id) + "?type=B&options=values", "[5]");
    expect(204, "DELETE /v2/entities/" + std::string(id) + "?type=A", {}, {{"fiware-servicepath", "/p/q"}});
    refused(404, "NotFound", "GET /v2/entities/" + std::string(id) + "?type=A");
    create(body);
    same("GET /v2/entities/" + std::string(id) + "?type=A&options=values", "[1]");
  }
}

TEST_P(EntitiesV2, ServiceAndServicePath) {
  create(R"({"id":"r","type":"T"})");
  create(R"({"id":"a","type":"T"})", {{"fiware-servicepath", "/a"}});
  create(R"({"id":"b","type":"T"})", {{"fiware-servicepath", "/a/b"}});
  create(R"({"id":"c","type":"T"})", {{"fiware-servicepath", "/ab"}});
  EXPECT_EQ(ids("/v2/entities"), "r a b c");
  const auto at = [&](const char* path) { return ids("/v2/entities", {{"fiware-servicepath", path}}); };
  EXPECT_EQ(at("/#"), "r a b c");
  EXPECT_EQ(at("/"), "r");
  EXPECT_EQ(at("/a"), "a");
  EXPECT_EQ(at("/a/#"), "a b");
  EXPECT_EQ(at("/ab, /a/b"), "b c");
  EXPECT_EQ(ids("/v2/entities", {{"fiware-service", "other"}}), "");
  for (const char* path : {"a", "/a//b", "/a-b", "/1/2/3/4/5/6/7/8/9/10/11", "/a,/b,/c,/d,/e,/f,/g,/h,/i,/j,/k"}) bad("GET /v2/entities", {}, {{"fiware-servicepath", path}});
  bad("GET /v2/entities", {}, {{"fiware-servicepath", "/" + std::string(51, 'a')}});
  expect(200, "GET /v2/entities", {}, {{"fiware-servicepath", "/" + std::string(50, 'a')}});
  for (const char* path : {"/#", "/a/#", "/a,/b"}) bad("POST /v2/entities", R"({"id":"z","type":"T"})", {{"fiware-servicepath", path}});
  for (const char* service : {"a-b", "a/b", "a b"}) bad("GET /v2/entities", {}, {{"fiware-service", service}});
  bad("GET /v2/entities", {}, {{"fiware-service", std::string(51, 'a')}});
  // An update without a path means "/".
  refused(404, "NotFound", "DELETE /v2/entities/a");
  expect(204, "DELETE /v2/entities/a", {}, {{"fiware-servicepath", "/a"}});
}

TEST_P(EntitiesV2, Upsert) {
  expect(204, "POST /v2/entities?options=upsert", R"({"id":"u","type":"T","a":{"value":1}})");
  EXPECT_EQ(expect(204, "POST /v2/entities?options=upsert", R"({"id":"u","type":"T","b":{"value":2}})").header("Location"), "/v2/entities/u?type=T");
  expect(204, "POST /v2/entities?options=upsert,keyValues", R"({"id":"u","type":"T","a":3})");
  same("GET /v2/entities/u?options=keyValues", R"({"id":"u","type":"T","a":3,"b":2})");
}

TEST_P(EntitiesV2, AttributesTogether) {
  create(kRoom);
  expect(204, "POST /v2/entities/Room1/attrs", R"({"temperature":{"value":5,"type":"Float"},"new":{"value":1}})");
  same("GET /v2/entities/Room1/attrs", R"({"temperature":{"type":"Float","value":5,"metadata":{"accuracy":{"type":"Number","value":0.1}}},"name":{"type":"Text","value":"hall","metadata":{}},"new":{"type":"Number","value":1,"metadata":{}}})");
  refused(422, "Unprocessable", "POST /v2/entities/Room1/attrs?options=append", R"({"new":{"value":2},"other":{"value":1}})");
  same("GET /v2/entities/Room1/attrs?options=keyValues", R"({"temperature":5,"name":"hall","new":1})");
  expect(204, "POST /v2/entities/Room1/attrs?options=append,keyValues", R"({"other":7})");
  refused(422, "Unprocessable", "PATCH /v2/entities/Room1/attrs", R"({"new":{"value":2},"none":{"value":1}})");
  refused(404, "NotFound", "PATCH /v2/entities/Room1/attrs", R"({"none":{"value":1}})");
  expect(204, "PATCH /v2/entities/Room1/attrs", R"({"new":{"value":2}})");
  same("GET /v2/entities/Room1/attrs?attrs=new,other&options=keyValues", R"({"new":2,"other":7})");
  expect(204, "PUT /v2/entities/Room1/attrs?options=keyValues", R"({"only":1})");
  same("GET /v2/entities/Room1?options=keyValues", R"({"id":"Room1","type":"Room","only":1})");
  bad("POST /v2/entities/Room1/attrs", R"({"id":"Room1","a":{"value":1}})");
  bad("POST /v2/entities/Room1/attrs", R"({"type":"Room","a":{"value":1}})");
  refused(404, "NotFound", "POST /v2/entities/none/attrs", R"({"a":{"value":1}})");
}

TEST_P(EntitiesV2, MetadataStayUnlessOverridden) {
  create(kRoom);
  expect(204, "PUT /v2/entities/Room1/attrs/temperature", R"({"value":1,"type":"Float","metadata":{"unitCode":{"value":"CEL"}}})");
  same("GET /v2/entities/Room1/attrs/temperature", R"({"type":"Float","value":1,"metadata":{"unitCode":{"type":"Text","value":"CEL"},"accuracy":{"type":"Number","value":0.1}}})");
  same("GET /v2/entities/Room1/attrs/temperature?metadata=accuracy", R"({"type":"Float","value":1,"metadata":{"accuracy":{"type":"Number","value":0.1}}})");
  expect(204, "PUT /v2/entities/Room1/attrs/temperature?options=overrideMetadata", R"({"value":2,"metadata":{"x":{"value":"y"}}})");
  same("GET /v2/entities/Room1/attrs/temperature", R"({"type":"Number","value":2,"metadata":{"x":{"type":"Text","value":"y"}}})");
}

TEST_P(EntitiesV2, OneAttribute) {
  create(kRoom);
  refused(404, "NotFound", "GET /v2/entities/Room1/attrs/none");
  refused(404, "NotFound", "PUT /v2/entities/Room1/attrs/none", R"({"value":1})");
  refused(404, "NotFound", "DELETE /v2/entities/Room1/attrs/none");
  refused(404, "NotFound", "DELETE /v2/entities/none/attrs/name");
  expect(204, "DELETE /v2/entities/Room1/attrs/name");
  refused(404, "NotFound", "GET /v2/entities/Room1/attrs/name");
  bad("PUT /v2/entities/Room1/attrs/temperature", R"({"value":1,"colour":2})");
  bad("PUT /v2/entities/Room1/attrs/temperature", "7");
}

TEST_P(EntitiesV2, Values) {
  create(R"({"id":"V","type":"T","s":{"value":"text","type":"Label","metadata":{"m":{"value":1}}},"n":{"value":1.50},"o":{"value":{"a":[1,2]}}})");
  const Answer text = expect(200, "GET /v2/entities/V/attrs/s/value", {}, {{"accept", "text/plain"}});
  EXPECT_EQ(text.body, "\"text\"");
  EXPECT_EQ(text.header("Content-Type"), "text/plain");
  EXPECT_EQ(expect(200, "GET /v2/entities/V/attrs/n/value").body, "1.50");
  EXPECT_EQ(expect(200, "GET /v2/entities/V/attrs/o/value").header("Content-Type"), "application/json");
  EXPECT_EQ(expect(200, "GET /v2/entities/V/attrs/o/value", {}, {{"accept", "text/plain"}}).header("Content-Type"), "text/plain");
  refused(406, "NotAcceptable", "GET /v2/entities/V/attrs/s/value", {}, {{"accept", "application/json"}});
  refused(406, "NotAcceptable", "GET /v2/entities/V/attrs/s/value", {}, {{"accept", "text/html"}});
  const Headers plain = {{"content-type", "text/plain"}};
  for (const auto& [sent, kept] : std::vector<std::pair<std::string, std::string>>{{"\"new\"", "\"new\""}, {"28.5", "28.5"}, {"true", "true"}, {"null", "null"}, {"\"5\"", "\"5\""}}) {
    expect(204, "PUT /v2/entities/V/attrs/n/value", sent, plain);
    EXPECT_EQ(expect(200, "GET /v2/entities/V/attrs/n/value").body, kept);
  }
  refused(400, "BadRequest", "PUT /v2/entities/V/attrs/n/value", "word", plain);
  refused(400, "ParseError", "PUT /v2/entities/V/attrs/n/value", "{", {});
  refused(415, "UnsupportedMediaType", "PUT /v2/entities/V/attrs/n/value", "x", {{"content-type", "text/html"}});
  expect(204, "PUT /v2/entities/V/attrs/s/value", "\"other\"", plain);
  same("GET /v2/entities/V/attrs/s", R"({"type":"Label","value":"other","metadata":{"m":{"type":"Number","value":1}}})");
  expect(204, "PUT /v2/entities/V/attrs/o/value", R"([1,{"b":null}])");
  EXPECT_EQ(expect(200, "GET /v2/entities/V/attrs/o/value").body, R"([1,{"b":null}])");
  refused(404, "NotFound", "PUT /v2/entities/V/attrs/none/value", "1", plain);
}

TEST_P(EntitiesV2, Queries) {
  create(R"({"id":"R1","type":"Room","t":{"value":10},"tag":{"value":["a","b"]},"d":{"type":"DateTime","value":"2026-01-01T00:00:00Z"},"where":{"type":"geo:point","value":"34.70, 135.50"}})");
  create(R"({"id":"R2","type":"Room","t":{"value":20,"metadata":{"acc":{"value":0.5},"unitCode":{"value":"CEL"}}},"where":{"type":"geo:point","value":"34.80, 135.50"}})");
  create(R"({"id":"C1","type":"Car","t":{"value":30},"d":{"type":"DateTime","value":"2026-06-01T00:00:00Z"}})");
  EXPECT_EQ(ids("/v2/entities?type=Room"), "R1 R2");
  EXPECT_EQ(ids("/v2/entities?type=Room,Car"), "R1 R2 C1");
  EXPECT_EQ(ids("/v2/entities?id=C1,R1"), "C1 R1");
  EXPECT_EQ(ids("/v2/entities?idPattern=^R"), "R1 R2");
  EXPECT_EQ(ids("/v2/entities?idPattern=.*&type=Car"), "C1");
  EXPECT_EQ(ids("/v2/entities?typePattern=^(Room|Bus)$"), "R1 R2");
  EXPECT_EQ(ids("/v2/entities?q=t>10"), "R2 C1");
  EXPECT_EQ(ids("/v2/entities?q=t==10..20;!d"), "R2");
  EXPECT_EQ(ids("/v2/entities?q=tag==b"), "R1");
  EXPECT_EQ(ids("/v2/entities?q=d>2026-03-01T00:00:00Z"), "C1");
  EXPECT_EQ(ids("/v2/entities?mq=t.acc<1"), "R2");
  EXPECT_EQ(ids("/v2/entities?mq=t.unitCode==CEL"), "R2");
  EXPECT_EQ(ids("/v2/entities?georel=near;maxDistance:2000&geometry=point&coords=34.70,135.51"), "R1");
  EXPECT_EQ(ids("/v2/entities?georel=coveredBy&geometry=box&coords=34.75,135.0;34.9,136.0"), "R2");
  EXPECT_EQ(ids("/v2/entities?georel=near;minDistance:0.1&geometry=point&coords=34.81,135.5&orderBy=geo:distance"), "R2 R1");
  EXPECT_EQ(ids("/v2/entities?orderBy=!t"), "C1 R2 R1");
  EXPECT_EQ(ids("/v2/entities?limit=1&offset=1"), "R2");
  EXPECT_EQ(expect(200, "GET /v2/entities?limit=1&options=count").header("Fiware-Total-Count"), "3");
  EXPECT_EQ(expect(200, "GET /v2/entities?limit=1").header("Fiware-Total-Count"), "");
  same("GET /v2/entities?options=unique&attrs=t&id=R1", "[[10]]");
  for (const char* q : {"q=t>", "q=", "georel=near&geometry=point&coords=1,2", "georel=near;maxDistance:10", "limit=0", "limit=x", "limit=1001", "offset=-1", "id=R1&idPattern=R", "type=A&typePattern=B", "idPattern=(",
                        "options=nonsense", "orderBy=geo:distance", "id=a<b"})
    bad("GET /v2/entities?" + std::string(q));
}

TEST_P(EntitiesV2, BuiltInAttributesAndMetadata) {
  create(R"({"id":"B","type":"T","a":{"value":1,"metadata":{"m":{"value":2}}}})");
  clock.advance(kSecond * 2);
  expect(204, "PUT /v2/entities/B/attrs/a", R"({"value":2})");
  same("GET /v2/entities/B?attrs=dateCreated", R"({"id":"B","type":"T","dateCreated":{"type":"DateTime","value":"2026-11-23T00:00:00.000Z","metadata":{}}})");
  same("GET /v2/entities/B?attrs=dateModified,*&options=keyValues", R"({"id":"B","type":"T","dateModified":"2026-11-23T00:00:02.000Z","a":2})");
  same("GET /v2/entities/B/attrs/a?metadata=dateModified", R"({"type":"Number","value":2,"metadata":{"dateModified":{"type":"DateTime","value":"2026-11-23T00:00:02.000Z"}}})");
  same("GET /v2/entities/B/attrs/a?metadata=dateCreated,*",
       R"({"type":"Number","value":2,"metadata":{"dateCreated":{"type":"DateTime","value":"2026-11-23T00:00:00.000Z"},"m":{"type":"Number","value":2}}})");
  EXPECT_EQ(ids("/v2/entities?q=dateModified>2026-11-23T00:00:01Z"), "B");
  create(R"({"id":"X","type":"T","dateExpires":{"type":"DateTime","value":"2026-11-23T00:00:10Z"}})");
  same("GET /v2/entities/X?attrs=dateExpires&options=keyValues", R"({"id":"X","type":"T","dateExpires":"2026-11-23T00:00:10Z"})");
  clock.advance(kSecond * 20);
  refused(404, "NotFound", "GET /v2/entities/X");
}

TEST_P(EntitiesV2, WhatMayNotStandInFields) {
  for (const char* id : {"", "a b", "a?b", "a#b", "a/b", "a&b", "a<b", "a>b", "a'b", "a=b", "a;b", "a(b", "a)b"}) bad("POST /v2/entities", std::string(R"({"id":")") + id + R"(","type":"T"})");
  bad("POST /v2/entities", R"({"id":")" + std::string(257, 'x') + R"(","type":"T"})");
  expect(201, "POST /v2/entities", R"({"id":")" + std::string(256, 'x') + R"(","type":"T"})");
  bad("POST /v2/entities", R"({"id":"a","type":"T T"})");
  bad("POST /v2/entities", R"({"id":"a","type":""})");
  bad("POST /v2/entities", R"({"id":7,"type":"T"})");
  bad("POST /v2/entities", R"({"type":"T"})");
  bad("POST /v2/entities", R"([])");
  bad("POST /v2/entities", R"({"id":"a","type":"T","b c":{"value":1}})");
  bad("POST /v2/entities", R"({"id":"a","type":"T","b":1})");
  bad("POST /v2/entities", R"({"id":"a","type":"T","b":{"value":1,"type":"x y"}})");
  bad("POST /v2/entities", R"({"id":"a","type":"T","b":{"value":1,"type":""}})");
  bad("POST /v2/entities", R"({"id":"a","type":"T","b":{"value":"<script>"}})");
  bad("POST /v2/entities", R"({"id":"a","type":"T","b":{"value":{"k":["a;b"]}}})");
  expect(201, "POST /v2/entities", R"({"id":"a","type":"T","b":{"type":"TextUnrestricted","value":"<script>"}})");
  bad("POST /v2/entities", R"({"id":"b","type":"T","b":{"value":1,"metadata":{"m n":{"value":1}}}})");
  bad("POST /v2/entities", R"({"id":"b","type":"T","b":{"value":1,"metadata":{"m":1}}})");
  bad("POST /v2/entities", R"({"id":"b","type":"T","b":{"type":"DateTime","value":"yesterday"}})");
  bad("POST /v2/entities", R"({"id":"b","type":"T","b":{"type":"geo:point","value":"north"}})");
  bad("POST /v2/entities", R"({"id":"b","type":"T","b":{"type":"geo:point","value":"91, 10"}})");
  bad("POST /v2/entities", R"({"id":"b","type":"T","b":{"type":"geo:json","value":{"type":"Point"}}})");
  bad("POST /v2/entities", R"({"id":"b","type":"T","geo:distance":{"value":1}})");
}

TEST_P(EntitiesV2, WhatHttpSays) {
  refused(400, "ParseError", "POST /v2/entities", "{");
  refused(411, "ContentLengthRequired", "POST /v2/entities");
  refused(415, "UnsupportedMediaType", "POST /v2/entities", "{}", {{"content-type", "text/html"}});
  refused(415, "UnsupportedMediaType", "POST /v2/entities", "{}", {{"content-type", ""}});
  refused(413, "RequestEntityTooLarge", "POST /v2/entities", std::string((1 << 20) + 1, ' '));
  refused(406, "NotAcceptable", "GET /v2/entities", {}, {{"accept", "text/html"}});
  expect(200, "GET /v2/entities", {}, {{"accept", "text/html, */*;q=0.1"}});
  const Answer verb = expect(405, "DELETE /v2/entities");
  EXPECT_EQ(verb.header("Allow"), "GET, POST");
  EXPECT_EQ(verb.body, R"({"error":"MethodNotAllowed","description":"method not allowed"})");
  EXPECT_NE(expect(200, "GET /v2").body.find("/v2/entities"), std::string::npos);
  EXPECT_NE(expect(200, "GET /version").body.find("\"orion\""), std::string::npos);
}

TEST_P(EntitiesV2, Types) {
  create(R"({"id":"1","type":"B","a":{"value":1}})");
  create(R"({"id":"2","type":"B","a":{"value":"x"},"b":{"value":1}})");
  create(R"({"id":"3","type":"A"})");
  same("GET /v2/types", R"([{"type":"A","attrs":{},"count":1},{"type":"B","attrs":{"a":{"types":["Number","Text"]},"b":{"types":["Number"]}},"count":2}])");
  same("GET /v2/types?options=values&offset=1", R"(["B"])");
  EXPECT_EQ(expect(200, "GET /v2/types?options=count&limit=1").header("Fiware-Total-Count"), "2");
  same("GET /v2/types/A", R"({"attrs":{},"count":1})");
  refused(404, "NotFound", "GET /v2/types/C");
}

TEST_P(EntitiesV2, BatchUpdates) {
  const auto op = [](const std::string& action, const std::string& entities) { return R"({"actionType":")" + action + R"(","entities":[)" + entities + "]}"; };
  expect(204, "POST /v2/op/update", op("append", R"({"id":"1","type":"T","a":{"value":1}},{"id":"2","type":"T","a":{"value":1}},{"id":"1","type":"T","b":{"value":2}})"));
  same("GET /v2/entities/1?options=keyValues", R"({"id":"1","type":"T","a":1,"b":2})");
  expect(204, "POST /v2/op/update?options=keyValues", op("append", R"({"id":"urn:x:1","type":"T","a":1},{"id":"urn:x:1","type":"U","a":2})"));
  same("GET /v2/entities/urn:x:1?type=U&options=values", "[2]");
  same("GET /v2/entities/urn:x:1?type=T&options=values", "[1]");
  refused(422, "Unprocessable", "POST /v2/op/update", op("appendStrict", R"({"id":"1","type":"T","a":{"value":9}})"));
  expect(204, "POST /v2/op/update", op("appendStrict", R"({"id":"1","type":"T","c":{"value":3}})"));
  expect(204, "POST /v2/op/update", op("update", R"({"id":"1","type":"T","a":{"value":4}})"));
  refused(404, "NotFound", "POST /v2/op/update", op("update", R"({"id":"none","type":"T","a":{"value":4}})"));
  refused(422, "PartialUpdate", "POST /v2/op/update", op("update", R"({"id":"none","type":"T","a":{"value":4}},{"id":"2","type":"T","a":{"value":5}})"));
  same("GET /v2/entities/2?options=values", "[5]");
  expect(204, "POST /v2/op/update", op("replace", R"({"id":"1","type":"T","z":{"value":1}})"));
  same("GET /v2/entities/1?options=keyValues", R"({"id":"1","type":"T","z":1})");
  expect(204, "POST /v2/op/update", op("delete", R"({"id":"1","type":"T","z":{}})"));
  same("GET /v2/entities/1?options=keyValues", R"({"id":"1","type":"T"})");
  refused(404, "NotFound", "POST /v2/op/update", op("delete", R"({"id":"1","type":"T","z":{}})"));
  expect(204, "POST /v2/op/update", op("delete", R"({"id":"1","type":"T","dateCreated":{}})"));   // names an attribute, if one that only the broker writes
  same("GET /v2/entities/1?options=keyValues", R"({"id":"1","type":"T"})");
  expect(204, "POST /v2/op/update", op("delete", R"({"id":"1","type":"T"},{"id":"2"})"));
  refused(404, "NotFound", "GET /v2/entities/2");
  bad("POST /v2/op/update", op("burn", R"({"id":"1","type":"T"})"));
  bad("POST /v2/op/update", R"({"actionType":"append"})");
  bad("POST /v2/op/update", R"({"actionType":"append","entities":[]})");
  bad("POST /v2/op/update", R"({"actionType":"append","entities":[{"id":"1"}],"more":1})");
}

TEST_P(EntitiesV2, QueriesInABodyAndNotifications) {
  expect(200, "POST /v2/op/notify", R"({"subscriptionId":"5aeb0ee97d4ef10a12a0262f","data":[{"id":"N1","type":"N","a":{"type":"Number","value":1,"metadata":{}}},{"id":"N2","type":"N","a":{"value":2}}]})");
  expect(200, "POST /v2/op/notify", R"({"subscriptionId":"x","data":[{"id":"N3","type":"N","a":3}]})", {{"ngsiv2-attrsformat", "keyValues"}});
  bad("POST /v2/op/notify", R"({"data":[]})");
  const auto query = [&](const std::string& options, const std::string& body) { return expect(200, "POST /v2/op/query" + options, body).body; };
  EXPECT_EQ(query("?options=keyValues", R"({"entities":[{"idPattern":".*","type":"N"}],"expression":{"q":"a>1"}})"), R"([{"id":"N2","type":"N","a":2},{"id":"N3","type":"N","a":3}])");
  EXPECT_EQ(query("?options=values&orderBy=!a", R"({"entities":[{"id":"N1"},{"id":"N3","type":"N"}],"attrs":["a"]})"), "[[3],[1]]");
  EXPECT_EQ(query("?options=keyValues", R"({"entities":[{"idPattern":"N1","typePattern":"^N$"}]})"), R"([{"id":"N1","type":"N","a":1}])");
  EXPECT_EQ(query("?options=keyValues", R"({"expression":{"q":"a==2"},"attrs":["dateCreated"]})"), R"([{"id":"N2","type":"N","dateCreated":"2026-11-23T00:00:00.000Z"}])");
  bad("POST /v2/op/query", R"({"entities":[{"id":"a","idPattern":"b"}]})");
  bad("POST /v2/op/query", R"({"entities":[{}]})");
  bad("POST /v2/op/query", R"({"expression":{"q":"a>"}})");
  bad("POST /v2/op/query", R"({"expression":{"nonsense":"a"}})");
  bad("POST /v2/op/query", R"({"expression":{"georel":"near;maxDistance:1"}})");
  bad("POST /v2/op/query", R"({"nonsense":1})");
}

}  // namespace
}  // namespace machiya::sense::ngsiv2
