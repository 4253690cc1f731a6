// What subscribers are sent, from the write to the message (§5.8.6), with the given payloads.
#include <algorithm>

#include "sense/ngsild/subscription_fixture.h"

namespace machiya::sense::ngsild {
namespace {
using tree::Member;
using tree::Value;

constexpr const char* kId = "urn:ngsi-ld:Building:b1";

class Notifications : public SubscriptionFixture {
 protected:
  /// The same but for the order of lists and for what times say.
  static bool same(const Value& a, const Value& b, std::string_view key = {}) {
    if (key == "createdAt" || key == "modifiedAt" || key == "deletedAt") return a.is_string() && b.is_string();
    if (a.is_array() && b.is_array() && key != "coordinates")
      return a.count == b.count && std::ranges::all_of(a.items(), [&](const Value& x) { return std::ranges::any_of(b.items(), [&](const Value& y) { return same(x, y); }); });
    if (a.is_object() && b.is_object())
      return a.count == b.count && std::ranges::all_of(a.members(), [&](const Member& m) { return b.has(m.key) && same(m.value, b[m.key], m.key); });
    return tree::equal(a, b);
  }
  // The given subscription, with an id of its own.
  std::string given(const std::string& name) {
    std::string text = payload("subscriptions/" + name);
    const std::size_t at = text.find("urn:ngsi-ld:Subscription:randomUUID");
    if (at != std::string::npos) text.replace(at, 35, "urn:ngsi-ld:Subscription:s" + std::to_string(++made_));
    return subscribe(text);
  }
  void make(const std::string& name, const std::string& id = kId) { EXPECT_EQ(post("/entities", payload("entities/" + name, id)).status, 201); }
  void write(http::Method method, const std::string& target, const std::string& body) {
    const auto answer = method == http::Method::del ? del(target) : method == http::Method::patch ? patch(target, body) : post(target, body);
    EXPECT_TRUE(answer.status == 204 || answer.status == 201 || answer.status == 207) << answer.status << answer.body;
  }
  static std::string attrs(const std::string& id = kId) { return "/entities/" + id + "/attrs"; }
  /// One notification has come, with what the given file says, for another id.
  void expect_given(const std::string& file, std::string said = "") {
    const auto came = news();
    ASSERT_EQ(came.size(), 1u) << file;
    std::string text = payload("subscriptions/expectations/" + file, kId);
    // What was encoded twice in the file.
    const std::string twice = "\xC3\x83\xC2\xAD";
    for (std::size_t at; (at = text.find(twice)) != std::string::npos;) text.replace(at, twice.size(), "\xC3\xAD");
    if (!said.empty())
      for (std::size_t at; (at = text.find(said)) != std::string::npos;) text.replace(at, said.size(), kId);
    Value expected = json(text);
    if (expected.is_object()) expected = arena.array({expected});
    EXPECT_TRUE(same(data(came[0]), expected)) << file << "\n" << tree::to_text(data(came[0])) << "\n" << tree::to_text(expected);
  }
  bool skip() const { return !has_payloads(); }

