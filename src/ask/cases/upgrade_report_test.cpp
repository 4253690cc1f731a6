#include "ask/cases/upgrade_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace machiya::cases {

TEST(UpgradeReport, NamesWhatAClerkOrApplicantWouldNotice) {
  const auto before = json::parse(R"({"pages":[{"page":"a","ask":[{"name":"dog","type":"text"},{"name":"old","type":"text"}]},
    {"page":"m","repeat":{"name":"members"},"ask":[{"name":"born","type":"date"}]}],"fee":"100"})");
  const auto after = json::parse(R"({"pages":[{"page":"a","ask":[{"name":"dog","type":"digits"},{"name":"chip","type":"text"}]},
    {"page":"m","repeat":{"name":"members"},"ask":[{"name":"born","type":"date","optional":true}]}],"fee":"200"})");
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_THAT(definition_differences(*before, *after),
              testing::UnorderedElementsAre("question added: chip", "question changed: dog (type)", "question gone: old",
                                            "question changed: members/born (optional)", "fee changed"));
  EXPECT_TRUE(definition_differences(*before, *before).empty());
}

TEST(UpgradeReport, SeesWorkflowsToo) {
  const auto before = json::parse(R"({"states":[{"state":"a","clock":"running"},{"state":"b"}],"actions":[{"action":"go","from":["a"],"to":"b"}]})");
  const auto after = json::parse(R"({"states":[{"state":"a","clock":"stopped"},{"state":"c"}],"actions":[{"action":"go","from":["a"],"to":"c"}]})");
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_THAT(definition_differences(*before, *after),
              testing::UnorderedElementsAre("state added: c", "state changed: a (clock)", "state gone: b", "action changed: go (to)"));
}

}  // namespace machiya::cases
