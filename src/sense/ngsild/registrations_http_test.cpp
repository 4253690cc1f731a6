// Context source registrations over the interface (§5.9, §5.10, §6.8, §6.9).
#include "sense/ngsild/registration_fixture.h"

namespace machiya::sense::ngsild {
namespace {

class RegistrationsHttp : public RegistrationFixture {};
MACHIYA_ON_BOTH_ENGINES(RegistrationsHttp);

TEST_P(RegistrationsHttp, is_created_and_shown_as_the_asker_has_it) {
  NGSI("033_07_01", "6.3.5");
  NGSI("033_07_02", "6.3.5");
  NGSI("036_03_01", "5.10.1");
  NGSI("036_05_01", "6.3.5");
  NGSI("036_05_02", "6.3.5");
  const std::string path = create(given("context-source-registration.jsonld", kRegistration));
  EXPECT_EQ(path, "/csourceRegistrations/" + std::string(kRegistration));
  for (int life = 0; life < 2; ++life, crash()) {
    expect_same(get(path).body, R"({"id":"urn:r:1","type":"ContextSourceRegistration","endpoint":"http://my.csource.org:1026","mode":"inclusive","operations":["federationOps"],"information":[
      {"entities":[{"id":"urn:ngsi-ld:Vehicle:A456","type":"Vehicle"}],"propertyNames":["brandName","speed"],"relationshipNames":["isParked"]},
      {"entities":[{"idPattern":".*downtown$","type":"OffStreetParking"},{"idPattern":".*47$","type":"OffStreetParking"}],"propertyNames":["availableSpotNumber","totalSpotNumber"],
       "relationshipNames":["isNextToBuilding"]}]})");
    expect_same(ask(http::Method::get, path).body, R"({"id":"urn:r:1","type":"ContextSourceRegistration","endpoint":"http://my.csource.org:1026","mode":"inclusive","operations":["federationOps"],"information":[
      {"entities":[{"id":"urn:ngsi-ld:Vehicle:A456","type":"https://ngsi-ld-test-suite/context#Vehicle"}],
       "propertyNames":["https://ngsi-ld-test-suite/context#brandName","https://ngsi-ld-test-suite/context#speed"],"relationshipNames":["isParked"]},
      {"entities":[{"idPattern":".*downtown$","type":"https://ngsi-ld-test-suite/context#OffStreetParking"},{"idPattern":".*47$","type":"https://ngsi-ld-test-suite/context#OffStreetParking"}],
       "propertyNames":["availableSpotNumber","totalSpotNumber"],"relationshipNames":["isNextToBuilding"]}]})");
  }
  if (!has_payloads()) return;
  expect_same(get(path).body, given("expectations/context-source-registration.json", kRegistration));
  expect_same(ask(http::Method::get, path).body, given("expectations/context-source-registration-expanded-format.json", kRegistration));
}

TEST_P(RegistrationsHttp, contexts_come_from_the_body_or_the_header) {
  NGSI("033_04_01", "6.3.5");
  NGSI("033_04_02", "6.3.5");
  NGSI("033_06_01", "6.3.5");
  NGSI("033_09_01", "6.3.5");
  const std::string body = plain("urn:r:1"), with_context = body.substr(0, body.size() - 1) + ",\"@context\":\"" + kCompound + "\"}";
  const auto type_of = [&](const http::Response& answer) { return std::string(json(answer.body)["information"].items()[0]["entities"].items()[0]["type"].text()); };
  EXPECT_EQ(ask(http::Method::post, "/csourceRegistrations", body, linked()).status, 201);
  EXPECT_EQ(type_of(get("/csourceRegistrations/urn:r:1")), "Building");
  EXPECT_EQ(type_of(ask(http::Method::get, "/csourceRegistrations/urn:r:1")), std::string(kSuite) + "Building");
  del("/csourceRegistrations/urn:r:1");
  EXPECT_EQ(ask(http::Method::post, "/csourceRegistrations", with_context, linked()).status, 400);
  EXPECT_EQ(raw_post(with_context, "application/json").status, 400);
  EXPECT_EQ(raw_post(body, "application/ld+json").status, 400);
  // ld+json carries its context, JSON its Link header.
  create(body);
  auto headers = linked();
  headers.emplace_back("accept", "application/ld+json");
  EXPECT_EQ(json(ask(http::Method::get, "/csourceRegistrations/urn:r:1", "", headers).body)["@context"].text(), kCompound);
  EXPECT_NE(header(get("/csourceRegistrations/urn:r:1"), "Link").find(kCompound), std::string::npos);
}

