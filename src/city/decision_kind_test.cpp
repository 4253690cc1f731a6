#include "city/decision_kind.h"

#include <gtest/gtest.h>

#include "city/test_folder.h"

namespace machiya::city {
namespace {

class DecisionKindTest : public ::testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) const { folder_.write(file, text); }
  std::string lines() const { return folder_.faults({decision_kind(), block_kind()}); }
  TestFolder folder_;
};

TEST_F(DecisionKindTest, ADecisionMayNeedAnother) {
  write("decisions/rate.yaml", "decision: rate\ninputs: [ { name: kind, type: string } ]\noutputs: [ { name: yen, type: number, default: \"7\" } ]\n"
                               "rules:\n  - { when: ['\"a\"'], then: [\"100\"] }\n");
  write("decisions/fee.yaml", "decision: fee\ninputs: [ { name: kind, type: string }, { name: n, type: number } ]\nneeds: [rate]\nexpression: rate * n\n");
  EXPECT_EQ(lines(), "");
  const auto city = folder_.load({decision_kind()}).city;
  ASSERT_TRUE(city);
  const auto fee = compile_decision(*city, "fee");
  ASSERT_TRUE(fee.ok()) << fee.error().to_string();
  EXPECT_FALSE(compile_decision(*city, "none").ok());
}

TEST_F(DecisionKindTest, FeelFaultsStandAtTheirLineAndColumn) {
  write("decisions/bad.yaml", "decision: bad\ninputs:\n  - { name: n, type: number }\nexpression: |\n  if n > 1\n  then n + missing\n  else 0\n");
  EXPECT_NE(lines().find("decisions/bad.yaml:6:12: error:"), std::string::npos) << lines();
}

TEST_F(DecisionKindTest, RulesThatDoNotFitTheTableAreFaults) {
  write("decisions/bad.yaml", "decision: bad\ninputs:\n  - { name: n, type: number }\noutputs:\n  - { name: x, type: number }\nrules:\n  - { when: [\"1\", \"2\"], then: [\"3\"] }\n");
  EXPECT_NE(lines().find("decisions/bad.yaml:7:"), std::string::npos) << lines();
}

TEST_F(DecisionKindTest, ACycleIsAFault) {
  write("decisions/a.yaml", "decision: a\nneeds: [b]\nexpression: b + 1\n");
  write("decisions/b.yaml", "decision: b\nneeds: [a]\nexpression: a + 1\n");
  EXPECT_NE(lines().find("decisions/a.yaml"), std::string::npos) << lines();
}

TEST(OsakaDecisions, CompileWithoutAFault) {
  const LoadReport report = load(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka", {decision_kind(), block_kind()});
  for (const Fault& fault : report.faults) ADD_FAILURE() << to_line(fault);
  ASSERT_TRUE(report.city);
  for (const Loaded* loaded : report.city->all("decision")) EXPECT_TRUE(compile_decision(*report.city, loaded->source.id).ok()) << loaded->source.id;
}

}  // namespace
}  // namespace machiya::city