 private:
  int made_ = 0;
};
MACHIYA_ON_BOTH_ENGINES(Notifications);
#define NEEDS_PAYLOADS \
  if (skip()) GTEST_SKIP() << "skipped: shared data absent"

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

TEST_P(Notifications, entity_deleted) {
  NGSI("046_21_01", "5.8.6");
  NGSI("046_21_02", "5.8.6");
  NEEDS_PAYLOADS;
  make("building-location-attribute.jsonld");
  std::string path = given("subscription-building-entities-entityDeleted.jsonld");
  write(http::Method::del, std::string("/entities/") + kId, "");
  auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_TRUE(same(data(came[0]), json(R"([{"id":"urn:ngsi-ld:Building:b1","type":"Building","deletedAt":""}])"))) << came[0].body;
  del(path);
  make("building-location-attribute.jsonld");
  given("subscription-building-entities-entityDeleted-sysAttrs.jsonld");
  write(http::Method::del, std::string("/entities/") + kId, "");
  came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_TRUE(same(data(came[0]), json(R"([{"id":"urn:ngsi-ld:Building:b1","type":"Building","deletedAt":"","createdAt":"","modifiedAt":""}])"))) << came[0].body;
}

TEST_P(Notifications, attribute_deleted) {
  for (const char* id : {"046_22_01", "046_22_04", "046_22_05", "046_22_06", "046_22_07", "046_22_08", "046_22_10_01", "046_22_10_02", "046_22_10_03"}) NGSI(id, "5.8.6");
  NEEDS_PAYLOADS;
  struct Case {
    const char *entity, *subscription;
    http::Method method;
    std::string target, body;
    const char* expected;
  };
  const std::string other = "urn:ngsi-ld:Building:4446320091579470";
  const Case cases[] = {
      {"building-simple-attributes.jsonld", "subscription-building-entities-attributeDeleted-specific-attribute-normalized.jsonld", http::Method::del, "/name", "", "entity-deleted-name-attribute-normalized.json"},
      {"building-simple-attributes.jsonld", "subscription-building-entities-attributeDeleted-specific-attribute-keyValues.jsonld", http::Method::del, "/name", "", "entity-deleted-name-attribute-keyValues.json"},
      {"building-simple-attributes.jsonld", "subscription-building-entities-attributeDeleted-keyValues.jsonld", http::Method::del, "/name", "", "entity-deleted-name-attribute-keyValues.json"},
      {"building-multi-instances-attributes.jsonld", "subscription-building-entities-attributeDeleted-specific-attribute-normalized.jsonld", http::Method::del,
       "/name?datasetId=urn:ngsi-ld:Dataset:french-name", "", "entity-deleted-name-attribute-instance-normalized.json"},
      {"building-multi-instances-attributes.jsonld", "subscription-building-entities-attributeDeleted-specific-attribute-keyValues.jsonld", http::Method::del,
       "/name?datasetId=urn:ngsi-ld:Dataset:french-name", "", "entity-deleted-name-attribute-instance-keyValues.json"},
      {"building-different-attributes-types.jsonld", "subscription-building-entities-attributeDeleted-relationship-normalized.jsonld", http::Method::patch, "",
       R"({"locatedAt":{"type":"Relationship","object":"urn:ngsi-ld:null"}})", "entity-different-attributes-types-deleted-locatedAt-attribute-normalized.json"},
      {"building-different-attributes-types.jsonld", "subscription-building-entities-attributeDeleted-specific-attribute-normalized.jsonld", http::Method::patch, "",
       R"({"name":{"type":"Property","value":"urn:ngsi-ld:null"}})", "entity-different-attributes-types-deleted-name-attribute-normalized.json"},
      {"building-different-attributes-types.jsonld", "subscription-building-entities-attributeDeleted-languageproperty-normalized.jsonld", http::Method::del, "/street", "",
       "entity-different-attributes-types-deleted-street-attribute-normalized.json"},
  };
  for (const Case& c : cases) {
    make(c.entity);
    const std::string path = given(c.subscription);
    write(c.method, attrs() + c.target, c.body);
    expect_given(c.expected, other);
    del(path), write(http::Method::del, std::string("/entities/") + kId, "");
  }
  // Merged and patched with the standard's null: the same.
  for (const auto& [target, body] : {std::pair<std::string, std::string>{"", R"({"name":"urn:ngsi-ld:null"})"}, {"/attrs/name", R"({"value":"urn:ngsi-ld:null"})"}}) {
    make("building-different-attributes-types.jsonld");
    const std::string path = given("subscription-building-entities-attributeDeleted-specific-attribute-normalized.jsonld");
    write(http::Method::patch, std::string("/entities/") + kId + target, body);
    expect_given("entity-different-attributes-types-deleted-name-attribute-normalized.json", other);
    del(path), write(http::Method::del, std::string("/entities/") + kId, "");
  }
  // The time of the deletion is a system attribute.
  make("building-simple-attributes.jsonld");
  given("subscription-building-entities-attributeDeleted-specific-attribute-normalized-sysAttrs.jsonld");
  write(http::Method::del, attrs() + "/name", "");
  const auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_TRUE(data(came[0]).items()[0]["name"].has("deletedAt"));
  EXPECT_FALSE(data(came[0]).items()[0].has("deletedAt"));
  EXPECT_FALSE(data(came[0]).items()[0]["subCategory"].has("deletedAt"));
}

TEST_P(Notifications, attribute_deleted_with_its_entity) {
  NGSI("046_22_12", "5.8.6");
  NGSI("046_22_13", "5.8.6");
  NEEDS_PAYLOADS;
  for (const auto& [subscription, expected] :
       {std::pair{"subscription-building-entities-attributeDeleted-specific-attribute-normalized.jsonld", "entity-deleted-name-attribute-on-entity-deleted-normalized.json"},
        {"subscription-building-entities-attributeDeleted-specific-attribute-normalized-sysAttrs.jsonld", "entity-deleted-name-attribute-on-entity-deleted-normalized-sysAttrs.json"}}) {
    make("building-simple-attributes.jsonld");
    const std::string path = given(subscription);
    write(http::Method::del, std::string("/entities/") + kId, "");
    expect_given(expected);
    del(path);
  }
}

TEST_P(Notifications, linked_entities) {
  for (const char* id : {"046_23_01", "046_24_01", "046_25_01", "046_26_01", "046_27_01", "046_28_01", "046_29_01", "046_30_01"}) NGSI(id, "4.5.23");
  NEEDS_PAYLOADS;
  struct Case { const char *subscription, *city, *expected, *said; };
  const Case cases[] = {{"join-flat", "city-minimal.jsonld", "join-flat", "046_23:EiffelTower"},
                        {"join-flat-sysAttrs", "city-minimal.jsonld", "join-flat-sysAttrs", "046_24:EiffelTower"},
                        {"join-flat-simplified", "city-simple-attributes.jsonld", "join-flat-simplified", "046_25:EiffelTower"},
                        {"join-flat-attributes", "city-simple-attributes.jsonld", "join-flat-attributes", "046_26:EiffelTower"},
                        {"join-inline", "city-minimal.jsonld", "join-inline", "046_27:EiffelTower"},
                        {"join-inline-sysAttrs", "city-minimal.jsonld", "join-inline-sysAttrs", "046_28:EiffelTower"},
                        {"join-inline-simplified", "city-simple-attributes.jsonld", "join-inline-simplified", "046_29:EiffelTower"},
                        {"join-inline-attributes", "city-simple-attributes.jsonld", "join-inline-attributes", "046_30:EiffelTower"}};
  for (const Case& c : cases) {
    std::string city = payload(std::string("entities/") + c.city);
    const Value paris = json(city);
    const std::string old_id(paris["id"].text());
    city.replace(city.find(old_id), old_id.size(), "urn:ngsi-ld:City:Paris");
    std::string building = payload("entities/building-relationship.jsonld");
    const std::string building_id(json(building)["id"].text()), object(json(building)["locatedAt"]["object"].text());
    building.replace(building.find(building_id), building_id.size(), kId);
    building.replace(building.find(object), object.size(), "urn:ngsi-ld:City:Paris");
    EXPECT_EQ(post("/entities", city).status, 201);
    EXPECT_EQ(post("/entities", building).status, 201);
    const std::string path = given("subscription-building-entities-" + std::string(c.subscription) + ".jsonld");
    write(http::Method::post, attrs(), payload("entities/fragmentEntities/name-fragment.jsonld"));
    expect_given("entity-created-name-attribute-" + std::string(c.expected) + ".json", "urn:ngsi-ld:Building:" + std::string(c.said));
    del(path), del(std::string("/entities/") + kId), del("/entities/urn:ngsi-ld:City:Paris");
  }
}

TEST_P(Notifications, shows_what_was_before) {
  for (const char* id : {"046_31_01", "046_31_02", "046_31_03", "046_31_04", "046_32_01", "046_33_01"}) NGSI(id, "5.8.6");
  NEEDS_PAYLOADS;
  struct Case { const char *entity, *fragment, *expected, *said; };
  const Case cases[] = {{"building-different-attributes-types.jsonld", R"({"name":{"type":"Property","value":"Tour Eiffel"}})", "entity-different-attributes-types-previous-property.json", "046_31"},
                        {"building-different-attributes-types.jsonld", R"({"locatedAt":{"type":"Relationship","object":"urn:ngsi-ld:City:Nantes"}})", "entity-different-attributes-types-previous-relationship.json", "046_31"},
                        {"building-different-attributes-types.jsonld", R"({"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[13.3986,52.5547]}}})", "entity-different-attributes-types-previous-geoproperty.json", "046_31"},
                        {"building-different-attributes-types.jsonld", R"({"street":{"type":"LanguageProperty","languageMap":{"fr":"Grand Place","es":"Gran Lugar"}}})", "entity-different-attributes-types-previous-language-property.json", "046_31"},
                        {"building-json-property-object.jsonld", R"({"jsonProperty":{"type":"JsonProperty","json":{"city":"Nantes","street":"Place Royale"}}})", "building-previous-json-property.json", "046_32"},
                        {"building-vocab-property-string.jsonld", R"({"vocabProperty":{"type":"VocabProperty","vocab":"museum"}})", "building-previous-vocab-property.json", "046_33"}};
  for (const Case& c : cases) {
    make(c.entity);
    const std::string path = given("subscription-building-entities-show-changes.jsonld");
    write(http::Method::patch, attrs(), c.fragment);
    expect_given(c.expected, "urn:ngsi-ld:Building:" + std::string(c.said));
    del(path), write(http::Method::del, std::string("/entities/") + kId, "");
  }
}

