// What a log-in leaves behind, and how random its mailed code is.
#include <map>

#include "platform/identity/testing.h"

namespace machiya::identity {
namespace {

struct LogInsRecorded : IdentityTest {
  /// "action actor method" of every row about sessions, oldest first.
  std::vector<std::string> rows() {
    auto found = store().read([&](store::ReadTx& tx) { return tx.query("SELECT action, actor, facts FROM audit_row WHERE action LIKE 'session.%' ORDER BY id"); });
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    std::vector<std::string> out;
    for (const auto& row : *found) out.push_back(row.text(0) + " " + row.text(1) + " " + row.text(2));
    return out;
  }
};

TEST_P(LogInsRecorded, GoodAndBadOnesWithTheirWay) {
  const std::string ticket = identity->request_code("a@example.jp", "203.0.113.9", "ja")->ticket;
  ASSERT_TRUE(identity->redeem_code(ticket, sender.last_code, {}).ok());
  put_staff("tanaka", {"clerk"}, "kankyo");
  EXPECT_FALSE(identity->staff_login("tanaka", "wrong horse", totp_now(), "192.0.2.1").ok());
  EXPECT_FALSE(identity->staff_login("nobody", "wrong horse", totp_now(), "192.0.2.1").ok());
  EXPECT_TRUE(identity->staff_login("tanaka", "correct horse", totp_now(), "192.0.2.1").ok());
  const auto all = rows();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].rfind("session.open person:", 0), 0u) << all[0];
  EXPECT_NE(all[0].find("email-code"), std::string::npos) << all[0];
  EXPECT_EQ(all[1].rfind("session.refused staff:", 0), 0u) << all[1];
  EXPECT_EQ(all[2].rfind("session.refused staff:unknown", 0), 0u) << all[2];
  EXPECT_EQ(all[3].rfind("session.open staff:", 0), 0u) << all[3];
  for (const std::string& row : all)
    for (const char* secret : {"horse", "example.jp", "tanaka", "203.0.113.9"}) EXPECT_EQ(row.find(secret), std::string::npos) << row;
}

TEST_P(LogInsRecorded, AWrongMailedCodeToo) {
  const std::string ticket = identity->request_code("a@example.jp", "203.0.113.9", "ja")->ticket;
  const std::string wrong = sender.last_code == "000000" ? "000001" : "000000";
  EXPECT_FALSE(identity->redeem_code(ticket, wrong, {}).ok());
  const auto all = rows();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].rfind("session.refused", 0), 0u) << all[0];
  EXPECT_EQ(all[0].find("example.jp"), std::string::npos);
}

MACHIYA_ON_BOTH_ENGINES(LogInsRecorded);

struct CodesMailed : IdentityTest {};

TEST_P(CodesMailed, AreSixDigitsOfWhichEachIsAsLikely) {
  constexpr int kMany = 400;
  std::map<char, int> seen;
  std::map<std::string, int> codes;
  for (int i = 0; i < kMany; ++i) {
    ASSERT_TRUE(identity->request_code("a" + std::to_string(i) + "@example.jp", "203.0.113." + std::to_string(i % 250), "ja").ok());
    ASSERT_EQ(sender.last_code.size(), 6u);
    codes[sender.last_code] += 1;
    for (char digit : sender.last_code) seen[digit] += 1;
  }
  // 2,400 digits, 240 of each expected; 88 is six standard deviations of a fair draw (sqrt(2400 x 0.1 x 0.9) = 14.7).
  EXPECT_EQ(seen.size(), 10u);
  for (const auto& [digit, count] : seen) EXPECT_NEAR(count, 240, 88) << digit;
  EXPECT_GT(codes.size(), 395u) << "of a million codes two of 400 are rarely the same";
}

MACHIYA_ON_BOTH_ENGINES(CodesMailed);

}  // namespace
}  // namespace machiya::identity
