// Passkeys of citizens and staff through their pages, with an authenticator in software: adding, logging in, step-up, copies, removal, "passkey
// only", and the ways back in.
#include <gmock/gmock.h>

#include <array>
#include <map>
#include <set>

#include "platform/identity/outside_logins.h"
#include "platform/identity/passkeys.h"
#include "platform/identity/recovery.h"
#include "platform/identity/testing.h"
#include "platform/webauthn/testing/authenticator.h"

namespace machiya::identity {
namespace {
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using webauthn::testing::TestAuthenticator;

constexpr const char* kOrigin = "https://city.example";

struct PasskeyTest : IdentityTest {
  TestAuthenticator key{"city.example", kOrigin};
  std::string user_handle;   ///< as the authenticator keeps it

  void SetUp() override {
    IdentityTest::SetUp();
    Options o = production();
    o.base_url = kOrigin;
    o.codes_per_address = 50;
    start(o);
  }
  Browser staff(const std::string& name) {
    Browser b = IdentityTest::staff(name);
    clock.advance(kMinute);   // the next log-in needs another code
    return b;
  }
  std::string actor(Browser& b) {
    const std::string body = b.get("/mine").body;
    return body.substr(0, body.find(' '));
  }
  json::Value options(Browser& b, const std::string& path) {
    auto r = b.post(path, {});
    EXPECT_EQ(r.status, 200) << r.body;
    return *json::parse(r.body);
  }
  std::string created(const json::Value& options) {
    user_handle = options["user"].text("id");
    const auto made = key.create(options.text("challenge"));
    return json::to_text(json::Value::object({{"id", vault::base64url(key.id())}, {"response", json::Value::object({{"clientDataJSON", vault::base64url(made.client_data_json)},
                                                                                                                     {"attestationObject", vault::base64url(made.attestation_object)}})}}));
  }
  std::string used(TestAuthenticator& with, const json::Value& options) {
    const auto got = with.get(options.text("challenge"));
    return json::to_text(json::Value::object(
        {{"id", vault::base64url(with.id())},
         {"response", json::Value::object({{"clientDataJSON", vault::base64url(got.client_data_json)}, {"authenticatorData", vault::base64url(got.authenticator_data)},
                                           {"signature", vault::base64url(got.signature)}, {"userHandle", user_handle}})}}));
  }
  http::Response add(Browser& b, const std::string& home = "/my/security") {
    b.get("/form");
    return b.post(home + "/passkeys", {{"name", "家の鍵"}, {"response", created(options(b, home + "/passkeys/options"))}});
  }
  http::Response log_in(Browser& b, const std::string& path = "/login/passkey") {
    b.get(path == "/login/passkey" ? "/login" : "/staff/login");
    return b.post(path, {{"response", used(key, options(b, path + "/options"))}, {"next", "/mine"}});
  }
  std::vector<std::string> actions(const std::string& object) {
    std::vector<std::string> out;
    const auto entries = audit->of_object(object, 50);
    for (const auto& row : *entries) out.push_back(row.entry.action);
    return out;
  }
  std::int64_t rows(const std::string& table) {
    return (*store().read([&](store::ReadTx& tx) { return tx.query_one("SELECT COUNT(*) FROM " + table); }))->integer(0);
  }
  /// A clerk and the two administrators who make secrets anew for others.
  void put_office() {
    put_staff("tanaka", {"clerk"}, "kankyo");
    put_staff("sato", {"admin"}, "shimin");
    put_staff("mori", {"admin"}, "shimin");
  }
  struct Office {
    Browser tanaka, sato, mori;
  };
  /// All three logged in, the clerk with a passkey.
  Office office() {
    put_office();
    Office out{staff("tanaka"), staff("sato"), staff("mori")};
    add(out.tanaka, "/staff/security");
    return out;
  }
  static http::Response reset(Browser& who, const char* action) { return who.post("/staff/resets", {{"name", "tanaka"}, {"action", action}}); }
  /// The new secrets that a page shows.
  static std::vector<std::string> secrets_on(const http::Response& page) {
    std::vector<std::string> out;
    const std::string mark = "class=\"token\">";
    for (std::size_t at = page.body.find(mark); at != std::string::npos; at = page.body.find(mark, at)) {
      at += mark.size();
      out.push_back(page.body.substr(at, page.body.find('<', at) - at));
    }
    return out;
  }
  std::string first_handle(Browser& b) {
    const std::string page = b.get("/my/security").body, mark = "name=\"passkey\" value=\"";
    const std::size_t at = page.find(mark);
    return at == std::string::npos ? "" : page.substr(at + mark.size(), 32);
  }
};

TEST_P(PasskeyTest, ACitizenAddsOneAndLogsInByIt) {
  Browser b = citizen();
  const std::string me = actor(b);
  EXPECT_EQ(header_of(add(b), "location"), "/my/security?done=passkey-added");
  EXPECT_THAT(sender.notices, ElementsAre("a@example.jp passkey-added"));
  EXPECT_THAT(b.get("/my/security").body, HasSubstr("家の鍵"));
  EXPECT_THAT(actions(me), Contains("passkey.add"));
  Browser other(*router);
  EXPECT_EQ(header_of(log_in(other), "location"), "/mine");
  EXPECT_EQ(actor(other), me);
  EXPECT_EQ((*audit->of_object(me, 1)).front().entry.facts.text("strength"), "phishing-resistant");
  EXPECT_EQ(rows("identity_challenge"), 0);
  EXPECT_EQ(rows("identity_passkey"), 1);
}

TEST_P(PasskeyTest, AChallengeServesOnceForItsSessionForFiveMinutes) {
  Browser b = citizen();
  add(b);
  Browser one(*router), two(*router);
  one.get("/login");
  const std::string answer = used(key, options(one, "/login/passkey/options"));
  two.get("/login");
  EXPECT_EQ(header_of(two.post("/login/passkey", {{"response", answer}}), "location"), "/login?refused=passkey");   // another browser's
  EXPECT_EQ(one.post("/login/passkey", {{"response", answer}, {"next", "/mine"}}).status, 303);
  EXPECT_EQ(one.get("/mine").status, 200);
  Browser again(*router);
  again.get("/login");
  const std::string late = used(key, options(again, "/login/passkey/options"));
  clock.advance(5 * kMinute + kSecond);
  EXPECT_EQ(header_of(again.post("/login/passkey", {{"response", late}}), "location"), "/login?refused=passkey");
  again.get("/login");
  const std::string good = used(key, options(again, "/login/passkey/options"));
  EXPECT_EQ(header_of(again.post("/login/passkey", {{"response", good.substr(1)}}), "location"), "/login?refused=passkey");
  EXPECT_EQ(header_of(again.post("/login/passkey", {{"response", good}, {"next", "/mine"}}), "location"), "/mine");
  EXPECT_EQ(header_of(again.post("/login/passkey", {{"response", good}}), "location"), "");   // the token of the form is old now
  Browser third(*router);
  third.get("/login");
  EXPECT_EQ(header_of(third.post("/login/passkey", {{"response", good}}), "location"), "/login?refused=passkey");   // used
  EXPECT_THAT(third.get("/login?refused=passkey").body, HasSubstr("パスキーを確かめられませんでした"));
}

TEST_P(PasskeyTest, ACopiedPasskeyIsRefusedAndSaidInTheAudit) {
  Browser b = citizen();
  const std::string me = actor(b);
  add(b);
  Browser x(*router), y(*router);
  key.sign_count = 10;
  EXPECT_EQ(header_of(log_in(x), "location"), "/mine");
  key.sign_count = 5;
  EXPECT_EQ(header_of(log_in(y), "location"), "/login?refused=passkey&next=%2Fmine");
  EXPECT_EQ(y.get("/mine").status, 303);
  EXPECT_EQ(actions(me).front(), "passkey.copied");
}

TEST_P(PasskeyTest, NobodyElsesKeyOriginOrDoorOpens) {
  put_staff("tanaka", {"clerk"}, "kankyo");
  Browser b = citizen();
  add(b);
  const auto refused = [&](auto&& change) {
    TestAuthenticator good = key;
    change();
    Browser x(*router);
    const auto r = log_in(x);
    key = good;
    return header_of(r, "location").find("refused=passkey") != std::string::npos && x.get("/mine").status == 303;
  };
  EXPECT_TRUE(refused([&] { key.origin = "https://city.example.evil"; }));
  EXPECT_TRUE(refused([&] { key.rp_id = "example"; }));
  EXPECT_TRUE(refused([&] { key.spoil_signature = true; }));
  EXPECT_TRUE(refused([&] { key.flags = 0x01; }));   // present but not verified
  const std::string handle = user_handle;
  EXPECT_TRUE(refused([&] { user_handle = vault::base64url("somebody-else"); }));
  user_handle = handle;
  Browser s(*router);
  EXPECT_EQ(header_of(log_in(s, "/staff/login/passkey"), "location").substr(0, 28), "/staff/login?refused=passkey");
  Browser other = citizen("b@example.jp");
  EXPECT_EQ(add(other).status, 422);   // the credential is somebody's already
  EXPECT_EQ(rows("identity_passkey"), 1);
}

TEST_P(PasskeyTest, AddingAndRemovingNeedAFreshLogIn) {
  Browser b = citizen();
  add(b);
  const std::string handle = first_handle(b);
  clock.advance((kStepUpMinutes + 1) * kMinute);
  EXPECT_THAT(b.get("/my/security/passkeys/new").body, HasSubstr("data-confirm=\"/login/confirm?next=%2Fmy%2Fsecurity%2Fpasskeys%2Fnew\""));
  b.get("/form");
  b.extra = {{"x-fragment", "1"}};   // as the script asks
  EXPECT_EQ(b.post("/my/security/passkeys/options", {}).status, 401);
  b.extra.clear();
  b.get("/form");
  const std::string where = header_of(b.post("/my/security/passkeys/remove", {{"passkey", handle}}), "location");
  EXPECT_THAT(where, HasSubstr("/login/confirm?next=%2Flogin%2Fcontinue%2F"));
  EXPECT_EQ(rows("identity_passkey"), 1);
  b.get(where);
  Browser far = citizen();
  EXPECT_EQ(header_of(log_in(b), "location"), "/mine");   // step-up by the passkey itself
  b.get("/form");
  EXPECT_EQ(header_of(b.post("/my/security/passkeys/remove", {{"passkey", handle}}), "location"), "/my/security?done=passkey-removed");
  EXPECT_EQ(rows("identity_passkey"), 0);
  EXPECT_EQ(far.get("/mine").status, 303);   // whoever came in otherwise is out
  EXPECT_EQ(b.get("/mine").status, 200);
  EXPECT_THAT(sender.notices, ElementsAre("a@example.jp passkey-added", "a@example.jp passkey-removed"));
  EXPECT_THAT(actions(actor(b)), Contains("passkey.remove"));
}

// OWASP ASVS 5.0.0 v6.4.3: the second factor is not got round.
TEST_P(PasskeyTest, AForgottenPasswordIsMadeAnewAndTheSecondFactorStays) {
  auto [tanaka, sato, mori] = office();
  EXPECT_EQ(reset(sato, "propose-password").status, 303);
  const auto done = reset(mori, "confirm");
  ASSERT_EQ(done.status, 200);
  const auto shown = secrets_on(done);
  ASSERT_EQ(shown.size(), 1u) << "the authenticator's secret is not made anew";
  EXPECT_EQ(rows("identity_passkey"), 1);
  EXPECT_EQ(tanaka.get("/staff").status, 303);
  clock.advance(30 * kSecond);
  const auto enters = [&](const std::string& code) { return identity->staff_login("tanaka", shown[0], code, "192.0.2.9").ok(); };
  EXPECT_FALSE(enters("")) << "a new password alone opens nothing";
  EXPECT_FALSE(enters("000000"));
  EXPECT_TRUE(enters(totp_now()));
}

// OWASP ASVS 5.0.0 v6.5.2: a plain digest is enough from 112 random bits on.
TEST_P(PasskeyTest, RecoveryCodesHold120RandomBits) {
  Browser b = citizen();
  add(b);
  b.get("/form");
  ASSERT_EQ(b.post("/my/security/required", {{"required", "yes"}}).status, 200);
  Principal who;
  who.kind = PrincipalKind::citizen;
  who.id = (*store().read([](store::ReadTx& tx) { return tx.query_one("SELECT id FROM identity_person"); }))->integer(0);
  constexpr int kRounds = 60, kLetters = 24;
  std::set<std::string> seen;
  std::map<char, int> often;
  std::array<std::set<char>, kLetters> at;
  for (int round = 0; round < kRounds; ++round) {
    const auto codes = identity->recovery().new_codes(who, "en");
    ASSERT_TRUE(codes.ok()) << codes.error().to_string();
    for (const std::string& code : *codes) {
      std::string letters = code;
      std::erase(letters, '-');
      ASSERT_EQ(letters.size(), static_cast<std::size_t>(kLetters));
      seen.insert(letters);
      for (int i = 0; i < kLetters; ++i) ++often[letters[static_cast<std::size_t>(i)]], at[static_cast<std::size_t>(i)].insert(letters[static_cast<std::size_t>(i)]);
    }
  }
  EXPECT_EQ(seen.size(), kRounds * 10u);
  ASSERT_EQ(often.size(), 32u) << "five bits a letter";
  for (const auto& [letter, count] : often) EXPECT_NEAR(count, kRounds * 10 * kLetters / 32, 180) << letter;   // eight standard deviations
  for (const auto& letters : at) EXPECT_EQ(letters.size(), 32u) << "in every place";   // a miss: 32 × e^-19 a place
  EXPECT_GE(kLetters * 5, 112);
}

TEST_P(PasskeyTest, TheOwnerNamesAPasskeyAnew) {
  Browser b = citizen();
  add(b);
  const std::string handle = first_handle(b);
  b.get("/form");
  EXPECT_EQ(header_of(b.post("/my/security/passkeys/rename", {{"passkey", handle}, {"name", " 居間の電話 "}}), "location"), "/my/security?done=passkey-renamed");
  EXPECT_THAT(b.get("/my/security").body, HasSubstr("居間の電話"));
  EXPECT_THAT(actions(actor(b)), Contains("passkey.rename"));
  for (const std::string& wrong : {std::string(), std::string(" "), std::string(101, 'x')}) {
    b.get("/form");
    EXPECT_EQ(header_of(b.post("/my/security/passkeys/rename", {{"passkey", handle}, {"name", wrong}}), "location"), "/my/security?done=passkey-unnamed");
  }
  Browser other(*router);
  Principal somebody;
  somebody.kind = PrincipalKind::citizen, somebody.id = 4711;
  EXPECT_EQ(identity->passkeys().rename(somebody, handle, "x").error().code, ErrorCode::not_found) << "nobody names another's";
  EXPECT_THAT(b.get("/my/security").body, HasSubstr("居間の電話"));
  const auto kept = *store().read([](store::ReadTx& tx) { return tx.query_one("SELECT name FROM identity_passkey"); });
  EXPECT_THAT(kept->text(0), Not(HasSubstr("居間"))) << "sealed";
}

TEST_P(PasskeyTest, AWayIsTakenBackButNeverTheLastOne) {
  auto& outside = identity->outside_logins();
  const auto write = [&](auto work) { return store().write([&](store::Tx& tx) -> Result<void> { return work(tx); }); };
  Principal person;
  ASSERT_TRUE(write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(person, outside.add_person(tx, "oidc:line", "subject-1", Assurance::contact));
    return {};
  }).ok());
  const std::vector<std::string> open = {"email-code", "oidc:line", "oidc:card"};
  const auto take_back = [&](std::string_view method, std::vector<std::string> offered) {
    const auto done = write([&](store::Tx& tx) { return outside.remove_way(tx, person, method, offered, "r"); });
    return done.ok() ? ErrorCode::internal : done.error().code;
  };
  EXPECT_EQ(take_back("oidc:card", open), ErrorCode::not_found);
  EXPECT_EQ(take_back("oidc:line", open), ErrorCode::conflict) << "the last one";
  ASSERT_TRUE(write([&](store::Tx& tx) { return outside.add_way(tx, person, "oidc:card", "subject-2"); }).ok());
  EXPECT_EQ(take_back("oidc:line", {"email-code", "oidc:line"}), ErrorCode::conflict) << "the other one is offered no longer";
  EXPECT_EQ(take_back("oidc:line", open), ErrorCode::internal);
  EXPECT_THAT(actions(person.actor()), Contains("login.remove"));
  const auto gone = store().read([&](store::ReadTx& tx) { return outside.person(tx, "oidc:line", "subject-1"); });
  EXPECT_TRUE(gone.ok() && !*gone);
  EXPECT_EQ(take_back("oidc:card", open), ErrorCode::conflict);
}

