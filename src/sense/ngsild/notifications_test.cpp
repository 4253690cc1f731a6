// What subscribers are sent, from the write to the message (§5.8.6), with the given payloads.
#include "sense/ngsild/notification_fixture.h"

namespace machiya::sense::ngsild {
namespace {

class Notifications : public NotificationFixture {};
MACHIYA_ON_BOTH_ENGINES(Notifications);

TEST_P(Notifications, only_while_it_is_active) {
  NGSI("046_01_01", "5.8.6");
  NGSI("5212_01_01", "5.2.12");
  NGSI("5212_01_02", "5.2.12");
  NEEDS_PAYLOADS;
  const std::string path = given("subscription-building-entities-active.jsonld");
  make("building-simple-attributes.jsonld");
  EXPECT_EQ(news().size(), 1u);
  patch(path, R"({"isActive":false})");
  write(http::Method::patch, attrs(), payload("entities/fragmentEntities/airQualityLevel-fragment.jsonld"));
  EXPECT_EQ(news().size(), 0u);
  patch(path, R"({"isActive":true})");
  EXPECT_EQ(news().size(), 0u);   // what happened meanwhile is none of its business
  write(http::Method::patch, attrs(), payload("entities/fragmentEntities/airQualityLevel-fragment.jsonld"));
  EXPECT_EQ(news().size(), 1u);
  crash();
  for (const Parcel& again : news()) EXPECT_NE(again.body.find("2020-10-10"), std::string::npos);   // at least once, and nothing of the pause
}

TEST_P(Notifications, at_an_interval) {
  NGSI("046_02_01", "5.8.6");
  NEEDS_PAYLOADS;
  make("building-simple-attributes.jsonld");
  make("building-simple-attributes.jsonld", "urn:ngsi-ld:Building:b2");
  const std::string path = given("subscription-timeInterval.jsonld");
  EXPECT_EQ(news().size(), 0u);
  clock.advance(9'999'999);
  EXPECT_EQ(news().size(), 0u);
  clock.advance(1);
  auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(data(came[0]).count, 2u);
  EXPECT_EQ(news().size(), 0u);
  clock.advance(35'000'000);   // three were missed: one tells it all
  EXPECT_EQ(news().size(), 1u);
  ASSERT_TRUE(subscriptions->flush().ok());
  crash();
  EXPECT_EQ(news().size(), 0u);
  clock.advance(10'000'000);
  EXPECT_EQ(news().size(), 1u);
  patch(path, R"({"isActive":false})");
  clock.advance(20'000'000);
  EXPECT_EQ(news().size(), 0u);
}

TEST_P(Notifications, without_watched_attributes_any_will_do) {
  NGSI("046_03_01", "5.8.6");
  NGSI("046_08_01", "5.8.6");
  NGSI("046_10_01", "5.8.6");
  NEEDS_PAYLOADS;
  given("subscription-building-entities-default.jsonld");
  make("building-simple-attributes.jsonld");
  EXPECT_EQ(news().size(), 1u);
  write(http::Method::patch, attrs(), payload("entities/fragmentEntities/airQualityLevel-fragment.jsonld"));
  const auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].content_type, "application/json");
  const Value entity = data(came[0]).items()[0];
  EXPECT_EQ(entity["airQualityLevel"]["value"].number(), 5);
  for (const char* name : {"id", "type", "name", "subCategory", "almostFull"}) EXPECT_TRUE(entity.has(name)) << name;
}

