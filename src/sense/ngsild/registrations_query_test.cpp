// Discovery of registrations (§5.10.2, §5.12) over the interface.
#include "sense/ngsild/registration_fixture.h"

namespace machiya::sense::ngsild {
namespace {

class RegistrationsQuery : public RegistrationFixture {
 protected:
  std::vector<std::string> found(const std::string& parameters) { return ids(get("/csourceRegistrations?" + parameters)); }
  using Ids = std::vector<std::string>;
};
MACHIYA_ON_BOTH_ENGINES(RegistrationsQuery);

TEST_P(RegistrationsQuery, too_wide_and_wrong_queries_are_refused) {
  NGSI("037_02_01", "5.10.2");
  NGSI("037_03_01", "5.10.2");
  NGSI("037_03_02", "5.10.2");
  NGSI("037_03_03", "5.10.2");
  NGSI("037_03_04", "5.10.2");
  create(plain("urn:r:1"));
  for (const char* wrong : {"", "?limit=5", "?id=urn:a:1", "?type=Building&id=nouri", "?type=Building&idPattern=(", "?type=Building&q=speed%3E", "?type=Building&q=((a", "?type=Building&csf=a%3D%3D",
                            "?type=Building&georel=near&geometry=Point&coordinates=[1,2]", "?type=Building&georel=within&geometry=Nothing&coordinates=[1,2]",
                            "?type=Building&timerel=sometime&timeAt=2020-01-01T00:00:00Z", "?type=Building&timerel=between&timeAt=2020-01-01T00:00:00Z", "?type=Building&timeAt=2020-01-01T00:00:00Z",
                            "?type=Building&timerel=after", "?type=Building&timeproperty=observedAt", "?type=Building&limit=-1", "?type=Building&options=keyValues", "?type=", "?attrs=a%20b"})
    expect_problem(get("/csourceRegistrations" + std::string(wrong)), 400, "BadRequestData");
  expect_problem(get("/csourceRegistrations?type=Building&colour=red"), 400, "InvalidRequest");
  EXPECT_EQ(found("type=Building&q=speed%3E5"), Ids{"urn:r:1"});   // what its entities say only the source knows
}

TEST_P(RegistrationsQuery, information_is_matched) {
  NGSI("037_05_01", "5.10.2");
  NGSI("037_05_02", "5.10.2");
  NGSI("037_06_01", "5.10.2");
  NGSI("037_06_02", "5.10.2");
  create(given("context-source-registration.jsonld", "urn:r:1"));
  create(R"({"id":"urn:r:2","type":"ContextSourceRegistration","endpoint":"http://my.csource.org:1026","information":[{"propertyNames":["name","subCategory"]}]})");
  create(R"({"id":"urn:r:3","type":"ContextSourceRegistration","endpoint":"http://my.csource.org:1026","information":[{"entities":[{"type":"Building"}],"propertyNames":["name","subCategory"],
    "relationshipNames":["locatedAt"]}]})");
  EXPECT_EQ(found("type=Vehicle&attrs=brandName"), Ids{"urn:r:1"});
  EXPECT_EQ(found("type=Vehicle&id=urn:ngsi-ld:Vehicle:A456"), (Ids{"urn:r:1", "urn:r:2"}));
  EXPECT_EQ(found("type=Vehicle&id=urn:ngsi-ld:Vehicle:other&attrs=speed"), Ids{});
  EXPECT_EQ(found("type=OffStreetParking&id=urn:p:downtown&attrs=availableSpotNumber"), Ids{"urn:r:1"});
  EXPECT_EQ(found("type=OffStreetParking&id=urn:p:uptown&attrs=availableSpotNumber"), Ids{});
  EXPECT_EQ(found("attrs=name"), (Ids{"urn:r:2", "urn:r:3"}));
  EXPECT_EQ(found("attrs=name&type=Building"), (Ids{"urn:r:2", "urn:r:3"}));
  EXPECT_EQ(found("attrs=locatedAt&type=Building"), Ids{"urn:r:3"});
  EXPECT_EQ(found("attrs=name,locatedAt&type=Building"), (Ids{"urn:r:2", "urn:r:3"}));
  EXPECT_EQ(found("attrs=other&type=Building"), Ids{});
  EXPECT_EQ(found("type=Building"), (Ids{"urn:r:2", "urn:r:3"}));
  // A name means what the asker's context says.
  EXPECT_EQ(ids(ask(http::Method::get, "/csourceRegistrations?attrs=name")), Ids{});
  // What nobody said is not said in a list.
  expect_same(get("/csourceRegistrations?type=Building&attrs=locatedAt").body,
              R"([{"id":"urn:r:3","type":"ContextSourceRegistration","endpoint":"http://my.csource.org:1026","information":[{"entities":[{"type":"Building"}],"propertyNames":["name","subCategory"],
                "relationshipNames":["locatedAt"]}]}])");
  if (!has_payloads()) return;
  expect_same(get("/csourceRegistrations?type=Vehicle&attrs=brandName").body, given("expectations/context-source-registrations-037-05-01.json", "urn:r:1"));
  expect_same(get("/csourceRegistrations?attrs=locatedAt").body, given("expectations/context-source-registrations-037-06.json", "urn:r:3"));
}

