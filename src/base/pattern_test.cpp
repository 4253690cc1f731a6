#include "base/pattern.h"

#include <gtest/gtest.h>

namespace machiya {
namespace {

bool match(std::string_view pattern, std::string_view text) {
  auto compiled = Pattern::compile(pattern);
  EXPECT_TRUE(compiled.ok()) << pattern;
  return compiled.ok() && compiled->matches(text);
}

TEST(Pattern, WholeTextMatches) {
  EXPECT_TRUE(match("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "dog-registration"));
  EXPECT_FALSE(match("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "Dog_registration"));
  EXPECT_FALSE(match("[a-z]+", "abc1"));
  EXPECT_TRUE(match("P(\\d+D|\\d+Y)", "P14D"));
  EXPECT_FALSE(match("P(\\d+D|\\d+Y)", "P14DD"));
  EXPECT_TRUE(match("\\d{3}-?\\d{4}", "5300005"));
  EXPECT_FALSE(match("\\d{3}-?\\d{4}", "53000055"));
  EXPECT_TRUE(match("[ァ-ヶー]{1,3}", "カナ"));
  EXPECT_FALSE(match("[^0-9]*", "a1"));
  EXPECT_TRUE(match("a|bc|", ""));
  EXPECT_TRUE(match("x{2,}", "xxxxx"));
}

TEST(Pattern, HostilePatternsStayBounded) {
  EXPECT_FALSE(match("(a*)*b", std::string(5000, 'a')));
  EXPECT_FALSE(match("(a|a|aa)*$", std::string(3000, 'a') + "!"));
  EXPECT_FALSE(Pattern::compile("((((a{400}){400}){400}))").ok());
}

TEST(Pattern, MalformedPatternsAreRefused) {
  for (const char* bad : {"(", "a)", "[a", "*a", "a{2", "a{3,2}", "\\", "[z-a]", "\\q"}) EXPECT_FALSE(Pattern::compile(bad).ok()) << bad;
}

}  // namespace
}  // namespace machiya
