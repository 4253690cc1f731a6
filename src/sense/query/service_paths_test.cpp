// NGSIv2's ways to say which entities are meant: service paths, ids that are no URIs, names of types.
#include <gtest/gtest.h>

#include "sense/entities/seen_id.h"
#include "sense/query/query_testing.h"

namespace machiya::sense {
namespace {

using testing::EntityMaker;

bool stands(const std::vector<ServicePaths::One>& paths, std::vector<std::string_view> scopes) { return ServicePaths{paths}.matches(scopes); }

TEST(ServicePaths, APathIsAScopeAndTheRootIsNone) {
  EXPECT_TRUE(stands({}, {}));
  EXPECT_TRUE(stands({}, {"/a"}));
  EXPECT_TRUE(stands({{"/", false}}, {}));
  EXPECT_FALSE(stands({{"/", false}}, {"/a"}));
  EXPECT_TRUE(stands({{"/", true}}, {}));
  EXPECT_TRUE(stands({{"/", true}}, {"/a/b"}));
  EXPECT_TRUE(stands({{"/a", false}}, {"/a"}));
  EXPECT_TRUE(stands({{"/a", false}}, {"a"}));
  EXPECT_FALSE(stands({{"/a", false}}, {"/a/b"}));
  EXPECT_FALSE(stands({{"/a", true}}, {}));
  EXPECT_TRUE(stands({{"/a", true}}, {"/a"}));
  EXPECT_TRUE(stands({{"/a", true}}, {"/x", "/a/b"}));
  EXPECT_FALSE(stands({{"/a", true}}, {"/ab"}));
  EXPECT_TRUE(stands({{"/x", false}, {"/a", false}}, {"/a"}));
  EXPECT_EQ((ServicePaths{{{"/", true}, {"/a", true}, {"/b", false}}}.text()), "/#,/a/#,/b");
}

TEST(EntitySelectorV2, IdsAreAskedAsTheyAreShown) {
  const auto room = EntityMaker::make(R"({"id":"urn:ngsiv2:Room1:Room","type":"Room"})");
  EntitySelector s;
  s.v2 = true, s.ids = {"Room1"};
  EXPECT_TRUE(s.selects(*room));
  s.ids.clear(), s.id_pattern = TextPattern::compile("^Room").value();
  EXPECT_TRUE(s.selects(*room));
  s.v2 = false;
  EXPECT_FALSE(s.selects(*room));
}

TEST(TypeSelectionV2, PatternsAreAskedOfNames) {
  const auto room = EntityMaker::make(R"({"id":"urn:x:1","type":"Room"})");
  const auto seen = [](std::string_view iri) { return std::string(iri.substr(iri.rfind('/') + 1)); };
  EXPECT_TRUE(TypeSelection::pattern(TextPattern::compile("^Ro").value(), seen).matches(*room));
  EXPECT_FALSE(TypeSelection::pattern(TextPattern::compile("^Ro").value()).matches(*room));
}

TEST(PlaceOf, TheOnlyOneOrTheOneThatSaysSo) {
  const std::string point = R"("type":"GeoProperty","value":{"type":"Point","coordinates":[1,2]})";
  const auto one = EntityMaker::make(R"({"id":"urn:x:1","type":"T","where":{)" + point + "}}");
  ASSERT_NE(place_of(*one), nullptr);
  const auto two = EntityMaker::make(R"({"id":"urn:x:1","type":"T","where":{)" + point + R"(},"https://ex/b":{)" + point + "}}");
  EXPECT_EQ(place_of(*two), nullptr);
  const auto said = EntityMaker::make(R"({"id":"urn:x:1","type":"T","where":{)" + point + R"(},"b":{)" + point +
                                      R"(,"https://uri.etsi.org/ngsi-ld/default-context/defaultLocation":{"type":"Property","value":true}}})");
  ASSERT_NE(place_of(*said), nullptr);
  EXPECT_EQ(place_of(*said)->name, "https://ex/b");
}

}  // namespace
}  // namespace machiya::sense
