// Subscriptions to registrations (§5.11) over the interface, and what they are told.
#include "sense/ngsild/registration_fixture.h"

namespace machiya::sense::ngsild {
namespace {

class SourceSubscriptions : public RegistrationFixture {
 protected:
  static std::string body(const std::string& more = "", const std::string& id = "urn:s:1", const std::string& type = "Building") {
    return R"({"id":")" + id + R"(","type":"Subscription",)" + more + R"("entities":[{"type":")" + type +
           R"("}],"notification":{"format":"keyValues","endpoint":{"uri":"http://localhost:1111/notify","accept":"application/json"}}})";
  }
  std::string watch(const std::string& text) {
    const auto answer = post("/csourceSubscriptions", text);
    EXPECT_EQ(answer.status, 201) << answer.body;
    const std::string location = header(answer, "Location");
    return answer.status == 201 ? http::url_decode(location.substr(std::string("/ngsi-ld/v1").size())) : std::string();
  }
  /// "reason: id id" of each notification that came since the last call.
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const Parcel& p : news()) {
      const Value message = json(p.body);
      std::string line = std::string(message["triggerReason"].text()) + ":";
      for (const Value& r : message["data"].items()) line += " " + std::string(r["id"].text());
      out.push_back(line);
    }
    return out;
  }
  using Lines = std::vector<std::string>;
  static std::string vehicle(const std::string& id) {
    return R"({"id":")" + id + R"(","type":"ContextSourceRegistration","endpoint":"http://my.csource.org:1026","information":[{"entities":[{"type":"Vehicle"}]}]})";
  }
};
MACHIYA_ON_BOTH_ENGINES(SourceSubscriptions);

TEST_P(SourceSubscriptions, are_created_shown_listed_and_deleted) {
  NGSI("038_02_01", "5.11.2");
  NGSI("040_01_01", "5.11.4");
  NGSI("040_02_01", "5.11.4");
  NGSI("041_01_01", "5.11.5");
  NGSI("042_01_01", "5.11.6");
  NGSI("042_03_01", "5.11.6");
  const auto made = post("/csourceSubscriptions", R"({"type":"Subscription","entities":[{"type":"Building"}],"notification":{"endpoint":{"uri":"http://h/x"}}})");
  EXPECT_EQ(made.status, 201);
  const std::string own = header(made, "Location");
  EXPECT_EQ(own.find("/ngsi-ld/v1/csourceSubscriptions/urn:ngsi-ld:Subscription:"), 0u) << own;
  EXPECT_EQ(del(own.substr(std::string("/ngsi-ld/v1").size())).status, 204);
  const std::string path = watch(body());
  clock.advance(1);
  watch(body(R"("watchedAttributes":["name","subCategory"],)", "urn:s:2"));
  for (int life = 0; life < 2; ++life, crash()) {
    expect_same(get(path).body, R"({"id":"urn:s:1","type":"Subscription","entities":[{"type":"Building"}],"isActive":true,"status":"active",
      "notification":{"format":"keyValues","endpoint":{"uri":"http://localhost:1111/notify","accept":"application/json"}}})");
    expect_same(get("/csourceSubscriptions").body, R"([{"id":"urn:s:1","type":"Subscription","entities":[{"type":"Building"}],"status":"active",
      "notification":{"format":"keyValues","endpoint":{"uri":"http://localhost:1111/notify","accept":"application/json"}}},
      {"id":"urn:s:2","type":"Subscription","watchedAttributes":["name","subCategory"],"entities":[{"type":"Building"}],"status":"active",
      "notification":{"format":"keyValues","endpoint":{"uri":"http://localhost:1111/notify","accept":"application/json"}}}])");
  }
  EXPECT_EQ(json(ask(http::Method::get, path).body)["entities"].items()[0]["type"].text(), std::string(kSuite) + "Building");
  EXPECT_TRUE(json(get(path + "?options=sysAttrs").body).has("createdAt"));
  // The two kinds are resources of their own.
  EXPECT_EQ(get("/subscriptions/urn:s:1").status, 404);
  EXPECT_EQ(json(get("/subscriptions").body).count, 0u);
  EXPECT_EQ(del("/subscriptions/urn:s:1").status, 404);
  subscribe(R"({"id":"urn:s:e","type":"Subscription","entities":[{"type":"Building"}],"notification":{"endpoint":{"uri":"http://h/x"}}})");
  EXPECT_EQ(get("/csourceSubscriptions/urn:s:e").status, 404);
  EXPECT_EQ(json(get("/csourceSubscriptions").body).count, 2u);
  expect_problem(post("/csourceSubscriptions", body()), 409, "AlreadyExists");
  expect_problem(get("/csourceSubscriptions/nouri"), 400, "BadRequestData");
  EXPECT_EQ(del(path).status, 204);
  expect_problem(del(path), 404, "ResourceNotFound");
  expect_problem(get(path), 404, "ResourceNotFound");
  expect_problem(del("/csourceSubscriptions/nouri"), 400, "BadRequestData");
  for (const char* base : {"/csourceSubscriptions/", "/subscriptions/"}) {
    expect_problem(del(base), 400, "BadRequestData");
    expect_problem(patch(base, R"({"isActive":false})"), 400, "BadRequestData");
  }
}

