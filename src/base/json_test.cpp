#include "base/json.h"

#include <gtest/gtest.h>

namespace machiya::json {

TEST(Json, RoundTripsAndKeepsDecimals) {
  auto v = parse(R"({"a":[1,-2.50,"花\u5b50",true,null],"b":{"c":12345678901234567890}})");
  ASSERT_TRUE(v.ok());
  EXPECT_EQ(to_text(*v), R"({"a":[1,-2.50,"花子",true,null],"b":{"c":12345678901234567890}})");
  EXPECT_EQ((*v)["a"][1].number_text(), "-2.50");
}
TEST(Json, NamesThePlaceOfAFault) {
  for (auto [text, where] : {std::pair{"{\"a\":1,\"a\":2}", "1:11"}, {"[1,\n 2,]", "2:4"}, {"nul", "1:1"}, {"\"\xff\"", "1:4"}, {"1 2", "1:3"}}) {
    auto v = parse(text);
    ASSERT_FALSE(v.ok()) << text;
    EXPECT_EQ(v.error().where, where) << text << v.error().to_string();
  }
}
TEST(Json, LimitsDepth) {
  EXPECT_FALSE(parse(std::string(100000, '[')).ok());
  EXPECT_TRUE(parse(std::string(60, '[') + std::string(60, ']')).ok());
}
TEST(Json, CanonicalFormSortsMembersAndMarkupIsSafe) {
  auto v = Value::object({{"b", 1}, {"a", "</script>"}});
  EXPECT_EQ(to_canonical(v), "{\"a\":\"\\u003c/script\\u003e\",\"b\":1}");
}
TEST(Json, PointersFindValues) {
  auto v = parse(R"({"a/b":[{"~":7}]})");
  ASSERT_TRUE(v.ok());
  const Value* found = v->at_pointer("/a~1b/0/~0");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->as_int(), 7);
  EXPECT_EQ(v->at_pointer("/a~1b/1"), nullptr);
}

}  // namespace machiya::json