TEST_P(PasskeyTest, StaffLogInByPasskeyAndThenByItOnly) {
  put_office();
  Browser s = staff("tanaka");
  EXPECT_EQ(header_of(add(s, "/staff/security"), "location"), "/staff/security?done=passkey-added");
  Browser fresh(*router);
  EXPECT_EQ(header_of(log_in(fresh, "/staff/login/passkey"), "location"), "/mine");
  EXPECT_EQ(fresh.get("/staff").status, 200);
  fresh.get("/form");
  EXPECT_EQ(header_of(fresh.post("/staff/security/required", {{"required", "yes"}}), "location"), "/staff/security?done=passkey-required");
  Browser weak(*router);
  weak.get("/staff/login");
  auto r = weak.post("/staff/login", {{"name", "tanaka"}, {"password", "correct horse"}, {"code", totp_now()}, {"action", "next"}});
  EXPECT_EQ(r.status, 412);
  EXPECT_EQ(weak.get("/staff").status, 303);
  // A new password is no way around it.
  EXPECT_FALSE(store().write([&](store::Tx& tx) { return identity->put_staff(tx, "tanaka", "t", "another horse", kTestTotp, {"clerk"}, "kankyo"); }).ok());
  Browser sato = staff("sato"), mori = staff("mori");
  EXPECT_EQ(reset(mori, "confirm").status, 412);   // nobody proposed
  EXPECT_EQ(reset(sato, "propose").status, 303);
  EXPECT_EQ(reset(sato, "confirm").status, 403);   // two are two
  EXPECT_EQ(fresh.get("/staff").status, 200);
  EXPECT_EQ(reset(mori, "confirm").status, 303);
  EXPECT_EQ(fresh.get("/staff").status, 303);
  EXPECT_EQ(rows("identity_passkey"), 0);
  EXPECT_EQ(staff("tanaka").get("/staff").status, 200);
}