TEST_P(Notifications, shows_what_was_deleted) {
  for (const char* id : {"046_34_01", "046_34_02", "046_34_03", "046_34_04", "046_35_01", "046_36_01", "046_37_01", "046_38_01", "046_39_01"}) NGSI(id, "5.8.6");
  NEEDS_PAYLOADS;
  struct Case { const char *entity, *subscription, *target, *expected, *said; };
  const char *attribute = "subscription-building-entities-show-changes-attributeDeleted.jsonld", *whole = "subscription-building-entities-show-changes-entityDeleted.jsonld";
  const Case cases[] = {{"building-different-attributes-types.jsonld", attribute, "/attrs/name", "entity-different-attributes-types-deleted-property.json", "046_34"},
                        {"building-different-attributes-types.jsonld", attribute, "/attrs/locatedAt", "entity-different-attributes-types-deleted-relationship.json", "046_34"},
                        {"building-different-attributes-types.jsonld", attribute, "/attrs/location", "entity-different-attributes-types-deleted-geoproperty.json", "046_34"},
                        {"building-different-attributes-types.jsonld", attribute, "/attrs/street", "entity-different-attributes-types-deleted-language-property.json", "046_34"},
                        {"building-json-property-object.jsonld", attribute, "/attrs/jsonProperty", "building-deleted-json-property.json", "046_35"},
                        {"building-vocab-property-string.jsonld", attribute, "/attrs/vocabProperty", "building-deleted-vocab-property.json", "046_36"},
                        {"building-different-attributes-types.jsonld", whole, "", "entity-different-attributes-types-deleted-entity.json", "046_37"},
                        {"building-json-property-object.jsonld", whole, "", "building-deleted-json-property-deleted-entity.json", "046_38"},
                        {"building-vocab-property-string.jsonld", whole, "", "building-deleted-vocab-property-deleted-entity.json", "046_39"}};
  for (const Case& c : cases) {
    make(c.entity);
    const std::string path = given(c.subscription);
    write(http::Method::del, std::string("/entities/") + kId + c.target, "");
    expect_given(c.expected, "urn:ngsi-ld:Building:" + std::string(c.said));
    del(path), del(std::string("/entities/") + kId);
  }
}

