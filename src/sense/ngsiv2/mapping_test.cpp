// One behaviour corpus against both interfaces: written by NGSIv2, read by NGSI-LD and again by NGSIv2; and the reverse. A row that were mapped otherwise on one
// way only would fail here: each row says what stands on both sides.
#include "sense/ngsiv2/bench.h"

namespace machiya::sense::ngsiv2 {
namespace {

class MappingV2 : public Bench {};
MACHIYA_ON_BOTH_ENGINES(MappingV2);

struct Row {
  const char* what;
  std::string v2, ld;   // the attribute "a" on either side
};

std::string property(const std::string& more) { return R"({"type":"Property",)" + more + "}"; }

const std::vector<Row>& both_ways() {
  static const std::vector<Row> rows = {
      {"a number", R"({"type":"Number","value":1.50,"metadata":{}})", property(R"("value":1.50)")},
      {"a text", R"({"type":"Text","value":"x","metadata":{}})", property(R"("value":"x")")},
      {"a boolean", R"({"type":"Boolean","value":true,"metadata":{}})", property(R"("value":true)")},
      {"an object", R"({"type":"StructuredValue","value":{"k":[1,{"l":"m"}]},"metadata":{}})", property(R"("value":{"k":[1,{"l":"m"}]})")},
      {"a list", R"({"type":"StructuredValue","value":[1,"2"],"metadata":{}})", property(R"("value":[1,"2"])")},
      {"a type of one's own", R"({"type":"Temperature","value":20,"metadata":{}})", property(R"("value":20,"valueType":"Temperature")")},
      {"null", R"({"type":"None","value":null,"metadata":{}})", R"({"type":"JsonProperty","json":null})"},
      {"null of a type", R"({"type":"Number","value":null,"metadata":{}})", R"({"type":"JsonProperty","json":null,"valueType":"Number"})"},
      {"null within", R"({"type":"StructuredValue","value":{"a":null},"metadata":{}})", R"({"type":"JsonProperty","json":{"a":null},"valueType":"StructuredValue"})"},
      {"JSON", R"({"type":"JsonProperty","value":{"a":1},"metadata":{}})", R"({"type":"JsonProperty","json":{"a":1}})"},
      {"an instant", R"({"type":"DateTime","value":"2026-11-23T09:30:00.10Z","metadata":{}})", property(R"("value":{"@type":"DateTime","@value":"2026-11-23T09:30:00.10Z"})")},
      {"an instant with an offset", R"({"type":"DateTime","value":"2026-11-23T09:30:00+09:00","metadata":{}})", property(R"("value":"2026-11-23T09:30:00+09:00","valueType":"DateTime")")},
      {"a point as GeoJSON", R"({"type":"geo:json","value":{"type":"Point","coordinates":[135.50,34.7]},"metadata":{}})", R"({"type":"GeoProperty","value":{"type":"Point","coordinates":[135.50,34.7]}})"},
      {"a point in words", R"({"type":"geo:point","value":"34.70, 135.5","metadata":{}})", R"({"type":"GeoProperty","value":{"type":"Point","coordinates":[135.5,34.70]},"valueType":"geo:point"})"},
      {"a line in words", R"({"type":"geo:line","value":["1, 2","3, 4"],"metadata":{}})", R"({"type":"GeoProperty","value":{"type":"LineString","coordinates":[[2,1],[4,3]]},"valueType":"geo:line"})"},
      {"a box in words", R"({"type":"geo:box","value":["1, 2","3, 4"],"metadata":{}})",
       R"({"type":"GeoProperty","value":{"type":"Polygon","coordinates":[[[2,1],[4,1],[4,3],[2,3],[2,1]]]},"valueType":"geo:box"})"},
      {"a polygon in words", R"({"type":"geo:polygon","value":["0, 0","0, 2","2, 0","0, 0"],"metadata":{}})",
       R"({"type":"GeoProperty","value":{"type":"Polygon","coordinates":[[[0,0],[2,0],[0,2],[0,0]]]},"valueType":"geo:polygon"})"},
      {"a relationship", R"({"type":"Relationship","value":"urn:ngsi-ld:Room:1","metadata":{}})", R"({"type":"Relationship","object":"urn:ngsi-ld:Room:1"})"},
      {"several", R"({"type":"Relationship","value":["urn:a:1","urn:a:2"],"metadata":{}})", R"({"type":"Relationship","object":["urn:a:1","urn:a:2"]})"},
      {"one to a word", R"({"type":"Relationship","value":"Room1","metadata":{}})", property(R"("value":"Room1","valueType":"Relationship")")},
      {"languages", R"({"type":"LanguageProperty","value":{"ja":"水","en":"water"},"metadata":{}})", R"({"type":"LanguageProperty","languageMap":{"ja":"水","en":"water"}})"},
      {"a word", R"({"type":"VocabProperty","value":"open","metadata":{}})", R"({"type":"VocabProperty","vocab":"open"})"},
      {"a list property", R"({"type":"ListProperty","value":[1,2],"metadata":{}})", R"({"type":"ListProperty","valueList":[1,2]})"},
      {"a unit", R"({"type":"Number","value":1,"metadata":{"unitCode":{"type":"Text","value":"CEL"}}})", property(R"("value":1,"unitCode":"CEL")")},
      {"a time of observation", R"({"type":"Number","value":1,"metadata":{"observedAt":{"type":"DateTime","value":"2026-11-23T00:00:00Z"}}})", property(R"("value":1,"observedAt":"2026-11-23T00:00:00Z")")},
      {"metadata", R"({"type":"Number","value":1,"metadata":{"m":{"type":"Text","value":"x"},"n":{"type":"Percent","value":5}}})",
       property(R"("value":1,"m":{"type":"Property","value":"x"},"n":{"type":"Property","value":5,"valueType":"Percent"})")},
      {"an agent's time", R"({"type":"Number","value":1,"metadata":{"TimeInstant":{"type":"DateTime","value":"2026-11-23T00:00:00Z"}}})",
       property(R"("value":1,"observedAt":"2026-11-23T00:00:00Z","TimeInstant":{"type":"Property","value":{"@type":"DateTime","@value":"2026-11-23T00:00:00Z"},"observedAt":"2026-11-23T00:00:00Z"})")},
      {"a metadata that refers", R"({"type":"Number","value":1,"metadata":{"by":{"type":"Relationship","value":"urn:a:1"}}})", property(R"("value":1,"by":{"type":"Relationship","object":"urn:a:1"})")},
  };
  return rows;
}

std::string v2_entity(const std::string& id, const std::string& attribute) { return R"({"id":")" + id + R"(","type":"T","a":)" + attribute + "}"; }

TEST_P(MappingV2, WrittenByV2ReadByBoth) {
  int n = 0;
  for (const Row& row : both_ways()) {
    SCOPED_TRACE(row.what);
    const std::string id = "urn:x:" + std::to_string(++n), entity = v2_entity(id, row.v2);
    create(entity);
    same("GET /v2/entities/" + id, entity);
    same_json(expect(200, "GET /ngsi-ld/v1/entities/" + id).body, R"({"id":")" + id + R"(","type":"T","a":)" + row.ld + "}");
  }
}

TEST_P(MappingV2, WrittenByLdReadByBoth) {
  int n = 0;
  for (const Row& row : both_ways()) {
    SCOPED_TRACE(row.what);
    if (row.ld.find("null") != std::string::npos) continue;   // NGSI-LD cannot write it (§5.5.4)
    const std::string id = "urn:x:" + std::to_string(++n), body = R"({"id":")" + id + R"(","type":"T","a":)" + row.ld + "}";
    expect(201, "POST /ngsi-ld/v1/entities", body);
    same_json(expect(200, "GET /ngsi-ld/v1/entities/" + id).body, body);
    same_json(expect(200, "GET /v2/entities/" + id).body, v2_entity(id, row.v2));
  }
}

// What only NGSIv2 knows comes back to it letter by letter, and NGSI-LD gets something that it may read.
TEST_P(MappingV2, WordsOfASimpleLocationStayAsTheyWereWritten) {
  for (const char* words : {"34.7,135.5", " 34.70 ,  135.50", "34.7, 135.5"}) {
    const std::string entity = v2_entity("urn:w:1", R"({"type":"geo:point","value":")" + std::string(words) + R"(","metadata":{}})");
    expect(204, "POST /v2/entities?options=upsert", entity);
    same("GET /v2/entities/urn:w:1", entity);
  }
  // NGSI-LD moves it: the old words are not shown any more.
  expect(204, "PATCH /ngsi-ld/v1/entities/urn:w:1", R"({"a":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]}}})");
  same("GET /v2/entities/urn:w:1/attrs/a", R"({"type":"geo:point","value":"2, 1","metadata":{}})");
}

TEST_P(MappingV2, NamesOfEveryKind) {
  for (const char* name : {"temperature", "location2", "status", "description", "value", "object", "datasetId", "createdAt", "unitCode", "a.b", "a-b", "a:b", "ngsi-ld:x", "@type", "@context", "a{b}", "a%41", "%", "温度",
                           "https://uri.example/voc#temperature", "languageMap", "scope", "observedAt", "x|y", "$ref"}) {
    SCOPED_TRACE(name);
    const std::string entity = R"({"id":"n1","type":")" + std::string(name) + R"(","b":{"type":"Number","value":0,"metadata":{")" + name + R"(":{"type":"Text","value":"m"}}},")" + name + R"(":{"type":"Number","value":1,"metadata":{}}})";
    create(entity);
    same("GET /v2/entities/n1", entity);
    // NGSI-LD shows two attributes, and an answer that is one JSON object without a member twice.
    const tree::Value ld = json(expect(200, "GET /ngsi-ld/v1/entities?id=" + http::url_encode("urn:ngsiv2:n1:" + http::url_encode(name)) + "&options=keyValues&local=true").body);
    ASSERT_EQ(ld.count, 1u);
    EXPECT_EQ(ld.items()[0].count, 4u) << tree::to_text(ld);
    expect(204, "DELETE /v2/entities/n1");
  }
}

TEST_P(MappingV2, OneStoreForBoth) {
  create(R"({"id":"Room1","type":"Room","t":{"value":20}})", {{"fiware-service", "city"}, {"fiware-servicepath", "/ward/a"}});
  const Headers tenant = {{"ngsild-tenant", "city"}};
  same_json(expect(200, "GET /ngsi-ld/v1/entities?type=Room&scopeQ=/ward/a", {}, tenant).body,
            R"([{"id":"urn:ngsiv2:Room1:Room:ward/a","type":"Room","scope":"/ward/a","t":{"type":"Property","value":20}}])");
  expect(204, "PATCH /ngsi-ld/v1/entities/" + http::url_encode("urn:ngsiv2:Room1:Room:ward/a") + "/attrs/t", R"({"value":21})", tenant);
  same("GET /v2/entities/Room1?options=keyValues", R"({"id":"Room1","type":"Room","t":21})", {{"fiware-service", "city"}});
  // What NGSI-LD made is changed by NGSIv2; other instances of an attribute stay as they are.
  expect(201, "POST /ngsi-ld/v1/entities", R"({"id":"urn:r:1","type":["A","B"],"t":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:d:1"}],"u":{"type":"Property","value":3,"datasetId":"urn:d:1"}})");
  same("GET /v2/entities/urn:r:1?type=B&options=keyValues", R"({"id":"urn:r:1","type":"A","t":1})");
  expect(204, "PUT /v2/entities/urn:r:1/attrs/t", R"({"value":9})");
  same_json(expect(200, "GET /ngsi-ld/v1/entities/urn:r:1").body,
            R"({"id":"urn:r:1","type":["A","B"],"t":[{"type":"Property","value":9},{"type":"Property","value":2,"datasetId":"urn:d:1"}],"u":{"type":"Property","value":3,"datasetId":"urn:d:1"}})");
  expect(204, "DELETE /ngsi-ld/v1/entities/urn:r:1");
  refused(404, "NotFound", "GET /v2/entities/urn:r:1");
}

