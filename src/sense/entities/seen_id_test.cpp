#include "sense/entities/seen_id.h"

#include <gtest/gtest.h>

#include "sense/entities/read.h"

namespace machiya::sense {
namespace {

std::string seen(std::string_view id) {
  std::string buffer;
  return std::string(seen_id(id, buffer));
}

TEST(SeenId, AnyWordBecomesAUriAndComesBack) {
  for (const char* id : {"Room1", "a b", "100%", "%41", "部屋", "a:b", "x]", "urn:ngsiv2:a:b", "a/b"}) {
    const std::string made = foreign_id(id, "Type:1", "/city/ward_1");
    EXPECT_TRUE(is_uri(made)) << made;
    EXPECT_EQ(seen(made), id);
  }
  EXPECT_EQ(foreign_id("Room1", "Room", "/"), "urn:ngsiv2:Room1:Room");
  EXPECT_EQ(foreign_id("Room1", "Room", "/a/b"), "urn:ngsiv2:Room1:Room:a/b");
}

TEST(SeenId, DifferentEntitiesAreDifferentUris) {
  EXPECT_NE(foreign_id("a", "b:c", "/"), foreign_id("a:b", "c", "/"));
  EXPECT_NE(foreign_id("a", "b", "/c"), foreign_id("a", "b", "/"));
}

TEST(SeenId, UrisStandAsTheyAre) {
  EXPECT_TRUE(is_own_id("urn:ngsi-ld:Room:1"));
  EXPECT_EQ(seen("urn:ngsi-ld:Room:1"), "urn:ngsi-ld:Room:1");
  EXPECT_FALSE(is_own_id("Room1"));
  EXPECT_FALSE(is_own_id("urn:ngsiv2:Room1:Room"));
}

}  // namespace
}  // namespace machiya::sense