TEST_P(Notifications, nothing_was_before_a_creation) {
  NGSI("046_40_01", "5.8.6");
  NGSI("046_41_01", "5.8.6");
  NEEDS_PAYLOADS;
  const std::string path = given("subscription-building-entities-show-changes-entity-created.jsonld");
  make("building-simple-attributes.jsonld");
  auto came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].body.find("previous"), std::string::npos);
  del(path);
  make("building-minimal.jsonld", "urn:ngsi-ld:Building:b2");
  given("subscription-building-entities-show-changes-attribute-created.jsonld");
  write(http::Method::post, attrs("urn:ngsi-ld:Building:b2"), payload("entities/fragmentEntities/name-fragment.jsonld"));
  came = news();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].body.find("previous"), std::string::npos);
}

TEST_P(Notifications, picked_and_omitted_members) {
  NGSI("046_42_01", "4.21");
  NGSI("046_43_01", "4.21");
  NEEDS_PAYLOADS;
  make("building-different-attributes-types.jsonld");
  for (const auto& [name, expected, said] : {std::tuple{"pick", "pick-omit/entity-different-attributes-types-pick-members.json", "046_42"}, {"omit", "pick-omit/entity-different-attributes-types-omit-members.json", "046_43"}}) {
    const std::string path = given("subscription-building-entities-" + std::string(name) + "-members.jsonld");
    write(http::Method::patch, attrs(), R"({"name":{"type":"Property","value":"Tour Eiffel"}})");
    expect_given(expected, "urn:ngsi-ld:Building:" + std::string(said));
    del(path);
  }
}

TEST_P(Notifications, over_mqtt) {
  for (const char* id : {"058_03_01", "058_03_02", "058_03_03", "058_04_01"}) NGSI(id, "8.2");
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
