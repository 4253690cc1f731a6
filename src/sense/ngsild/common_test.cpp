// What every request has in common (§6.3), discovery, identity, contexts and entity maps.
#include "sense/ngsild/bench.h"

namespace machiya::sense::ngsild {
namespace {

class CommonTest : public Bench {
 protected:
  static constexpr const char* kFile = "https://files.example/c.jsonld";
  void file(const std::string& text) { std::ofstream(home.path() + "/c.jsonld", std::ios::trunc) << text; }
  static Headers link_to(const std::string& url) { return {{"link", "<" + url + R"(>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json")"}}; }
  std::string encoded(const std::string& url) { return http::url_encode(url); }
  // As the server does it: the router's parameters decode what stays escaped in the path.
  std::string in_path(const std::string& url) {
    std::string out;
    for (const char c : url) out += c == '/' ? "%2F" : std::string(1, c);
    return out;
  }
};

TEST_F(CommonTest, ContentLengthAndTypes) {
  { NGSI("046_01_01", "6.3.2 6.3.4"); EXPECT_EQ(expect(411, "POST /entities").body, ""); }
  { NGSI("046_01_02", "6.3.2 6.3.4"); expect(411, "PATCH /entities/urn:x:1"); }
  { NGSI("046_01_03", "6.3.2 6.3.4"); expect(411, "PUT /entities/urn:x:1"); }
  { NGSI("046_01_04", "6.3.2 6.3.4"); expect(200, "GET /entities?type=T"); }
  { NGSI("046_01_05", "6.3.2 6.3.4 4.14"); expect(411, "PATCH /entities/urn:x:1", {}, {{"ngsild-tenant", "nobody"}}); }
  EXPECT_EQ(expect(415, "POST /entities", "x", {{"content-type", "text/plain"}}).body, "");
  create("urn:x:1", R"("a":1)");
  { NGSI("049_01_01", "6.3.4"); EXPECT_NE(expect(406, "GET /entities/urn:x:1", {}, {{"accept", "application/pdf"}}).body.find("application/ld+json"), std::string::npos); }
  expect(406, "GET /types", {}, {{"accept", "application/geo+json"}});
  const auto type_for = [&](const char* accept) { return expect(200, "GET /entities/urn:x:1", {}, {{"accept", accept}}).header("Content-Type"); };
  EXPECT_EQ(type_for("application/ld+json, application/json"), "application/json") << "the order of the standard";
  EXPECT_EQ(type_for("application/json;q=0.5, application/ld+json"), "application/ld+json");
  EXPECT_EQ(type_for("*/*"), "application/json");
  EXPECT_EQ(type_for("application/json;q=0, */*"), "application/ld+json");
  { NGSI("5710_01_03", "5.7.8 5.7.10 6.3.20"); refused(400, "InvalidRequest", "GET /attributes?nonsense=1"); refused(400, "InvalidRequest", "GET /attributes/a?nonsense=1"); }
}

TEST_F(CommonTest, TenantsAreApart) {
  always = {{"ngsild-tenant", "a"}};
  refused(404, "NonexistentTenant", "GET /entities?type=T");
  create("urn:x:1");
  EXPECT_EQ(expect(200, "GET /entities/urn:x:1").header("NGSILD-Tenant"), "a");
  always = {};
  refused(404, "ResourceNotFound", "GET /entities/urn:x:1");
  bad("GET /entities?type=T", {}, {{"ngsild-tenant", "a b"}});
}

TEST_F(CommonTest, GeoJsonAndPreferences) {
  create("urn:x:1", R"("location":{"type":"Point","coordinates":[1,2]},"v":{"vocab":"x"})");
  const Headers geo{{"accept", "application/geo+json"}};
  { NGSI("636_01_01", "6.3.6"); const Answer a = expect(200, "GET /entities/urn:x:1", {}, geo); EXPECT_NE(a.body.find("\"@context\""), std::string::npos); EXPECT_EQ(a.header("Link"), ""); EXPECT_EQ(a.header("Content-Type"), "application/geo+json"); }
  { NGSI("636_01_02", "6.3.6"); const Answer a = expect(200, "GET /entities/urn:x:1", {}, {{"accept", "application/geo+json"}, {"prefer", "body=json"}}); EXPECT_EQ(a.body.find("\"@context\""), std::string::npos); EXPECT_NE(a.header("Link"), ""); }
  { NGSI("636_01_03", "6.3.6"); const Answer a = expect(204, "PATCH /entities/urn:x:1/attrs", R"({"v":{"vocab":"x"}})"); EXPECT_EQ(a.header("Content-Length"), ""); EXPECT_EQ(a.body, ""); }
  { NGSI("436_08_01", "4.3.6.8"); const Answer a = expect(203, "GET /entities/urn:x:1", {}, {{"prefer", "ngsi-ld=1.5"}}); EXPECT_EQ(a.header("Preference-Applied"), "ngsi-ld=1.5"); EXPECT_NE(a.body.find(R"("v":{"type":"Property","value":"x"})"), std::string::npos); }
  { NGSI("436_08_02", "4.3.6.8"); const Answer a = expect(200, "GET /entities/urn:x:1", {}, {{"prefer", "ngsi-ld=1.9"}}); EXPECT_EQ(a.header("Preference-Applied"), "ngsi-ld=1.9"); EXPECT_NE(a.body.find(R"("v":{"type":"VocabProperty","vocab":"x"})"), std::string::npos); }
  { NGSI("4516_01_01", "4.5.16.1 4.5.16.2"); same(expect(200, "GET /entities/urn:x:1", {}, geo).body, R"({"id":"urn:x:1","type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"type":"T","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},"v":{"type":"VocabProperty","vocab":"x"}}})"); }
  create("urn:x:2", R"("location":[{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]},"datasetId":"urn:d:1"}],"p":1)");
  { NGSI("4516_01_02", "4.5.16.1"); EXPECT_NE(expect(200, "GET /entities/urn:x:2?geometryProperty=p", {}, geo).body.find(R"("geometry":null)"), std::string::npos); EXPECT_NE(expect(200, "GET /entities/urn:x:2", {}, geo).body.find(R"("geometry":null)"), std::string::npos);
    EXPECT_NE(expect(200, "GET /entities/urn:x:2?datasetId=urn:d:1", {}, geo).body.find(R"("geometry":{)"), std::string::npos); }
  { NGSI("4516_01_03", "4.5.16.3"); const Answer a = expect(200, "GET /entities?type=T&limit=1&count=true", {}, geo); EXPECT_NE(a.body.find(R"({"type":"FeatureCollection","features":[{"id":"urn:x:1")"), std::string::npos); EXPECT_EQ(a.header("NGSILD-Results-Count"), "2"); EXPECT_NE(a.header("Link").find("next"), std::string::npos); }
}

TEST_F(CommonTest, TellsWhoItIs) {
  clock.advance(kDay + 2 * kHour + 3 * kMinute + 4 * kSecond);
  Answer a;
  { NGSI("061_01_01", "5.15.1 5.2.40 6.33"); a = expect(200, "GET /info/sourceIdentity"); }
  { NGSI("061_01_02", "5.15.1 5.2.40"); EXPECT_NE(a.body.find(R"("type":"ContextSourceIdentity","contextSourceAlias":"machiya")"), std::string::npos); EXPECT_NE(a.body.find("{\"id\":\"urn:"), std::string::npos); }
  { NGSI("061_01_03", "5.15.1 5.2.40"); EXPECT_NE(a.body.find(R"("contextSourceUptime":"P1DT2H3M4S")"), std::string::npos); }
  { NGSI("061_01_04", "5.15.1 5.2.40 4.6.3"); EXPECT_NE(a.body.find(R"("contextSourceTimeAt":"2026-)"), std::string::npos); }
  { NGSI("061_01_05", "5.15.1 5.2.40 4.14 6.3.18"); EXPECT_NE(expect(200, "GET /info/sourceIdentity", {}, {{"ngsild-tenant", "a"}}).body, expect(200, "GET /info/sourceIdentity", {}, {{"ngsild-tenant", "b"}}).body); EXPECT_EQ(expect(200, "GET /info/sourceIdentity").body, a.body); }
}

TEST_F(CommonTest, DiscoversTypesAndAttributes) {
  always = link();
  { NGSI("024_01_01", "5.7.7"); refused(404, "ResourceNotFound", "GET /types/Building"); }
  create("urn:x:1", R"("name":"a","airQualityLevel":1)", "Building"), create("urn:x:2", R"("name":{"object":"urn:a:1"})", "Building");
  const std::string info = R"({"id":"https://ngsi-ld-test-suite/context#Building","type":"EntityTypeInfo","typeName":"Building","entityCount":2,"attributeDetails":[)"
                           R"({"id":"https://ngsi-ld-test-suite/context#airQualityLevel","type":"Attribute","attributeName":"airQualityLevel","attributeTypes":["Property"]},)"
                           R"({"id":"https://ngsi-ld-test-suite/context#name","type":"Attribute","attributeName":"name","attributeTypes":["Property","Relationship"]}]})";
  { NGSI("024_02_01", "5.7.7"); same(expect(200, "GET /types/Building").body, info); }
  { NGSI("024_02_02", "5.7.7"); same(expect(200, "GET /types/" + in_path("https://ngsi-ld-test-suite/context#Building")).body, info); }
  { NGSI("027_01_01", "5.7.10"); always = {}; refused(404, "ResourceNotFound", "GET /attributes/name"); always = link(); }
  { NGSI("5710_01_01", "5.7.10"); refused(404, "ResourceNotFound", "GET /attributes/nobody"); }
  { NGSI("5710_01_02", "5.7.8 5.7.10"); const Answer a = expect(200, "GET /attributes"); for (const char* member : {"\"id\"]", "\"type\"]", "\"scope\"", "\"createdAt\""}) EXPECT_EQ(a.body.find(member), std::string::npos); for (const char* m : {"id", "type", "scope", "createdAt"}) refused(404, "ResourceNotFound", "GET /attributes/" + std::string(m)); }
}

TEST_F(CommonTest, HostsContexts) {
  const std::string body = R"({"@context":{"A1":"urn:ngsi-ld:attributes:A1"}})";
  { NGSI("052_01_01", "5.13.3"); EXPECT_EQ(expect(200, "GET /jsonldContexts").body, "[]"); }
  { NGSI("052_01_02", "5.13.3"); EXPECT_EQ(expect(200, "GET /jsonldContexts?kind=Hosted").body, "[]"); }
  { NGSI("052_01_03", "5.13.3"); EXPECT_EQ(expect(200, "GET /jsonldContexts?kind=Cached").body, "[]"); }
  { NGSI("052_01_04", "5.13.3"); EXPECT_EQ(expect(200, "GET /jsonldContexts?kind=ImplicitlyCreated").body, "[]"); }
  { NGSI("052_01_05", "5.13.3"); expect(200, "GET /jsonldContexts?details=false"); }
  { NGSI("052_01_06", "5.13.3"); expect(200, "GET /jsonldContexts?details=false&kind=Hosted"); }
  { NGSI("052_01_07", "5.13.3"); expect(200, "GET /jsonldContexts?details=false&kind=Cached"); }
  { NGSI("052_01_08", "5.13.3"); expect(200, "GET /jsonldContexts?details=false&kind=ImplicitlyCreated"); }
  const std::string at = expect(201, "POST /jsonldContexts", body, {{"content-type", "application/json"}}).header("Location"), path = at.substr(kBase.size());
  const auto lists = [&](const std::string& query) { return expect(200, "GET /jsonldContexts" + query, {}, {{"host", "broker.example"}}).body.find("http://broker.example" + at) != std::string::npos; };
  { NGSI("052_02_01", "5.13.3"); EXPECT_TRUE(lists("")); }
  { NGSI("052_02_02", "5.13.3"); EXPECT_TRUE(lists("?kind=Hosted")); EXPECT_FALSE(lists("?kind=Cached")); }
  { NGSI("052_02_03", "5.13.3"); EXPECT_TRUE(lists("?details=false")); }
  { NGSI("052_02_04", "5.13.3"); EXPECT_TRUE(lists("?details=false&kind=Hosted")); }
  { NGSI("052_04_01", "5.13.3"); bad("GET /jsonldContexts?kind=other"); }
  { NGSI("052_04_02", "5.13.3"); bad("GET /jsonldContexts?details=other"); }
  { NGSI("052_04_03", "5.13.3"); bad("GET /jsonldContexts?details=other&kind=other"); }
  { NGSI("052_04_04", "5.13.3"); bad("GET /jsonldContexts?details=true&kind=other"); }
  { NGSI("052_04_05", "5.13.3"); bad("GET /jsonldContexts?details=other&kind=Hosted"); }
  EXPECT_EQ(expect(200, "GET " + path).body, body);
  { NGSI("053_02_01", "5.13.4"); EXPECT_NE(expect(200, "GET " + path + "?details=true").body.find(R"("kind":"Hosted","createdAt":")"), std::string::npos); }
  { NGSI("053_03_01", "5.13.4"); refused(404, "ResourceNotFound", "GET /jsonldContexts/unknown?details=true"); }
  expect(201, "POST /entities", entity("urn:x:1", R"("A1":1)"), link_to("http://other.example" + at));
  EXPECT_NE(expect(200, "GET /entities/urn:x:1").body.find("urn:ngsi-ld:attributes:A1"), std::string::npos) << "a hosted context is understood by whatever name this host has";
  { NGSI("051_04_01", "5.13.5"); refused(404, "ResourceNotFound", "DELETE /jsonldContexts/unknown?reload=true"); }
  { NGSI("051_04_02", "5.13.5"); refused(404, "ResourceNotFound", "DELETE /jsonldContexts/unknown?reload=false"); }
  { NGSI("051_04_03", "5.13.5"); refused(404, "ResourceNotFound", "DELETE /jsonldContexts/unknown"); }
  { NGSI("051_04_04", "5.13.5"); bad("DELETE /jsonldContexts/unknown?reload=wrong"); }
  { NGSI("051_04_05", "5.13.5"); bad("DELETE " + path + "?reload=true"); }
  { NGSI("051_01_01", "5.13.5"); expect(204, "DELETE " + path); expect(404, "GET " + path); }
  { NGSI("051_02_01", "5.13.5"); refused(404, "ResourceNotFound", "DELETE " + path); }
  for (const char* wrong : {R"({"@context":5})", R"({"@context":true})", R"({"@context":{"a":5}})", R"({"x":1})", R"({"@context":["https://nowhere.example/c",5]})"}) EXPECT_GE(ask("POST /jsonldContexts", wrong, {{"content-type", "application/json"}}).status, 400) << wrong;
}

TEST_F(CommonTest, KeepsImplicitAndFetchedContexts) {
  const std::string id = hosted->add("", R"({"@context":["https://files.example/c.jsonld"]})", ContextKind::implicitly_created).value(), path = "/jsonldContexts/" + id;
  { NGSI("050_03_01", "5.13.2"); expect(200, "GET " + path); }
  { NGSI("053_07_01", "5.13.4"); EXPECT_NE(expect(200, "GET " + path + "?details=true").body.find("ImplicitlyCreated"), std::string::npos); }
  const auto lists = [&](const std::string& query) { return expect(200, "GET /jsonldContexts" + query).body.find(id) != std::string::npos; };
  { NGSI("052_06_01", "5.13.3"); EXPECT_TRUE(lists("")); }
  { NGSI("052_06_02", "5.13.3"); EXPECT_FALSE(lists("?kind=Hosted")); }
  { NGSI("052_06_03", "5.13.3"); EXPECT_FALSE(lists("?kind=Cached")); }
  { NGSI("052_06_04", "5.13.3"); EXPECT_TRUE(lists("?kind=ImplicitlyCreated")); }
  { NGSI("052_06_05", "5.13.3"); EXPECT_TRUE(lists("?details=false")); }
  { NGSI("052_06_06", "5.13.3"); EXPECT_FALSE(lists("?details=false&kind=Hosted")); }
  { NGSI("052_06_07", "5.13.3"); EXPECT_FALSE(lists("?details=false&kind=Cached")); }
  { NGSI("052_06_08", "5.13.3"); EXPECT_TRUE(lists("?details=false&kind=ImplicitlyCreated")); }
  { NGSI("051_07_01", "5.13.5"); bad("DELETE " + path + "?reload=true"); }
  { NGSI("051_06_01", "5.13.5"); expect(204, "DELETE " + path); }

  file(R"({"@context":{"a":"https://a.example/a"}})");
  const std::string cached = "/jsonldContexts/" + in_path(kFile);
  create("urn:x:1", R"("a":1)");
  expect(200, "GET /entities/urn:x:1", {}, link_to(kFile));
  { NGSI("052_07_01", "5.13.3"); EXPECT_NE(expect(200, "GET /jsonldContexts?details=true&kind=Cached").body.find(R"("URL":"https://files.example/c.jsonld")"), std::string::npos); }
  refused(422, "OperationNotSupported", "GET " + cached);
  file("gone");
  { NGSI("053_05_01", "5.13.4"); refused(504, "LdContextNotAvailable", "DELETE " + cached + "?reload=true"); expect(200, "GET " + cached + "?details=true"); }
  { NGSI("051_03_01", "5.13.5"); expect(204, "DELETE " + cached); }
  { NGSI("5135_01_01", "5.13.5"); file(R"({"@context":{}})"); expect(200, "GET /entities/urn:x:1", {}, link_to(kFile)); file("gone"); refused(504, "LdContextNotAvailable", "DELETE " + cached + "?reload=true"); expect(200, "GET " + cached + "?details=true"); expect(204, "DELETE " + cached); expect(404, "GET " + cached + "?details=true"); }
  const std::string core = "/jsonldContexts/" + in_path(std::string(kCoreContextUrl));
  { NGSI("051_08_01", "5.13.5"); bad("DELETE " + core); }
  { NGSI("051_08_02", "5.13.5"); bad("DELETE " + core + "?reload=false"); }
  { NGSI("051_09_01", "5.13.5"); expect(204, "DELETE " + core + "?reload=true"); expect(200, "GET " + core + "?details=true"); }
  refused(504, "LdContextNotAvailable", "GET /entities/urn:x:1", {}, link_to("https://nowhere.example/c"));
}

TEST_F(CommonTest, ContextsBelongToTenants) {
  const Headers a{{"ngsild-tenant", "a"}}, b{{"ngsild-tenant", "b"}};
  const std::string path = expect(201, "POST /jsonldContexts", R"({"@context":{"A1":"urn:a:A1"}})", {{"ngsild-tenant", "a"}, {"content-type", "application/ld+json"}}).header("Location").substr(kBase.size());
  { NGSI("5134_01_01", "5.13.4 5.5.10"); expect(404, "GET " + path, {}, b); expect(404, "GET " + path); expect(200, "GET " + path, {}, a); }
  { NGSI("5134_01_02", "5.13.3 5.5.10"); EXPECT_EQ(expect(200, "GET /jsonldContexts", {}, b).body, "[]"); EXPECT_NE(expect(200, "GET /jsonldContexts", {}, a).body, "[]"); }
  { NGSI("5134_01_03", "5.13.5 5.5.10"); expect(404, "DELETE " + path, {}, b); expect(200, "GET " + path, {}, a); expect(204, "DELETE " + path, {}, a); }
}

TEST_F(CommonTest, EntityMaps) {
  create("urn:x:1", R"("n":1)"), create("urn:x:2", R"("n":2)");
  const auto map_of = [](const Answer& a) { return a.header("NGSILD-EntityMap").substr(kBase.size()); };
  Answer made;
  { NGSI("5144_01_01", "5.14.4"); made = expect(201, "GET /entityMaps?type=T"); EXPECT_NE(made.body.find(R"("entityMap":{"urn:x:1":["@none"],"urn:x:2":["@none"]})"), std::string::npos) << made.body; }
  { NGSI("5144_01_02", "5.14.4"); EXPECT_EQ(expect(201, "GET /entityMaps?type=T&q=n==2").body.find("urn:x:1"), std::string::npos); expect(201, "POST /entityMaps", R"({"type":"Query","entities":[{"type":"T"}],"q":"n==2"})"); }
  { NGSI("5144_01_03", "5.14.4"); bad("GET /entityMaps"); bad("GET /entityMaps?id=urn:x:1"); }
  { NGSI("5144_01_04", "5.14.4"); bad("GET /entityMaps?type=T&entityMapLifetime=long"); bad("GET /entityMaps?type=T&entityMapLifetime=P1"); }
  { NGSI("5144_01_05", "5.14.4 5.5.14"); const Answer first = expect(201, "GET /entities?type=T&entityMap=true"); create("urn:x:3"); const Answer second = expect(200, "GET /entities?type=T", {}, {{"ngsild-entitymap", first.header("NGSILD-EntityMap")}}); EXPECT_EQ(ids(second), "1 2"); EXPECT_EQ(map_of(first), map_of(second)); }
  const std::string map = map_of(made);
  { NGSI("5141_01_01", "5.14.1"); same(expect(200, "GET " + map).body, made.body); }
  { NGSI("5141_01_02", "5.14.1"); bad("GET /entityMaps/noUri"); }
  { NGSI("5141_01_03", "5.14.1"); refused(404, "ResourceNotFound", "GET /entityMaps/urn:x:none"); }
  expect(201, "POST /entities", entity("urn:y:1"), {{"ngsild-tenant", "a"}});
  { NGSI("5141_02_01", "5.14.1 4.14"); expect(404, "GET " + map, {}, {{"ngsild-tenant", "a"}}); }
  { NGSI("5141_02_02", "5.14.3 4.14"); expect(404, "DELETE " + map, {}, {{"ngsild-tenant", "a"}}); expect(200, "GET " + map); }
  { NGSI("5141_02_03", "5.14.4"); EXPECT_NE(expect(201, "GET /entityMaps?type=T&entityMapLifetime=P1Y").body.find(R"("expiresAt":"2026-09-21T15)"), std::string::npos) << ask("GET /entityMaps?type=T&entityMapLifetime=P1Y").body; }
  { NGSI("5141_02_04", "5.14.1 5.5.14"); const std::string soon = map_of(expect(201, "GET /entityMaps?type=T")); expect(204, "PATCH " + soon, R"({"expiresAt":"2020-01-01T00:00:00Z"})"); expect(404, "GET " + soon); }
  { NGSI("5143_01_01", "5.14.3"); expect(204, "DELETE " + map); expect(404, "DELETE " + map); expect(404, "GET " + map); }
  { NGSI("5143_01_02", "5.14.3"); bad("DELETE /entityMaps/noUri"); }
  Answer one;
  { NGSI("5714_01_01", "5.7.1.4"); one = expect(200, "GET /entities/urn:x:1?entityMap=true"); expect(200, "GET " + map_of(one)); }
  { NGSI("5714_01_02", "5.7.1.4"); const Answer other = expect(200, "GET /entities/urn:x:1", {}, {{"ngsild-entitymap", "/ngsi-ld/v1/entityMaps/urn:x:none"}}); EXPECT_NE(other.header("NGSILD-EntityMap"), ""); }
  { NGSI("5714_01_03", "5.7.1.4"); EXPECT_EQ(expect(200, "GET /entities/urn:x:1", {}, {{"ngsild-entitymap", one.header("NGSILD-EntityMap")}}).header("NGSILD-EntityMap"), one.header("NGSILD-EntityMap")); }
}

}  // namespace
}  // namespace machiya::sense::ngsild