TEST_P(PasskeyTest, NewSecretsForAnAccountTakeTwoAdministrators) {
  auto [tanaka, sato, mori] = office();
  EXPECT_EQ(reset(sato, "propose-secrets").status, 303);
  EXPECT_EQ(reset(sato, "confirm").status, 403);
  EXPECT_EQ(tanaka.get("/staff").status, 200) << "a proposal changes nothing";
  // Nor by an account that the first has just made an administrator: not for thirty days.
  Principal first;
  first.kind = PrincipalKind::staff, first.roles = {"admin"};
  const auto all = store().read([&](store::ReadTx& tx) { return identity->staff(tx); });
  for (const auto& member : *all)
    if (member.name == "sato") first.id = member.id, first.public_id = member.public_id;
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return identity->staff_accounts().change(tx, {"mori", "森", "shimin", {"admin"}}, first, "r"); }).ok());
  clock.advance(30 * kSecond);   // a code serves once
  mori = staff("mori");
  EXPECT_EQ(reset(mori, "confirm").status, 403);
  clock.advance(Recovery::kOwnRightsDays * kDay);
  sato = staff("sato"), mori = staff("mori"), tanaka = staff("tanaka");
  EXPECT_EQ(reset(mori, "confirm").status, 412) << "the proposal was for three days";
  EXPECT_EQ(reset(sato, "propose-secrets").status, 303);
  const auto done = reset(mori, "confirm");
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(header_of(done, "cache-control"), "no-store");
  const auto shown = secrets_on(done);
  ASSERT_EQ(shown.size(), 2u) << done.body;
  EXPECT_EQ(tanaka.get("/staff").status, 303) << "the sessions of before are over";
  EXPECT_EQ(rows("identity_passkey"), 0);
  const auto enters = [&](const std::string& password, const std::string& secret) {
    return identity->staff_login("tanaka", password, vault::totp_at_step(secret, clock.now().us / kSecond / 30), "192.0.2.9").ok();
  };
  EXPECT_FALSE(enters("correct horse", std::string(kTestTotp)));
  EXPECT_FALSE(enters(shown[0], std::string(kTestTotp)));
  EXPECT_TRUE(enters(shown[0], shown[1]));
}

