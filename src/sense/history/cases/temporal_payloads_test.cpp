// The payloads of the conformance suite, as given: what goes in and what is expected to come out. Skipped where the shared data are absent.
#include "sense/history/cases/temporal_fixture.h"

namespace machiya::sense::ngsild {
namespace {

class TemporalPayloads : public TemporalFixture {
 protected:
  std::string folder_;
  void SetUp() override {
    const char* shared = std::getenv("MACHIYA_SHARED");
    folder_ = std::string(shared != nullptr ? shared : "/nowhere") + "/conformance/ngsi-ld-payloads/temporalEntities/";
    if (!std::ifstream(folder_ + "2020-08-vehicle-temporal-representation.jsonld")) GTEST_SKIP() << "skipped: shared data absent";
    TemporalFixture::SetUp();
  }
  std::string text(const std::string& file) {
    std::ifstream in(folder_ + file, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    EXPECT_TRUE(in) << file;
    return out.str();
  }
  void put(const std::string& file, const std::string& id, int status = 201) {
    std::string body = text(file);
    const std::size_t at = body.find("randomUUID");
    if (at != std::string::npos) body.replace(at, 10, id);
    const auto made = post("/temporal/entities", body);
    ASSERT_EQ(made.status, status) << file << made.body;
  }
  tree::Value without_id(const tree::Value& v) {
    if (v.is_array()) {
      std::vector<tree::Value> out;
      for (const tree::Value& item : v.items()) out.push_back(without_id(item));
      return arena.array(out);
    }
    std::vector<tree::Member> out;
    for (const tree::Member& m : v.members())
      if (m.key != "id") out.push_back(m);
    return arena.object(out);
  }
  void expect(const std::string& file, const tree::Value& answer) { EXPECT_EQ(bare_text(without_id(answer)), bare_text(without_id(json(text("expectations/" + file))))) << file; }
  static constexpr const char* kV = "/temporal/entities/urn:ngsi-ld:Vehicle:A";
};
MACHIYA_ON_BOTH_ENGINES(TemporalPayloads);

TEST_P(TemporalPayloads, one_vehicle) {
  put("2020-08-vehicle-temporal-representation.jsonld", "A");
  expect("vehicle-temporal-representation-020-02.jsonld", got(kV));
  expect("vehicle-temporal-representation-020-03-01.jsonld", got(kV + std::string("?attrs=fuelLevel")));
  expect("vehicle-temporal-representation-020-04-01.jsonld", got(kV + std::string("?timerel=after&timeAt=2020-08-01T12:30:00Z")));
  expect("vehicle-temporal-representation-020-04-02.jsonld", got(kV + std::string("?timerel=before&timeAt=2020-08-01T12:05:00Z")));
  expect("vehicle-temporal-representation-020-04-03.jsonld", got(kV + std::string("?timerel=between&timeAt=2020-08-01T12:00:00Z&endTimeAt=2020-08-01T12:30:00Z")));
  expect("vehicle-temporal-representation-020-10.jsonld", got(kV + std::string("?options=temporalValues")));
  const std::string aggregated = "?options=aggregatedValues&aggrPeriodDuration=";
  expect("vehicle-temporal-representation-020-11-01.json", got(kV + aggregated + "PT1H&aggrMethods=avg"));
  expect("vehicle-temporal-representation-020-11-02.json", got(kV + aggregated + "PT1H&aggrMethods=avg&attrs=fuelLevel"));
  expect("vehicle-temporal-representation-020-11-03.json", got(kV + aggregated + "PT1H&aggrMethods=avg,max"));
  expect("vehicle-temporal-representation-020-11-04.json", got(kV + aggregated + "P1D&aggrMethods=min,max"));
  expect("pick-omit/vehicle-pick-speed.json", got(kV + std::string("?pick=speed")));
  expect("pick-omit/vehicle-pick-id-speed.json", got(kV + std::string("?pick=id,speed")));
  expect("pick-omit/vehicle-omit-speed.json", got(kV + std::string("?omit=speed")));
  expect("pick-omit/vehicle-omit-type-speed.json", got(kV + std::string("?omit=type,speed")));
}

TEST_P(TemporalPayloads, kinds_of_attributes) {
  struct Kind {
    const char *in, *full, *short_form;
  };
  for (const Kind& k : {Kind{"vehicle-language-property-temporal-representation.jsonld", "vehicle-language-property-normalized-temporal-representation.jsonld", "vehicle-language-property-simplified-temporal-representation.jsonld"},
                        Kind{"vehicle-json-property-temporal-representation.jsonld", "vehicle-json-property-temporal-representation.json", "vehicle-json-property-simplified-temporal-representation.json"},
                        Kind{"vehicle-vocab-property-temporal-representation.jsonld", "vehicle-vocab-property-temporal-representation.json", "vehicle-vocab-property-simplified-temporal-representation.json"}}) {
    put(k.in, "A");
    expect(k.full, got(kV));
    expect(k.short_form, got(kV + std::string("?options=temporalValues")));
    ASSERT_EQ(del(kV).status, 204);
  }
}

TEST_P(TemporalPayloads, the_last_ones) {
  put("2020-08-vehicle-temporal-representation-multiple-instances.jsonld", "A");
  expect("vehicle-temporal-representation-020-05-01.jsonld", got(kV + std::string("?lastN=4")));
  expect("vehicle-temporal-representation-020-05-02.jsonld", got(kV + std::string("?lastN=10")));
  put("2020-09-vehicle-temporal-representation.jsonld", "B");
  expect("vehicles-temporal-representation-021-03.jsonld", got("/temporal/entities?type=Vehicle&timerel=after&timeAt=2020-08-01T00:00:00Z&lastN=4"));
}

TEST_P(TemporalPayloads, queries) {
  put("2020-08-vehicle-temporal-representation.jsonld", "A"), put("2020-09-vehicle-temporal-representation.jsonld", "B"), put("2020-08-bus-temporal-representation.jsonld", "C");
  const auto asked = [&](const std::string& query) { return got("/temporal/entities?timerel=after&timeAt=2020-08-01T12:00:00Z&" + query); };
  expect("vehicles-temporal-representation-021-02.jsonld", asked("type=Vehicle&attrs=speed"));
  expect("vehicles-temporal-representation-021-04.jsonld", asked("type=Vehicle"));
  expect("vehicles-temporal-representation-021-05.jsonld", asked("type=Bus"));
  expect("pick-omit/temporal-entities-pick-speed.json", asked("type=Vehicle,Bus&pick=speed"));
  expect("pick-omit/temporal-entities-omit-type.json", asked("type=Vehicle,Bus&omit=type"));
  const auto post_query = [&](const std::string& file) {
    const auto r = post("/temporal/entityOperations/query", text(file));
    EXPECT_EQ(r.status, 200) << r.body;
    return json(r.body);
  };
  expect("vehicles-temporal-representation-021-13-01.jsonld", post_query("entity-operations-after-query.jsonld"));
  expect("vehicles-temporal-representation-021-13-02.jsonld", post_query("entity-operations-before-query.jsonld"));
  expect("vehicles-temporal-representation-021-13-03.jsonld", post_query("entity-operations-between-query.jsonld"));
  EXPECT_EQ(values(post_query("temporalQ-json-lastN-one-query.jsonld").items()[0]["speed"]), "100");
  for (const char* file : {"temporalQ-json-aggrMethods-array-query.jsonld", "temporalQ-json-aggrMethods-string-query.jsonld", "aggrParams-avg-query.jsonld"})
    EXPECT_EQ(post_query(file).items()[0]["speed"]["avg"].items()[0].items()[0].number(), 100) << file;
  for (const char* file : {"aggrParams-bad-duration-query.jsonld", "aggrParams-bogus-method-query.jsonld", "temporalQ-json-bad-aggrPeriodDuration-query.jsonld", "temporalQ-json-between-no-end-query.jsonld",
                           "temporalQ-json-invalid-timeproperty-query.jsonld", "temporalQ-json-invalid-timerel-query.jsonld", "temporalQ-json-lastN-fractional-query.jsonld", "temporalQ-json-lastN-zero-query.jsonld"})
    EXPECT_EQ(post("/temporal/entityOperations/query", text(file)).status, 400) << file;
}

TEST_P(TemporalPayloads, places) {
  put("2020-08-vehicle-temporal-representation.jsonld", "A"), put("2020-10-vehicle-temporal-representation-with-location.jsonld", "B");
  const auto asked = [&](const std::string& query) { return got("/temporal/entities?type=Vehicle&timerel=after&timeAt=2020-08-01T12:00:00Z&" + query); };
  expect("vehicles-temporal-representation-021-09-01.jsonld", asked("georel=near;maxDistance==2000&geometry=Point&coordinates=[-8.5,41.2]"));
  expect("vehicles-temporal-representation-021-09-02.jsonld", asked("georel=within&geometry=Polygon&coordinates=[[[-9,41],[-8,41],[-8,42],[-9,42],[-9,41]]]"));
}

TEST_P(TemporalPayloads, writes) {
  put("vehicle-create-temporal-representation.jsonld", "A");
  expect("vehicle-temporal-representation-create.jsonld", got(kV));
  put("vehicle-temporal-representation-update.jsonld", "A", 204);
  expect("vehicle-temporal-representation-update.jsonld", got(kV));
  ASSERT_EQ(del(kV).status, 204);
  put("vehicle-temporal-representation.jsonld", "A");
  ASSERT_EQ(post(kV + std::string("/attrs"), text("fragments/vehicle-temporal-representation-fragment.jsonld")).status, 204);
  expect("vehicle-temporal-representation-added-attribute.jsonld", got(kV));
  ASSERT_EQ(del(kV + std::string("/attrs/added_attribute")).status, 204);
  const std::string speed(got(kV)["speed"].items()[0]["instanceId"].text());
  ASSERT_EQ(patch(kV + std::string("/attrs/speed/") + speed, text("fragments/vehicle-temporal-modify-attribute-instance-fragment.jsonld")).status, 204);
  expect("vehicle-temporal-representation-modify-attribute-instance.jsonld", got(kV));
  ASSERT_EQ(del(kV + std::string("/attrs/speed/") + speed).status, 204);
  expect("vehicle-temporal-representation-delete-speed-instanceid.jsonld", got(kV));
  ASSERT_EQ(del(kV + std::string("/attrs/fuelLevel")).status, 204);
  ASSERT_EQ(del(kV + std::string("/attrs/fuelLevel?datasetId=urn:ngsi-ld:Vehicle:12345-fuel")).status, 204);
  for (const char* file : {"vehicle-temporal-representation-empty-json.jsonld", "vehicle-temporal-representation-invalid-json.jsonld", "vehicle-temporal-representation-without-id.jsonld"})
    EXPECT_EQ(post("/temporal/entities", text(file)).status, 400) << file;
  EXPECT_NE(post("/temporal/entities", text("bus-temporal-representation-unretrievable-context.jsonld")).status, 201);
}

TEST_P(TemporalPayloads, data_sets) {
  put("vehicle-temporal-representation-with-multi-attributes-instances.jsonld", "A");
  const auto asked = [&](const std::string& query) { return got("/temporal/entities?type=Vehicle&options=temporalValues&timerel=after&timeAt=2020-08-01T12:00:00Z&" + query); };
  expect("vehicle-temporal-representation-default-instances.json", asked("datasetId=@none"));
  expect("vehicle-temporal-representation-common-datasetid.json", asked("datasetId=urn:ngsi-ld:Dataset:Common"));
  expect("vehicle-temporal-representation-two-datasetids.json", asked("datasetId=urn:ngsi-ld:Dataset:Common,urn:ngsi-ld:Dataset:Speed"));
  expect("vehicle-temporal-representation-speed-attribute.json", asked("attrs=speed"));
  expect("vehicle-temporal-representation-fuellevel-attribute-fuel-datasetid.json", asked("attrs=fuelLevel&datasetId=urn:ngsi-ld:Dataset:fuel"));
}

TEST_P(TemporalPayloads, many_instances) {
  put("pagination/2020-01-vehicule-temporal-representation-twenty-instances.jsonld", "A");
  EXPECT_EQ(got(kV)["speed"].count, 20u);
  temporal_options.most_instances = 10, route();
  const auto forward = get(kV + std::string("?timerel=after&timeAt=2020-01-01T01:00:00Z"));
  EXPECT_EQ(forward.status, 206);
  EXPECT_EQ(header(forward, "Content-Range"), "date-time 2020-01-01T01:00:00Z-2020-01-01T01:10:00Z/*");
  EXPECT_EQ(json(forward.body)["fuelLevel"].count, 8u);   // cut at the same moment as speed
  const auto backward = get(kV + std::string("?timerel=after&timeAt=2020-01-01T01:00:00Z&lastN=15"));
  EXPECT_EQ(header(backward, "Content-Range"), "date-time 2020-01-01T01:22:00Z-2020-01-01T01:13:00Z/15");
}

}  // namespace
}  // namespace machiya::sense::ngsild
