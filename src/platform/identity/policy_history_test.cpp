// Policies in force: what changed, kept over restarts, seen once by somebody.
#include <gmock/gmock.h>

#include "platform/identity/policy_history.h"
#include "platform/identity/testing.h"

namespace machiya::identity {
namespace {
using ::testing::ElementsAre;

constexpr std::string_view kFirst = R"({"purposes":{"decide":{"name":{"ja":"審査"},"for":["case.read"]}},
  "roles":{"clerk":{"permissions":["case.read","case.note"],"scope":"own-department","purposes":["decide"]}},"relations":{"owner":{"may":["case.read"]}}})";
constexpr std::string_view kSecond = R"({"purposes":{"decide":{"name":{"ja":"審査・決定"},"for":["case.read"]}},
  "roles":{"auditor":{"permissions":["audit.read"],"scope":"all"},"clerk":{"permissions":["case.read","case.export"],"scope":"all","purposes":["decide"]}},"relations":{"owner":{"may":["case.read"]}}})";

std::string text_of(const PolicyChange& c) { return (c.added ? "+ " : "- ") + c.line.section + " " + c.line.entry + " " + c.line.part + " " + c.line.value; }
std::vector<std::string> texts_of(const std::vector<PolicyChange>& changes) {
  std::vector<std::string> out;
  for (const auto& c : changes) out.push_back(text_of(c));
  return out;
}

TEST(PolicyChanges, AreTheStatementsThatCameAndWent) {
  EXPECT_THAT(texts_of(policy_changes(*json::parse(kFirst), *json::parse(kSecond))),
              ElementsAre("+ roles auditor  ", "+ roles auditor permissions audit.read", "+ roles auditor scope all", "+ roles clerk permissions case.export", "- roles clerk permissions case.note",
                          "+ roles clerk scope all", "- roles clerk scope own-department"));
  EXPECT_TRUE(policy_changes(*json::parse(kFirst), *json::parse(kFirst)).empty());
}

/// Every list of the city's own policy, one word at a time: each that goes is told, and nothing else.
TEST(PolicyChanges, MissNoWordOfTheCitysPolicy) {
  const json::Value policy = *json::parse(demonstration_policy());
  const auto lines = policy_lines(policy);
  int told = 0;
  for (const char* section : {"purposes", "roles", "relations"})
    for (const auto& [entry, about] : policy[section].members())
      for (const char* part : {"permissions", "purposes", "for", "may"})
        for (std::size_t i = 0; i < about[part].size(); ++i) {
          json::Value less = json::Value::array();
          for (std::size_t k = 0; k < about[part].size(); ++k)
            if (k != i) less.push(about[part][k].as_string());
          json::Value without = policy;
          without.find(section)->find(entry)->set(part, std::move(less));
          EXPECT_THAT(texts_of(policy_changes(policy, without)), ElementsAre("- " + std::string(section) + " " + entry + " " + part + " " + about[part][i].as_string()));
          ++told;
        }
  EXPECT_GT(told, 30);
  EXPECT_GT(lines.size(), static_cast<std::size_t>(told));
}

struct PolicyHistoryTest : IdentityTest {
  PolicyHistory history() { return {store(), *audit, clock}; }   // a new process each time
  static Principal officer() {
    Principal p;
    p.kind = PrincipalKind::staff, p.public_id = "ciso";
    return p;
  }
  std::size_t audited(std::string_view action) {
    EXPECT_TRUE(audit->seal_now().ok());
    const auto rows = store().read([&](store::ReadTx& tx) { return tx.query("SELECT id FROM audit_row WHERE action = :a", {{"a", action}}); });
    return rows.ok() ? rows->size() : 0;
  }
};

TEST_P(PolicyHistoryTest, ChangesWaitUntilSomebodyHasSeenThem) {
  EXPECT_EQ(history().state()->number, 0);
  ASSERT_TRUE(history().keep(kFirst, "start").ok());
  EXPECT_EQ(history().state()->number, 1);
  EXPECT_TRUE(history().state()->unseen.empty()) << "the first has none before it";
  ASSERT_TRUE(history().keep(kFirst, "start").ok());
  EXPECT_EQ(history().state()->number, 1) << "a restart with the same file is no change";
  clock.advance(kHour);
  ASSERT_TRUE(history().keep(kSecond, "start").ok());
  clock.advance(kHour);
  ASSERT_TRUE(history().keep(kFirst, "reload").ok());
  const auto now = history().state();
  ASSERT_TRUE(now.ok());
  ASSERT_EQ(now->unseen.size(), 2u) << "there and back again is two changes, though the end is as the beginning";
  EXPECT_EQ(now->unseen[0].number, 3);
  EXPECT_EQ(now->unseen[0].why, "reload");
  EXPECT_EQ(now->unseen[1].changes.size(), 7u);
  EXPECT_EQ(now->unseen[1].at.us + kHour, now->unseen[0].at.us);
  EXPECT_EQ(audited("policy.change"), 3u);
}

TEST_P(PolicyHistoryTest, SeenIsSeenUpToWhatThePageShowed) {
  ASSERT_TRUE(history().keep(kFirst, "start").ok());
  ASSERT_TRUE(history().keep(kSecond, "reload").ok());
  const std::int64_t shown = history().state()->number;
  ASSERT_TRUE(history().keep(kFirst, "reload").ok());   // while somebody reads
  EXPECT_EQ(history().see(officer(), 9, "audit", "r").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(history().see(officer(), 0, "audit", "r").error().code, ErrorCode::invalid_input);
  ASSERT_TRUE(history().see(officer(), shown, "audit", "r").ok());
  ASSERT_TRUE(history().see(officer(), shown, "audit", "r").ok());   // the form sent twice
  EXPECT_EQ(audited("policy.seen"), 1u);
  const auto left = history().state();
  EXPECT_EQ(left->seen_by, "staff:ciso");
  ASSERT_EQ(left->unseen.size(), 1u);
  EXPECT_EQ(left->unseen[0].number, shown + 1);
  ASSERT_TRUE(history().see(officer(), shown + 1, "audit", "r").ok());
  EXPECT_TRUE(history().state()->unseen.empty());
}

MACHIYA_ON_BOTH_ENGINES(PolicyHistoryTest);

}  // namespace
}  // namespace machiya::identity