TEST_P(RegistrationsQuery, times_of_sources) {
  NGSI("037_08_01", "5.10.2");
  NGSI("037_09_01", "5.10.2");
  NGSI("037_09_02", "5.10.2");
  NGSI("037_09_03", "5.10.2");
  NGSI("037_09_04", "5.10.2");
  const std::string interval = R"({"startAt":"2020-08-01T22:07:00Z","endAt":"2021-08-01T21:07:00Z"},)";
  create(plain("urn:r:now"));
  create(plain("urn:r:observed", "\"observationInterval\":" + interval));
  create(plain("urn:r:managed", "\"managementInterval\":" + interval));
  EXPECT_EQ(found("type=Building"), Ids{"urn:r:now"});
  EXPECT_EQ(found("type=Building&timerel=after&timeAt=2020-06-01T22:07:00Z&timeproperty=observedAt"), Ids{"urn:r:observed"});
  EXPECT_EQ(found("type=Building&timerel=after&timeAt=2020-06-01T22:07:00Z"), Ids{"urn:r:observed"});
  EXPECT_EQ(found("type=Building&timerel=after&timeAt=2020-06-01T22:07:00Z&timeproperty=createdAt"), Ids{"urn:r:managed"});
  EXPECT_EQ(found("type=Building&timerel=between&timeAt=2020-06-01T22:07:00Z&endTimeAt=2020-09-01T00:00:00Z&timeproperty=modifiedAt"), Ids{"urn:r:managed"});
  EXPECT_EQ(found("type=Building&timerel=before&timeAt=2020-06-01T22:07:00Z"), Ids{});
  const Value shown = json(get("/csourceRegistrations?type=Building&timerel=after&timeAt=2020-06-01T22:07:00Z").body);
  EXPECT_EQ(tree::to_text(shown.items()[0]["observationInterval"]), R"({"startAt":"2020-08-01T22:07:00Z","endAt":"2021-08-01T21:07:00Z"})");
}

TEST_P(RegistrationsQuery, places_and_properties_of_sources) {
  create(plain("urn:r:1", R"("location":{"type":"Point","coordinates":[-8.521,41.2]},"csourceProperty1":"aValue","csourceProperty2":"anotherValue",)"));
  create(plain("urn:r:2", R"("sourceType":{"type":"Property","value":"sensor"},)"));
  EXPECT_EQ(found("type=Building&georel=near;maxDistance==2000&geometry=Point&coordinates=[-8.52,41.2]"), Ids{"urn:r:1"});
  EXPECT_EQ(found("type=Building&georel=near;maxDistance==2000&geometry=Point&coordinates=[8.52,41.2]"), Ids{});
  EXPECT_EQ(found("type=Building&csf=csourceProperty1==%22aValue%22"), Ids{"urn:r:1"});
  EXPECT_EQ(found("type=Building&csf=csourceProperty1==%22aValue%22;csourceProperty2==%22other%22"), Ids{});
  EXPECT_EQ(found("type=Building&csf=sourceType==%22sensor%22"), Ids{"urn:r:2"});
  EXPECT_EQ(found("type=Building&csf=endpoint~=%22csource%22"), (Ids{"urn:r:1", "urn:r:2"}));
}

TEST_P(RegistrationsQuery, pages) {
  NGSI("037_11_01", "5.10.2");
  NGSI("037_11_02", "5.10.2");
  NGSI("037_11_03", "5.10.2");
  for (const char* id : {"urn:r:c", "urn:r:a", "urn:r:b"}) create(plain(id));
  const auto second = get("/csourceRegistrations?type=Building&limit=1&offset=1&count=true");
  EXPECT_EQ(ids(second), Ids{"urn:r:a"});
  EXPECT_EQ(header(second, "NGSILD-Results-Count"), "3");
  EXPECT_NE(header(second, "Link").find("offset=0>; rel=\"prev\""), std::string::npos) << header(second, "Link");
  EXPECT_NE(header(second, "Link").find("offset=2>; rel=\"next\""), std::string::npos) << header(second, "Link");
  const auto last = get("/csourceRegistrations?type=Building&limit=2&offset=2");
  EXPECT_EQ(ids(last), Ids{"urn:r:b"});
  EXPECT_EQ(header(last, "Link").find("next"), std::string::npos);
  EXPECT_EQ(header(last, "NGSILD-Results-Count"), "");
  const auto all = get("/csourceRegistrations?type=Building&limit=15");
  EXPECT_EQ(ids(all).size(), 3u);
  EXPECT_EQ(header(all, "Link").find("rel=\"next\""), std::string::npos);
  EXPECT_EQ(header(get("/csourceRegistrations?type=Building&limit=0&count=true"), "NGSILD-Results-Count"), "3");
  EXPECT_EQ(ids(get("/csourceRegistrations?type=Building&limit=5&offset=50")), Ids{});
}

}  // namespace
}  // namespace machiya::sense::ngsild
