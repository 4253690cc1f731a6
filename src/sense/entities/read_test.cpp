// The rules of the information model, one line each: what is taken, what is refused, and how it comes back.
#include "sense/entities/read.h"

#include "sense/entities/sample.h"

namespace machiya::sense {
namespace {

class ReadTest : public testing::Bench {};

TEST_F(ReadTest, TakesWhatTheStandardTakes) {
  for (const char* members : {
           R"("a":{"type":"Property","value":1})", R"("a":1)", R"("a":"text")", R"("a":[1,2])", R"("a":{"b":1})", R"("a":{"value":5,"unitCode":"CEL"})",
           R"("a":{"@type":"Property","value":1})", R"("a":{"type":"Property","value":1,"valueType":"xsd:integer"})", R"("a":{"type":"Relationship","object":["urn:a:1","urn:a:2"],"objectType":"T"})",
           R"("a":{"object":"urn:a:é1"})", R"("location":{"type":"Point","coordinates":[1,2]})", R"("location":{"type":"GeoProperty","value":"{\"type\":\"Point\",\"coordinates\":[1,2]}"})",
           R"("a":{"languageMap":{"en":"x","de":["y","z"],"@none":"q"},"valueType":"LangString"})", R"("a":{"vocab":["x","y"]})", R"("a":{"json":{"id":1,"x":null}})", R"("a":{"valueList":[1,2]})",
           R"("a":{"objectList":["urn:a:1",{"object":"urn:a:2"}]})", R"("a":[{"value":1},{"value":2,"datasetId":"urn:d:1"}])", R"("a":{"value":1,"datasetId":"@none"})",
           R"("a":{"value":1,"ngsildproof":{"type":"Property","entityIdSealed":"urn:x:1","entityTypeSealed":"T","value":{"type":"DataIntegrityProof"}}})",
           R"("a":{"value":1,"observedAt":"2026-01-01T00:00:00.5Z","b":{"value":2,"c":{"object":"urn:a:1"}}})", R"("scope":"/Madrid/Gardens/ParqueNorte")", R"("scope":["Madrid","/a_1/b2"])",
           R"("scope":"/大阪/中央区")", R"("expiresAt":"2099-01-01T00:00:00Z")", R"("createdAt":"whatever")"})
    EXPECT_TRUE(read(with(members)).ok()) << members << ": " << read(with(members)).error().to_string();
}

TEST_F(ReadTest, RefusesWhatTheStandardRefuses) {
  for (const char* members : {
           // nulls and contexts (§5.5.4, §4.5.1)
           R"("a":null)", R"("a":"urn:ngsi-ld:null")", R"("a":{"value":null})", R"("a":{"value":"urn:ngsi-ld:null"})", R"("a":{"value":{"b":null}})", R"("a":{"value":{"b":["urn:ngsi-ld:null"]}})",
           R"("a":{"languageMap":{"@none":"urn:ngsi-ld:null"}})", R"("a":{"value":1,"@context":{}})", R"("a":{"value":{"@context":"https://x.example/c"}})", R"("scope":"urn:ngsi-ld:null")",
           // names of the core context are no attributes (§4.5.1)
           R"("datasetId":"urn:d:1")", R"("instanceId":"urn:i:1")", R"("observedAt":"2026-01-01T00:00:00Z")", R"("value":1)", R"("b c":1)",
           // members of other kinds (§4.5.2.2, §4.5.3.2 …)
           R"("a":{"type":"Property","value":1,"object":"urn:a:1"})", R"("a":{"type":"Property","value":1,"languageMap":{}})", R"("a":{"type":"Property","value":1,"valueList":[]})",
           R"("a":{"type":"Property","value":1,"previousValue":0})", R"("a":{"type":"Property","value":1,"entityIdSealed":"urn:x:1"})", R"("a":{"type":"Relationship","object":"urn:a:1","unitCode":"CEL"})",
           R"("a":{"type":"Relationship","object":"urn:a:1","value":1})", R"("a":{"type":"Relationship","object":"urn:a:1","entity":{}})", R"("a":{"type":"JsonProperty","json":{},"unitCode":"CEL"})",
           R"("a":{"type":"JsonProperty","json":{},"value":1})", R"("a":{"type":"JsonProperty","json":"x"})", R"("a":{"type":"ListProperty","valueList":[1],"value":[1]})",
           // values
           R"("a":{"type":"Relationship","object":"no uri"})", R"("a":{"type":"Relationship","object":[]})", R"("a":{"type":"ListRelationship","objectList":["no uri"]})", R"("a":{"type":"LanguageProperty"})",
           R"("a":{"languageMap":{"en":1}})", R"("a":{"languageMap":{"en":["x",1]}})", R"("a":{"languageMap":{"":"x"}})", R"("a":{"languageMap":{"en":"x"},"valueType":"xsd:string"})",
           R"("location":{"type":"Property","value":1})", R"("location":"nowhere")", R"("location":{"type":"GeoProperty","value":{"type":"Point","coordinates":["x",2]}})", R"("a":{"type":"What","value":1})",
           R"("a":{"value":1,"ngsildproof":"x"})", R"("a":{"value":1,"ngsildproof":{"type":"Property","value":"x"}})",
           // instances (§4.5.5)
           R"("a":[{"value":1},{"value":2}])", R"("a":[{"value":1,"datasetId":"urn:d:1"},{"value":2,"datasetId":"urn:d:1"}])", R"("a":[{"value":1},{"value":2,"datasetId":"@none"}])", R"("a":{"value":1,"datasetId":"x"})",
           // times
           R"("a":{"value":1,"observedAt":"2026-01-01T00:00:00+09:00"})", R"("a":{"value":1,"observedAt":"soon"})", R"("a":{"value":1,"observedAt":{"value":"2026-01-01T00:00:00Z"}})", R"("expiresAt":"soon")",
           // scopes (§4.18)
           R"("scope":"/1a")", R"("scope":"/a//b")", R"("scope":"/a-b")", R"("scope":["/a","/-"])", R"("scope":"")", R"("scope":[])", R"("scope":"/a/")"})
    EXPECT_EQ(read(with(members)).ok() ? ErrorCode::internal : read(with(members)).error().code, ErrorCode::invalid_input) << members;
}

TEST_F(ReadTest, IdsHideNothing) {
  for (const char* hidden : {"\u202E", "\u200B", "\uFEFF", "\u2028", "\u00A0", "<", "\uFE0F", "\U000E0101", "\uFDD0", "\U0001FFFE", "\u115F", "\u3164", "\uFFA0", "\u2800", " ", "\x7f"})
    EXPECT_FALSE(is_uri("urn:ngsi-ld:T:a" + std::string(hidden) + "b"));
  for (const char* shown : {"é", "大阪", "한국", "𠮟", "%20", "~"}) EXPECT_TRUE(is_uri("urn:ngsi-ld:T:a" + std::string(shown) + "b")) << shown;
  for (const char* none : {"", "x", ":x", "urn:", "1a:b"}) EXPECT_FALSE(is_uri(none)) << none;
  EXPECT_FALSE(read(R"({"id":"urn:x:1"})").ok());
  EXPECT_FALSE(read(R"({"type":"T"})").ok());
  EXPECT_FALSE(read(R"({"id":"urn:x:1","type":"type"})").ok());
  EXPECT_TRUE(read(R"({"@id":"urn:x:1","@type":["T","U"]})").ok());
}

TEST_F(ReadTest, OnlyFragmentsDelete) {
  for (const char* gone : {R"({"a":"urn:ngsi-ld:null"})", R"({"a":{"value":"urn:ngsi-ld:null"}})", R"({"a":{"object":"urn:ngsi-ld:null"}})", R"({"a":{"languageMap":{"@none":"urn:ngsi-ld:null"}}})",
                           R"({"a":{"valueList":["urn:ngsi-ld:null"]}})", R"({"location":"urn:ngsi-ld:null"})", R"({"scope":"urn:ngsi-ld:null"})"}) {
    EXPECT_TRUE(read(gone, BodyOf::fragment).ok()) << gone;
    EXPECT_FALSE(read(gone, BodyOf::append).ok()) << gone;
  }
  EXPECT_FALSE(read(R"({"a":{"value":{"b":"urn:ngsi-ld:null"}}})", BodyOf::fragment).ok());
}

TEST_F(ReadTest, ComesBackAsItWas) {
  const std::string body = R"({"id":"urn:x:1","type":["T","U"],"scope":["/a","/b"],"n":{"type":"Property","value":1.50,"unitCode":"CEL","observedAt":"2026-01-01T00:00:00.10Z","q":{"type":"Property","value":"<script>\u0000é"}},)"
                           R"("r":{"type":"Relationship","object":"urn:a:1","objectType":"T"},"l":{"type":"LanguageProperty","languageMap":{"en":"x","ja":["y","z"]}},"v":{"type":"VocabProperty","vocab":"w"},)"
                           R"("j":{"type":"JsonProperty","json":{"id":1,"x":null}},"p":{"type":"ListProperty","valueList":[1,[2]]},"o":{"type":"ListRelationship","objectList":[{"object":"urn:a:1"}]},)"
                           R"("m":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:d:1"}],"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}}})";
  const EntityPtr entity = made(body);
  EXPECT_EQ(text(entity), body);
  // Each representation without loss leads to the same entity.
  EXPECT_EQ(text(made(text(entity, Format::concise))), body);
  EXPECT_EQ(text(entity, Format::simplified),
            R"({"id":"urn:x:1","type":["T","U"],"scope":["/a","/b"],"n":1.50,"r":"urn:a:1","l":{"languageMap":{"en":"x","ja":["y","z"]}},"v":{"vocab":"w"},"j":{"json":{"id":1,"x":null}},)"
            R"("p":[1,[2]],"o":["urn:a:1"],"m":{"dataset":{"@none":1,"urn:d:1":2}},"location":{"type":"Point","coordinates":[1,2]}})");
  EXPECT_EQ(text(made(with(R"("a":{"type":"Property","value":{"type":"Point","coordinates":[1,2]}})")), Format::concise), with(R"("a":{"type":"Property","value":{"type":"Point","coordinates":[1,2]}})"));
}

TEST_F(ReadTest, ExpiryIsShownToWhoAsksForSystemAttributes) {
  const EntityPtr entity = made(with(R"("expiresAt":"2099-01-01T00:00:00Z","a":{"value":1,"expiresAt":"2098-01-01T00:00:00Z"})"));
  EXPECT_EQ(text(entity).find("expiresAt"), std::string::npos);
  EXPECT_NE(text(entity, Format::normalized, true).find(R"("expiresAt":"2099-01-01T00:00:00Z")"), std::string::npos);
  EXPECT_NE(text(entity, Format::normalized, true).find(R"("expiresAt":"2098-01-01T00:00:00Z")"), std::string::npos);
}

TEST_F(ReadTest, EarlierVersionsGetWhatTheyUnderstand) {
  const EntityPtr entity = made(with(R"("v":{"vocab":"w"},"o":{"objectList":["urn:a:1"]},"n":{"value":1,"valueType":"xsd:integer"})"));
  const auto as = [&](int version) {
    bool amended = false;
    std::string out;
    write_entity(*entity, Shape{.terms = terms.get(), .version = version, .amended = &amended}, out);
    return std::pair(amended, out);
  };
  EXPECT_EQ(as(109), std::pair(false, text(entity)));
  EXPECT_EQ(as(107), std::pair(true, with(R"("v":{"type":"Property","value":"w"},"o":{"type":"Relationship","object":["urn:a:1"]},"n":{"type":"Property","value":1})")));
}

TEST_F(ReadTest, FollowsLinksOnceEach) {
  const EntityPtr a = made(R"({"id":"urn:e:a","type":"T","to":{"object":["urn:e:b","urn:e:none"]}})"), b = made(R"({"id":"urn:e:b","type":"T","to":{"object":"urn:e:a"}})");
  Shape shape{.terms = terms.get(), .linked = [&](std::string_view uri) { return uri == "urn:e:a" ? a : uri == "urn:e:b" ? b : nullptr; }, .join_level = 3};
  std::string out;
  write_entity(*a, shape, out);
  EXPECT_EQ(out, R"({"id":"urn:e:a","type":"T","to":{"type":"Relationship","object":["urn:e:b","urn:e:none"],"entity":[{"id":"urn:e:b","type":"T","to":{"type":"Relationship","object":"urn:e:a"}}]}})");
  out.clear(), shape.format = Format::simplified;
  write_entity(*a, shape, out);
  EXPECT_EQ(out, R"({"id":"urn:e:a","type":"T","to":[{"id":"urn:e:b","type":"T","to":"urn:e:a"},"urn:e:none"]})");
}

}  // namespace
}  // namespace machiya::sense
