#include "sense/subscriptions/v2_macros.h"

#include <gtest/gtest.h>

namespace machiya::sense {
namespace {

class Macros : public ::testing::Test {
 protected:
  tree::Arena arena;
  tree::Value json(std::string_view text) { return tree::parse(text, arena).value(); }
  MacroValues values{json(R"({"id":"R1","type":"Room","t":21.50,"s":"x","b":true,"z":null,"o":{"k":[1]},"service":"mine"})"), "city", "/a"};
};

TEST_F(Macros, InTexts) {
  EXPECT_EQ(substitute("${id}/${type}: ${t} ${s} ${b} ${z} ${o} [${none}]", values), R"(R1/Room: 21.50 x true null {"k":[1]} [])");
  EXPECT_EQ(substitute("${servicePath} ${service}", values), "/a mine");   // an attribute of that name wins
  for (const char* text : {"", "$", "${", "${t", "$t", "{t}", "}$"}) EXPECT_EQ(substitute(text, values), text);
  EXPECT_EQ(substitute("$${t}}${}", values), "$21.50}");
  // What comes of a macro is not looked at again.
  EXPECT_EQ(substitute("${s}", {json(R"({"s":"${t}","t":1})"), "", ""}), "${t}");
}

TEST_F(Macros, InJson) {
  EXPECT_EQ(tree::to_text(substitute(json(R"({"${t}":"${t}","a":["${o}","is ${t}",7,null],"n":"${none}"})"), values, arena)), R"({"${t}":21.50,"a":[{"k":[1]},"is 21.50",7,null],"n":null})");
}

TEST_F(Macros, PercentSigns) {
  EXPECT_EQ(percent_decoded_text("a%3Bb%zz%4"), "a;b%zz%4");
}

}  // namespace
}  // namespace machiya::sense
