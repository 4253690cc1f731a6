// Notifications of deletions, of what was before, of linked entities and of parts (§5.8.6, §4.5.23, §4.21), with the given payloads.
#include "sense/ngsild/notification_fixture.h"

namespace machiya::sense::ngsild {
namespace {

class NotificationsShown : public NotificationFixture {};
MACHIYA_ON_BOTH_ENGINES(NotificationsShown);

TEST_P(NotificationsShown, entity_deleted) {
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

TEST_P(NotificationsShown, attribute_deleted) {
  NGSI("046_22_01 046_22_04 046_22_05 046_22_06 046_22_07 046_22_08 046_22_10_01 046_22_10_02 046_22_10_03", "5.8.6");
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

TEST_P(NotificationsShown, attribute_deleted_with_its_entity) {
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

TEST_P(NotificationsShown, linked_entities) {
  NGSI("046_23_01 046_24_01 046_25_01 046_26_01 046_27_01 046_28_01 046_29_01 046_30_01", "4.5.23");
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

TEST_P(NotificationsShown, shows_what_was_before) {
  NGSI("046_31_01 046_31_02 046_31_03 046_31_04 046_32_01 046_33_01", "5.8.6");
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

TEST_P(NotificationsShown, shows_what_was_deleted) {
  NGSI("046_34_01 046_34_02 046_34_03 046_34_04 046_35_01 046_36_01 046_37_01 046_38_01 046_39_01", "5.8.6");
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

TEST_P(NotificationsShown, nothing_was_before_a_creation) {
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

TEST_P(NotificationsShown, picked_and_omitted_members) {
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

}  // namespace
}  // namespace machiya::sense::ngsild