/// A citizen who wants passkeys only.
struct PasskeyOnlyTest : PasskeyTest {
  std::vector<std::string> codes;
  std::string me;
  Browser strict() {
    Browser b = citizen();
    me = actor(b);
    add(b);
    b.get("/form");
    const std::string page = b.post("/my/security/required", {{"required", "yes"}}).body;
    for (std::size_t at = page.find("class=\"token\">"); at != std::string::npos; at = page.find("class=\"token\">", at + 1)) codes.push_back(page.substr(at + 14, 29));
    EXPECT_EQ(codes.size(), 10u);
    return b;
  }
  /// By a mailed code, as far as it goes.
  Browser by_mail(std::string_view leads_to = "/login/recover") {
    Browser b(*router);
    b.get("/login");
    b.post("/login", {{"email", "a@example.jp"}, {"action", "next"}});
    EXPECT_EQ(header_of(b.post("/login/code", {{"code", sender.last_code}, {"action", "next"}}), "location"), leads_to);
    EXPECT_EQ(b.get("/mine").status, leads_to == "/" ? 200 : 303);
    b.get("/login/recover");
    return b;
  }
  bool enters(Browser& b, http::Pairs form) { return header_of(b.post("/login/recover", std::move(form)), "location") == "/my/security" && b.get("/mine").status == 200; }
};