TEST_P(RegistrationsHttp, an_id_is_made_and_one_that_is_taken_refused) {
  NGSI("033_11", "5.9.2");
  NGSI("033_03_01", "5.9.2");
  const std::string path = create(given("context-source-registration-no-id.jsonld", ""));
  EXPECT_EQ(path.find("/csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:"), 0u) << path;
  EXPECT_EQ(get(path).status, 200);
  create(plain("urn:r:1"));
  expect_problem(post("/csourceRegistrations", plain("urn:r:1")), 409, "AlreadyExists");
  for (const char* id : {"nothing", ""}) expect_problem(post("/csourceRegistrations", plain(id)), 400, "BadRequestData");
  // An IRI's slashes are no part of the path.
  const auto answer = post("/csourceRegistrations", plain("http://a.example/r"));
  EXPECT_EQ(header(answer, "Location"), "/ngsi-ld/v1/csourceRegistrations/http:%2F%2Fa.example%2Fr");
}

TEST_P(RegistrationsHttp, wrong_data_is_refused) {
  NGSI("033_02_01", "5.9.2");
  expect_problem(post("/csourceRegistrations", given("context-source-registration-invalid.jsonld", "urn:r:1")), 400, "BadRequestData");
  const char* members[] = {R"("information":null)", R"("information":[])", R"("information":[{}])", R"("information":[{"entities":[]}])", R"("information":[{"entities":[{"idPattern":".*"}]}])",
                           R"("information":[{"entities":[{"type":"T","id":"no uri"}]}])", R"("information":[{"entities":[{"type":"T","idPattern":"("}]}])", R"("information":[{"entities":[{"type":"a b"}]}])",
                           R"("information":[{"propertyNames":[]}])", R"("information":[{"propertyNames":"speed"}])", R"("information":[{"relationshipNames":[7]}])", R"("endpoint":null)", R"("endpoint":"nothing")",
                           R"("type":"building")", R"("type":null)", R"("mode":"loud")", R"("operations":[])", R"("operations":"retrieveOps")", R"("expiresAt":" 2018-11-29T14:53:15Z")",
                           R"("expiresAt":"2018-11-29T14:53:15Z")", R"("observationInterval":{"endAt":"2021-08-01T21:07:00Z"})", R"("managementInterval":{"startAt":"2021-08-01T21:07:00Z","endAt":"2020-08-01T21:07:00Z"})",
                           R"("location":{"type":"Point","coordinates":[200,0]})", R"("location":"here")", R"("scope":"//")", R"("contextSourceInfo":[{"key":"A"}])", R"("contextSourceInfo":[{"key":"A\r\nB","value":"x"}])",
                           R"("contextSourceInfo":[{"key":"A","value":"x\r\nB: y"}])", R"("contextSourceInfo":[{"key":"Host","value":"x"}])", R"("refreshRate":"often")", R"("registrationName":"")", R"("tenant":7)"};
  for (const char* member : members) {
    std::string text = plain("urn:r:1");
    const std::string key(member, std::string_view(member).find(':') + 1);
    for (const char* old : {R"("type":"ContextSourceRegistration",)", R"("endpoint":"http://my.csource.org:1026",)", R"("information":[{"entities":[{"type":"Building"}]}],)"})
      if (std::string(old).find(key) == 0)
        if (const std::size_t at = text.find(old); at != std::string::npos) text.erase(at, std::string(old).size());
    text.insert(1, std::string(member) + ",");
    expect_problem(post("/csourceRegistrations", text), 400, "BadRequestData");
  }
  expect_problem(post("/csourceRegistrations", "{"), 400, "InvalidRequest");
  EXPECT_EQ(json(get("/csourceRegistrations?type=Building").body).count, 0u);
}

TEST_P(RegistrationsHttp, management_is_what_the_standard_knows) {
  NGSI("5234_01_01", "5.2.34");
  NGSI("5234_01_02", "5.2.34");
  NGSI("5234_01_03", "5.2.34");
  NGSI("5234_01_04", "5.2.34");
  NGSI("5234_01_05", "5.2.34");
  NGSI("5234_01_06", "5.2.34");
  const std::string path = create(plain("urn:r:1", R"("management":{"localOnly":true,"cacheDuration":"PT10M","timeout":1500,"cooldown":2000},)"));
  EXPECT_TRUE(tree::equal(json(get(path).body)["management"], json(R"({"localOnly":true,"cacheDuration":"PT10M","timeout":1500,"cooldown":2000})")));
  const RegistrationPtr r = registrations->find("", "urn:r:1");
  EXPECT_TRUE(r->local_only);
  EXPECT_EQ(r->timeout_us, 1'500'000);
  EXPECT_EQ(r->cooldown_us, 2'000'000);
  EXPECT_EQ(r->cache_us, 600'000'000);
  for (const char* wrong : {R"("none")", R"(["x"])", R"({"cacheDuration":"ten minutes"})", R"({"cacheDuration":10})", R"({"cooldown":0})", R"({"timeout":-1})", R"({"timeout":"1"})", R"({"localOnly":"yes"})"})
    expect_problem(post("/csourceRegistrations", plain("urn:r:2", "\"management\":" + std::string(wrong) + ",")), 400, "BadRequestData");
}

TEST_P(RegistrationsHttp, unknown_members_are_properties_of_the_source) {
  const std::string path = create(plain("urn:r:1", R"("name":"a","csourceProperty2":{"x":[1]},"timesSent":9,"status":"failed","createdAt":"2020-01-01T00:00:00Z",)"));
  const Value shown = json(get(path).body);
  EXPECT_EQ(shown["name"].text(), "a");
  EXPECT_EQ(tree::to_text(shown["csourceProperty2"]), R"({"x":[1]})");
  for (const char* member : {"timesSent", "status", "createdAt"}) EXPECT_FALSE(shown.has(member)) << member;
  EXPECT_TRUE(json(ask(http::Method::get, path).body).has(std::string(kSuite) + "name"));
  EXPECT_TRUE(json(get(path + "?options=sysAttrs").body).has("modifiedAt"));
  EXPECT_EQ(get(path + "?options=keyValues").status, 400);
  EXPECT_EQ(patch(path, R"({"name":null,"csourceProperty2":"b"})").status, 204);
  EXPECT_FALSE(json(get(path).body).has("name"));
  EXPECT_EQ(json(get(path).body)["csourceProperty2"].text(), "b");
}

TEST_P(RegistrationsHttp, is_changed_member_by_member) {
  NGSI("034_01_01", "5.9.3");
  NGSI("034_02_01", "5.9.3");
  NGSI("034_02_02", "5.9.3");
  NGSI("034_02_03", "5.9.3");
  NGSI("034_03_01", "5.9.3");
  NGSI("034_06_01", "5.9.3");
  const std::string path = create(plain("urn:r:1", R"("expiresAt":"2035-11-29T14:53:15Z","description":"d",)"));
  EXPECT_EQ(patch(path, R"({"endpoint":"http://my.new.csource.org:1026"})").status, 204);
  EXPECT_EQ(patch(path, R"({"expiresAt":null})").status, 204);
  EXPECT_EQ(patch(path, R"({"information":[{"entities":[{"type":"Vehicle"}]}],"type":"ContextSourceRegistration"})").status, 204);
  for (int life = 0; life < 2; ++life, crash()) {
    const Value shown = json(get(path).body);
    EXPECT_EQ(shown["endpoint"].text(), "http://my.new.csource.org:1026");
    EXPECT_FALSE(shown.has("expiresAt"));
    EXPECT_EQ(shown["description"].text(), "d");
    EXPECT_EQ(shown["information"].items()[0]["entities"].items()[0]["type"].text(), "Vehicle");
  }
  for (const char* wrong : {R"({"type":"building"})", R"({"information":null})", R"({"endpoint":null})", R"({"type":null})", R"({"id":"urn:r:2"})", R"({"mode":"exclusive"})", R"({})"})
    expect_problem(patch(path, wrong), 400, "BadRequestData");
  expect_problem(patch("/csourceRegistrations/nouri", R"({"description":"x"})"), 400, "BadRequestData");
  expect_problem(patch("/csourceRegistrations/urn:r:unknown", R"({"description":"x"})"), 404, "ResourceNotFound");
  expect_problem(patch("/csourceRegistrations/", R"({"description":"x"})"), 400, "BadRequestData");
  if (!has_payloads()) return;
  EXPECT_EQ(patch(path, given("fragments/context-source-registration-update.json", "urn:r:1")).status, 204);
  EXPECT_EQ(patch(path, given("fragments/context-source-registration-different-type.jsonld", "urn:r:1")).status, 400);
  EXPECT_EQ(patch(path, given("context-source-registration-invalid.jsonld", "urn:r:1")).status, 400);
}

TEST_P(RegistrationsHttp, is_deleted) {
  NGSI("035_02_01", "5.9.4");
  NGSI("035_02_02", "5.9.4");
  const std::string path = create(plain("urn:r:1"));
  EXPECT_EQ(del(path).status, 204);
  expect_problem(get(path), 404, "ResourceNotFound");
  expect_problem(del(path), 404, "ResourceNotFound");
  expect_problem(del("/csourceRegistrations/nouri"), 400, "BadRequestData");
  expect_problem(del("/csourceRegistrations/"), 400, "BadRequestData");
  expect_problem(get("/csourceRegistrations/nouri"), 400, "BadRequestData");
  crash();
  EXPECT_EQ(get(path).status, 404);
}

TEST_P(RegistrationsHttp, expires) {
  const std::string path = create(plain("urn:r:1", R"("expiresAt":"2026-11-23T00:10:00Z",)"));
  EXPECT_EQ(get(path).status, 200);
  clock.advance(600'000'000);
  EXPECT_EQ(get(path).status, 404);
  EXPECT_EQ(json(get("/csourceRegistrations?type=Building").body).count, 0u);
  EXPECT_EQ(patch(path, R"({"description":"x"})").status, 404);
  EXPECT_EQ(del(path).status, 404);
  create(plain("urn:r:1"));   // the name is free again
  EXPECT_EQ(registrations->sweep().value(), 0u);
}

TEST_P(RegistrationsHttp, tenants_do_not_see_each_other) {
  auto headers = linked();
  headers.emplace_back("ngsild-tenant", "a");
  expect_problem(ask(http::Method::get, "/csourceRegistrations?type=Building", "", headers), 404, "NonexistentTenant");
  const auto made = ask(http::Method::post, "/csourceRegistrations", plain("urn:r:1"), headers);
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(header(made, "NGSILD-Tenant"), "a");
  EXPECT_EQ(json(ask(http::Method::get, "/csourceRegistrations?type=Building", "", headers).body).count, 1u);
  EXPECT_EQ(json(get("/csourceRegistrations?type=Building").body).count, 0u);
  EXPECT_EQ(get("/csourceRegistrations/urn:r:1").status, 404);
}

TEST_P(RegistrationsHttp, media_types) {
  NGSI("049_01_02", "6.3.4");
  NGSI("049_01_03", "6.3.4");
  NGSI("049_02_03", "6.3.4");
  create(plain("urn:r:1"));
  for (const char* accept : {"text/plain", "application/geo+json"}) {
    auto headers = linked();
    headers.emplace_back("accept", accept);
    expect_problem(ask(http::Method::get, "/csourceRegistrations/?type=Building", "", headers), 406, "InvalidRequest");
    expect_problem(ask(http::Method::get, "/csourceRegistrations/urn:r:1", "", headers), 406, "InvalidRequest");
    expect_problem(ask(http::Method::get, "/subscriptions/urn:s:1", "", headers), 406, "InvalidRequest");
  }
}

// ---- §4.3.6, §5.9.2.4: who may claim what

TEST_P(RegistrationsHttp, exclusive_ones_name_entities_and_attributes) {
  NGSI("436_03_01", "4.3.6.3 5.9.2");
  NGSI("436_03_02", "4.3.6.3 5.9.2");
  NGSI("436_03_03", "4.3.6.3 5.9.2");
  const auto exclusive = [&](const std::string& information) { return post("/csourceRegistrations", of("urn:r:1", "exclusive", information)); };
  expect_problem(exclusive(R"({"entities":[{"id":"urn:v:1","type":"Vehicle"}]})"), 400, "BadRequestData");
  expect_problem(exclusive(R"({"entities":[{"type":"Vehicle"}],"propertyNames":["speed"]})"), 400, "BadRequestData");
  expect_problem(exclusive(R"({"entities":[{"idPattern":"urn:v:.*","type":"Vehicle"}],"propertyNames":["speed"]})"), 400, "BadRequestData");
  expect_problem(exclusive(R"({"propertyNames":["speed"]})"), 400, "BadRequestData");
  EXPECT_EQ(exclusive(R"({"entities":[{"id":"urn:v:1","type":"Vehicle"}],"propertyNames":["speed"]})").status, 201);
}

TEST_P(RegistrationsHttp, proxied_ones_do_not_overlap_an_exclusive_one) {
  NGSI("436_03_04", "4.3.6.3 5.9.2");
  NGSI("436_03_05", "4.3.6.3 5.9.2");
  const auto make = [&](const char* id, const char* mode, const char* information) { return post("/csourceRegistrations", of(id, mode, information)).status; };
  EXPECT_EQ(make("urn:r:1", "exclusive", R"({"entities":[{"id":"urn:v:1","type":"Vehicle"}],"propertyNames":["speed"]})"), 201);
  const auto claimed = post("/csourceRegistrations", of("urn:r:2", "exclusive", R"({"entities":[{"id":"urn:v:1","type":"Vehicle"}],"propertyNames":["speed","name"]})"));
  EXPECT_EQ(claimed.status, 409);
  EXPECT_NE(claimed.body.find("Conflict"), std::string::npos) << claimed.body;
  EXPECT_EQ(make("urn:r:2", "redirect", R"({"entities":[{"type":"Vehicle"}]})"), 409);
  EXPECT_EQ(make("urn:r:2", "redirect", R"({"entities":[{"type":"Vehicle","idPattern":"urn:v:.*"}],"relationshipNames":["speed"]})"), 409);
  EXPECT_EQ(make("urn:r:2", "redirect", R"({"propertyNames":["speed"]})"), 409);
  // Another attribute, entity or type; and additive ones, which claim nothing.
  EXPECT_EQ(make("urn:r:2", "exclusive", R"({"entities":[{"id":"urn:v:1","type":"Vehicle"}],"propertyNames":["name"]})"), 201);
  EXPECT_EQ(make("urn:r:3", "exclusive", R"({"entities":[{"id":"urn:v:2","type":"Vehicle"}],"propertyNames":["speed"]})"), 201);
  EXPECT_EQ(make("urn:r:4", "redirect", R"({"entities":[{"type":"Building"}]})"), 201);
  EXPECT_EQ(make("urn:r:5", "redirect", R"({"entities":[{"type":"Building"}]})"), 201);
  EXPECT_EQ(make("urn:r:6", "inclusive", R"({"entities":[{"type":"Vehicle"}]})"), 201);
  EXPECT_EQ(make("urn:r:7", "exclusive", R"({"entities":[{"id":"urn:b:1","type":"Building"}],"propertyNames":["name"]})"), 409);
  EXPECT_EQ(patch("/csourceRegistrations/urn:r:4", R"({"information":[{"entities":[{"type":"Vehicle"}]}]})").status, 409);
  EXPECT_EQ(patch("/csourceRegistrations/urn:r:6", R"({"mode":"redirect"})").status, 409);
  EXPECT_EQ(patch("/csourceRegistrations/urn:r:1", R"({"description":"itself is no obstacle"})").status, 204);
  del("/csourceRegistrations/urn:r:1"), del("/csourceRegistrations/urn:r:2"), del("/csourceRegistrations/urn:r:3");
  EXPECT_EQ(patch("/csourceRegistrations/urn:r:6", R"({"mode":"redirect"})").status, 204);
}

TEST_P(RegistrationsHttp, what_is_held_here_is_not_claimed) {
  NGSI("5922_01_01", "5.9.2");
  NGSI("5922_01_02", "5.9.2");
  NGSI("5922_01_03", "5.9.2");
  expect_problem(post("/csourceRegistrations", of("urn:r:1", "auxiliary", R"({"entities":[{"type":"Vehicle"}]})", R"("operations":["retrieveOps","updateAttrs"],)")), 400, "BadRequestData");
  expect_problem(post("/csourceRegistrations", of("urn:r:1", "auxiliary", R"({"entities":[{"type":"Vehicle"}]})", R"("operations":["redirectionOps"],)")), 400, "BadRequestData");
  create(of("urn:r:1", "auxiliary", R"({"entities":[{"type":"Vehicle"}]})"));
  create(of("urn:r:2", "auxiliary", R"({"entities":[{"type":"Vehicle"}]})", R"("operations":["retrieveOps","queryBatch"],)"));
  EXPECT_EQ(post("/entities", R"({"id":"urn:b:1","type":"Building","name":{"type":"Property","value":"n"}})").status, 201);
  const auto status = [&](const char* mode, const char* information) { return post("/csourceRegistrations", of("urn:r:9", mode, information)).status; };
  EXPECT_EQ(status("redirect", R"({"entities":[{"type":"Building"}]})"), 409);
  EXPECT_EQ(status("redirect", R"({"entities":[{"id":"urn:b:1","type":"Building"}],"propertyNames":["name"]})"), 409);
  EXPECT_EQ(status("exclusive", R"({"entities":[{"id":"urn:b:1","type":"Building"}],"propertyNames":["name"]})"), 409);
  EXPECT_EQ(status("exclusive", R"({"entities":[{"id":"urn:b:1","type":"Building"}],"propertyNames":["speed"]})"), 201);
  del("/csourceRegistrations/urn:r:9");
  EXPECT_EQ(status("redirect", R"({"entities":[{"type":"Vehicle"}]})"), 201);
  del("/csourceRegistrations/urn:r:9");
  EXPECT_EQ(status("inclusive", R"({"entities":[{"type":"Building"}]})"), 201);
}

}  // namespace
}  // namespace machiya::sense::ngsild
