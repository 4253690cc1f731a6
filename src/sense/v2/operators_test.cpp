// Update operators, one value at a time. A fault that was tried: $addToSet that compares texts of numbers ("1" and "1.0") instead of numbers; sums as doubles.
#include "sense/v2/operators.h"

#include <gtest/gtest.h>

namespace machiya::sense::ngsiv2 {
namespace {

class Operators : public ::testing::Test {
 protected:
  tree::Arena arena;
  tree::Value json(std::string_view text) { return tree::parse(text, arena).value(); }
  /// The new value as text; "!400", "!422" for what is refused. `before` "": there is none.
  std::string made(std::string_view before, std::string_view operation) {
    const tree::Value old = before.empty() ? tree::Value() : json(before);
    const auto out = operate(json(operation), before.empty() ? nullptr : &old, arena);
    if (!out.ok()) return out.error().code == ErrorCode::invalid_input ? "!400" : "!422";
    return tree::to_text(*out);
  }
};

TEST_F(Operators, WhatIsOne) {
  for (const char* text : {R"({"$inc":1})", R"({"$set":{"a":1},"$unset":{"b":1}})", R"({"$inc":1,"$mul":2})"}) EXPECT_TRUE(is_operation(json(text))) << text;
  for (const char* text : {"{}", "1", R"("$inc")", R"(["$inc"])", R"({"x":1,"$inc":1})", R"({"$rename":{"a":"b"}})", R"({"inc":1})"}) EXPECT_FALSE(is_operation(json(text))) << text;
}

TEST_F(Operators, NumbersAreDecimals) {
  EXPECT_EQ(made("43", R"({"$inc":1})"), "44");
  EXPECT_EQ(made("43", R"({"$inc":-50})"), "-7");
  EXPECT_EQ(made("0.1", R"({"$inc":0.2})"), "0.3");
  EXPECT_EQ(made("1.50", R"({"$inc":0.5})"), "2");
  EXPECT_EQ(made("-0.05", R"({"$inc":0.04})"), "-0.01");
  EXPECT_EQ(made("1.1", R"({"$mul":1.1})"), "1.21");
  EXPECT_EQ(made("999999999999999999", R"({"$mul":999999999999999999})"), "999999999999999998000000000000000001");
  EXPECT_EQ(made("1e3", R"({"$inc":1})"), "1001");
  EXPECT_EQ(made("", R"({"$inc":2})"), "2");
  EXPECT_EQ(made("null", R"({"$inc":2})"), "2");
  EXPECT_EQ(made("", R"({"$mul":2})"), "0");
  EXPECT_EQ(made("1e308", R"({"$mul":1e308})"), "!422");
  EXPECT_EQ(made("\"a\"", R"({"$inc":2})"), "!422");
  EXPECT_EQ(made("1", R"({"$inc":"2"})"), "!400");
}

TEST_F(Operators, SmallerAndGreater) {
  EXPECT_EQ(made("10", R"({"$min":2})"), "2");
  EXPECT_EQ(made("10", R"({"$min":20})"), "10");
  EXPECT_EQ(made("10", R"({"$max":12})"), "12");
  EXPECT_EQ(made("10", R"({"$max":9})"), "10");
  EXPECT_EQ(made(R"("2026-01-01")", R"({"$max":"2026-02-01"})"), R"("2026-02-01")");
  EXPECT_EQ(made("", R"({"$min":2})"), "2");
  EXPECT_EQ(made("10", R"({"$min":"a"})"), "!422");
  EXPECT_EQ(made("10", R"({"$min":[1]})"), "!400");
}

TEST_F(Operators, Lists) {
  EXPECT_EQ(made("[1,2,3]", R"({"$push":3})"), "[1,2,3,3]");
  EXPECT_EQ(made("[1,2,3]", R"({"$addToSet":4})"), "[1,2,3,4]");
  EXPECT_EQ(made("[1,2,3]", R"({"$addToSet":3.0})"), "[1,2,3]");
  EXPECT_EQ(made("[1,2,3,2]", R"({"$pull":2})"), "[1,3]");
  EXPECT_EQ(made("[1,2,3]", R"({"$pullAll":[2,3]})"), "[1]");
  EXPECT_EQ(made("", R"({"$push":{"a":1}})"), R"([{"a":1}])");
  EXPECT_EQ(made("", R"({"$pull":1})"), "[]");
  EXPECT_EQ(made("1", R"({"$push":1})"), "!422");
  EXPECT_EQ(made("[1]", R"({"$pullAll":1})"), "!400");
}

TEST_F(Operators, Objects) {
  EXPECT_EQ(made(R"({"a":1,"b":2})", R"({"$set":{"b":3,"c":4}})"), R"({"a":1,"b":3,"c":4})");
  EXPECT_EQ(made(R"({"a":1,"b":2})", R"({"$unset":{"b":1,"z":1}})"), R"({"a":1})");
  EXPECT_EQ(made(R"({"a":1,"b":2})", R"({"$set":{"c":3},"$unset":{"a":1}})"), R"({"b":2,"c":3})");
  EXPECT_EQ(made("", R"({"$set":{"a":1}})"), R"({"a":1})");
  EXPECT_EQ(made("5", R"({"$set":"x"})"), R"("x")");
  EXPECT_EQ(made("5", R"({"$unset":{"a":1}})"), "5");
  EXPECT_EQ(made("5", R"({"$set":{"a":1}})"), "!422");
  EXPECT_EQ(made("{}", R"({"$set":{"a":1},"$unset":{"a":1}})"), "!400");
  EXPECT_EQ(made("1", R"({"$inc":1,"$mul":2})"), "!400");
}

}  // namespace
}  // namespace machiya::sense::ngsiv2