TEST_P(MappingV2, QueriesOfBothFindTheSame) {
  for (int i = 0; i < 20; ++i)
    create(R"({"id":"q)" + std::to_string(i) + R"(","type":"Q","n":{"value":)" + std::to_string(i) + R"(},"d":{"type":"DateTime","value":"2026-11-)" + std::to_string(i + 10) +
           R"(T00:00:00Z"},"p":{"type":"geo:point","value":"34.)" + std::to_string(i + 10) + R"(,135"}})");
  const auto count = [&](const std::string& target) { return json(expect(200, "GET " + target).body).count; };
  for (const auto& [v2, ld] : std::vector<std::pair<std::string, std::string>>{{"q=n>4", "q=n>4"},
                                                                              {"q=n==3,5,7", "q=n==3,5,7"},
                                                                              {"q=n==3..9", "q=n==3..9"},
                                                                              {"q=n!=3", "q=n!=3"},
                                                                              {"q=d>2026-11-20T00:00:00Z", "q=d>2026-11-20T00:00:00Z"},
                                                                              {"georel=near;maxDistance:5000&geometry=point&coords=34.15,135", "georel=near;maxDistance==5000&geometry=Point&coordinates=[135,34.15]&geoproperty=p"}})
    EXPECT_EQ(count("/v2/entities?limit=100&type=Q&" + v2), count("/ngsi-ld/v1/entities?limit=100&type=Q&" + ld)) << v2;
  EXPECT_EQ(count("/v2/entities?limit=100&type=Q&q=n>4"), 15u);
}

}  // namespace
}  // namespace machiya::sense::ngsiv2
