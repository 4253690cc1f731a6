// Staff: password and one-time password, replays, lock-out, accounts.
#include <gmock/gmock.h>

#include "platform/identity/password_rules.h"
#include "platform/identity/staff_accounts.h"
#include "platform/identity/testing.h"

namespace machiya::identity {
namespace {
using ::testing::HasSubstr;

struct StaffTest : IdentityTest {
  ErrorCode fault(std::string_view name, std::string_view password, std::string_view totp, std::string_view remote = "192.0.2.1") {
    auto r = identity->staff_login(name, password, totp, remote);
    return r.ok() ? ErrorCode::internal : r.error().code;
  }
  bool opens(std::string_view name, std::string_view password, std::string_view totp, std::string_view remote = "192.0.2.1") {
    return identity->staff_login(name, password, totp, remote).ok();
  }
  Browser logged_in(const std::string& name) {
    Browser b(*router);
    b.get("/staff/login");
    auto r = b.post("/staff/login", {{"name", name}, {"password", "correct horse"}, {"code", totp_now()}, {"action", "next"}});
    EXPECT_EQ(r.status, 303);
    EXPECT_EQ(header_of(r, "location"), "/staff");
    b.get("/form");
    return b;
  }
};

TEST_P(StaffTest, NeedsNamePasswordAndCode) {
  put_staff("tanaka", {"clerk"}, "kankyo");
  EXPECT_EQ(fault("tanaka", "wrong horse", totp_now()), ErrorCode::invalid_input);
  EXPECT_EQ(fault("tanaka", "correct horse", "000000"), ErrorCode::invalid_input);
  EXPECT_EQ(fault("tanaka", "correct horse", ""), ErrorCode::invalid_input);
  EXPECT_EQ(fault("", "", ""), ErrorCode::invalid_input);
  Browser b = logged_in(" Tanaka ");
  EXPECT_THAT(b.get("/staff").body, HasSubstr("staff:"));
  EXPECT_EQ(b.get("/staff/audit").status, 403);
  EXPECT_EQ(b.get("/mine").status, 303);
  EXPECT_EQ(b.post("/staff/logout", {}).status, 303);
  EXPECT_EQ(b.get("/staff").status, 303);
}

TEST_P(StaffTest, ThePageNamesNoReason) {
  put_staff("tanaka", {"clerk"}, "kankyo");
  auto answer = [&](const std::string& name, const std::string& password) {
    Browser b(*router);
    b.get("/staff/login");
    auto r = b.post("/staff/login", {{"name", name}, {"password", password}, {"code", "000000"}, {"action", "next"}});
    for (std::string text : {name, b.last_csrf})
      for (std::size_t at = r.body.find(text); at != std::string::npos; at = r.body.find(text)) r.body.erase(at, text.size());
    return std::pair(r.status, r.body);
  };
  auto unknown = answer("nobody", "wrong");
  EXPECT_EQ(unknown.first, 422);
  EXPECT_EQ(answer("tanaka", "wrong"), unknown);
  EXPECT_EQ(answer("tanaka", "correct horse"), unknown);
}

TEST_P(StaffTest, ACodeWorksOnce) {
  put_staff("tanaka", {"clerk"}, "kankyo");
  const std::string code = totp_now();
  EXPECT_TRUE(opens("tanaka", "correct horse", code));
  EXPECT_FALSE(opens("tanaka", "correct horse", code));
  clock.advance(30 * kSecond);
  EXPECT_FALSE(opens("tanaka", "correct horse", code));  // its thirty seconds are over
  EXPECT_TRUE(opens("tanaka", "correct horse", totp_now()));
}

TEST_P(StaffTest, FailuresLockANameForLongerAndLonger) {
  put_staff("tanaka", {"clerk"}, "kankyo");
  put_staff("suzuki", {"clerk"}, "kankyo");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fault("tanaka", "wrong horse", "1"), ErrorCode::invalid_input) << i;
  EXPECT_EQ(fault("tanaka", "correct horse", totp_now()), ErrorCode::rate_limited);
  EXPECT_TRUE(opens("suzuki", "correct horse", totp_now()));
  clock.advance(kMinute);
  EXPECT_EQ(fault("tanaka", "wrong horse", "1"), ErrorCode::invalid_input);  // the sixth: two minutes
  clock.advance(kMinute);
  EXPECT_EQ(fault("tanaka", "correct horse", totp_now()), ErrorCode::rate_limited);
  clock.advance(kMinute);
  EXPECT_TRUE(opens("tanaka", "correct horse", totp_now()));
  clock.advance(30 * kSecond);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(fault("tanaka", "wrong horse", "1"), ErrorCode::invalid_input) << i;
  EXPECT_TRUE(opens("tanaka", "correct horse", totp_now()));  // a success begins the count anew
}

TEST_P(StaffTest, NamesThatDoNotExistLockAlike) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fault("nobody", "wrong horse", "1"), ErrorCode::invalid_input) << i;
  EXPECT_EQ(fault("nobody", "wrong horse", "1"), ErrorCode::rate_limited);
  EXPECT_EQ(audit->of_object("staff:unknown", 100)->size(), 5u);  // the same durable work as for a name that exists
}

