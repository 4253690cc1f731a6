// Creating, changing and deleting entities and attributes (§5.6.1–§5.6.6, §5.6.17–§5.6.21): one line for each rule of the table.
#include "sense/ngsild/bench.h"

namespace machiya::sense::ngsild {
namespace {

class ProvisionTest : public Bench {
 protected:
  void creates(const std::string& members) {
    forget();
    expect(201, "POST /entities", entity("urn:x:1", members));
  }
  void creates_as(const std::string& members, const std::string& shown) {
    creates(members);
    same(expect(200, "GET /entities/urn:x:1").body, entity("urn:x:1", shown));
  }
  void refuses(const std::string& members) {
    forget();
    bad("POST /entities", entity("urn:x:1", members));
    expect(404, "GET /entities/urn:x:1");
  }
};

TEST_F(ProvisionTest, CreatesEntities) {
  { NGSI("001_01_01", "5.6.1"); const Answer made = expect(201, "POST /entities", entity("urn:x:9")); EXPECT_EQ(made.header("Location"), "/ngsi-ld/v1/entities/urn:x:9"); EXPECT_TRUE(made.body.empty()); }
  refused(409, "AlreadyExists", "POST /entities", entity("urn:x:9"));
  EXPECT_EQ(expect(201, "POST /entities", entity("http://a.example/é?1")).header("Location"), "/ngsi-ld/v1/entities/http:%2F%2Fa.example%2F%C3%A9%3F1");
  { NGSI("001_01_02", "5.6.1"); creates(R"("a":{"type":"Property","value":1},"b":{"type":"Property","value":"x"})"); }
  { NGSI("001_01_03", "5.6.1"); creates(R"("a":{"type":"Property","value":1,"r":{"type":"Relationship","object":"urn:a:1"}})"); }
  { NGSI("001_01_04", "5.6.1"); creates(R"("location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}})"); }
  { NGSI("001_01_05", "5.6.1"); creates(R"("place":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}})"); }
  { NGSI("001_06_01", "6.3.5"); bad("POST /entities", entity("urn:x:2", R"("@context":"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld")"), {{"content-type", "application/json"}}); }
  { NGSI("001_08_01", "6.3.5"); bad("POST /entities", entity("urn:x:2"), {{"content-type", "application/ld+json"}}); }
  { NGSI("001_11_01", "4.18"); creates_as(R"("scope":"/Madrid/Gardens/ParqueNorte")", R"("scope":"/Madrid/Gardens/ParqueNorte")"); }
  { NGSI("001_11_02", "4.18"); creates_as(R"("scope":["/a","/b"])", R"("scope":["/a","/b"])"); }
  { NGSI("001_15_01", "4.5.20"); creates_as(R"("a":{"type":"VocabProperty","vocab":"x"})", R"("a":{"type":"VocabProperty","vocab":"x"})"); }
  { NGSI("001_15_02", "4.5.20"); creates_as(R"("a":{"type":"VocabProperty","vocab":["x","y"]})", R"("a":{"type":"VocabProperty","vocab":["x","y"]})"); }
}

TEST_F(ProvisionTest, ReadsContexts) {
  const std::string body = R"({"id":"urn:x:1","type":"Building","name":{"type":"Property","value":"n"}})", full = R"("https://ngsi-ld-test-suite/context#name")";
  { NGSI("001_04_01", "6.3.5"); expect(201, "POST /entities", body, link()); same(expect(200, "GET /entities/urn:x:1", {}, link()).body, body); }
  { NGSI("001_04_02", "6.3.5"); EXPECT_NE(expect(200, "GET /entities/urn:x:1").body.find(full), std::string::npos); }
  forget();
  { NGSI("001_05_01", "6.3.5"); expect(201, "POST /entities", body); same(expect(200, "GET /entities/urn:x:1").body, body); }
  { NGSI("001_05_02", "6.3.5"); EXPECT_EQ(expect(200, "GET /entities/urn:x:1", {}, link()).body.find("\"name\""), std::string::npos); }
  forget();
  { NGSI("404_01_01", "4.4"); expect(201, "POST /entities", R"({"@id":"urn:x:1","@type":"T","a":{"@type":"Property","value":1}})"); same(expect(200, "GET /entities/urn:x:1").body, entity("urn:x:1", R"("a":{"type":"Property","value":1})")); }
  forget();
  { NGSI("404_01_02", "4.4"); expect(201, "POST /entities", entity("urn:x:1", R"("location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},"@context":{"location":"https://x.example/l","value":"https://x.example/v"})"));
    same(expect(200, "GET /entities/urn:x:1").body, entity("urn:x:1", R"("location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}})")); }
}

TEST_F(ProvisionTest, KeepsTheModel) {
  { NGSI("408_01_01", "4.8 4.6.3"); refuses(R"("a":{"value":1,"observedAt":"not a date"})"); }
  { NGSI("408_01_02", "4.8 4.6.3"); refuses(R"("a":{"value":1,"observedAt":"2026-08-10T12:00:00+02:00"})"); }
  { NGSI("408_01_03", "4.8"); refuses(R"("a":{"value":1,"observedAt":{"type":"Property","value":"2026-08-10T12:00:00Z"}})"); }
  { NGSI("418_01_01", "4.18"); refuses(R"("scope":"/Madrid/1a")"); }
  { NGSI("418_01_02", "4.18"); refuses(R"("scope":"/Madrid//a")"); }
  { NGSI("418_01_03", "4.18"); refuses(R"("scope":"/Madrid/a-b")"); }
  { NGSI("418_01_04", "4.18"); refuses(R"("scope":"urn:ngsi-ld:null")"); }
  { NGSI("418_01_05", "4.18"); refuses(R"("scope":["/Madrid","/a-b"])"); }
  { NGSI("418_01_06", "4.18"); for (const char* s : {"/Madrid", "Madrid", "/Madrid/Gardens/ParqueNorte", "/CompanyA/OrganizationB/UnitC"}) creates_as(R"("scope":")" + std::string(s) + "\"", R"("scope":")" + std::string(s) + "\""); }
  { NGSI("451_01_01", "4.5.1"); refuses(R"("datasetId":{"type":"Property","value":"x"})"); }
  { NGSI("451_01_02", "4.5.1"); refuses(R"("instanceId":{"type":"Property","value":"x"})"); }
  { NGSI("451_01_03", "4.5.1"); refuses(R"("observedAt":{"type":"Property","value":"x"})"); }
  { NGSI("451_01_04", "4.5.1 5.5.7"); refuses(R"("a":{"type":"Property","value":1,"@context":{"x":"https://x.example"}})"); bad("POST /entities", entity("urn:x:1", R"("a":{"type":"Property","value":1,"@context":{"x":"https://x.example"}},"@context":{})")); }
  { NGSI("4522_01_01", "4.5.22.2 4.5.22.3"); creates_as(R"("a":{"type":"ListRelationship","objectList":["urn:a:1",{"object":"urn:a:2"}]})", R"("a":{"type":"ListRelationship","objectList":[{"object":"urn:a:1"},{"object":"urn:a:2"}]})"); }
  { NGSI("4522_01_02", "4.5.22.2"); refuses(R"("a":{"type":"ListRelationship","objectList":["no uri"]})"); }
  { NGSI("4522_01_03", "4.5.21.2"); refuses(R"("a":{"type":"ListProperty","valueList":[1],"value":1})"); }
  { NGSI("4524_01_01", "4.5.24.2 4.5.24.3"); creates_as(R"("a":{"json":{"id":"x","type":1,"null":null}})", R"("a":{"type":"JsonProperty","json":{"id":"x","type":1,"null":null}})"); }
  { NGSI("4524_01_02", "4.5.24.2"); refuses(R"("a":{"type":"JsonProperty","json":{},"unitCode":"CEL"})"); }
  { NGSI("4524_01_03", "4.5.24.2"); refuses(R"("a":{"type":"JsonProperty","json":{},"value":1})"); }
  { NGSI("4524_01_04", "4.5.24.2"); refuses(R"("a":{"type":"JsonProperty","json":"scalar"})"); }
  { NGSI("452_01_01", "4.5.2.2"); refuses(R"("a":{"type":"Property","value":1,"object":"urn:a:1"})"); }
  { NGSI("452_01_02", "4.5.2.2"); refuses(R"("a":{"type":"Property","value":1,"languageMap":{"en":"x"}})"); }
  { NGSI("452_01_03", "4.5.2.2"); refuses(R"("a":{"type":"Property","value":1,"valueList":[1]})"); }
  { NGSI("452_01_04", "4.5.2.2"); refuses(R"("a":{"type":"Property","value":1,"previousValue":0})"); }
  { NGSI("452_01_05", "4.5.2.2"); refuses(R"("a":{"type":"Property","value":1,"entityIdSealed":"urn:x:1"})"); }
  { NGSI("452_01_06", "4.5.2.2"); creates_as(R"("a":{"type":"Property","value":1,"valueType":"xsd:integer"})", R"("a":{"type":"Property","value":1,"valueType":"xsd:integer"})"); }
  { NGSI("452_02", "4.5.2.3 4.5.3.3"); creates_as(R"("a":1,"r":{"object":"urn:a:1"},"g":{"type":"Point","coordinates":[1,2]},"l":{"languageMap":{"en":"x"}})",
                                                  R"("a":{"type":"Property","value":1},"r":{"type":"Relationship","object":"urn:a:1"},"g":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}},"l":{"type":"LanguageProperty","languageMap":{"en":"x"}})"); }
  const std::string proof = R"("a":{"type":"Property","value":1,"ngsildproof":{"type":"Property","entityIdSealed":"urn:x:1","entityTypeSealed":"T","value":{"type":"DataIntegrityProof"}}})";
  { NGSI("452_03_01", "4.5.2.2"); creates_as(proof, proof); }
  { NGSI("452_03_02", "4.5.2.2"); refuses(R"("a":{"type":"Property","value":1,"entityTypeSealed":"T"})"); }
  { NGSI("452_03_03", "4.5.2.2"); refuses(R"("a":{"type":"Property","value":1,"ngsildproof":{"type":"Property","value":"x"}})"); refuses(R"("a":{"type":"Property","value":1,"ngsildproof":"x"})"); }
  { NGSI("453_01_01", "4.5.3.2"); refuses(R"("a":{"type":"Relationship","object":"urn:a:1","unitCode":"CEL"})"); }
  { NGSI("453_01_02", "4.5.3.2"); refuses(R"("a":{"type":"Relationship","object":"urn:a:1","value":1})"); }
  { NGSI("453_01_03", "4.5.3.2"); refuses(R"("a":{"type":"Relationship","object":"urn:a:1","languageMap":{}})"); }
  { NGSI("453_01_04", "4.5.3.2"); refuses(R"("a":{"type":"Relationship","object":"urn:a:1","previousObject":"urn:a:0"})"); }
  { NGSI("453_01_05", "4.5.3.2"); creates_as(R"("a":{"type":"Relationship","object":"urn:a:1","objectType":"T"})", R"("a":{"type":"Relationship","object":"urn:a:1","objectType":"T"})"); }
  { NGSI("455_01_01", "4.5.5.1"); creates_as(R"("a":[{"type":"Property","value":1,"datasetId":"@none"},{"type":"Property","value":2,"datasetId":"urn:d:1"}])", R"("a":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:d:1"}])"); }
  { NGSI("455_01_02", "4.5.5.1"); refuses(R"("a":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"@none"}])"); }
  { NGSI("455_01_03", "4.5.5.1"); refuses(R"("a":[{"type":"Property","value":1,"datasetId":"urn:d:1"},{"type":"Property","value":2,"datasetId":"urn:d:1"}])"); }
}

TEST_F(ProvisionTest, HidesNothingInIds) {
  const auto hidden = [&](const char* what) { bad("POST /entities", entity("urn:ngsi-ld:T:a" + std::string(what) + "b")); };
  { NGSI("451_02_01", "4.5.1"); hidden("\u202E"); }
  { NGSI("451_02_02", "4.5.1"); hidden("\u200B"); }
  { NGSI("451_02_03", "4.5.1"); hidden("\uFEFF"); }
  { NGSI("451_02_04", "4.5.1"); hidden("\u2028"); }
  { NGSI("451_02_05", "4.5.1"); hidden("\u00A0"); }
  { NGSI("451_02_06", "4.5.1"); hidden("<"); }
  { NGSI("451_02_08", "4.5.1"); hidden("\uFE0F"); }
  { NGSI("451_02_09", "4.5.1"); hidden("\U000E0101"); }
  { NGSI("451_02_10", "4.5.1"); hidden("\uFDD0"); }
  { NGSI("451_02_11", "4.5.1"); hidden("\U0001FFFF"); }
  { NGSI("451_02_12", "4.5.1"); hidden("\u115F"); }
  { NGSI("451_02_13", "4.5.1"); hidden("\u3164"); }
  { NGSI("451_02_14", "4.5.1"); hidden("\uFFA0"); }
  { NGSI("451_02_15", "4.5.1"); hidden("\u2800"); }
  { NGSI("451_02_07", "4.5.1"); creates(R"("a":{"type":"Relationship","object":"urn:ngsi-ld:Ort:Zürich"})"); }
}

TEST_F(ProvisionTest, KeepsValues) {
  const std::string words = R"("a":{"type":"Property","value":"Ünïcode 大阪 😀 <script>alert('x')</script> \"q\" \\ ; DROP"})";
  { NGSI("461_01_01", "4.6.1"); creates_as(words, words); }
  { NGSI("464_01_01", "4.6.4"); EXPECT_NE(ask("GET /entities/urn:x:1").body.find("<script>alert('x')</script>"), std::string::npos); }
  const std::string texts = R"("a":{"type":"LanguageProperty","languageMap":{"en":"x","fr":["y","z"]}})";
  { NGSI("465_01_01", "4.6.5"); creates_as(texts, texts); }
  { NGSI("465_01_02", "4.6.5"); refuses(R"("a":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}})"); }
  { NGSI("465_01_03", "4.6.5"); refuses(R"("a":{"type":"LanguageProperty","languageMap":{"en":1}})"); }
  { NGSI("471_01_01", "4.7.2"); creates_as(R"("location":{"type":"GeoProperty","value":"{\"type\":\"Point\",\"coordinates\":[1,2]}"})", R"("location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}})"); }
  { NGSI("471_01_02", "4.7.2"); refuses(R"("location":{"type":"GeoProperty","value":"{\"type\":\"Poi"})"); }
  { NGSI("471_01_03", "4.7.1"); refuses(R"("location":{"type":"Property","value":"here"})"); }
  { NGSI("5232_01_01", "5.2.32"); creates(R"("a":{"type":"LanguageProperty","languageMap":{"en":"x"},"valueType":"LangString"})"); }
  { NGSI("5232_01_02", "5.2.32"); refuses(R"("a":{"type":"LanguageProperty","languageMap":{"en":"x"},"valueType":"Other"})"); }
  { NGSI("5232_01_03", "5.2.32"); refuses(R"("a":{"type":"LanguageProperty","languageMap":{"en":5}})"); }
  { NGSI("5232_01_04", "5.2.32"); refuses(R"("a":{"type":"LanguageProperty","languageMap":{"en":["x",5]}})"); }
  { NGSI("5232_01_05", "5.2.32"); refuses(R"("a":{"type":"LanguageProperty","languageMap":{"":"x"}})"); }
  { NGSI("5232_01_06", "5.2.32"); refuses(R"("a":{"type":"LanguageProperty"})"); }
  { NGSI("554_01_01", "5.5.4"); refuses(R"("a":"urn:ngsi-ld:null")"); refuses(R"("a":null)"); }
  { NGSI("554_01_02", "5.5.4"); refuses(R"("a":{"type":"Property","value":{"k":"urn:ngsi-ld:null"}})"); refuses(R"("a":{"type":"Property","value":{"k":{"l":null}}})"); }
  { NGSI("554_01_03", "5.5.4"); creates(R"("a":{"type":"Property","value":{"k":1}})"); bad("PATCH /entities/urn:x:1/attrs", R"({"a":{"type":"Property","value":{"k":"urn:ngsi-ld:null"}}})"); bad("PATCH /entities/urn:x:1/attrs/a", R"({"value":{"k":"urn:ngsi-ld:null"}})"); }
  { NGSI("554_01_04", "5.5.4 5.5.12"); creates(R"("a":{"type":"Property","value":{"k":1,"l":2}})"); expect(204, "PATCH /entities/urn:x:1", R"({"a":{"type":"Property","value":{"k":"urn:ngsi-ld:null"}}})"); same(ask("GET /entities/urn:x:1").body, entity("urn:x:1", R"("a":{"type":"Property","value":{"l":2}})")); }
  { NGSI("554_01_05", "5.5.4"); refused(400, "InvalidRequest", "POST /entities", R"({"id": oops)"); }
}

TEST_F(ProvisionTest, DeletesEntities) {
  { NGSI("002_01_01", "5.6.6"); create("urn:x:1"); expect(204, "DELETE /entities/urn:x:1"); }
  { NGSI("002_02_01", "5.6.6"); bad("DELETE /entities/thisisaninvaliduri"); }
  { NGSI("002_03_01", "5.6.6"); refused(404, "ResourceNotFound", "DELETE /entities/urn:x:1"); }
  { NGSI("566_01_01", "5.6.6 4.17"); create("urn:x:1"); expect(404, "DELETE /entities/urn:x:1?type=Other"); expect(200, "GET /entities/urn:x:1"); expect(204, "DELETE /entities/urn:x:1?type=T"); expect(404, "GET /entities/urn:x:1"); }
}

TEST_F(ProvisionTest, MergesAndReplaces) {
  create("urn:x:1", R"("a":[{"value":1},{"value":2,"datasetId":"urn:d:1"}])");
  { NGSI("056_02_01", "5.6.17 6.5.3.4"); bad("PATCH /entities/noUri", R"({"a":1})"); }
  { NGSI("056_02_02", "5.6.17 6.5.3.4"); bad("PATCH /entities/", R"({"a":1})"); }
  { NGSI("056_02_03", "5.6.17 6.5.3.4"); refused(404, "ResourceNotFound", "PATCH /entities/urn:x:none", R"({"a":1})"); }
  { NGSI("054_02_01", "5.6.18 6.5.3.3"); bad("PUT /entities/noUri", entity("noUri")); }
  { NGSI("054_02_02", "5.6.18 6.5.3.3"); bad("PUT /entities/", entity("urn:x:1")); }
  { NGSI("054_02_03", "5.6.18 6.5.3.3"); refused(404, "ResourceNotFound", "PUT /entities/urn:x:none", entity("urn:x:none")); }
  expect(204, "PUT /entities/urn:x:1", entity("urn:x:1", R"("b":1)"));
  same(ask("GET /entities/urn:x:1").body, entity("urn:x:1", R"("b":{"type":"Property","value":1})"));
  bad("PUT /entities/urn:x:1", entity("urn:x:2"));
}

TEST_F(ProvisionTest, AppendsAttributes) {
  bad("POST /entities/urn:x:1/attrs", R"({"@context":"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"})");
  { NGSI("010_03_01", "5.6.3"); refused(404, "ResourceNotFound", "POST /entities/urn:x:1/attrs", R"({"a":1})"); }
  { NGSI("010_07_01", "5.6.3 4.18"); create("urn:x:1", R"("scope":"/a")"); expect(204, "POST /entities/urn:x:1/attrs", R"({"scope":"/b"})"); same(ask("GET /entities/urn:x:1").body, entity("urn:x:1", R"("scope":"/b")"));
    expect(204, "POST /entities/urn:x:1/attrs?options=noOverwrite", R"({"scope":"/a"})"); same(ask("GET /entities/urn:x:1").body, entity("urn:x:1", R"("scope":["/b","/a"])")); }
  forget(), create("urn:x:1");
  { NGSI("010_08", "5.6.3 4.7"); expect(204, "POST /entities/urn:x:1/attrs", R"({"observationSpace":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}}})"); }
  { NGSI("010_09", "5.6.3 4.7"); expect(204, "POST /entities/urn:x:1/attrs", R"({"operationSpace":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}}})"); }
  { NGSI("010_10_01", "5.6.3 4.5.24"); expect(204, "POST /entities/urn:x:1/attrs", R"({"j":{"type":"JsonProperty","json":{"a":null}}})"); }
  { NGSI("010_11_01", "5.6.3 4.5.20"); expect(204, "POST /entities/urn:x:1/attrs", R"({"v":{"type":"VocabProperty","vocab":"x"}})"); }
  { NGSI("563_01_01", "5.6.3 4.17"); expect(404, "POST /entities/urn:x:1/attrs?type=Other", R"({"q":1})"); expect(204, "POST /entities/urn:x:1/attrs?type=T", R"({"q":1})"); }
  const Answer partly = expect(207, "POST /entities/urn:x:1/attrs?options=noOverwrite", R"({"q":2,"n":1})");
  EXPECT_NE(partly.body.find(R"("updated":["https://uri.etsi.org/ngsi-ld/default-context/n"])"), std::string::npos) << partly.body;
}

TEST_F(ProvisionTest, DeletesAttributes) {
  const std::string two = R"("s":[{"value":1},{"value":2,"datasetId":"urn:d:1"}])";
  create("urn:x:1", two);
  { NGSI("013_01_01", "5.6.5"); expect(204, "DELETE /entities/urn:x:1/attrs/s"); same(ask("GET /entities/urn:x:1").body, entity("urn:x:1", R"("s":{"type":"Property","value":2,"datasetId":"urn:d:1"})")); }
  { NGSI("013_03_03", "5.6.5"); refused(404, "ResourceNotFound", "DELETE /entities/urn:x:1/attrs/s?datasetId=urn:d:9"); }
  { NGSI("013_01_02", "5.6.5"); expect(204, "DELETE /entities/urn:x:1/attrs/s?datasetId=urn:d:1"); same(ask("GET /entities/urn:x:1").body, entity("urn:x:1")); }
  forget(), create("urn:x:1", two);
  { NGSI("013_01_03", "5.6.5"); expect(204, "DELETE /entities/urn:x:1/attrs/s?deleteAll=true"); same(ask("GET /entities/urn:x:1").body, entity("urn:x:1")); }
  { NGSI("013_02_01", "5.6.5"); bad("DELETE /entities//attrs/s"); }
  { NGSI("013_02_02", "5.6.5"); bad("DELETE /entities/noUri/attrs/s"); }
  { NGSI("013_02_03", "5.6.5"); bad("DELETE /entities/urn:x:1/attrs/"); }
  { NGSI("013_03_01", "5.6.5"); refused(404, "ResourceNotFound", "DELETE /entities/urn:x:none/attrs/s"); }
  { NGSI("013_03_02", "5.6.5"); refused(404, "ResourceNotFound", "DELETE /entities/urn:x:1/attrs/none"); }
  forget(), create("urn:x:1", R"("scope":"/a","observationSpace":{"type":"Point","coordinates":[1,2]},"v":{"vocab":"x"})");
  { NGSI("013_04", "5.6.5 4.18"); expect(204, "DELETE /entities/urn:x:1/attrs/scope"); }
  { NGSI("013_05", "5.6.5 4.7"); expect(204, "DELETE /entities/urn:x:1/attrs/observationSpace"); }
  { NGSI("013_07_01", "5.6.5 4.5.20"); expect(204, "DELETE /entities/urn:x:1/attrs/v"); same(ask("GET /entities/urn:x:1").body, entity("urn:x:1")); }
  forget(), create("urn:x:1", R"("scope":"/a","b":1)");
  { NGSI("565_01_01", "5.6.5 4.17"); expect(404, "DELETE /entities/urn:x:1/attrs/b?type=Other"); expect(204, "DELETE /entities/urn:x:1/attrs/b?type=T"); expect(204, "DELETE /entities/urn:x:1/attrs/scope"); same(ask("GET /entities/urn:x:1").body, entity("urn:x:1")); }
}

TEST_F(ProvisionTest, UpdatesPartly) {
  create("urn:x:1", R"("s":[{"value":1,"unitCode":"CEL"},{"value":2,"datasetId":"urn:d:1"}],"v":{"vocab":"x"},"scope":"/a")");
  { NGSI("012_02_01", "5.6.4"); bad("PATCH /entities//attrs/s", R"({"value":1})"); }
  { NGSI("012_02_02", "5.6.4"); bad("PATCH /entities/noUri/attrs/s", R"({"value":1})"); }
  { NGSI("012_02_03", "5.6.4"); bad("PATCH /entities/urn:x:1/attrs/s", R"({"type":"Relationship","object":"urn:a:1"})"); }
  { NGSI("012_02_04", "5.6.4"); bad("PATCH /entities/urn:x:1/attrs/s", "{}"); }
  { NGSI("012_09_01", "5.6.4 4.5.20"); expect(204, "PATCH /entities/urn:x:1/attrs/v", R"({"type":"VocabProperty","vocab":"y"})"); EXPECT_NE(ask("GET /entities/urn:x:1").body.find(R"("vocab":"y")"), std::string::npos); }
  { NGSI("564_01_01", "5.6.4"); bad("PATCH /entities/urn:x:1/attrs/scope", R"({"value":"/b"})"); }
  { NGSI("564_01_02", "5.6.4 4.17"); expect(404, "PATCH /entities/urn:x:1/attrs/s?type=Other", R"({"value":5})"); expect(204, "PATCH /entities/urn:x:1/attrs/s?type=T", R"({"value":5})"); }
  { NGSI("044_01_01", "6.3.4"); expect(204, "PATCH /entities/urn:x:1/attrs/s", R"({"type":"Property","value":"BMW"})", {{"content-type", "application/merge-patch+json"}}); }
  { NGSI("558_01_01", "5.5.8"); expect(204, "PATCH /entities/urn:x:1/attrs/s", R"({"type":"Property","value":100})"); EXPECT_NE(ask("GET /entities/urn:x:1").body.find(R"("value":100,"unitCode":"CEL")"), std::string::npos); }
  { NGSI("558_01_02", "5.5.8"); expect(204, "PATCH /entities/urn:x:1/attrs", R"({"s":{"type":"Property","value":100}})"); EXPECT_EQ(ask("GET /entities/urn:x:1").body.find("unitCode"), std::string::npos); }
  { NGSI("558_01_04", "5.5.8"); bad("PATCH /entities/urn:x:1/attrs/s", R"({"value":1,"datasetId":"urn:ngsi-ld:null"})"); expect(204, "PATCH /entities/urn:x:1/attrs", R"({"s":{"type":"Property","value":7,"datasetId":"urn:d:7"}})"); EXPECT_NE(ask("GET /entities/urn:x:1").body.find("urn:d:7"), std::string::npos); }
  { NGSI("558_01_03", "5.5.8"); expect(204, "PATCH /entities/urn:x:1/attrs", R"({"v":{"type":"VocabProperty","vocab":"urn:ngsi-ld:null"}})"); EXPECT_EQ(ask("GET /entities/urn:x:1").body.find("\"v\""), std::string::npos); }
  { NGSI("562_01_01", "5.6.2 4.17"); expect(404, "PATCH /entities/urn:x:1/attrs?type=Other", R"({"s":1})"); expect(204, "PATCH /entities/urn:x:1/attrs?type=T", R"({"s":1})"); }
  { NGSI("055_03_01", "5.6.19"); bad("PUT /entities/noUri/attrs/s", R"({"value":1})"); }
  { NGSI("055_03_02", "5.6.19"); refused(404, "ResourceNotFound", "PUT /entities/urn:x:none/attrs/s", R"({"value":1})"); }
  { NGSI("055_03_03", "5.6.19"); bad("PUT /entities/urn:x:1/attrs/in()valid", R"({"value":1})"); }
  { NGSI("055_03_04", "5.6.19"); refused(404, "ResourceNotFound", "PUT /entities/urn:x:1/attrs/none", R"({"value":1})"); }
  { NGSI("055_03_05", "5.6.19"); bad("PUT /entities/urn:x:1/attrs/scope", R"({"value":"/x"})"); }
}

TEST_F(ProvisionTest, Purges) {
  { NGSI("060_01_01", "5.6.21 6.4.3.3"); bad("DELETE /entities"); }
  create("urn:x:1", R"("n":1,"m":1)"), create("urn:x:2", R"("n":2,"m":1)"), create("urn:x:3", {}, "Other");
  { NGSI("5621_01_01", "5.6.21"); bad("DELETE /entities?type=T&q=r%7Bn%7D==1"); expect(200, "GET /entities/urn:x:1"); }
  { NGSI("5621_01_02", "5.6.21"); bad("DELETE /entities?type=T&pick=r%7Bn%7D"); expect(200, "GET /entities/urn:x:1"); }
  { NGSI("060_04_01", "5.6.21"); expect(204, "DELETE /entities?type=T&drop=m"); same(ask("GET /entities/urn:x:1").body, entity("urn:x:1", R"("n":{"type":"Property","value":1})")); }
  { NGSI("060_03_02", "5.6.21"); expect(204, "DELETE /entities?type=T&q=n==1"); expect(404, "GET /entities/urn:x:1"); expect(200, "GET /entities/urn:x:2"); }
  { NGSI("060_03_01", "5.6.21"); expect(204, "DELETE /entities?type=T"); expect(404, "GET /entities/urn:x:2"); expect(200, "GET /entities/urn:x:3"); }
}

TEST_F(ProvisionTest, EntitiesExpire) {
  NGSI("422_05_01", "4.22");
  create("urn:x:1", R"("a":1)");
  expect(204, "PATCH /entities/urn:x:1", R"({"expiresAt":"2099-01-01T00:00:00Z"})");
  EXPECT_NE(expect(200, "GET /entities/urn:x:1?options=sysAttrs").body.find("2099-01-01"), std::string::npos);
  expect(204, "PATCH /entities/urn:x:1", R"({"expiresAt":"2020-01-01T00:00:00Z"})");
  expect(404, "GET /entities/urn:x:1");
}

}  // namespace
}  // namespace machiya::sense::ngsild
