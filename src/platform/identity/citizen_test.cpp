// Citizens: mailed codes, people, sessions, and what never leaks.
#include <gmock/gmock.h>

#include <set>
#include "base/log.h"
#include "platform/identity/testing.h"

namespace machiya::identity {
namespace {

struct CitizenTest : IdentityTest {
  /// A whole log-in through the pages; gives the browser.
  Browser logged_in(const std::string& email, const std::string& next = "/") {
    Browser b(*router);
    b.get("/login");
    EXPECT_EQ(b.post("/login", {{"email", email}, {"action", "next"}, {"next", next}}).status, 303);
    b.get("/login/code?next=" + http::url_encode(next));
    auto r = b.post("/login/code", {{"code", sender.last_code}, {"action", "next"}, {"next", next}});
    EXPECT_EQ(r.status, 303);
    EXPECT_EQ(header_of(r, "location"), next);
    return b;
  }
  std::string person_count() {
    return std::to_string((*store().read([](store::ReadTx& tx) { return tx.query_one("SELECT COUNT(*) FROM identity_person"); }))->integer(0));
  }
};
using ::testing::HasSubstr;
using ::testing::Not;

TEST_P(CitizenTest, ANewAddressBecomesAPersonAndStaysTheSame) {
  Browser b = logged_in("Hanako@Example.jp");
  const std::string first = b.get("/mine").body;
  EXPECT_THAT(first, HasSubstr("person:"));
  EXPECT_THAT(first, HasSubstr(" 1"));  // assurance contact
  EXPECT_EQ(sender.last_email, "hanako@example.jp");
  Browser again = logged_in("hanako@example.jp");
  EXPECT_EQ(again.get("/mine").body, first);
  EXPECT_EQ(person_count(), "1");
  EXPECT_NE(again.cookies, b.cookies);
}

TEST_P(CitizenTest, ThePagesAreOneFormEach) {
  Browser b(*router);
  auto r = b.get("/login?next=/mine");
  EXPECT_EQ(r.status, 200);
  for (auto part : {"name=\"email\"", "autocomplete=\"email\"", "inputmode=\"email\"", "<label", "name=\"action\" value=\"next\"", "name=\"next\" value=\"/mine\""})
    EXPECT_THAT(r.body, HasSubstr(part));
  r = b.post("/login", {{"email", "not an address"}, {"action", "next"}});
  EXPECT_EQ(r.status, 422);
  EXPECT_THAT(r.body, HasSubstr("aria-describedby=\"email-error\""));
  EXPECT_THAT(r.body, HasSubstr("value=\"not an address\""));
  b.post("/login", {{"email", "a@example.jp"}, {"action", "next"}});
  r = b.get("/login/code");
  for (auto part : {"name=\"code\"", "autocomplete=\"one-time-code\"", "inputmode=\"numeric\"", "value=\"back\""}) EXPECT_THAT(r.body, HasSubstr(part));
  EXPECT_THAT(r.body, Not(HasSubstr("demo-code")));
  EXPECT_EQ(header_of(b.post("/login/code", {{"action", "back"}, {"next", "/mine"}}), "location"), "/login?next=%2Fmine");
  r = b.post("/login/code", {{"code", "12"}, {"action", "next"}});
  EXPECT_EQ(r.status, 422);
  EXPECT_THAT(r.body, HasSubstr("code-error"));
}

TEST_P(CitizenTest, TheDemonstrationShowsTheCode) {
  Options o = production();
  o.demonstration = true;
  start(o);
  Browser b(*router);
  b.get("/login");
  b.post("/login", {{"email", "a@example.jp"}, {"action", "next"}});
  EXPECT_THAT(b.get("/login/code").body, HasSubstr("<data class=\"demo-code\" value=\"" + sender.last_code + "\">"));
}

TEST_P(CitizenTest, TheDemonstrationsNextProcessShowsTheCodeToo) {
  Options o = production();
  o.demonstration = true;
  start(o);
  const std::string ticket = identity->request_code("a@example.jp", "203.0.113.9", "ja")->ticket;
  auto stored = [&] { return (*store().read([](store::ReadTx& tx) { return tx.query_one("SELECT shown FROM identity_code"); }))->text(0); };
  EXPECT_THAT(stored(), Not(HasSubstr(sender.last_code)));  // sealed
  start(o);
  EXPECT_EQ(*identity->demonstration_code(ticket), sender.last_code);
  EXPECT_EQ(*identity->demonstration_code("0123456789abcdefghjkmnpqrs"), "");
  start(production());  // the real house on the demonstration's data
  EXPECT_EQ(*identity->demonstration_code(ticket), "");
  start(o);
  ASSERT_TRUE(identity->redeem_code(ticket, sender.last_code, Principal()).ok());
  EXPECT_EQ(*identity->demonstration_code(ticket), "");
  EXPECT_EQ(stored(), "");
}

TEST_P(CitizenTest, TheRealHouseKeepsNoCodeThatCouldBeShown) {
  const std::string ticket = identity->request_code("a@example.jp", "203.0.113.9", "ja")->ticket;
  auto row = store().read([](store::ReadTx& tx) { return tx.query_one("SELECT shown FROM identity_code"); });
  EXPECT_EQ((*row)->text(0), "");
  Options o = production();
  o.demonstration = true;
  start(o);  // a demonstration started by mistake on real data shows nothing of before
  EXPECT_EQ(*identity->demonstration_code(ticket), "");
}

TEST_P(CitizenTest, ACodeWorksOnceWithinTenMinutesAndFiveTries) {
  const Principal nobody;
  auto ask = [&] { return identity->request_code("a@example.jp", "203.0.113.9", "ja")->ticket; };
  std::string ticket = ask();
  EXPECT_TRUE(identity->redeem_code(ticket, sender.last_code, nobody).ok());
  EXPECT_FALSE(identity->redeem_code(ticket, sender.last_code, nobody).ok());  // used

  ticket = ask();
  clock.advance(10 * kMinute);
  EXPECT_FALSE(identity->redeem_code(ticket, sender.last_code, nobody).ok());  // over

  ticket = ask();
  const std::string right = sender.last_code;
  const std::string wrong = right == "000000" ? "000001" : "000000";
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(identity->redeem_code(ticket, wrong, nobody).ok());
  EXPECT_FALSE(identity->redeem_code(ticket, right, nobody).ok());  // tried too often

  ticket = ask();
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(identity->redeem_code(ticket, wrong == sender.last_code ? "999999" : wrong, nobody).ok());
  EXPECT_TRUE(identity->redeem_code(ticket, sender.last_code, nobody).ok());

  clock.advance(16 * kMinute);
  const std::string mine = ask();
  const std::string code = sender.last_code;
  const std::string other = ask();
  if (sender.last_code != code) {
    EXPECT_FALSE(identity->redeem_code(other, code, nobody).ok());  // another ticket's code
  }
  EXPECT_FALSE(identity->redeem_code("0123456789abcdefghjkmnpqrs", code, nobody).ok());
  EXPECT_FALSE(identity->redeem_code("", code, nobody).ok());
  // Full-width digits and blanks are what phones paste.
  EXPECT_TRUE(identity->redeem_code(mine, " " + code.substr(0, 3) + " " + code.substr(3), nobody).ok());
}

TEST_P(CitizenTest, KnownAndUnknownAddressesGetTheSameAnswer) {
  logged_in("known@example.jp");
  auto answer = [&](const std::string& email) {
    Browser b(*router);
    b.get("/login");
    auto r = b.post("/login", {{"email", email}, {"action", "next"}});
    for (auto& [name, value] : r.headers)
      if (lower_ascii(name) == "set-cookie") value = value.substr(0, value.find('=')) + value.substr(value.find(';'));
    auto page = b.get("/login/code");
    std::string body = page.body;
    for (std::size_t at = body.find(b.last_csrf); at != std::string::npos; at = body.find(b.last_csrf)) body.erase(at, b.last_csrf.size());
    auto wrong = b.post("/login/code", {{"code", "000000"}, {"action", "next"}});
    return std::tuple(r.status, r.headers, r.body, page.status, body, wrong.status, sender.sent);
  };
  sender.sent = 0;
  auto known = answer("known@example.jp");
  sender.sent = 0;
  auto unknown = answer("unknown@example.jp");
  EXPECT_EQ(known, unknown);
  sender.sent = 0;
  sender.fails = true;  // a mail server that refuses must not show either
  EXPECT_EQ(answer("refused@example.jp"), unknown);
}

TEST_P(CitizenTest, CodesAreLimitedPerAddressAndPerClient) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(identity->request_code("a@example.jp", "203.0.113." + std::to_string(i), "ja").ok());
  EXPECT_EQ(identity->request_code("A@Example.jp", "203.0.113.99", "ja").error().code, ErrorCode::rate_limited);
  EXPECT_EQ(sender.sent, 5);
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(identity->request_code("b" + std::to_string(i) + "@example.jp", "198.51.100.1", "ja").ok());
  EXPECT_EQ(identity->request_code("c@example.jp", "198.51.100.1", "ja").error().code, ErrorCode::rate_limited);
  EXPECT_TRUE(identity->request_code("c@example.jp", "198.51.100.2", "ja").ok());
  clock.advance(15 * kMinute + kSecond);
  EXPECT_TRUE(identity->request_code("a@example.jp", "198.51.100.1", "ja").ok());
  Browser b(*router);
  b.get("/login");
  for (int i = 0; i < 5; ++i) b.post("/login", {{"email", "d@example.jp"}, {"action", "next"}});
  EXPECT_EQ(b.post("/login", {{"email", "d@example.jp"}, {"action", "next"}}).status, 429);
}

TEST_P(CitizenTest, NothingSecretInLogsOrTables) {
  set_log_level(LogLevel::debug);
  ::testing::internal::CaptureStderr();
  sender.fails = true;
  Browser b = logged_in("canary-hanako@example.jp");
  b.post("/login/code", {{"code", "000000"}, {"action", "next"}}, false);
  ASSERT_TRUE(identity->maintain().ok());
  std::string everything = ::testing::internal::GetCapturedStderr();
  set_log_level(LogLevel::info);
  EXPECT_THAT(everything, HasSubstr("login-code-not-sent"));
  for (auto table : {"identity_code", "identity_person", "identity_login", "identity_session", "identity_change", "audit_row"}) {
    (void)store().read([&](store::ReadTx& tx) -> Result<void> {
      auto rows = tx.query(std::string("SELECT * FROM ") + table);
      if (rows.ok())
        for (const auto& row : *rows)
          for (std::size_t i = 0; i < row.size(); ++i) everything += row.text(i) + "\n";
      return {};
    });
  }
  ASSERT_GT(everything.size(), 600u);
  EXPECT_THAT(everything, Not(HasSubstr("canary-hanako")));
  EXPECT_THAT(everything, Not(HasSubstr("\n" + sender.last_code + "\n")));
  EXPECT_THAT(everything, Not(HasSubstr("\"" + sender.last_code + "\"")));
  for (const auto& [name, value] : b.cookies) EXPECT_THAT(everything, Not(HasSubstr(value)));
  EXPECT_THAT(everything, Not(HasSubstr(b.last_csrf)));
}

TEST_P(CitizenTest, TheAddressOfAPersonCanBeRead) {
  auto person = store().write([&](store::Tx& tx) { return identity->ensure_person(tx, "Taro@example.jp", Assurance::verified); });
  ASSERT_TRUE(person.ok());
  EXPECT_EQ(*store().read([&](store::ReadTx& tx) { return identity->email_of(tx, person->id); }), "taro@example.jp");
  auto again = store().write([&](store::Tx& tx) { return identity->ensure_person(tx, "taro@example.jp", Assurance::contact); });
  EXPECT_EQ(again->id, person->id);
  EXPECT_EQ(again->assurance, Assurance::verified);
  auto found = store().read([&](store::ReadTx& tx) { return identity->person_of(tx, person->public_id); });
  EXPECT_EQ(found->id, person->id);
  Browser b = logged_in("taro@example.jp");
  EXPECT_EQ(b.get("/verified").status, 200);
}

TEST_P(CitizenTest, OnlyTheCounterVerifies) {
  Browser b = logged_in("a@example.jp");
  EXPECT_EQ(b.get("/verified").status, 403);
  const std::string actor = b.get("/mine").body;
  const std::string public_id = actor.substr(7, 26);
  Principal clerk;
  clerk.kind = PrincipalKind::staff;
  clerk.public_id = "clerk-1";
  auto verify = [&](std::string_view evidence) {
    return store().write([&](store::Tx& tx) { return identity->verify_person(tx, public_id, clerk, evidence); });
  };
  clerk.roles = {"clerk"};
  EXPECT_EQ(verify("my-number-card").error().code, ErrorCode::forbidden);
  clerk.roles = {"counter"};
  EXPECT_EQ(verify("Hanako Yamada 1990").error().code, ErrorCode::invalid_input);
  EXPECT_TRUE(verify("my-number-card").ok());
  EXPECT_EQ(b.get("/verified").status, 200);  // at once, in the open session
  auto rows = audit->of_object("person:" + public_id, 10);
  ASSERT_TRUE(rows.ok());
  bool audited = false;
  for (const auto& row : *rows) audited = audited || (row.entry.action == "person.verify" && row.entry.actor == "staff:clerk-1");
  EXPECT_TRUE(audited);
}

TEST_P(CitizenTest, TheVisitorsDraftIsHandedOver) {
  Principal before, after;
  std::set<std::string> calls;
  identity->on_login([&](store::Tx&, const Principal& b, const Principal& a) -> Result<void> {
    calls.insert(b.session);
    before = b;
    after = a;
    return {};
  });
  Browser b(*router);
  b.get("/form");
  b.get("/login");
  b.post("/login", {{"email", "a@example.jp"}, {"action", "next"}});
  b.post("/login/code", {{"code", sender.last_code}, {"action", "next"}});
  EXPECT_EQ(calls.size(), 1u);
  EXPECT_EQ(before.kind, PrincipalKind::visitor);
  EXPECT_EQ(after.kind, PrincipalKind::citizen);
  EXPECT_FALSE(before.session.empty());
  EXPECT_NE(before.session, after.session);
}

MACHIYA_ON_BOTH_ENGINES(CitizenTest);

}  // namespace
}  // namespace machiya::identity
