#include <gtest/gtest.h>

#include "base/json.h"
#include "base/rng.h"
#include "sense/tree/tree.h"

namespace machiya::tree {
namespace {

std::string round(std::string_view text) {
  Arena arena;
  auto value = parse(text, arena);
  return value.ok() ? to_text(*value) : "refused " + value.error().where + " " + value.error().detail;
}

TEST(Tree, keeps_what_it_reads) {
  for (const char* text : {"null", "true", "-0.50e+3", "\"\"", "[]", "{}", R"({"a":[1,1.0,{"b":"葛\u0000"}],"c":null})", "\"\\\"\\\\\\n\"", "[[],[[]]]"})
    EXPECT_EQ(round(text), text);
  EXPECT_EQ(round(R"("A😀\/\b")"), "\"A😀/\\u0008\"");
  EXPECT_EQ(round(" { \"a\" : [ 1 , 2 ] } \n"), R"({"a":[1,2]})");
}

TEST(Tree, refuses_at_its_place) {
  EXPECT_EQ(round("{\"a\":1,\n \"a\":2}"), "refused 2:8 a member name occurs twice");
  EXPECT_EQ(round("[1,]"), "refused 1:4 a digit is expected");
  EXPECT_EQ(round("01"), "refused 1:2 nothing may follow the value");
  for (const char* text : {"", "[", "{\"a\"", "{\"a\":}", "nul", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u12g4\"", "\"\n\"", "1.", "1e", "-", "\xff", "[1 2]", "\"\\x\"", "+1", "\"abc"})
    EXPECT_EQ(round(text).substr(0, 7), "refused") << text;
  EXPECT_EQ(round(std::string("\0", 1)).substr(0, 7), "refused");
}

TEST(Tree, limits_are_said_as_limits) {
  Arena arena;
  EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']'), arena).ok());
  EXPECT_EQ(parse(std::string(65, '[') + std::string(65, ']'), arena).error().code, ErrorCode::limit_exceeded);
  EXPECT_EQ(parse("[1,2,3]", arena, {.depth = 4, .values = 3}).error().code, ErrorCode::limit_exceeded);
}

TEST(Tree, many_members_are_found_and_twins_among_them_too) {
  std::string text = "{";
  for (int i = 0; i < 400; ++i) text += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":" + std::to_string(i);
  Arena arena;
  const Value value = parse(text + "}", arena).value();
  EXPECT_EQ(value["m399"].number(), 399);
  EXPECT_TRUE(value["m400"].is_null());
  EXPECT_FALSE(parse(text + ",\"m7\":0}", arena).ok());
}

TEST(Tree, equal_is_by_value_and_blind_to_the_order_of_members) {
  Arena arena;
  auto same = [&](const char* a, const char* b) { return equal(parse(a, arena).value(), parse(b, arena).value()); };
  EXPECT_TRUE(same(R"({"a":1,"b":[2.0]})", R"({"b":[2],"a":1.0})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":null})"));
  EXPECT_FALSE(same("\"1\"", "1"));
}

TEST(Arena, copies_outlive_their_source_and_a_cleared_arena_is_used_again) {
  Arena kept(16);
  Value copy;
  {
    Arena source;
    copy = kept.copy(parse(R"({"a":["x",{"b":2.50}],"c":true})", source).value());
  }
  EXPECT_EQ(to_text(copy), R"({"a":["x",{"b":2.50}],"c":true})");
  Arena moved = std::move(kept);
  EXPECT_EQ(copy["a"].items()[0].text(), "x");
  EXPECT_EQ(to_text(moved.number(0.1)), "0.1");
  EXPECT_EQ(to_text(moved.number(std::int64_t{-5})), "-5");
  moved.clear();
  const std::size_t held = moved.bytes();
  for (int i = 0; i < 3; ++i) moved.text("abc");
  EXPECT_EQ(moved.bytes(), held);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(moved.room<Value>(1)) % alignof(Value), 0u);
}

// The same texts, mutated, are taken by both parsers of the house or by none (depth and number of values aside).
TEST(Tree, agrees_with_the_other_parser_of_the_house) {
  SeededRng rng(7);
  const std::string seed = R"({"id":"urn:x:1","v":[1,-2.5e3,true,null,"a\né"],"o":{"k":{}}})";
  int taken = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = seed;
    for (int n = 1 + static_cast<int>(rng.below(3)); n > 0; --n) text[rng.below(text.size())] = "{}[],:\"\\0e-. u1n"[rng.below(16)];
    Arena arena;
    const bool ours = parse(text, arena).ok();
    ASSERT_EQ(ours, json::parse(text).ok()) << text;
    taken += ours;
  }
  EXPECT_GT(taken, 200);
  EXPECT_LT(taken, 19000);
}

}  // namespace
}  // namespace machiya::tree
