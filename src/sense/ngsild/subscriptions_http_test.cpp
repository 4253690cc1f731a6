// CRUD of subscriptions over the interface (§5.8.1–§5.8.5, §6.10, §6.11).
#include "sense/ngsild/subscription_fixture.h"

namespace machiya::sense::ngsild {
namespace {
using tree::Value;

class SubscriptionsHttp : public SubscriptionFixture {
 protected:
  static std::string body(const std::string& more, const std::string& id = "urn:s:1") {
    return R"({"id":")" + id + R"(","type":"Subscription","entities":[{"type":"Building"}],"notification":{"endpoint":{"uri":"http://localhost:1111/notify"}})" + more + "}";
  }
  int status(const std::string& text) { return post("/subscriptions", text).status; }
  std::string problem(const std::string& text) { return std::string(json(post("/subscriptions", text).body)["type"].text()); }
  Value shown(const std::string& path) {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json(answer.body);
  }
  std::string given(const std::string& name, const std::string& id) {
    std::string out = payload("subscriptions/" + name);
    if (const std::size_t at = out.find("urn:ngsi-ld:Subscription:randomUUID"); at != std::string::npos) out.replace(at, 35, id);
    return out;
  }
};
MACHIYA_ON_BOTH_ENGINES(SubscriptionsHttp);

TEST_P(SubscriptionsHttp, is_created_and_shown_as_it_was_sent) {
  NGSI("028_01_01", "5.8.1");
  NGSI("030_03", "5.8.3");
  const std::string path = subscribe(body(R"(,"timeInterval":5,"subscriptionName":"n","description":"d")"));
  EXPECT_EQ(path, "/subscriptions/urn:s:1");
  EXPECT_TRUE(tree::equal(shown(path), json(R"({"id":"urn:s:1","type":"Subscription","subscriptionName":"n","description":"d","entities":[{"type":"Building"}],"timeInterval":5,
    "notification":{"endpoint":{"uri":"http://localhost:1111/notify"}},"notificationTrigger":["attributeCreated","attributeUpdated"],"status":"active"})")))
      << get(path).body;
  EXPECT_EQ(json(ask(http::Method::get, path).body)["entities"].items()[0]["type"].text(), std::string(kSuite) + "Building");
  EXPECT_TRUE(json(get(path + "?options=sysAttrs").body).has("createdAt"));
}

TEST_P(SubscriptionsHttp, makes_an_id_and_refuses_a_wrong_one_and_one_that_is_taken) {
  NGSI("028_03_01", "5.8.1");
  NGSI("028_03_02", "5.8.1");
  NGSI("028_04_01", "5.8.1");
  const std::string path = subscribe(R"({"type":"Subscription","entities":[{"type":"Building"}],"notification":{"endpoint":{"uri":"http://h/x"}}})");
  EXPECT_EQ(path.find("/subscriptions/urn:ngsi-ld:Subscription:"), 0u) << path;
  EXPECT_EQ(get(path).status, 200);
  for (const char* id : {"thisisaninvaliduri", ""}) EXPECT_EQ(problem(body("", id)), "https://uri.etsi.org/ngsi-ld/errors/BadRequestData") << id;
  EXPECT_EQ(status(body("")), 201);
  EXPECT_EQ(status(body("")), 409);
  EXPECT_EQ(problem(body("")), "https://uri.etsi.org/ngsi-ld/errors/AlreadyExists");
}

TEST_P(SubscriptionsHttp, wrong_data_is_refused) {
  NGSI("028_05_01", "5.8.1");
  NGSI("028_05_02", "5.8.1");
  NGSI("5811_02_01", "5.2.12");
  NGSI("5811_02_03", "5.2.12");
  for (const char* more : {R"(,"throttling":30,"timeInterval":10)", R"(,"throttling":-30)", R"(,"throttling":"x")", R"(,"timeInterval":0)", R"(,"timeInterval":5,"watchedAttributes":["name"])",
                           R"(,"notificationTrigger":["somethingHappened"])", R"(,"notificationTrigger":[])", R"(,"csf":"((a==")", R"(,"q":"a==;")", R"(,"q":7)", R"(,"scopeQ":"//")",
                           R"(,"geoQ":{"georel":"near","geometry":"Point","coordinates":[1,2]})", R"(,"watchedAttributes":[])", R"(,"watchedAttributes":["a b"])", R"(,"isActive":"yes")",
                           R"(,"expiresAt":"2020-01-01T00:00:00Z")", R"(,"expiresAt":"soon")", R"(,"datasetId":["no uri"])", R"(,"jsonldContext":"unknownContext")", R"(,"entities":[])",
                           R"(,"temporalQ":{"timerel":"after","timeAt":"2020-01-01T00:00:00Z"})"}) {
    const std::string text = std::string(more).find("\"entities\"") == std::string::npos ? body(more) : R"({"type":"Subscription","entities":[],"notification":{"endpoint":{"uri":"http://h"}}})";
    EXPECT_EQ(problem(text), "https://uri.etsi.org/ngsi-ld/errors/BadRequestData") << more;
  }
  const auto with = [](const std::string& notification) { return R"({"type":"Subscription","entities":[{"type":"Building"}],"notification":)" + notification + "}"; };
  for (const char* n : {R"({})", R"({"endpoint":{}})", R"({"endpoint":{"uri":"nothing"}})", R"({"endpoint":{"uri":"ftp://h/x"}})", R"({"endpoint":{"uri":"http://h","accept":"text/html"}})",
                        R"({"endpoint":{"uri":"http://h","timeout":-1}})", R"({"endpoint":{"uri":"http://h","receiverInfo":[{"key":"A\r\nB","value":"x"}]}})",
                        R"({"endpoint":{"uri":"http://h","receiverInfo":[{"key":"A","value":"x\r\nB: y"}]}})", R"({"endpoint":{"uri":"http://h","receiverInfo":[{"key":"Content-Length","value":"1"}]}})",
                        R"({"endpoint":{"uri":"mqtt://h/t","notifierInfo":[{"key":"MQTT-QoS","value":"3"}]}})", R"({"endpoint":{"uri":"http://h"},"format":"loud"})",
                        R"({"endpoint":{"uri":"http://h"},"pick":["id"],"omit":["id"]})", R"({"endpoint":{"uri":"http://h"},"pick":["id"],"attributes":["id"]})",
                        R"({"endpoint":{"uri":"http://h"},"omit":["id"],"attributes":["id"]})", R"({"endpoint":{"uri":"http://h"},"showChanges":true,"format":"keyValues"})",
                        R"({"endpoint":{"uri":"http://h"},"join":"sideways"})", R"({"endpoint":{"uri":"http://h"},"joinLevel":0})"})
    EXPECT_EQ(problem(with(n)), "https://uri.etsi.org/ngsi-ld/errors/BadRequestData") << n;
  EXPECT_EQ(status(R"({"type":"Subscription","notification":{"endpoint":{"uri":"http://h"}}})"), 400);
  EXPECT_EQ(status(R"({"type":"Other","entities":[{"type":"Building"}],"notification":{"endpoint":{"uri":"http://h"}}})"), 400);
  EXPECT_EQ(status(R"({"entities":[{"type":"Building"}],"notification":{"endpoint":{"uri":"http://h"}}})"), 400);
  EXPECT_EQ(problem("{"), "https://uri.etsi.org/ngsi-ld/errors/InvalidRequest");
}

TEST_P(SubscriptionsHttp, a_context_that_cannot_be_had) {
  const auto answer = post("/subscriptions", body(R"(,"jsonldContext":"https://uri.etsi.org/x-non-existing.jsonld")"));
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(json(answer.body)["type"].text(), "https://uri.etsi.org/ngsi-ld/errors/LdContextNotAvailable");
}

TEST_P(SubscriptionsHttp, shows_only_what_the_standard_knows) {
  NGSI("5811_02_02", "5.2.12");
  NGSI("5811_02_04", "5.2.12");
  const std::string path = subscribe(body(R"(,"notificationTrigger":["entityCreated","entityUpdated","entityDeleted","attributeCreated","attributeUpdated","attributeDeleted"],
    "status":"expired","timesSent":9,"colour":"red","expiresAt":null)"));
  const Value all = shown(path);
  EXPECT_EQ(all["status"].text(), "active");
  for (const char* name : {"timesSent", "colour", "expiresAt", "~q", "createdAt"}) EXPECT_FALSE(all.has(name)) << name;
  EXPECT_EQ(all["notificationTrigger"].count, 6u);
}

TEST_P(SubscriptionsHttp, names_are_shown_as_the_asker_has_them) {
  const std::string path = subscribe(body(R"(,"watchedAttributes":["name","other"],"q":"name==\"Eiffel%20Tower\";airQualityLevel>3","geoQ":{"georel":"within","geometry":"Polygon",
    "coordinates":[[[0,0],[9,0],[9,9],[0,0]]],"geoproperty":"street"})"));
  Value seen = shown(path);
  EXPECT_EQ(seen["q"].text(), "name==\"Eiffel%20Tower\";airQualityLevel>3");
  EXPECT_EQ(seen["watchedAttributes"].items()[0].text(), "name");
  EXPECT_EQ(seen["watchedAttributes"].items()[1].text(), "other");
  EXPECT_EQ(seen["geoQ"]["geoproperty"].text(), "street");
  seen = json(ask(http::Method::get, path).body);
  EXPECT_EQ(seen["watchedAttributes"].items()[0].text(), std::string(kSuite) + "name");
  EXPECT_NE(seen["q"].text().find("<" + std::string(kSuite) + "name>"), std::string::npos) << seen["q"].text();
  EXPECT_EQ(seen["geoQ"]["geoproperty"].text(), std::string(kSuite) + "street");
  // Type selections and members, too.
  const std::string other = subscribe(R"x({"id":"urn:s:2","type":"Subscription","entities":[{"type":"(Building|Tower)"}],"notification":{"pick":["id","name"],"endpoint":{"uri":"http://h/x"}}})x");
  EXPECT_EQ(shown(other)["entities"].items()[0]["type"].text(), "(Building|Tower)");
  EXPECT_EQ(shown(other)["notification"]["pick"].items()[1].text(), "name");
}

TEST_P(SubscriptionsHttp, is_deleted) {
  NGSI("032_01_01", "5.8.5");
  NGSI("032_01_02", "5.8.5");
  NGSI("032_02_01", "5.8.5");
  NGSI("030_01_01", "5.8.3");
  const std::string path = subscribe(body(""));
  EXPECT_EQ(del(path).status, 204);
  EXPECT_EQ(get(path).status, 404);
  EXPECT_EQ(del(path).status, 404);
  EXPECT_EQ(del("/subscriptions/nouri").status, 400);
  EXPECT_EQ(get("/subscriptions/nouri").status, 400);
  EXPECT_EQ(patch("/subscriptions/nouri", R"({"isActive":true})").status, 400);
  crash();
  EXPECT_EQ(get(path).status, 404);
}

TEST_P(SubscriptionsHttp, is_changed_member_by_member) {
  NGSI("029_01_01", "5.8.2");
  NGSI("029_01_02", "5.8.2");
  NGSI("029_03_01", "5.8.2");
  NGSI("029_04_01", "5.8.2");
  NGSI("029_06_01", "5.8.2");
  NGSI("029_11_01", "5.8.2");
  const std::string path = subscribe(body(R"(,"description":"d","watchedAttributes":["name"],"q":"name")"));
  EXPECT_EQ(patch("/subscriptions/urn:none", R"({"isActive":true})").status, 404);
  EXPECT_EQ(patch(path, R"({"type":"Subscription","notification":{"format":"keyValues"}})").status, 400);
  EXPECT_EQ(patch(path, R"({"type":"Subscription","notification":{"format":"keyValues","endpoint":null}})").status, 400);
  EXPECT_EQ(patch(path, R"({"notification":null})").status, 400);
  EXPECT_EQ(patch(path, R"({"type":"Subscription","expiresAt":"2020-08-01T22:07:00Z"})").status, 400);
  EXPECT_EQ(patch(path, R"({"id":"urn:s:other"})").status, 400);
  EXPECT_EQ(patch(path, R"({"type":"Subscription","notification":{"format":"keyValues","endpoint":{"uri":"http://my.second.endpoint.org/notify","accept":"application/json"}}})").status, 204);
  EXPECT_EQ(patch(path, R"({"description":null,"q":null,"subscriptionName":"new"})").status, 204);
  for (int life = 0; life < 2; ++life) {
    const Value now = shown(path);
    EXPECT_EQ(now["notification"]["endpoint"]["uri"].text(), "http://my.second.endpoint.org/notify");
    EXPECT_EQ(now["notification"]["format"].text(), "keyValues");
    EXPECT_EQ(now["subscriptionName"].text(), "new");
    EXPECT_FALSE(now.has("description"));
    EXPECT_FALSE(now.has("q"));
    EXPECT_EQ(now["watchedAttributes"].count, 1u);
    crash();
  }
}

TEST_P(SubscriptionsHttp, names_of_a_change_are_expanded_by_its_context) {
  NGSI("029_05_01", "5.8.2");
  NGSI("029_05_02", "5.8.2");
  const std::string path = subscribe(body(""));
  EXPECT_EQ(patch(path, R"({"type":"Subscription","entities":[{"type":"Vehicle"}]})").status, 204);
  EXPECT_EQ(shown(path)["entities"].items()[0]["type"].text(), "Vehicle");
  EXPECT_EQ(json(ask(http::Method::get, path).body)["entities"].items()[0]["type"].text(), std::string(kSuite) + "Vehicle");
  EXPECT_EQ(ask(http::Method::patch, path, R"({"entities":[{"type":"Vehicle"}]})").status, 204);
  EXPECT_EQ(json(ask(http::Method::get, path).body)["entities"].items()[0]["type"].text(), "Vehicle");
}

TEST_P(SubscriptionsHttp, is_paused_resumed_and_expires) {
  NGSI("029_07_01", "5.8.2");
  NGSI("029_08_01", "5.8.2");
  NGSI("029_09_01", "5.8.2");
  const std::string path = subscribe(body(R"(,"isActive":false)"));
  EXPECT_EQ(shown(path)["status"].text(), "paused");
  EXPECT_FALSE(shown(path)["isActive"].truth);
  EXPECT_EQ(patch(path, R"({"type":"Subscription","isActive":true})").status, 204);
  EXPECT_EQ(shown(path)["status"].text(), "active");
  EXPECT_EQ(patch(path, R"({"type":"Subscription","isActive":true,"expiresAt":"2030-08-01T22:07:00Z"})").status, 204);
  EXPECT_EQ(shown(path)["expiresAt"].text(), "2030-08-01T22:07:00Z");
  EXPECT_EQ(patch(path, R"({"type":"Subscription","isActive":false})").status, 204);
  EXPECT_EQ(shown(path)["status"].text(), "paused");
  clock.set(parse_rfc3339("2031-01-01T00:00:00Z").value());
  EXPECT_EQ(shown(path)["status"].text(), "expired");
}

TEST_P(SubscriptionsHttp, are_listed_in_pages) {
  NGSI("031_01_01", "5.8.4");
  NGSI("031_02_01", "5.8.4");
  for (int i = 0; i < 5; ++i) clock.advance(1), subscribe(body("", "urn:s:" + std::to_string(9 - i)));
  const auto answer = get("/subscriptions?limit=2&offset=1&count=true");
  const Value page = json(answer.body);
  ASSERT_EQ(page.count, 2u);
  EXPECT_EQ(page.items()[0]["id"].text(), "urn:s:8");
  const auto header = [&](const std::string& name, const std::string& part) {
    return std::any_of(answer.headers.begin(), answer.headers.end(), [&](const auto& h) { return h.first == name && h.second.find(part) != std::string::npos; });
  };
  EXPECT_TRUE(header("NGSILD-Results-Count", "5"));
  EXPECT_TRUE(header("Link", "offset=3"));
  EXPECT_TRUE(header("Link", "rel=\"prev\""));
  EXPECT_EQ(get("/subscriptions?limit=-1").status, 400);
  EXPECT_EQ(json(get("/subscriptions").body).count, 5u);
  EXPECT_EQ(get("/subscriptions?colour=red").status, 400);
}

TEST_P(SubscriptionsHttp, tenants_do_not_see_each_other) {
  auto headers = linked();
  headers.emplace_back("ngsild-tenant", "a");
  EXPECT_EQ(ask(http::Method::get, "/subscriptions", "", headers).status, 404);
  EXPECT_EQ(ask(http::Method::post, "/subscriptions", body(""), headers).status, 201);
  EXPECT_EQ(json(ask(http::Method::get, "/subscriptions", "", headers).body).count, 1u);
  EXPECT_EQ(json(get("/subscriptions").body).count, 0u);
  EXPECT_EQ(get("/subscriptions/urn:s:1").status, 404);
}

TEST_P(SubscriptionsHttp, media_types) {
  NGSI("049_02_01", "6.3.4");
  const std::string path = subscribe(body(""));
  auto headers = linked();
  headers.emplace_back("accept", "application/ld+json");
  EXPECT_EQ(json(ask(http::Method::get, path, "", headers).body)["@context"].text(), kCompound);
  headers.back().second = "application/geo+json";
  EXPECT_EQ(ask(http::Method::get, path, "", headers).status, 406);
}

// §5.8.1.4: notifications name a context that the broker keeps for it.
TEST_P(SubscriptionsHttp, a_context_without_a_url_is_kept) {
  const std::string text = R"({"id":"urn:s:i","type":"Subscription","entities":[{"type":"Building"}],"notification":{"endpoint":{"uri":"http://h/x"}},"@context":[")" + std::string(kCompound) +
                           R"(",{"Building":"https://a.example/B"}]})";
  EXPECT_EQ(ask(http::Method::post, "/subscriptions", text, {{"host", "broker.example"}}).status, 201);
  ASSERT_EQ(hosted->list("", ContextKind::implicitly_created).size(), 1u);
  EXPECT_EQ(ask(http::Method::post, "/subscriptions", text, {{"host", "broker.example"}}).status, 409);
  EXPECT_EQ(hosted->list("", ContextKind::implicitly_created).size(), 1u);
  EXPECT_EQ(post("/entities", R"({"id":"urn:b:1","type":"https://a.example/B","name":{"type":"Property","value":"x"}})").status, 201);
  const auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].headers[0].second.find("<http://broker.example/ngsi-ld/v1/jsonldContexts/"), 0u) << came[0].headers[0].second;
  EXPECT_EQ(data(came[0]).items()[0]["type"].text(), "Building");
  EXPECT_TRUE(data(came[0]).items()[0].has("name"));
}

// The given payloads: what is sent comes back, whatever the asker's context is.
TEST_P(SubscriptionsHttp, given_payloads_come_back) {
  NGSI("028_06", "4.5.5");
  NGSI("030_03_01", "5.8.3");
  if (!has_payloads()) GTEST_SKIP() << "skipped: shared data absent";
  for (const char* name : {"subscription.jsonld", "subscription-inactive.jsonld", "subscription-watchedAttributes.jsonld", "subscription-building-with-datasetId.jsonld", "subscription-valid-throttling.jsonld",
                           "subscription-building-entities-join-flat-attributes.jsonld", "subscription-building-entities-pick-members.jsonld", "subscription-building-entities-omit-members.jsonld",
                           "subscription-building-entities-active-watchedAttributes-query.jsonld", "subscription-building-with-jsonldContext.jsonld", "subscription-building-entities-type-selection.jsonld",
                           "subscription-building-entities-active-endpoint-info.jsonld", "subscription-with-true-sysAttrs-parameter.jsonld"}) {
    const std::string id = "urn:ngsi-ld:Subscription:" + std::string(name), text = given(name, id);
    const Value sent = json(text), back = shown(subscribe(text));
    for (const tree::Member& m : sent.members())
      if (m.key != "@context") EXPECT_TRUE(back.has(m.key) && tree::equal(back[m.key], m.value)) << name << " " << m.key << ": " << tree::to_text(back);
  }
  for (const char* name : {"subscription-invalid-negative-throttling.jsonld", "subscription-invalid-throttling-timeInterval.jsonld", "subscription-invalid-omit-and-attributes.json",
                           "subscription-invalid-pick-and-attributes.json", "subscription-invalid-same-member-pick-omit.json", "subscription-empty.jsonld", "subscription-invalid-json.jsonld",
                           "subscription-building-with-invalid-jsonldContext.jsonld"})
    EXPECT_EQ(status(given(name, "urn:ngsi-ld:Subscription:wrong")), 400) << name;
}

}  // namespace
}  // namespace machiya::sense::ngsild