TEST_P(PasskeyOnlyTest, AMailedCodeAloneIsNotEnough) {
  Browser b = strict();
  Browser weak = by_mail();
  EXPECT_FALSE(enters(weak, {{"way", "code"}, {"code", "0000-0000-0000-0000"}}));
  EXPECT_FALSE(enters(weak, {{"way", "counter"}}));
  // Nor through any other way that is no stronger.
  const auto opened = store().write([&](store::Tx& tx) -> Result<std::string> {
    MACHIYA_TRY(const Principal person, identity->find_person(tx, "a@example.jp"));
    return identity->open_session(tx, person, {Method::provider, Strength::two_factors}, {}, "");
  });
  EXPECT_EQ(opened.error().code, ErrorCode::precondition_failed);
  b.get("/form");
  EXPECT_EQ(header_of(b.post("/my/security/passkeys/remove", {{"passkey", first_handle(b)}}), "location"), "/my/security?done=unchanged");   // the last one
  b.get("/form");
  EXPECT_EQ(b.post("/my/security/required", {{"required", "no"}}).status, 403);   // this session came by mail
  Browser strong(*router);
  EXPECT_EQ(header_of(log_in(strong), "location"), "/mine");
  strong.get("/form");
  EXPECT_EQ(header_of(strong.post("/my/security/required", {{"required", "no"}}), "location"), "/my/security?done=passkey-not-required");
  by_mail("/");
}