TEST_P(Notifications, watched_attributes) {
  NGSI("046_04_01", "5.8.6");
  NGSI("046_05_01", "5.8.6");
  NEEDS_PAYLOADS;
  make("building-simple-attributes.jsonld");
  make("building-simple-attributes.jsonld", "urn:ngsi-ld:Building:b2");
  write(http::Method::patch, attrs("urn:ngsi-ld:Building:b2"), R"({"name":{"type":"Property","value":"Other"}})");
  given("subscription-building-entities-active-watchedAttributes.jsonld");
  given("subscription-building-entities-active-watchedAttributes-query.jsonld");   // q holds %20
  write(http::Method::patch, attrs(), R"({"name":{"type":"Property","value":"Eiffel Tower"}})");
  EXPECT_EQ(news().size(), 0u);
  write(http::Method::patch, attrs(), payload("entities/fragmentEntities/airQualityLevel-fragment.jsonld"));
  EXPECT_EQ(news().size(), 2u);
  write(http::Method::patch, attrs("urn:ngsi-ld:Building:b2"), payload("entities/fragmentEntities/airQualityLevel-fragment.jsonld"));
  EXPECT_EQ(news().size(), 1u);
}

TEST_P(Notifications, entity_created) {
  NGSI("046_06_01", "5.8.6");
  NEEDS_PAYLOADS;
  given("subscription-building-entities-entityCreated.jsonld");
  make("building-location-attribute.jsonld");
  EXPECT_EQ(news().size(), 1u);
  write(http::Method::post, attrs(), R"({"name":{"type":"Property","value":"x"}})");
  EXPECT_EQ(news().size(), 0u);
}

TEST_P(Notifications, structure_attributes_and_expansion) {
  NGSI("046_07_01", "5.8.6");
  NGSI("046_07_02", "5.8.6");
  NGSI("046_07_03", "5.8.6");
  NEEDS_PAYLOADS;
  const std::string path = given("subscription-building-entities-active-notificationAttributes.jsonld");
  make("building-simple-attributes.jsonld");
  auto came = news();
  ASSERT_EQ(came.size(), 1u);
  const Value body = json(came[0].body);
  EXPECT_EQ(body.count, 5u);
  EXPECT_EQ(body["type"].text(), "Notification");
  EXPECT_EQ(body["id"].text().substr(0, 25), "urn:ngsi-ld:Notification:");
  EXPECT_EQ("/subscriptions/" + std::string(body["subscriptionId"].text()), path);
  EXPECT_EQ(body["notifiedAt"].text(), "2026-11-23T00:00:00.000Z");
  EXPECT_TRUE(same(body["data"], json(R"([{"id":"urn:ngsi-ld:Building:b1","type":"Building","airQualityLevel":{"type":"Property","value":4,"unitCode":"C62","observedAt":"2020-09-09T16:40:00.000Z"}}])")))
      << came[0].body;
  del(path);
  given("subscription-building-entities-active-default-context.jsonld");
  write(http::Method::patch, attrs(), payload("entities/fragmentEntities/airQualityLevel-fragment.jsonld"));
  came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(data(came[0]).items()[0]["type"].text(), "https://ngsi-ld-test-suite/context#Building");
  EXPECT_TRUE(data(came[0]).items()[0].has("https://ngsi-ld-test-suite/context#airQualityLevel"));
  EXPECT_NE(came[0].headers.front().second.find("<https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld>; rel=\"http://www.w3.org/ns/json-ld#context\""), std::string::npos);
}

TEST_P(Notifications, simplified_and_system_attributes) {
  NGSI("046_08_02", "5.8.6");
  NGSI("046_17_01", "5.8.6");
  NGSI("046_18_01", "5.8.6");
  NEEDS_PAYLOADS;
  given("subscription-with-true-sysAttrs-parameter.jsonld");
  given("subscription-with-false-sysAttrs-parameter.jsonld");
  make("building-simple-attributes.jsonld");
  const auto came = news();
  ASSERT_EQ(came.size(), 2u);
  const bool first = data(came[0]).items()[0].has("createdAt");
  const Value with = data(came[first ? 0 : 1]).items()[0], without = data(came[first ? 1 : 0]).items()[0];
  EXPECT_TRUE(with.has("createdAt") && with.has("modifiedAt"));
  EXPECT_FALSE(without.has("createdAt") || without.has("modifiedAt"));
  EXPECT_EQ(without["airQualityLevel"].number(), 4);
  EXPECT_EQ(without["name"].text(), "Eiffel Tower");
}