TEST_P(StaffTest, OneClientCannotTryManyNames) {
  Options o = production();
  o.staff_tries_per_client = 6;
  start(o);
  put_staff("tanaka", {"clerk"}, "kankyo");
  for (int i = 0; i < 6; ++i) EXPECT_EQ(fault("name" + std::to_string(i), "wrong horse", "1", "192.0.2.7"), ErrorCode::invalid_input);
  EXPECT_EQ(fault("tanaka", "correct horse", totp_now(), "192.0.2.7"), ErrorCode::rate_limited);
  EXPECT_TRUE(opens("tanaka", "correct horse", totp_now(), "192.0.2.8"));
  clock.advance(kMinute);
  EXPECT_TRUE(opens("tanaka", "correct horse", totp_now(), "192.0.2.7"));
}

TEST_P(StaffTest, AnAccountWithoutASecondFactorStaysShut) {
  auto id = store().write([&](store::Tx& tx) { return identity->put_staff(tx, "sato", "佐藤", "correct horse", "", {"admin"}, ""); });
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(fault("sato", "correct horse", ""), ErrorCode::invalid_input);
  auto put = [&](std::string_view name, std::string_view password, std::string_view totp) {
    return store().write([&](store::Tx& tx) { return identity->put_staff(tx, name, "x", password, totp, {}, ""); });
  };
  EXPECT_FALSE(put("", "correct horse", kTestTotp).ok());
  EXPECT_FALSE(put("x", "short", kTestTotp).ok());
  EXPECT_FALSE(put("x", "correct horse", "not base 32").ok());
}

TEST_P(StaffTest, ChangingOrClosingAnAccountEndsItsSessions) {
  const auto id = put_staff("tanaka", {"clerk"}, "kankyo");
  Browser b = logged_in("tanaka");
  EXPECT_EQ(b.get("/staff").status, 200);
  EXPECT_EQ(put_staff("tanaka", {"auditor"}, "kansa"), id);
  EXPECT_EQ(b.get("/staff").status, 303);
  clock.advance(30 * kSecond);
  b = logged_in("tanaka");
  EXPECT_EQ(b.get("/staff/audit").status, 200);
  Principal admin;
  admin.kind = PrincipalKind::staff;
  auto close = [&] { return store().write([&](store::Tx& tx) { return identity->set_staff_active(tx, "tanaka", false, admin); }); };
  EXPECT_EQ(close().error().code, ErrorCode::forbidden);
  admin.roles = {"admin"};
  ASSERT_TRUE(close().ok());
  EXPECT_EQ(b.get("/staff").status, 303);
  clock.advance(30 * kSecond);
  EXPECT_EQ(fault("tanaka", "correct horse", totp_now()), ErrorCode::invalid_input);
  auto all = store().read([&](store::ReadTx& tx) { return identity->staff(tx); });
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].roles, std::vector<std::string>{"auditor"});
  EXPECT_FALSE((*all)[0].active);
}

