// Names, characters, services, paths and places of NGSIv2, without a broker.
#include <gtest/gtest.h>

#include "sense/v2/attribute.h"
#include "sense/v2/head.h"
#include "sense/v2/simple_location.h"

namespace machiya::sense::ngsiv2 {
namespace {

class Words : public ::testing::Test {
 protected:
  Contexts contexts{nullptr};
  NameMap names{contexts.core()};
  tree::Arena arena;
  tree::Value json(std::string_view text) { return tree::parse(text, arena).value(); }
};

TEST_F(Words, NamesGoToIrisAndBack) {
  for (const char* name : {"temperature", "location", "status", "value", "id", "type", "@context", "@id", "a b", "100%", "a%41", "%2F", "温度", "x:y", "ngsi-ld:z", "https://a.example/b#c", "urn:a:b", "ngsi-ld", ""})
    EXPECT_EQ(names.name(names.iri(name)), name);
  EXPECT_EQ(names.iri("location"), "https://uri.etsi.org/ngsi-ld/location");
  EXPECT_EQ(names.iri("temperature"), "https://uri.etsi.org/ngsi-ld/default-context/temperature");
  // A member of NGSI-LD is never the attribute of that name.
  for (const char* name : {"value", "object", "datasetId", "unitCode", "observedAt", "createdAt", "scope", "type"}) EXPECT_TRUE(names.iri(name).starts_with(kDefaultVocab)) << name;
  // IRIs of other vocabularies are shown as they are.
  EXPECT_EQ(names.name("https://smartdatamodels.org/x"), "https://smartdatamodels.org/x");
  EXPECT_EQ(names.name(std::string(kDefaultVocab) + "a%41"), "a%41");
}

TEST_F(Words, Fields) {
  EXPECT_TRUE(check_field("Room1", "entity id").ok());
  EXPECT_TRUE(check_field("urn:ngsi-ld:Room:1", "entity id").ok());
  EXPECT_TRUE(check_field("駅前", "entity id").ok());
  EXPECT_TRUE(check_field("https://a.example/b#c", "attribute name").ok());
  for (const char* text : {"", "a b", "a\tb", "a&b", "a?b", "a/b", "a#b", "a<b", "a\"b", "a'b", "a=b", "a;b", "a(b", "a\x7f", "a\xff", "https://a.example/b?c"}) EXPECT_FALSE(check_field(text, "entity id").ok()) << text;
  EXPECT_TRUE(check_field(std::string(256, 'x'), "entity id").ok());
  EXPECT_EQ(check_field(std::string(257, 'x'), "entity id").error().detail, "entity id length: 257, max length supported: 256");
  EXPECT_TRUE(has_forbidden(json(R"({"a":[{"b(":1}]})")));
  EXPECT_FALSE(has_forbidden(json(R"j({"a":["（全角）"]})j")));
}

TEST_F(Words, ServicesAndPaths) {
  EXPECT_EQ(read_service("City_1").value(), "city_1");
  EXPECT_FALSE(read_service("a.b").ok());
  EXPECT_EQ(read_paths("/a, /b/c/#").value().text(), "/a,/b/c/#");
  EXPECT_EQ(read_paths("/#").value().text(), "/#");
  EXPECT_EQ(read_paths("/a/").value().text(), "/a");
  EXPECT_TRUE(read_paths("").value().any_of.empty());
  EXPECT_EQ(read_path("").value(), "/");
  EXPECT_EQ(read_path("/a/b").value(), "/a/b");
  for (const char* path : {"/#", "/a,/b", "a", "//"}) EXPECT_FALSE(read_path(path).ok()) << path;
}

TEST_F(Words, SimpleLocations) {
  const auto there = [&](std::string_view type, std::string_view value) { return tree::to_text(read_simple_location(type, json(value), arena).value()); };
  EXPECT_EQ(there("geo:point", "\"34.70 ,135.5\""), R"({"type":"Point","coordinates":[135.5,34.70]})");
  EXPECT_EQ(there("geo:box", R"(["1,2","3,4"])"), R"({"type":"Polygon","coordinates":[[[2,1],[4,1],[4,3],[2,3],[2,1]]]})");
  for (const auto& [type, value] : std::vector<std::pair<const char*, const char*>>{{"geo:point", "\"1\""}, {"geo:point", "\"1,2,3\""}, {"geo:point", "\"a,b\""}, {"geo:point", "\"91,0\""}, {"geo:point", "5"}, {"geo:line", R"(["1,2"])"},
                                                                                    {"geo:polygon", R"(["0,0","0,1","1,1"])"}, {"geo:polygon", R"(["0,0","0,1","1,1","2,2"])"}, {"geo:box", R"(["1,2"])"}})
    EXPECT_FALSE(read_simple_location(type, json(value), arena).ok()) << type << value;
  EXPECT_FALSE(write_simple_location("geo:point", json(R"({"type":"Point","coordinates":[1,2,3]})"), arena).has_value());
  EXPECT_FALSE(write_simple_location("geo:box", json(R"({"type":"Polygon","coordinates":[[[0,0],[2,0],[0,2],[0,0]]]})"), arena).has_value());
}

TEST_F(Words, MetadataStayButTheTimeOfObservationDoesNot) {
  const auto before = read_attribute(json(R"({"value":1,"metadata":{"TimeInstant":{"type":"DateTime","value":"2026-11-23T00:00:00Z"},"unitCode":{"value":"CEL"},"m":{"value":1}}})"), names, arena).value();
  EXPECT_TRUE(before.observed_at.present());
  EXPECT_TRUE(observed_elsewhere(before));
  Instance now = read_attribute(json(R"({"value":2,"metadata":{"m":{"value":2}}})"), names, arena).value();
  keep_metadata(before, now, arena);
  EXPECT_FALSE(now.observed_at.present());
  EXPECT_EQ(now.unit_code, "CEL");
  ASSERT_EQ(now.sub.size(), 2u);
  EXPECT_EQ(tree::to_text(now.sub[0].instances[0].value), "2");
}

}  // namespace
}  // namespace machiya::sense::ngsiv2