TEST_P(Notifications, headers_of_the_receiver_tenant_and_json_ld) {
  NGSI("046_09_01", "5.8.6");
  NGSI("046_14_01", "5.8.6");
  NEEDS_PAYLOADS;
  given("subscription-building-entities-active-endpoint-info.jsonld");
  const std::string ld = given("subscription-building-entities-accept-jsonld.jsonld");
  make("building-simple-attributes.jsonld");
  auto came = news();
  ASSERT_EQ(came.size(), 2u);
  if (came[0].content_type == "application/ld+json") std::swap(came[0], came[1]);
  EXPECT_EQ(came[0].headers, (KeyValues{{"Link", "<" + std::string(kCompound) + ">; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\""}, {"X-Additional-Key", "Value"}}));
  EXPECT_EQ(came[1].content_type, "application/ld+json");
  EXPECT_TRUE(came[1].headers.empty());
  EXPECT_EQ(json(came[1].body)["@context"].items()[0].text(), kCompound);
}

TEST_P(Notifications, counters_and_failures) {
  NGSI("046_11_01", "5.8.6");
  NGSI("046_12_01", "5.8.6");
  NGSI("046_13_01", "5.8.6");
  NEEDS_PAYLOADS;
  const std::string path = given("subscription-building-entities-active.jsonld");
  make("building-simple-attributes.jsonld");
  EXPECT_EQ(news().size(), 1u);
  Value told = json(get(path).body)["notification"];
  EXPECT_EQ(told["timesSent"].number(), 1);
  EXPECT_EQ(told["status"].text(), "ok");
  EXPECT_FALSE(told.has("timesFailed"));
  EXPECT_EQ(told["lastNotification"].text(), "2026-11-23T00:00:00.000Z");
  EXPECT_EQ(told["lastSuccess"].text(), "2026-11-23T00:00:00.000Z");
  notifier.answer = [](const Parcel&) { return Handed{Handed::State::unreachable, "nobody there", 0}; };
  clock.advance(5'000'000);
  write(http::Method::patch, attrs(), payload("entities/fragmentEntities/airQualityLevel-fragment.jsonld"));
  EXPECT_EQ(news().size(), 0u);
  clock.advance(1'000'000);
  EXPECT_EQ(news().size(), 0u);   // the second try: still one notification
  told = json(get(path).body)["notification"];
  EXPECT_EQ(told["timesSent"].number(), 2);
  EXPECT_EQ(told["timesFailed"].number(), 1);
  EXPECT_EQ(told["status"].text(), "failed");
  EXPECT_EQ(told["lastFailure"].text(), "2026-11-23T00:00:06.000Z");
  notifier.answer = nullptr;
  clock.advance(10'000'000);
  EXPECT_EQ(news().size(), 1u);
  EXPECT_EQ(json(get(path).body)["notification"]["status"].text(), "ok");
}

TEST_P(Notifications, type_selections) {
  NGSI("046_16_01", "5.8.6");
  NGSI("046_16_02", "5.8.6");
  NEEDS_PAYLOADS;
  given("subscription-building-entities-type-selection.jsonld");
  make("building-simple-attributes.jsonld");
  EXPECT_EQ(news().size(), 1u);
  make("vehicle-simple-attributes.jsonld");
  EXPECT_EQ(news().size(), 0u);
}