TEST_P(PasskeyOnlyTest, ARecoveryCodeWorksOnceBesideAMailedCode) {
  strict();
  Browser b = by_mail();
  std::string typed = codes[3];
  for (char& c : typed) c = static_cast<char>(std::tolower(c));
  EXPECT_TRUE(enters(b, {{"way", "code"}, {"code", " " + typed}}));
  EXPECT_THAT(sender.notices, Contains("a@example.jp recovery-used"));
  EXPECT_THAT(actions(me), Contains("recovery.use"));
  Browser again = by_mail();
  EXPECT_FALSE(enters(again, {{"way", "code"}, {"code", codes[3]}}));   // used
  EXPECT_TRUE(enters(again, {{"way", "code"}, {"code", codes[4]}}));
  // Without a mailed code it is worth nothing, and five tries are all.
  Browser bare(*router);
  bare.get("/login/recover");
  EXPECT_EQ(header_of(bare.post("/login/recover", {{"way", "code"}, {"code", codes[5]}}), "location"), "/login");
  Browser tried = by_mail();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(enters(tried, {{"way", "code"}, {"code", "0000-0000-0000-0000"}}));
  EXPECT_FALSE(enters(tried, {{"way", "code"}, {"code", codes[5]}}));
  Browser late = by_mail();
  clock.advance(10 * kMinute);
  EXPECT_FALSE(enters(late, {{"way", "code"}, {"code", codes[5]}}));
  // New codes end the old ones; nothing of them stands in the database.
  b.get("/form");
  EXPECT_EQ(b.post("/my/security/required", {{"required", "codes"}}).status, 200);
  Browser old = by_mail();
  EXPECT_FALSE(enters(old, {{"way", "code"}, {"code", codes[6]}}));
  const auto kept = *store().read([](store::ReadTx& tx) { return tx.query("SELECT digest FROM identity_recovery_code"); });
  EXPECT_EQ(kept.size(), 10u);
  for (const auto& row : kept) EXPECT_EQ(row.text(0).size(), 64u);   // a keyed digest
}

