// The given payloads of the conformance table, in and out (../shared/conformance/ngsi-ld-payloads); without them: skipped.
#include "sense/ngsild/bench.h"

namespace machiya::sense::ngsild {
namespace {

class PayloadTest : public Bench {
 protected:
  void SetUp() override {
    if (!payloads_there()) GTEST_SKIP() << "skipped: shared data absent";
  }
  // A payload with another id.
  std::string as(const std::string& file, const std::string& id) {
    std::string text = payload("entities/" + file);
    const std::size_t at = text.find("\"id\""), from = text.find('"', text.find(':', at)) + 1;
    return text.replace(from, text.find('"', from) - from, id);
  }
  void put(const std::string& file, const std::string& id) { expect(201, "POST /entities", as(file, id)); }
  std::string expectation(const std::string& file, const std::string& id = {}) { return id.empty() ? payload("entities/expectations/" + file) : as("expectations/" + file, id); }
  Answer get(const std::string& path, Headers headers = link()) { return expect(200, "GET " + path, {}, headers); }
};

TEST_F(PayloadTest, RetrievesWhole) {
  const std::string id = "urn:ngsi-ld:Building:1", at = "/entities/" + id;
  put("building-simple-attributes.jsonld", id);
  { NGSI("018_01_02", "5.7.1"); same(get(at + "?attrs=" + http::url_encode("https://ngsi-ld-test-suite/context#airQualityLevel,https://ngsi-ld-test-suite/context#subCategory"), {}).body, expectation("building-simple-attributes-query.jsonld", id)); }
  { NGSI("018_03_02", "5.7.1"); expect(404, "GET " + at + "?attrs=unknown", {}, link()); }
  const std::string simplified = expectation("building-simple-attributes-simplified.jsonld", id), whole = expectation("building-simple-attributes.jsonld", id);
  { NGSI("018_15_01", "5.7.1 6.3.7"); same(get(at + "?format=keyValues", {}).body, simplified); }
  { NGSI("018_15_02", "5.7.1 6.3.7"); same(get(at + "?format=simplified", {}).body, simplified); }
  { NGSI("018_15_03", "5.7.1 6.3.7"); EXPECT_NE(get(at + "?format=normalized", {}).body.find("\"type\":\"Property\""), std::string::npos); }
  { NGSI("018_15_04", "5.7.1 6.3.7"); same(get(at + "?options=keyValues", {}).body, simplified); }
  { NGSI("018_15_05", "5.7.1 6.3.7"); same(get(at + "?options=simplified", {}).body, simplified); }
  { NGSI("018_15_06", "5.7.1 6.3.7"); EXPECT_NE(get(at + "?options=normalized", {}).body.find("\"type\":\"Property\""), std::string::npos); }
  { NGSI("018_15_07", "5.7.1 6.3.7"); same(get(at + "?format=simplified&options=normalized", {}).body, simplified); }
  const auto shown = [&](const std::string& query, const std::string& file) { same(get(at + "?" + query).body, expectation("pick-omit/building-simple-attributes-" + file + ".json")); };
  const auto renamed = [&](const std::string& query, const std::string& file) { same(get(at + "?" + query).body, expectation("pick-omit/building-simple-attributes-" + file + ".json", id)); };
  { NGSI("018_17_01", "5.7.1 4.21"); shown("pick=name", "pick-name"); }
  { NGSI("018_17_02", "5.7.1 4.21"); renamed("omit=name", "omit-name"); }
  { NGSI("018_17_03", "5.7.1 4.21"); renamed("pick=id", "pick-id"); }
  { NGSI("018_17_04", "5.7.1 4.21"); shown("omit=id", "omit-id"); }
  { NGSI("018_17_05", "5.7.1 4.21"); renamed("pick=id,name", "pick-id-name"); }
  { NGSI("018_17_06", "5.7.1 4.21"); renamed("omit=type,name", "omit-type-name"); }
}

TEST_F(PayloadTest, RetrievesPlaces) {
  const std::string id = "urn:ngsi-ld:Building:3405226884283357", at = "/entities/" + id;
  put("building-two-geometry-attributes.jsonld", id);
  Headers geo = link();
  geo.emplace_back("accept", "application/geo+json");
  { NGSI("018_05_01", "6.3.7"); same(get(at + "?options=keyValues", geo).body, expectation("building-two-geometry-attribute-simplified.geojson", id)); }
  { NGSI("018_05_02", "6.3.7"); same(get(at, geo).body, expectation("building-two-geometry-attribute-normalized.geojson", id)); }
  { NGSI("018_05_03", "6.3.7"); same(get(at + "?geometryProperty=observationSpace", geo).body, expectation("building-two-geometry-property-on-observation-space.geojson", id)); }
  { NGSI("018_05_04", "6.3.7"); same(get(at + "?geometryProperty=operationSpace", geo).body, expectation("building-two-geometry-property-on-nonexistent-operation-space.geojson")); }
  put("building-operation-space-geoproperty.jsonld", "urn:ngsi-ld:Building:2");
  { NGSI("018_09_01", "5.7.1 4.7"); same(get("/entities/urn:ngsi-ld:Building:2?options=keyValues").body, expectation("building-operation-space-geoproperty-simplified.jsonld", "urn:ngsi-ld:Building:2")); }
  { NGSI("018_09_02", "5.7.1 4.7"); same(get("/entities/urn:ngsi-ld:Building:2").body, expectation("building-operation-space-geoproperty-normalized.jsonld", "urn:ngsi-ld:Building:2")); }
}

TEST_F(PayloadTest, RetrievesLinks) {
  const std::string one = "urn:ngsi-ld:Building:018-10", two = "urn:ngsi-ld:Building:018-20", three = "urn:ngsi-ld:Building:018-21";
  put("building-relationship.jsonld", one), put("city-minimal.jsonld", "urn:ngsi-ld:City:Paris");
  const auto linked = [&](const std::string& id, const std::string& query, const std::string& file) { same(get("/entities/" + id + "?" + query).body, expectation("linked-entity-retrieval/" + file + ".json")); };
  { NGSI("018_10_01", "5.7.1 4.5.23"); linked(one, "join=inline", "building-one-level-inline-018-10"); }
  { NGSI("018_10_02", "5.7.1 4.5.23"); linked(one, "join=flat", "building-one-level-flat-018-10"); }
  { NGSI("018_10_03", "5.7.1 4.5.23"); linked(one, "join=inline&options=keyValues", "building-one-level-inline-simplified-018-10"); }
  { NGSI("018_10_04", "5.7.1 4.5.23"); linked(one, "join=flat&options=keyValues", "building-one-level-flat-simplified-018-10"); }
  const auto times = [&](const std::string& body) { std::size_t n = 0; for (std::size_t p = body.find("createdAt"); p != std::string::npos; p = body.find("createdAt", p + 1)) ++n; return n; };
  { NGSI("018_11_01", "5.7.1 4.5.23"); EXPECT_GE(times(get("/entities/" + one + "?join=inline&options=sysAttrs").body), 3u); }
  { NGSI("018_12_01", "5.7.1 4.5.23"); EXPECT_GE(times(get("/entities/" + one + "?join=flat&options=sysAttrs").body), 3u); }
  forget();
  put("building-relationship.jsonld", two), put("building-relationship.jsonld", three), put("city-simple-attributes.jsonld", "urn:ngsi-ld:City:Paris"), put("country-simple-attributes.jsonld", "urn:ngsi-ld:Country:France");
  const std::string join = "&joinLevel=2&join=";
  { NGSI("018_20_01", "4.5.23 4.21"); linked(two, "pick=id,locatedAt%7Bid,name%7D" + join + "inline", "building-two-levels-inline-pick-id-locatedAt-018-20"); }
  { NGSI("018_20_02", "4.5.23 4.21"); linked(two, "pick=id,locatedAt%7Bid,name%7D" + join + "flat", "building-two-levels-flat-pick-id-locatedAt-018-20"); }
  { NGSI("018_20_03", "4.5.23 4.21"); linked(two, "pick=id,locatedAt%7Bid,name,isInCountry%7Bid,description%7D%7D" + join + "inline", "building-two-levels-inline-pick-id-locatedAt-isInCountry-018-20"); }
  { NGSI("018_20_04", "4.5.23 4.21"); linked(two, "pick=id,locatedAt%7Bid,name,isInCountry%7Bid,description%7D%7D" + join + "flat", "building-two-levels-flat-pick-id-locatedAt-isInCountry-018-20"); }
  { NGSI("018_21_01", "4.5.23 4.21"); linked(three, "omit=type,locatedAt%7Bname%7D" + join + "inline", "building-two-levels-inline-omit-id-locateAt-018-21"); }
  { NGSI("018_21_02", "4.5.23 4.21"); linked(three, "omit=type,locatedAt%7Bname%7D" + join + "flat", "building-two-levels-flat-omit-id-locateAt-018-21"); }
  const std::string deeper = "omit=type,locatedAt%7Bname,isInCountry%7Bdescription%7D%7D";
  { NGSI("018_21_03", "4.5.23 4.21"); linked(three, deeper + join + "inline", "building-two-levels-inline-omit-id-locateAt-isInCountry-018-21"); }
  { NGSI("018_21_04", "4.5.23 4.21"); linked(three, deeper + join + "flat", "building-two-levels-flat-omit-id-locateAt-isInCountry-018-21"); }
}

TEST_F(PayloadTest, ChoosesLanguages) {
  const std::string id = "urn:ngsi-ld:Building:1", at = "/entities/" + id + "?lang=";
  put("building-language-property.jsonld", id);
  const auto chosen = [&](const std::string& id_of, const std::string& lang) {
    const std::string body = get("/entities/" + id_of + "?lang=" + http::url_encode(lang)).body;
    const std::size_t from = body.find("\"lang\":\"");
    return from == std::string::npos ? body : body.substr(from + 8, body.find('"', from + 8) - from - 8);
  };
  { NGSI("415_01_01", "4.15"); EXPECT_EQ(chosen(id, "fr;q=0.5,nl;q=0.9"), "nl"); }
  { NGSI("415_01_02", "4.15"); EXPECT_EQ(chosen(id, "FR"), "fr"); }
  { NGSI("415_01_03", "4.15"); EXPECT_EQ(chosen(id, "nl-BE"), "nl"); }
  put("building-language-property-regional.jsonld", "urn:ngsi-ld:Building:2");
  { NGSI("415_01_04", "4.15"); EXPECT_EQ(chosen("urn:ngsi-ld:Building:2", "en"), "en-US"); }
  { NGSI("415_01_05", "4.15"); EXPECT_NE(get(at + "zh").body.find("\"lang\":"), std::string::npos); }
}

TEST_F(PayloadTest, ExpiryNeedsSystemAttributes) {
  expect(201, "POST /entities", entity("urn:x:1", R"("expiresAt":"2099-01-01T00:00:00Z","a":1)"));
  { NGSI("6311_01_01", "6.3.11"); EXPECT_EQ(get("/entities/urn:x:1").body.find("expiresAt"), std::string::npos); }
  { NGSI("6311_01_02", "6.3.11"); EXPECT_NE(get("/entities/urn:x:1?options=sysAttrs").body.find("expiresAt"), std::string::npos); }
}

TEST_F(PayloadTest, QueriesLinks) {
  for (const std::string n : {"019-13-1", "019-13-2"}) {
    std::string building = as("building-relationship.jsonld", "urn:ngsi-ld:Building:" + n);
    expect(201, "POST /entities", building.replace(building.find("City:Paris"), 10, "City:" + n));
    put("city-minimal.jsonld", "urn:ngsi-ld:City:" + n);
  }
  const auto linked = [&](const std::string& query, const std::string& file) { same(get("/entities?type=Building&" + query).body, expectation("linked-entity-retrieval/" + file + ".json")); };
  { NGSI("019_13_01", "5.7.2 4.5.23"); linked("join=inline", "buildings-one-level-inline-019-13"); }
  { NGSI("019_13_02", "5.7.2 4.5.23"); linked("join=flat", "buildings-one-level-flat-019-13"); }
  { NGSI("019_13_03", "5.7.2 4.5.23"); linked("join=inline&options=keyValues", "buildings-one-level-inline-simplified-019-13"); }
  { NGSI("019_13_04", "5.7.2 4.5.23"); linked("join=flat&options=keyValues", "buildings-one-level-flat-simplified-019-13"); }
  { NGSI("019_14_01", "5.7.2 4.5.23"); EXPECT_NE(get("/entities?type=Building&join=inline&options=sysAttrs").body.find(R"("entity":{"id":"urn:ngsi-ld:City:019-13-1","type":"City","createdAt")"), std::string::npos); }
  { NGSI("019_15_01", "5.7.2 4.5.23"); EXPECT_NE(get("/entities?type=Building&join=flat&options=sysAttrs").body.find(R"({"id":"urn:ngsi-ld:City:019-13-2","type":"City","createdAt")"), std::string::npos); }
}

TEST_F(PayloadTest, QueriesParts) {
  put("building-simple-attributes.jsonld", "urn:ngsi-ld:Building:019-17-1"), put("vehicle-simple-attributes.jsonld", "urn:ngsi-ld:Vehicle:019-17-2"), put("building-simple-attributes-third.jsonld", "urn:ngsi-ld:Building:019-17-3");
  const auto shown = [&](const std::string& query, const std::string& file) { same(get("/entities?type=Building,Vehicle&" + query).body, expectation("pick-omit/entities-" + file + ".json")); };
  { NGSI("019_17_01", "5.7.2 4.21"); shown("pick=name", "pick-name"); }
  { NGSI("019_17_02", "5.7.2 4.21"); shown("omit=name", "omit-name"); }
  { NGSI("019_17_03", "5.7.2 4.21"); shown("pick=id", "pick-id"); }
  { NGSI("019_17_04", "5.7.2 4.21"); shown("omit=id", "omit-id"); }
  { NGSI("019_17_05", "5.7.2 4.21"); shown("pick=id,name", "pick-id-name"); }
  { NGSI("019_17_06", "5.7.2 4.21"); shown("omit=type,name", "omit-type-name"); }
}

// Cases with other parts of linked entities: buildings 019-20 (pick), 019-21 (omit), 019-22 (two levels).
TEST_F(PayloadTest, QueriesPartsOfLinks) {
  const auto pair = [&](const std::string& file, const std::string& name, const std::string& city) {
    for (const std::string& n : {name + "-1", name + "-2"}) {
      std::string building = as(file, "urn:ngsi-ld:Building:" + n);
      const std::size_t at = building.find("urn:ngsi-ld:City:"), end = building.find('"', at);
      expect(201, "POST /entities", building.replace(at, end - at, city.empty() ? "urn:ngsi-ld:City:" + n : city));
      if (city.empty()) put("city-simple-attributes.jsonld", "urn:ngsi-ld:City:" + n);
    }
  };
  const auto linked = [&](const std::string& query, const std::string& file) { same(get("/entities?type=Building&joinLevel=2&" + query).body, expectation("linked-entity-retrieval/" + file + ".json")); };
  pair("building-different-attributes-types.jsonld", "019-20", "");
  { NGSI("019_20_01", "4.5.23 4.21"); linked("pick=id,name&join=inline", "buildings-one-level-inline-pick-id-name-019-20"); }
  { NGSI("019_20_02", "4.5.23 4.21"); linked("pick=id,name&join=flat", "buildings-one-level-flat-pick-id-name-019-20"); }
  { NGSI("019_20_03", "4.5.23 4.21"); linked("pick=id,locatedAt%7Bid,name%7D&join=inline", "buildings-one-level-inline-pick-id-locatedAt-019-20"); }
  { NGSI("019_20_04", "4.5.23 4.21"); linked("pick=id,locatedAt%7Bid,name%7D&join=flat", "buildings-one-level-flat-pick-id-locatedAt-019-20"); }
  forget();
  pair("building-different-attributes-types.jsonld", "019-21", "");
  { NGSI("019_21_01", "4.5.23 4.21"); linked("omit=name&join=inline", "buildings-one-level-inline-omit-name-019-21"); }
  { NGSI("019_21_02", "4.5.23 4.21"); linked("omit=name&join=flat", "buildings-one-level-flat-omit-name-019-21"); }
  { NGSI("019_21_03", "4.5.23 4.21"); linked("omit=name,locatedAt%7Bname%7D&join=inline", "buildings-one-level-inline-omit-id-locatedAt-019-21"); }
  { NGSI("019_21_04", "4.5.23 4.21"); linked("omit=name,locatedAt%7Bname%7D&join=flat", "buildings-one-level-flat-omit-id-locatedAt-019-21"); }
}

TEST_F(PayloadTest, QueriesSecondLevels) {
  for (const std::string n : {"019-22-1", "019-22-2"}) {
    const auto pointing = [&](std::string text, const std::string& from) {
      const std::size_t at = text.find("urn:ngsi-ld:" + from + ":"), end = text.find('"', at);
      return text.replace(at, end - at, "urn:ngsi-ld:" + from + ":" + n);
    };
    expect(201, "POST /entities", pointing(as("building-relationship.jsonld", "urn:ngsi-ld:Building:" + n), "City"));
    expect(201, "POST /entities", pointing(as("city-simple-attributes.jsonld", "urn:ngsi-ld:City:" + n), "Country"));
    put("country-simple-attributes.jsonld", "urn:ngsi-ld:Country:" + n);
  }
  const auto linked = [&](const std::string& query, const std::string& file) { same_set(get("/entities?type=Building&joinLevel=2&" + query).body, expectation("linked-entity-retrieval/buildings-two-levels-" + file + "-019-22.json")); };
  { NGSI("019_22_01", "4.5.23 4.21"); linked("pick=id,locatedAt%7Bid,name%7D&join=inline", "inline-pick-id-locatedAt"); }
  { NGSI("019_22_02", "4.5.23 4.21"); linked("pick=id,locatedAt%7Bid,name%7D&join=flat", "flat-pick-id-locatedAt"); }
  { NGSI("019_22_03", "4.5.23 4.21"); linked("pick=id,locatedAt%7Bid,name,isInCountry%7Bid,description%7D%7D&join=inline", "inline-pick-id-locatedAt-isInCountry"); }
  { NGSI("019_22_04", "4.5.23 4.21"); linked("pick=id,locatedAt%7Bid,name,isInCountry%7Bid,description%7D%7D&join=flat", "flat-pick-id-locatedAt-isInCountry"); }
}

// The standard's null deletes whole instances, whatever their kind: partial update, update, merge.
class NullTest : public PayloadTest {
 protected:
  struct Kind {
    const char *word, *attribute;
  };
  static constexpr Kind kKinds[] = {{"property", "name"}, {"relationship", "locatedAt"}, {"geoproperty", "location"}, {"languageproperty", "street"}};
  void deletes(const std::string& entity_file, const std::string& request, const std::string& fragment, const Kind& kind, const std::string& expected) {
    forget();
    const std::string id = "urn:ngsi-ld:Building:1";
    put(entity_file, id);
    expect(204, request, payload("entities/fragmentEntities/ngsild-null/" + fragment), {});
    same(get("/entities/" + id).body, expectation("ngsild-null/building-deleted-" + std::string(kind.word) + expected + ".jsonld", id));
  }
  void partial(int n, const std::string& entity_file, const std::string& which, const std::string& expected) {
    const Kind& k = kKinds[n];
    deletes(entity_file, std::string("PATCH /entities/urn:ngsi-ld:Building:1/attrs/") + k.attribute, "null-" + std::string(k.word) + which + "-fragment.jsonld", k, expected);
  }
  void update(int n, const std::string& entity_file, const std::string& expected) {
    const Kind& k = kKinds[n];
    deletes(entity_file, "PATCH /entities/urn:ngsi-ld:Building:1/attrs", "null-" + std::string(k.word) + ".jsonld", k, expected);
  }
  void merge(int n) {
    const Kind& k = kKinds[n];
    deletes("building-different-attributes-instances-and-types.jsonld", "PATCH /entities/urn:ngsi-ld:Building:1", "building-null-" + std::string(k.word) + "-instance.jsonld", k, "-instance");
  }
};

TEST_F(NullTest, Deletes) {
  const std::string plain = "building-different-attributes-types.jsonld", several = "building-different-attributes-instances-and-types.jsonld", standing = "building-different-default-attributes-instances-and-types.jsonld";
  { NGSI("012_05_01", "5.6.4"); partial(0, plain, "", ""); }
  { NGSI("012_05_02", "5.6.4"); partial(1, plain, "", ""); }
  { NGSI("012_05_03", "5.6.4"); partial(2, plain, "", ""); }
  { NGSI("012_05_04", "5.6.4 4.5.18"); partial(3, plain, "", ""); }
  { NGSI("012_06_01", "5.6.4"); partial(0, several, "-instance", "-instance"); }
  { NGSI("012_06_02", "5.6.4"); partial(1, several, "-instance", "-instance"); }
  { NGSI("012_06_03", "5.6.4"); partial(2, several, "-instance", "-instance"); }
  { NGSI("012_06_04", "5.6.4 4.5.18"); partial(3, several, "-instance", "-instance"); }
  { NGSI("012_07_01", "5.6.4"); partial(0, standing, "", "-default-instance"); }
  { NGSI("012_07_02", "5.6.4"); partial(1, standing, "", "-default-instance"); }
  { NGSI("012_07_03", "5.6.4"); partial(2, standing, "", "-default-instance"); }
  { NGSI("012_07_04", "5.6.4 4.5.18"); partial(3, standing, "", "-default-instance"); }
  { NGSI("011_07_01", "5.6.2"); update(0, plain, ""); }
  { NGSI("011_07_02", "5.6.2"); update(1, plain, ""); }
  { NGSI("011_07_03", "5.6.2"); update(2, plain, ""); }
  { NGSI("011_07_04", "5.6.2 4.5.18"); update(3, plain, ""); }
  { NGSI("011_09_01", "5.6.2"); update(0, standing, "-default-instance"); }
  { NGSI("011_09_02", "5.6.2"); update(1, standing, "-default-instance"); }
  { NGSI("011_09_03", "5.6.2"); update(2, standing, "-default-instance"); }
  { NGSI("011_09_04", "5.6.2 4.5.18"); update(3, standing, "-default-instance"); }
  { NGSI("056_04_01", "5.6.17 4.5.5"); merge(0); }
  { NGSI("056_04_02", "5.6.17 4.5.5"); merge(1); }
  { NGSI("056_04_03", "5.6.17 4.5.5"); merge(2); }
  { NGSI("056_04_04", "5.6.17 4.5.18"); merge(3); }
}

TEST_F(PayloadTest, ReplacesInstances) {
  const std::string id = "urn:ngsi-ld:Vehicle:1", at = "PUT /entities/" + id + "/attrs/speed";
  const auto replaced = [&](const std::string& body, const std::string& expected) {
    forget();
    put("vehicle-speed-multi-instances.jsonld", id);
    expect(204, at, payload("entities/" + body), link());
    same(get("/entities/" + id).body, expectation(expected, id));
  };
  { NGSI("055_02_01", "5.6.19 6.7.3.3"); replaced("vehicle-speed-default-instance.json", "vehicle-replace-speed-default-instance.jsonld"); }
  { NGSI("055_02_02", "5.6.19 6.7.3.3"); replaced("vehicle-speed-datasetid-instance.json", "vehicle-replace-speed-datasetid-instance.jsonld"); }
}

}  // namespace
}  // namespace machiya::sense::ngsild