// OWASP ASVS 5.0.0 v6.4.1: what an administrator makes serves once and for a few days, and never becomes the password of every day.
TEST_P(StaffTest, AFirstPasswordIsReplacedBeforeAnythingElse) {
  Principal admin;
  admin.kind = PrincipalKind::staff, admin.public_id = "boss";
  const StaffAccounts::Account wanted{" Sato ", "佐藤", "kansa", {"auditor"}};
  auto create = [&] { return store().write([&](store::Tx& tx) { return identity->staff_accounts().create(tx, wanted, admin, "r"); }); };
  EXPECT_EQ(create().error().code, ErrorCode::forbidden);
  admin.roles = {"admin"};
  const auto made = create();
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  EXPECT_EQ(create().error().code, ErrorCode::conflict) << "an account that is there keeps its secrets";
  EXPECT_GE(made->password.size() * 5, 112u) << "of 32 letters each";
  EXPECT_TRUE(PasswordRules::load("", {"sato"})->check(made->password, {"sato", "佐藤"}).ok());
  const auto code = [&] { return vault::totp_at_step(made->totp, clock.now().us / kSecond / 30); };
  Browser b(*router);
  b.get("/staff/login");
  EXPECT_EQ(b.post("/staff/login", {{"name", "sato"}, {"password", made->password}, {"code", code()}, {"action", "next"}}).status, 303);
  for (const char* page : {"/staff", "/staff/audit", "/staff/security", "/staff/security/passkeys/new"}) EXPECT_EQ(header_of(b.get(page), "location"), "/staff/password") << page;
  b.extra = {{"accept", "application/json"}};
  EXPECT_EQ(b.get("/staff/audit").status, 403);
  b.extra.clear();
  b.get("/form");
  EXPECT_EQ(header_of(b.post("/staff/security/end-others", {}), "location"), "/staff/password");

  const auto who = [&] {
    Principal p;
    const auto all = store().read([&](store::ReadTx& tx) { return identity->staff(tx); });
    p.kind = PrincipalKind::staff, p.id = all->front().id, p.public_id = all->front().public_id;
    return p;
  };
  EXPECT_EQ(identity->change_password(who(), made->password, made->password, "192.0.2.1").error().where, "wanted") << "the same one again is none of their own";
  EXPECT_EQ(header_of(b.get("/staff"), "location"), "/staff/password");
  ASSERT_TRUE(identity->change_password(who(), made->password, "tuna dogs at midnight", "192.0.2.1").ok());
  clock.advance(30 * kSecond);
  EXPECT_FALSE(opens("sato", made->password, code()));
  b = Browser(*router);
  b.get("/staff/login");
  EXPECT_EQ(b.post("/staff/login", {{"name", "sato"}, {"password", "tuna dogs at midnight"}, {"code", code()}, {"action", "next"}}).status, 303);
  EXPECT_EQ(b.get("/staff/audit").status, 200);
}

TEST_P(StaffTest, AFirstPasswordEndsAfterAWeek) {
  const auto made = store().write([&](store::Tx& tx) { return identity->staff_accounts().install(tx, {"sato", "佐藤", "kansa", {"auditor"}}); });
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  const auto code = [&] { return vault::totp_at_step(made->totp, clock.now().us / kSecond / 30); };
  clock.advance(StaffAccounts::kHandOverDays * kDay - kMinute);
  EXPECT_TRUE(opens("sato", made->password, code()));
  clock.advance(kMinute);
  EXPECT_FALSE(opens("sato", made->password, code()));
}

TEST_P(StaffTest, TheDemonstrationShowsACodeThatWorks) {
  Options o = production();
  o.demonstration = true;
  o.demonstration_totp = std::string(kTestTotp);
  start(o);
  put_staff("tanaka", {"clerk"}, "kankyo");
  EXPECT_TRUE(opens("tanaka", "correct horse", identity->demonstration_totp_code()));
  EXPECT_TRUE(opens("tanaka", "correct horse", identity->demonstration_totp_code()));
  Browser b(*router);
  EXPECT_THAT(b.get("/staff/login").body, HasSubstr("class=\"demo-totp\" value=\"" + identity->demonstration_totp_code() + "\""));
  start(production());
  EXPECT_EQ(identity->demonstration_totp_code(), "");
}

TEST_P(StaffTest, ABrokenPolicyIsRefusedAndTheOldOneStays) {
  Principal clerk;
  clerk.kind = PrincipalKind::staff;
  clerk.roles = {"clerk"};
  clerk.department = "kankyo";
  EXPECT_TRUE(identity->allowed(clerk, "case.decide", "kankyo"));
  EXPECT_FALSE(identity->reload_policy("{}").ok());
  EXPECT_TRUE(identity->allowed(clerk, "case.decide", "kankyo"));
  EXPECT_TRUE(identity->reload_policy(R"({"roles":{"clerk":{"permissions":["case.read"],"scope":"all"}}})").ok());
  EXPECT_FALSE(identity->allowed(clerk, "case.decide", "kankyo"));
  Options none = production();
  none.policy_text.clear();
  start(none);
  EXPECT_FALSE(identity->allowed(clerk, "case.read"));
  Principal citizen;
  citizen.kind = PrincipalKind::citizen;
  citizen.roles = {"admin"};
  EXPECT_FALSE(identity->allowed(citizen, "case.read"));
}

MACHIYA_ON_BOTH_ENGINES(StaffTest);

}  // namespace
}  // namespace machiya::identity