TEST_P(PasskeyOnlyTest, TheCounterOpensAWayAfterADayThatTheOwnerCanClose) {
  strict();
  put_staff("mori", {"counter"}, "shimin");
  put_staff("tanaka", {"clerk"}, "kankyo");
  const std::string path = "/staff/persons/" + me.substr(me.find(':') + 1) + "/reenrol";
  Browser clerk = staff("tanaka");
  EXPECT_EQ(clerk.post(path, {{"evidence", "passport"}}).status, 403);
  Browser counter = staff("mori");
  EXPECT_EQ(counter.post(path, {{"evidence", ""}}).status, 422);
  EXPECT_EQ(counter.post(path, {{"evidence", "passport"}}).status, 200);
  EXPECT_THAT(sender.notices, Contains("a@example.jp recovery-opened"));
  EXPECT_THAT(actions(me), Contains("recovery.open"));
  clock.advance(23 * kHour);
  Browser early = by_mail();
  EXPECT_FALSE(enters(early, {{"way", "counter"}}));
  clock.advance(2 * kHour);
  Browser ready = by_mail();
  EXPECT_TRUE(enters(ready, {{"way", "counter"}}));
  Browser twice = by_mail();
  EXPECT_FALSE(enters(twice, {{"way", "counter"}}));
  // Whoever logs in by passkey has lost none: what waits is closed.
  Browser again = staff("mori");
  EXPECT_EQ(again.post(path, {{"evidence", "passport"}}).status, 200);
  clock.advance(25 * kHour);
  Browser owner(*router);
  EXPECT_EQ(header_of(log_in(owner), "location"), "/mine");
  Browser thief = by_mail();
  EXPECT_FALSE(enters(thief, {{"way", "counter"}}));
  // And after three days nobody can use it.
  Browser third = staff("mori");
  EXPECT_EQ(third.post(path, {{"evidence", "passport"}}).status, 200);
  clock.advance(5 * kDay);
  Browser slow = by_mail();
  EXPECT_FALSE(enters(slow, {{"way", "counter"}}));
}

TEST_P(PasskeyTest, TheDemonstrationSaysWherePasskeysWork) {
  Options o = production();
  o.demonstration = true;
  start(o);
  http::Request r = http::testing::request(http::Method::get, "/login");
  r.headers = {{"host", "127.0.0.1:8080"}, {"accept", "text/html"}};
  EXPECT_THAT(router->dispatch(r).body, HasSubstr("http://localhost:8080/login"));
  r.headers = {{"host", "localhost:8080"}, {"accept", "text/html"}};
  const std::string page = router->dispatch(r).body;
  EXPECT_THAT(page, HasSubstr("data-passkey=\"get\""));
  EXPECT_THAT(page, Not(HasSubstr("http://localhost")));
  EXPECT_FALSE(identity->passkeys().possible("evil.example"));
  EXPECT_FALSE(identity->passkeys().possible("localhost.evil.example:80"));
}

TEST_P(PasskeyTest, AConsoleWithANameOfItsOwnHasPasskeysOfItsOwn) {
  Options o = production();
  o.base_url = "https://city.example.jp", o.staff_url = "https://office.city.example";
  start(o);
  Browser b = citizen();   // at city.example
  const json::Value mine = options(b, "/my/security/passkeys/options");
  EXPECT_EQ(mine["rp"].text("id"), "city.example.jp");
  b.extra = {{"host", "office.city.example"}};
  b.get("/form");
  EXPECT_EQ(options(b, "/my/security/passkeys/options")["rp"].text("id"), "office.city.example");
}

MACHIYA_ON_BOTH_ENGINES(PasskeyTest);
MACHIYA_ON_BOTH_ENGINES(PasskeyOnlyTest);

}  // namespace
}  // namespace machiya::identity