TEST_P(SourceSubscriptions, wrong_ones_and_wrong_pages_are_refused) {
  NGSI("038_08_01", "5.11.2");
  NGSI("038_08_02", "5.11.2");
  NGSI("038_08_03", "5.11.2");
  NGSI("038_08_04", "5.11.2");
  NGSI("041_04_01", "5.11.5");
  NGSI("041_04_02", "5.11.5");
  NGSI("041_04_03", "5.11.5");
  const auto refused = [&](const std::string& text) { expect_problem(post("/csourceSubscriptions", text), 400, "BadRequestData"); };
  refused(R"({"id":"urn:s:1","type":"Subscription","entities":[{"type":"Building"}]})");
  refused(R"({"id":"urn:s:1","type":"RandomType","entities":[{"type":"Building"}],"notification":{"endpoint":{"uri":"http://h/x"}}})");
  for (const char* more : {R"("q":"speed>",)", R"("watchedAttributes":[],)", R"("csf":"a==",)", R"("temporalQ":{"timerel":"after"},)", R"("temporalQ":"now",)", R"("timeInterval":-1,)",
                           R"("expiresAt":"2018-08-01T22:07:00Z",)", R"("geoQ":{"georel":"near","geometry":"Point","coordinates":[1,2]},)"})
    refused(body(more));
  refused(body("", "no uri"));
  for (const char* page : {"?limit=-1", "?offset=-1", "?limit=-1&offset=-1", "?limit=x"}) expect_problem(get("/csourceSubscriptions" + std::string(page)), 400, "BadRequestData");
  EXPECT_EQ(json(get("/csourceSubscriptions").body).count, 0u);
}

TEST_P(SourceSubscriptions, are_changed_member_by_member) {
  NGSI("039_01_01", "5.11.3");
  NGSI("039_03_01", "5.11.3");
  NGSI("039_04_01", "5.11.3");
  NGSI("039_04_02", "5.11.3");
  const std::string path = watch(body(R"("csf":"name==\"x\"","temporalQ":{"timerel":"after","timeAt":"2020-06-01T22:07:00Z"},)"));
  const char* second = R"({"notification":{"format":"keyValues","endpoint":{"uri":"http://my.second.endpoint.org/notify","accept":"application/json"}}})";
  EXPECT_EQ(patch(path, second).status, 204);
  expect_problem(patch("/csourceSubscriptions/urn:s:unknown", second), 404, "ResourceNotFound");
  expect_problem(patch(path, R"({"type":null,"notification":{"endpoint":{"uri":"http://my.second.endpoint.org/notify"}}})"), 400, "BadRequestData");
  expect_problem(patch(path, R"({"notification":{"format":"keyValues"}})"), 400, "BadRequestData");
  const Value now = json(get(path).body);
  EXPECT_EQ(now["notification"]["endpoint"]["uri"].text(), "http://my.second.endpoint.org/notify");
  EXPECT_EQ(now["csf"].text(), "name==\"x\"");
  EXPECT_EQ(now["temporalQ"]["timerel"].text(), "after");
  EXPECT_NE(json(ask(http::Method::get, path).body)["csf"].text().find(std::string(kSuite) + "name"), std::string::npos);
  EXPECT_EQ(patch(path, R"({"csf":null,"temporalQ":null,"~about":"entities"})").status, 204);
  EXPECT_FALSE(json(get(path).body).has("csf"));
  EXPECT_FALSE(json(get(path).body).has("~csf"));
}

TEST_P(SourceSubscriptions, media_types) {
  NGSI("049_01_04", "6.3.4");
  auto headers = linked();
  headers.emplace_back("accept", "text/plain");
  expect_problem(ask(http::Method::get, "/csourceSubscriptions/", "", headers), 406, "InvalidRequest");
}

// ---- what they are told (§5.11.7)

TEST_P(SourceSubscriptions, first_what_there_is_then_each_change) {
  NGSI("047_02_01", "5.11.7");
  NGSI("047_04_01", "5.3.2 5.11.7");
  NGSI("047_13_01", "5.11.7");
  create(plain("urn:r:1"));
  create(vehicle("urn:r:v"));
  watch(body());
  auto came = news();
  ASSERT_EQ(came.size(), 1u);
  const Value first = json(came[0].body);
  EXPECT_EQ(first.count, 6u);
  EXPECT_EQ(first["type"].text(), "ContextSourceNotification");
  EXPECT_EQ(first["subscriptionId"].text(), "urn:s:1");
  EXPECT_EQ(first["id"].text().find("urn:"), 0u);
  EXPECT_TRUE(parse_stamp(first["notifiedAt"].text()));
  EXPECT_EQ(first["triggerReason"].text(), "newlyMatching");
  expect_same(tree::to_text(first["data"]), "[" + plain("urn:r:1") + "]");
  EXPECT_EQ(came[0].content_type, "application/json");
  EXPECT_EQ(came[0].headers[0].second.find("<" + std::string(kCompound) + ">"), 0u);
  EXPECT_EQ(told(), Lines{});
  create(plain("urn:r:2"));
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:2"});
  patch("/csourceRegistrations/urn:r:1", R"({"endpoint":"http://my.new.csource.org:1026"})");
  came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(json(came[0].body)["triggerReason"].text(), "updated");
  EXPECT_EQ(json(came[0].body)["data"].items()[0]["endpoint"].text(), "http://my.new.csource.org:1026");
  patch("/csourceRegistrations/urn:r:1", R"({"information":[{"entities":[{"type":"Vehicle"}]}]})");
  EXPECT_EQ(told(), Lines{"noLongerMatching: urn:r:1"});
  patch("/csourceRegistrations/urn:r:v", R"({"information":[{"entities":[{"type":"Building"}]}]})");
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:v"});
  del("/csourceRegistrations/urn:r:2");
  EXPECT_EQ(told(), Lines{"noLongerMatching: urn:r:2"});
  del("/csourceRegistrations/urn:r:1");
  EXPECT_EQ(told(), Lines{});
  EXPECT_EQ(json(get("/csourceSubscriptions/urn:s:1").body)["notification"]["timesSent"].number(), 6);
}

TEST_P(SourceSubscriptions, what_happened_while_the_broker_was_away) {
  watch(body());
  create(plain("urn:r:1")), create(plain("urn:r:2")), create(plain("urn:r:3"));
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:1 urn:r:2 urn:r:3"});
  ASSERT_TRUE(subscriptions->flush().ok());
  crash();
  EXPECT_EQ(told(), Lines{});   // it was told and written
  del("/csourceRegistrations/urn:r:1");
  patch("/csourceRegistrations/urn:r:2", R"({"description":"new"})");
  create(plain("urn:r:4"));
  crash();                      // nothing of it was told
  EXPECT_EQ(told(), (Lines{"newlyMatching: urn:r:4", "updated: urn:r:2", "noLongerMatching: urn:r:1"}));
  crash();                      // told, and not written: once more
  EXPECT_EQ(told(), (Lines{"newlyMatching: urn:r:4", "updated: urn:r:2", "noLongerMatching: urn:r:1"}));
}

TEST_P(SourceSubscriptions, at_an_interval) {
  NGSI("047_01_01", "5.11.7");
  create(plain("urn:r:1"));
  watch(body(R"("timeInterval":10,)"));
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:1"});
  create(plain("urn:r:2"));
  EXPECT_EQ(told(), Lines{});
  clock.advance(10'000'000);
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:1 urn:r:2"});
  del("/csourceRegistrations/urn:r:1"), del("/csourceRegistrations/urn:r:2");
  clock.advance(10'000'000);
  EXPECT_EQ(told(), Lines{});
  crash();
  EXPECT_EQ(told(), Lines{});
}

TEST_P(SourceSubscriptions, not_while_paused_or_expired) {
  NGSI("047_07_01", "5.11.7");
  NGSI("047_07_02", "5.11.7");
  const std::string path = watch(body()), other = watch(body("", "urn:s:2"));
  EXPECT_EQ(patch(path, R"({"isActive":false})").status, 204);
  EXPECT_EQ(json(get(path).body)["status"].text(), "paused");
  EXPECT_EQ(patch(other, R"({"expiresAt":"2020-08-01T22:07:00Z"})").status, 204);   // over at once
  EXPECT_EQ(json(get(other).body)["status"].text(), "expired");
  create(plain("urn:r:1")), create(plain("urn:r:2"));
  EXPECT_EQ(told(), Lines{});
  del("/csourceRegistrations/urn:r:2");
  EXPECT_EQ(patch(path, R"({"isActive":true})").status, 204);
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:1"});
}

TEST_P(SourceSubscriptions, nobody_answers) {
  NGSI("047_06_01", "5.11.7");
  notifier.answer = [](const Parcel&) { return Handed{Handed::State::unreachable, "nobody there", 0}; };
  create(plain("urn:r:1"));
  const std::string path = watch(body());
  EXPECT_EQ(told(), Lines{});
  const Value n = json(get(path).body)["notification"];
  EXPECT_EQ(n["status"].text(), "failed");
  EXPECT_EQ(n["timesSent"].number(), 1);
  EXPECT_EQ(n["timesFailed"].number(), 1);
  EXPECT_TRUE(n.has("lastFailure"));
  EXPECT_TRUE(n.has("lastNotification"));
  ASSERT_TRUE(subscriptions->flush().ok());   // it waits: it counts as not told
  crash();
  notifier.answer = {};
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:1"});
}

TEST_P(SourceSubscriptions, sources_of_history) {
  NGSI("047_10_01", "5.11.7");
  NGSI("047_11_01", "5.11.7");
  NGSI("047_11_02", "5.11.7");
  for (const char* property : {"observedAt", "createdAt", "modifiedAt"})
    watch(body(R"("temporalQ":{"timerel":"after","timeAt":"2020-06-01T22:07:00Z","timeproperty":")" + std::string(property) + "\"},", "urn:s:" + std::string(property)));
  const std::string interval = R"({"startAt":"2020-08-01T22:07:00Z","endAt":"2021-08-01T21:07:00Z"},)";
  create(plain("urn:r:now"));
  EXPECT_EQ(told(), Lines{});
  create(plain("urn:r:observed", "\"observationInterval\":" + interval));
  auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(json(came[0].body)["subscriptionId"].text(), "urn:s:observedAt");
  create(plain("urn:r:managed", "\"managementInterval\":" + interval));
  EXPECT_EQ(told(), (Lines{"newlyMatching: urn:r:managed", "newlyMatching: urn:r:managed"}));
}

TEST_P(SourceSubscriptions, attributes_places_and_properties) {
  NGSI("047_12_01", "5.11.7");
  NGSI("047_15_01", "5.11.7");
  watch(body(R"("watchedAttributes":["name","subCategory"],)", "urn:s:attributes"));
  watch(body(R"("geoQ":{"georel":"near;maxDistance==2000","geometry":"Point","coordinates":[-8.52,41.2]},)", "urn:s:place"));
  watch(body(R"("csf":"colour==\"red\"",)", "urn:s:csf"));
  const auto who = [&] {
    std::string out;
    for (const Parcel& p : news()) out += std::string(json(p.body)["subscriptionId"].text().substr(6)) + " ";
    return out;
  };
  create(R"({"id":"urn:r:1","type":"ContextSourceRegistration","endpoint":"http://h","information":[{"entities":[{"type":"Building"}],"propertyNames":["name","subCategory"],"relationshipNames":["locatedAt"]}]})");
  EXPECT_EQ(who(), "attributes ");
  create(R"({"id":"urn:r:2","type":"ContextSourceRegistration","endpoint":"http://h","information":[{"entities":[{"type":"Building"}],"propertyNames":["speed"]}],"colour":"red"})");
  EXPECT_EQ(who(), "csf ");
  create(R"({"id":"urn:r:3","type":"ContextSourceRegistration","endpoint":"http://h","information":[{"entities":[{"type":"Building"}],"propertyNames":["speed"]}],"location":{"type":"Point","coordinates":[-8.521,41.2]}})");
  EXPECT_EQ(who(), "place ");
}

TEST_P(SourceSubscriptions, one_that_is_changed_is_told_what_that_changes) {
  NGSI("047_16_01", "5.11.7");
  NGSI("047_16_02", "5.11.7");
  NGSI("047_16_03", "5.11.7");
  const std::string path = watch(body());
  create(R"({"id":"urn:r:bus","type":"ContextSourceRegistration","endpoint":"http://h","information":[{"entities":[{"type":"Bus"}]}]})");
  create(vehicle("urn:r:vehicle"));
  EXPECT_EQ(told(), Lines{});
  EXPECT_EQ(patch(path, R"({"entities":[{"type":"Bus"}]})").status, 204);
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:bus"});
  EXPECT_EQ(patch(path, R"({"entities":[{"type":"Vehicle"}]})").status, 204);
  EXPECT_EQ(told(), (Lines{"newlyMatching: urn:r:vehicle", "noLongerMatching: urn:r:bus"}));
  EXPECT_EQ(patch(path, R"({"entities":[{"type":"Vehicle"},{"type":"Bus"}]})").status, 204);
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:bus"});
  watch(body("", "urn:s:2", "(Vehicle|Bus)"));
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:bus urn:r:vehicle"});
}

TEST_P(SourceSubscriptions, throttling_and_expiry) {
  watch(body(R"("throttling":60,)"));
  create(plain("urn:r:1"));
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:1"});
  create(plain("urn:r:2", R"("expiresAt":"2026-11-23T01:00:00Z",)")), create(plain("urn:r:3")), del("/csourceRegistrations/urn:r:3");
  EXPECT_EQ(told(), Lines{});
  clock.advance(60'000'000);
  EXPECT_EQ(told(), Lines{"newlyMatching: urn:r:2"});   // what came and went meanwhile is nothing
  clock.advance(3'600'000'000);
  EXPECT_EQ(told(), Lines{"noLongerMatching: urn:r:2"});
  EXPECT_EQ(registrations->all("")->size(), 1u);
}

TEST_P(SourceSubscriptions, tenants_are_apart_and_ld_json_carries_its_context) {
  auto headers = linked();
  headers.emplace_back("ngsild-tenant", "a");
  std::string text = body();
  text.replace(text.find("application/json"), 16, "application/ld+json");
  EXPECT_EQ(ask(http::Method::post, "/csourceSubscriptions", text, headers).status, 201);
  create(plain("urn:r:1"));
  EXPECT_EQ(told(), Lines{});
  EXPECT_EQ(ask(http::Method::post, "/csourceRegistrations", plain("urn:r:1"), headers).status, 201);
  const auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].content_type, "application/ld+json");
  EXPECT_EQ(json(came[0].body)["@context"].text(), kCompound);
  EXPECT_EQ(came[0].headers[0].second, "a");
}

TEST_P(SourceSubscriptions, given_payloads) {
  if (!has_payloads()) GTEST_SKIP() << "skipped: shared data absent";
  const auto text_of = [&](const std::string& name, const std::string& id) {
    std::string out = payload("csourceSubscriptions/" + name);
    if (const std::size_t at = out.find("urn:ngsi-ld:Subscription:randomUUID"); at != std::string::npos) out.replace(at, 35, id);
    return out;
  };
  int n = 0;
  for (const char* name : {"subscription.jsonld", "subscription-timeInterval.jsonld", "subscription-geoQ.jsonld", "subscription-inactive.jsonld", "subscription-temporalQ-observedAt.jsonld",
                           "subscription-temporalQ-createdAt.jsonld", "subscription-watchedAttributes.jsonld", "subscription-unreachable-endpoint.jsonld", "subscription-geoQ-without-geoproperty.jsonld"}) {
    const std::string text = text_of(name, "urn:s:" + std::to_string(++n));
    const Value sent = json(text), back = json(get(watch(text)).body);
    for (const tree::Member& m : sent.members()) {
      if (m.key == "@context") continue;
      EXPECT_TRUE(back.has(m.key) && tree::equal(back[m.key], m.value)) << name << " " << m.key << ": " << tree::to_text(back);
    }
  }
  for (const char* name : {"subscription-invalid-query.jsonld", "subscription-invalid-type.jsonld", "subscription-without-notification.jsonld", "subscription-empty-watchedAttributes.jsonld",
                           "subscription-expired.jsonld"})
    EXPECT_EQ(post("/csourceSubscriptions", text_of(name, "urn:s:wrong")).status, 400) << name;
  expect_same(get("/csourceSubscriptions/urn:s:1").body, text_of("expectations/subscriptions-040-01.json", "urn:s:1"));
}

}  // namespace
}  // namespace machiya::sense::ngsild