TEST_P(Notifications, only_instances_of_the_dataset_and_another_context) {
  NGSI("046_19", "4.5.5");
  NGSI("046_20", "5.8.6");
  NEEDS_PAYLOADS;
  make("building-multi-instances-attributes.jsonld");
  const std::string path = given("subscription-building-with-datasetId.jsonld");
  write(http::Method::patch, attrs(), payload("entities/fragmentEntities/building-name-fragment.jsonld"));
  auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_TRUE(same(data(came[0]), json(R"([{"id":"urn:ngsi-ld:Building:b1","type":"Building","name":{"type":"Property","value":"Le Tour Eiffel","datasetId":"urn:ngsi-ld:Dataset:french-name"},
    "locatedAt":{"type":"Relationship","datasetId":"urn:ngsi-ld:Dataset:french-name","object":"urn:ngsi-ld:Ville:Paris"}}])")))
      << came[0].body;
  del(path);
  given("subscription-building-with-jsonldContext.jsonld");
  write(http::Method::patch, attrs(), payload("entities/fragmentEntities/building-name-fragment.jsonld"));
  came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(json(came[0].body)["@context"].text(), "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld");
  EXPECT_TRUE(data(came[0]).items()[0].has("https://ngsi-ld-test-suite/context#name"));
}

TEST_P(Notifications, over_mqtt) {
  NGSI("058_03_01 058_03_02 058_03_03 058_04_01", "8.2");
  subscribe(R"({"id":"urn:s:m","type":"Subscription","entities":[{"type":"Building"}],"notification":{"endpoint":{"uri":"mqtt://user:secret@host:1884/a/b","receiverInfo":[{"key":"X-K","value":"v"}],
    "notifierInfo":[{"key":"MQTT-Version","value":"mqtt3.1.1"},{"key":"MQTT-QoS","value":1}]}}})");
  EXPECT_EQ(post("/entities", R"({"id":"urn:b:1","type":"Building","name":{"type":"Property","value":"x"}})").status, 201);
  EXPECT_EQ(news().size(), 0u);
  ASSERT_EQ(mqtt.caught.size(), 1u);
  const Value message = json(mqtt_message(mqtt.caught[0]));
  EXPECT_EQ(message["metadata"]["Content-Type"].text(), "application/json");
  EXPECT_TRUE(message["metadata"].has("Link"));
  EXPECT_EQ(message["metadata"]["X-K"].text(), "v");
  EXPECT_EQ(message["body"]["type"].text(), "Notification");
  const MqttTarget target = mqtt_target(mqtt.caught[0]).value();
  EXPECT_EQ(target.host + "|" + target.user + "|" + target.password + "|" + target.topic, "host|user|secret|a/b");
  EXPECT_EQ(target.port, 1884);
  EXPECT_EQ(target.qos, 1);
  EXPECT_FALSE(target.version_5 || target.tls);
  Parcel plain = mqtt.caught[0];
  plain.uri = "mqtt://host/t", plain.notifier.clear();
  EXPECT_EQ(mqtt_target(plain).value().port, 1883);
  EXPECT_TRUE(mqtt_target(plain).value().version_5);
  for (const char* wrong : {"mqtt://host", "mqtt://host/", "mqtt:///topic", "mqtt://host:x/topic"}) EXPECT_FALSE((plain.uri = wrong, mqtt_target(plain).ok())) << wrong;
}

TEST_P(Notifications, as_geojson_and_to_a_tenant) {
  auto headers = linked();
  headers.emplace_back("ngsild-tenant", "osaka");
  const std::string s = R"({"type":"Subscription","entities":[{"type":"Building"}],"notification":{"format":"keyValues","endpoint":{"uri":"http://h/x","accept":"application/geo+json"}}})";
  EXPECT_EQ(ask(http::Method::post, "/subscriptions", s, headers).status, 201);
  EXPECT_EQ(ask(http::Method::post, "/entities", R"({"id":"urn:b:1","type":"Building","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[135.5,34.7]}}})", headers).status, 201);
  EXPECT_EQ(post("/entities", R"({"id":"urn:b:2","type":"Building","name":{"type":"Property","value":"of another tenant"}})").status, 201);
  const auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].content_type, "application/geo+json");
  EXPECT_EQ(data(came[0])["type"].text(), "FeatureCollection");
  EXPECT_EQ(data(came[0])["features"].items()[0]["geometry"]["coordinates"].count, 2u);
  EXPECT_EQ(came[0].headers, (KeyValues{{"NGSILD-Tenant", "osaka"}}));
}

}  // namespace
}  // namespace machiya::sense::ngsild
